import { newId, type PersonId } from '../base/index.ts';
import type { EndingDeps } from './deps.ts';
import { endSessions, type WhyEnded } from './end-session.ts';
import type { LogoutRun } from './run.ts';

/** Sign-ins in flight may still open a session while the others end; more rounds would only meet new sign-ins. */
const ROUNDS = 3;

/**
 * Ends everything that a person holds, now (R3.5). First the person's `notBefore`: from then on nothing that was
 * issued becomes access. Then every session; then every grant and token; then the relying parties are told. Safe to
 * call again: what is over stays over. If a part throws, what came before it holds, and another call does the rest.
 */
export async function endAccess(
  personId: PersonId,
  why: WhyEnded,
  deps: EndingDeps,
): Promise<readonly LogoutRun[]> {
  const thread = why.thread ?? newId('lgn');
  const endAccounts = () => deps.accounts.endAll(personId, { because: why.reason, thread });
  const alsoRevoke = async (): Promise<void> => {
    await deps.access.revokeOfPerson(personId);
    // A session that still ran may have begun an account since, or taken one back into use. It runs no more, and whoever
    // made sure of it before that has written their row by now, which is found here.
    await endAccounts();
  };
  await deps.access.nothingBefore(personId, deps.clock.now());
  // Before sessions are told, which takes time: what a target was asked to do cannot be lost any more.
  await endAccounts();
  const runs: LogoutRun[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const refs = await deps.sessions.refs(personId);
    if (refs.length === 0) break;
    const run = await endSessions({ ...why, thread, refs, alsoRevoke }, deps);
    if (run) runs.push(run);
  }
  if (runs.length === 0) await alsoRevoke();
  return runs;
}
