import { z } from 'zod';
import type { PersonId, SessionId } from '../base/index.ts';
import type { JobKind } from '../platform/jobs/index.ts';
import type { Session } from '../session/index.ts';
import type { EndingDeps } from './deps.ts';
import { leave } from './end-session.ts';
import { canBeTold } from './ports.ts';

const LIMIT = 'logout.session-limit';

const Payload = z.object({
  session: z.custom<SessionId>((value) => typeof value === 'string'),
  personId: z.custom<PersonId>((value) => typeof value === 'string'),
});

/** Sessions whose end is in the queue already, by what this process put there: most entries write nothing. */
const MOST_REMEMBERED = 10_000;

/**
 * A session that reaches its own end is over without anybody doing something, so whoever can be told server to server
 * is told by a job of that instant. Others know the end from their assertion (SessionNotOnOrAfter).
 */
export function watchLimits(
  deps: Pick<EndingDeps, 'jobs' | 'db' | 'partyLogout'>,
): (session: Pick<Session, 'id' | 'personId' | 'ends'>, relyingParty: string) => Promise<void> {
  const queued = new Set<string>();
  return async ({ id, personId, ends }, relyingParty) => {
    if (queued.has(id) || !canBeTold(deps.partyLogout(relyingParty))) return;
    await deps.jobs.enqueue(deps.db, {
      kind: LIMIT,
      key: id,
      payload: { session: id, personId },
      runAt: ends,
    });
    queued.add(id);
    const [oldest] = queued;
    if (queued.size > MOST_REMEMBERED && oldest !== undefined) queued.delete(oldest);
  };
}

/** A session that was renewed meanwhile ends later; one that was ended has told everybody already. */
export function tellAtLimit(deps: EndingDeps): JobKind<z.infer<typeof Payload>> {
  return {
    kind: LIMIT,
    schema: Payload,
    async run({ session, personId }) {
      const found = await deps.sessions.endAtLimit(personId, session);
      if (found.outcome === 'runs') return { retryAt: found.until };
      if (found.outcome === 'over') return undefined;
      const why = { by: 'end', reason: 'limit' } as const;
      await leave([found.session], { ...why, refs: [], exceptUpstream: true }, deps);
      return undefined;
    },
  };
}
