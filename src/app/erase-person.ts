import { z } from 'zod';
import type { AccessLog } from '../access-log/index.ts';
import { addMs, type Clock, isId, MINUTE, type PersonId } from '../base/index.ts';
import type { Directory } from '../directory/index.ts';
import type { Logout } from '../logout/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { JobKind, JobResult, Jobs } from '../platform/jobs/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Provisioning } from '../provisioning/index.ts';

/** Kind of the job, whose key is the person: it is there until they are erased. */
export const ERASE_PERSON = 'app.erase-person';
/** The queue has the accounts; what people must do first takes them longer. */
const AGAIN_MS = 5 * MINUTE;
const Payload = z.object({
  person: z.string(),
  by: z.string(),
  reason: z.string().optional(),
  thread: z.string(),
});

export type ErasePerson = {
  readonly person: PersonId;
  /** Who decided it: a person id, or the name of a rule. */
  readonly by: string;
  readonly reason?: string;
  readonly thread: string;
};

export type ErasureNeeds = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'destroy'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly jobs: Pick<Jobs, 'enqueue' | 'register'>;
  readonly directory: Pick<Directory, 'disable' | 'forget'>;
  readonly logout: Pick<Logout, 'endAccess' | 'isTelling'>;
  readonly provisioning: Pick<Provisioning, 'endForGood'>;
  readonly accessLog: Pick<AccessLog, 'erasePerson' | 'warmUp'>;
  /** Of other rooms: what they know of a person goes in the same transaction. */
  readonly forget: readonly ((trx: Transaction, person: PersonId) => Promise<void>)[];
};

/**
 * R6.2: the person's data key is destroyed, with every entry under which they could be found. First their access ends
 * everywhere: an account whose owner nobody knows any more would stay open for good.
 *
 *   noted, disabled ─▶ sessions, tokens and accounts end ─▶ all ladders at their end,  ─▶ rows, key and event in one
 *                                                            all relying parties told?     transaction
 *                                                            └ asked again ◀┘
 *
 * Resolves when it is noted, so that no crash forgets it. Whoever signs in meanwhile is refused as switched off, and
 * whoever signs in afterwards is somebody new, under a new id (R1.4).
 */
export function connectErasure(needs: ErasureNeeds): (erase: ErasePerson) => Promise<void> {
  needs.jobs.register(eraseJob(needs));
  return async (payload) => {
    await needs.jobs.enqueue(needs.db, { kind: ERASE_PERSON, key: payload.person, payload, urgent: true });
    await needs.directory.disable(payload.person);
  };
}

function eraseJob(needs: ErasureNeeds): JobKind<z.infer<typeof Payload>> {
  const { db, clock, log, directory, accessLog } = needs;
  return {
    kind: ERASE_PERSON,
    schema: Payload,
    // An erasure is owed however long a target is away.
    maxAttempts: Number.MAX_SAFE_INTEGER,
    async run({ person, by, reason, thread }): Promise<JobResult> {
      if (!isId('per', person)) return undefined;
      // Whoever noted it may have died before this.
      await directory.disable(person);
      await needs.logout.endAccess(person, { by: 'admin', reason: 'access-ended' });
      const open = await needs.provisioning.endForGood(person, { because: 'erasure', thread });
      if (open.length > 0) {
        log.info('an erasure waits for the end of accounts', { person, targets: open });
        return { retryAt: addMs(clock.now(), AGAIN_MS) };
      }
      if (await needs.logout.isTelling(person)) {
        log.info('an erasure waits until relying parties are told of the end', { person });
        return { retryAt: addMs(clock.now(), AGAIN_MS) };
      }
      await accessLog.warmUp([person]);
      await db.transaction().execute(async (trx) => {
        for (const forget of [directory.forget, ...needs.forget]) await forget(trx, person);
        await accessLog.erasePerson(person, { by, thread, ...(reason !== undefined && { reason }) }, trx);
      });
      // This process drops the key now, not when the notification of the commit comes round.
      await needs.keys.destroy(person);
      return undefined;
    },
  };
}
