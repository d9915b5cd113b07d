import { type AccessLog, accessEvents } from '../access-log/index.ts';
import type { Upstreams } from '../federation/index.ts';
import type { Answer } from '../issuing/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { SamlLogouts } from './ports.ts';
import { type Closing, isComplete, type LogoutRun, type Progress } from './run.ts';

type Needs = {
  readonly saml: SamlLogouts;
  readonly upstreams: Upstreams;
  readonly accessLog: Pick<AccessLog, 'append'>;
  readonly log: Log;
};

/**
 * Gives the browser back to whoever asked for the logout, with what came of it.
 *
 * @returns undefined when they take no answer; then the page is the end.
 */
export async function close(closing: Closing, progress: Progress, needs: Needs): Promise<Answer | undefined> {
  const peer = closing.kind === 'upstream' ? closing.connection : closing.relyingParty;
  try {
    const answer = await answerTo(closing, !isComplete(progress), needs);
    if (answer && closing.kind !== 'link') await recordSent(closing, progress.run, needs);
    return answer;
  } catch (error) {
    needs.log.warn('a logout cannot be answered', { peer, error });
    return undefined;
  }
}

async function recordSent(
  closing: Exclude<Closing, { kind: 'link' }>,
  { thread, personId }: LogoutRun,
  { accessLog }: Needs,
): Promise<void> {
  const [to, whom] =
    closing.kind === 'saml'
      ? (['relying party', { relyingParty: closing.relyingParty }] as const)
      : (['upstream', { connection: closing.connection }] as const);
  await accessLog.append(
    accessEvents.logoutSent({
      ...{ thread, ...whom },
      ...(personId && { personId }),
      facts: { to, binding: 'answer', message: closing.inResponseTo },
    }),
  );
}

/** `partial` as soon as anything did not confirm: "success" would be read as "everything is over" (R3.4). */
async function answerTo(
  closing: Closing,
  isPartial: boolean,
  { saml, upstreams }: Needs,
): Promise<Answer | undefined> {
  switch (closing.kind) {
    case 'saml': {
      const { relyingParty, inResponseTo, relayState } = closing;
      const status = isPartial ? 'partial' : 'success';
      return saml.answer(relyingParty, {
        ...{ requestId: inResponseTo, status },
        ...(relayState !== undefined && { relayState }),
      });
    }
    case 'upstream': {
      const logout = upstreams.get(closing.connection)?.logout;
      const step = await logout?.answer?.({ ...closing, isPartial });
      if (!step) return undefined;
      return step.kind === 'redirect'
        ? { kind: 'redirect', location: step.url, carriesCredential: true }
        : { kind: 'form', action: step.url, fields: step.fields };
    }
    case 'link':
      return { kind: 'redirect', location: new URL(closing.url), carriesCredential: false };
    default:
      return closing satisfies never;
  }
}
