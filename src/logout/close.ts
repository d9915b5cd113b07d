import type { Clock } from '../base/index.ts';
import type { Upstreams } from '../federation/index.ts';
import type { Answer } from '../issuing/index.ts';
import type { SamlLogouts } from './ports.ts';
import { type Closing, isComplete, type Progress } from './run.ts';
import { answerPeer } from './saml/messages.ts';

type Needs = { readonly saml: SamlLogouts; readonly upstreams: Upstreams; readonly clock: Clock };

/** Gives the browser back to whoever asked for the logout, with what came of it. */
export async function close(closing: Closing, progress: Progress, needs: Needs): Promise<Answer | undefined> {
  const isPartial = !isComplete(progress);
  switch (closing.kind) {
    case 'saml':
      return answerPeer({ ...closing, isPartial }, needs);
    case 'upstream': {
      const step = await needs.upstreams.get(closing.connection)?.logout?.answer?.({ ...closing, isPartial });
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
