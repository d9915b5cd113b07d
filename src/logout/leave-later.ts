import { z } from 'zod';
import { addMs, type LoginId, MINUTE, type PersonId, type SessionId } from '../base/index.ts';
import type { Transaction } from '../platform/database/index.ts';
import type { SessionEndReason, SessionRef } from '../session/index.ts';
import type { EndingDeps } from './deps.ts';
import type { LogoutBy } from './run.ts';

export const LEAVE = 'logout.leave';
/** Longer than whoever ended the session needs to record it and to begin telling. */
const LEAVE_AFTER_MS = MINUTE;

const text = <T extends string>() => z.custom<T>((value) => typeof value === 'string');

/** How a session ended, as far as somebody else has to know who goes on from there. */
export const Leaving = z.object({
  session: text<SessionId>(),
  personId: text<PersonId>(),
  thread: text<LoginId>(),
  by: text<LogoutBy>(),
  reason: text<SessionEndReason>(),
});
export type Leaving = z.infer<typeof Leaving>;

/** Written with the end itself: a process that dies right after it leaves nobody untold, and the record complete. */
export function leaveLater(
  { id, personId }: SessionRef,
  { by, reason, thread }: Pick<Leaving, 'by' | 'reason' | 'thread'>,
  trx: Transaction,
  { jobs, clock }: Pick<EndingDeps, 'jobs' | 'clock'>,
): Promise<unknown> {
  const payload: Leaving = { session: id, personId, thread, by, reason };
  return jobs.enqueue(trx, { kind: LEAVE, key: id, payload, runAt: addMs(clock.now(), LEAVE_AFTER_MS) });
}

/** Everything is recorded, and whoever is to be told is told or has a job. */
export function leftAfterAll(id: SessionId, { jobs }: Pick<EndingDeps, 'jobs'>): Promise<unknown> {
  return jobs.cancel(LEAVE, id);
}
