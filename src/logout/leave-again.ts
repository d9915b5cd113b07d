import type { JobKind } from '../platform/jobs/index.ts';
import type { EndingDeps } from './deps.ts';
import { leave } from './end-session.ts';
import { LEAVE, Leaving } from './leave-later.ts';

/**
 * Does what the process that ended a session did not come to. What it did come to is done twice: to be told again harms
 * no relying party, and the record says so under the same thread.
 */
export function leaveAgain(deps: EndingDeps): JobKind<Leaving> {
  return {
    kind: LEAVE,
    schema: Leaving,
    async run({ session, personId, ...why }) {
      const ended = await deps.sessions.ended(personId, session);
      // The browser that asked for it, if there was one, is not there to be led anywhere.
      if (ended) await leave([ended], { ...why, refs: [], exceptUpstream: true }, deps);
    },
  };
}
