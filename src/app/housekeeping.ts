import { sql } from 'kysely';
import { addMs, type Clock, DAY } from '../base/index.ts';
import { purgeOneTimeIds } from '../federation/index.ts';
import { purgeEndedGrants } from '../issuing/index.ts';
import { purgeLogoutIds } from '../logout/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Log } from '../platform/log/index.ts';
import { purgeDeliveries, purgeSettledSteps, purgeUnusedAccounts } from '../provisioning/index.ts';
import { purgeEndedSessions } from '../session/index.ts';

/** How long rows are kept that only an inquiry could still want. */
const KEPT_MS = 90 * DAY;
const BATCH = 1_000;
/** A backlog is worked off over several rounds rather than in one long load on the database. */
const MOST_BATCHES = 100;

type Room = {
  readonly name: string;
  readonly purge: (trx: Transaction, now: Date, most: number) => Promise<number>;
};

/** What the rooms have that outlives its use. */
const ROOMS: readonly Room[] = [
  { name: 'one-time ids', purge: purgeOneTimeIds },
  { name: 'logout message ids', purge: purgeLogoutIds },
  { name: 'ended grants', purge: purgeEndedGrants },
  { name: 'ended sessions', purge: (trx, now, most) => purgeEndedSessions(trx, addMs(now, -KEPT_MS), most) },
  { name: 'settled steps', purge: (trx, now, most) => purgeSettledSteps(trx, addMs(now, -KEPT_MS), most) },
  { name: 'unused accounts', purge: (trx, now, most) => purgeUnusedAccounts(trx, addMs(now, -DAY), most) },
  { name: 'webhooks', purge: purgeDeliveries },
];

export type HousekeepingNeeds = { readonly db: Database; readonly clock: Clock; readonly log: Log };

/** One round. Of several processes one works, and the others leave it to that one. */
export async function keepHouse(needs: HousekeepingNeeds): Promise<void> {
  for (const room of ROOMS) {
    const count = await purgeAll(room, needs);
    if (count > 0) needs.log.info('old rows removed', { what: room.name, count });
  }
}

async function purgeAll({ purge }: Room, { db, clock }: HousekeepingNeeds): Promise<number> {
  const now = clock.now();
  let count = 0;
  for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
    const removed = await db.transaction().execute(async (trx) => {
      return (await isMine(trx)) ? await purge(trx, now, BATCH) : 0;
    });
    count += removed;
    if (removed < BATCH) break;
  }
  return count;
}

/** For one batch, so that no connection is held while another is waited for. */
async function isMine(trx: Transaction): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(hashtext('app_housekeeping')) as mine`.execute(trx);
  return rows[0]?.mine === true;
}
