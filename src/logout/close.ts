import type { Upstreams } from '../federation/index.ts';
import type { Answer } from '../issuing/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { SamlLogouts } from './ports.ts';
import { type Closing, isComplete, type Progress } from './run.ts';

type Needs = { readonly saml: SamlLogouts; readonly upstreams: Upstreams; readonly log: Log };

/**
 * Gives the browser back to whoever asked for the logout, with what came of it.
 *
 * @returns undefined when they take no answer; then the page is the end.
 */
export async function close(closing: Closing, progress: Progress, needs: Needs): Promise<Answer | undefined> {
  try {
    return await answerTo(closing, !isComplete(progress), needs);
  } catch (error) {
    const peer = closing.kind === 'upstream' ? closing.connection : closing.relyingParty;
    needs.log.warn('a logout cannot be answered', { peer, error });
    return undefined;
  }
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
