import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { accessEvents } from '../access-log/index.ts';
import { addMs, type LoginId, MINUTE, type PersonId, SECOND, type SessionId } from '../base/index.ts';
import type { JobKind, NewJob } from '../platform/jobs/index.ts';
import type { EndingDeps } from './deps.ts';
import { canBeTold } from './ports.ts';
import { LeftParty, type LogoutRun, type Progress } from './run.ts';

export const TELL = 'logout.tell';
/** The job steps in only where the first try did not answer, or its process died. */
const FIRST_RETRY_MS = 15 * SECOND;
/** About two hours in all: after that, whatever hung on the session is long over. */
const MAX_ATTEMPTS = 12;

/** One relying party to tell, with all that the telling needs: the run may be forgotten by then. */
const Telling = z.object({
  handle: z.string(),
  index: z.int(),
  thread: z.custom<LoginId>((value) => typeof value === 'string'),
  personId: z.custom<PersonId>((value) => typeof value === 'string'),
  left: LeftParty,
});
type Telling = z.infer<typeof Telling>;

type Answered = 'confirmed' | 'refused' | 'no-answer';

/**
 * Tells whoever can be told server to server. The jobs for the back-channel relying parties of a run are durable before
 * the first message leaves, so a crash only delays it; then each is told at once. Those that the browser can ask too
 * need not wait for it, which may never come: they are told as well, and it asks whoever did not confirm.
 *
 * @returns when all have answered, or `tellWithinMs` has passed.
 */
export async function tellParties(run: LogoutRun, deps: EndingDeps): Promise<void> {
  const all = tellingsOf(run, (left) => canBeTold(deps.partyLogout(left.relyingParty)));
  const alone = all.filter(({ left }) => left.kind === 'back-channel');
  await tellAtOnce(alone, all, deps);
}

/**
 * Those that wait for a browser that does not come, that does not come back from them, or that may not lead them on:
 * whoever can be told is told after all.
 *
 * @returns whether there was anybody.
 */
export async function tellUnasked({ run, states }: Progress, deps: EndingDeps): Promise<boolean> {
  const tellings = tellingsOf(
    run,
    (left, index) =>
      left.kind === 'front-channel' &&
      (states[index] === undefined || states[index] === 'asking') &&
      canBeTold(deps.partyLogout(left.relyingParty)),
  );
  await tellAtOnce(tellings, tellings, deps);
  return tellings.length > 0;
}

function tellingsOf(
  { handle, thread, personId, parties }: LogoutRun,
  isMeant: (left: LeftParty, index: number) => boolean,
): Telling[] {
  return parties.flatMap((left, index): Telling[] =>
    left.party && personId && isMeant(left, index) ? [{ handle, index, thread, personId, left }] : [],
  );
}

/** `durable`: told again until they answer. Resolves when all have answered, or `tellWithinMs` has passed. */
async function tellAtOnce(
  durable: readonly Telling[],
  all: readonly Telling[],
  deps: EndingDeps,
): Promise<void> {
  if (all.length === 0) return;
  await Promise.all(durable.map((telling) => deps.jobs.enqueue(deps.db, jobOf(telling, deps))));
  const told = Promise.all(all.map((telling) => tellFirst(telling, durable.includes(telling), deps)));
  const patience = new AbortController();
  await Promise.race([told, sleep(deps.settings.tellWithinMs, undefined, { signal: patience.signal })]);
  patience.abort();
}

function jobOf(telling: Telling, { clock }: EndingDeps): NewJob {
  return {
    kind: TELL,
    key: `${telling.handle}/${telling.index}`,
    payload: JSON.parse(JSON.stringify(telling)),
    runAt: addMs(clock.now(), FIRST_RETRY_MS),
    sealFor: telling.personId,
  };
}

/** Never rejects: the job goes on where this fails. */
async function tellFirst(telling: Telling, isDurable: boolean, deps: EndingDeps): Promise<void> {
  try {
    const answered = await tell(telling, deps);
    // Nothing else is kept of one that the browser asks next: it may say there what it does not say here.
    if (!isDurable && answered !== 'confirmed') return;
    await deps.runs.setState(telling.handle, telling.index, answered === 'no-answer' ? 'retrying' : answered);
  } catch (error) {
    deps.log.warn('a relying party could not be told', { relyingParty: telling.left.relyingParty, error });
  }
}

/** Tells again, until the relying party answers. Registered once for each process. */
export function tellAgain(deps: EndingDeps): JobKind<Telling> {
  return {
    kind: TELL,
    schema: Telling,
    maxAttempts: MAX_ATTEMPTS,
    backoff: { firstMs: 30 * SECOND, lastMs: 20 * MINUTE },
    async run(telling, { attempt }) {
      const { handle, index, left } = telling;
      if (await hasAnswered(telling, deps)) return;
      const answered = await tell(telling, deps);
      if (answered !== 'no-answer') return deps.runs.setState(handle, index, answered);
      if (attempt < MAX_ATTEMPTS) throw new NoAnswer(left.relyingParty);
      await deps.runs.setState(handle, index, 'gave-up');
      return { giveUp: 'logout.no_answer' };
    },
  };
}

class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

async function hasAnswered({ handle, index }: Telling, { runs }: EndingDeps): Promise<boolean> {
  const run = await runs.find(handle);
  if (!run) return false;
  const state = (await runs.progress(run, false)).states[index];
  return state === 'confirmed' || state === 'refused';
}

/** One message and what came of it, recorded. */
async function tell(telling: Telling, deps: EndingDeps): Promise<Answered> {
  const { left } = telling;
  const how = deps.partyLogout(left.relyingParty);
  // It may have been told otherwise when the session ended, and be configured differently now.
  if (!canBeTold(how) || !left.party) return 'no-answer';
  const about = aboutParty(telling, left.relyingParty, left.session);
  await deps.accessLog.append(
    accessEvents.logoutSent({ ...about, facts: { to: 'relying party', binding: 'back-channel' } }),
  );
  const answered = await how.tell(left.party).catch((error: unknown): Answered => {
    deps.log.info('a relying party gave no answer', { relyingParty: left.relyingParty, error });
    return 'no-answer';
  });
  await deps.accessLog.append(
    answered === 'confirmed'
      ? accessEvents.logoutConfirmed({ ...about, facts: { by: left.relyingParty } })
      : accessEvents.logoutFailed({
          ...about,
          code: answered === 'refused' ? 'logout.refused_there' : 'logout.no_answer',
          facts: { to: left.relyingParty, ...(how.residual !== undefined && { residual: how.residual }) },
        }),
  );
  return answered;
}

/** What every event about one relying party of a logout says. */
export function aboutParty(
  { thread, personId }: Pick<LogoutRun, 'thread' | 'personId'>,
  relyingParty: string,
  session: SessionId,
) {
  return { thread, relyingParty, session, ...(personId && { personId }) };
}
