import { accessEvents } from '../access-log/index.ts';
import type { Answer } from '../issuing/index.ts';
import { recordAnswer } from './answered.ts';
import type { EndingDeps } from './deps.ts';
import type { Progress } from './run.ts';
import { randomText } from './run-store.ts';

/**
 * Sends the browser on to end the session upstream too.
 *
 * @returns undefined when that is not possible: the upstream is gone, or offers no way. The page then says so.
 */
export async function goUpstream(
  { run, isHeld, upstream: known }: Progress,
  deps: EndingDeps & { readonly publicUrl: URL },
): Promise<Answer | undefined> {
  const { upstream } = run;
  if (!upstream || !isHeld || upstream.go === 'never' || known === 'confirmed') return undefined;
  const { runs, upstreams, log, accessLog } = deps;
  const state = randomText();
  const back = { url: new URL('/logout/return', deps.publicUrl), state };
  const logout = upstreams.get(upstream.connection)?.logout;
  const begun = await logout?.begin(upstream.session, back).catch((error: unknown) => {
    log.warn('the upstream cannot be asked to end its session', { connection: upstream.connection, error });
    return undefined;
  });
  if (!begun) {
    await runs.setState(run.handle, 'upstream', 'gone');
    return undefined;
  }
  await runs.setState(run.handle, 'upstream', 'asking');
  await runs.waitFor(begun.messageId ?? returning(state), {
    run: run.handle,
    part: 'upstream',
    peer: upstream.connection,
  });
  await accessLog.append(
    accessEvents.logoutSent({
      ...{ thread: run.thread, connection: upstream.connection },
      ...(run.personId && { personId: run.personId }),
      facts: { to: 'upstream', binding: begun.binding, ...(begun.messageId && { message: begun.messageId }) },
    }),
  );
  return begun.go.kind === 'redirect'
    ? { kind: 'redirect', location: begun.go.url, carriesCredential: true }
    : { kind: 'form', action: begun.go.url, fields: begun.go.fields };
}

/**
 * An OIDC upstream sends the browser back after it signed the person out (RP-Initiated Logout 1.0, 3). The state is
 * ours and unguessable, and good once.
 *
 * @returns the handle of the run that goes on.
 */
export async function returnedFromUpstream(state: string, deps: EndingDeps): Promise<string | undefined> {
  const waiting = await deps.runs.waiting(returning(state));
  if (waiting?.part !== 'upstream') return undefined;
  const open = await deps.runs.answered(returning(state));
  if (!open) return waiting.run;
  await recordAnswer(open, { by: open.peer, status: 'success' }, deps);
  return open.run;
}

/** No id of a SAML message holds a colon (SAML Core 1.3.4): a return without a signature answers no signed request. */
function returning(state: string): string {
  return `return:${state}`;
}
