import { randomUUID } from 'node:crypto';
import { setTimeout as timer } from 'node:timers/promises';
import { sql } from 'kysely';
import { addMs, type Clock, SECOND } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import type { Sleep } from '../sleep.ts';
import type { ProvisioningTables } from '../tables.ts';

const PAUSE_MS = SECOND / 10;
/** Preparing takes about a second. Nobody waits longer than this for a process that was killed or is stuck. */
const TURN_MS = 5 * SECOND;

type Needs = { readonly db: Database; readonly clock: Clock; readonly sleep?: Sleep };

/**
 * Preparing makes what a target lacks: definitions, groups. One process at a time does, or two that meet a target for
 * the first time both make the same group there. Whoever has waited long enough goes ahead: a target is asked once too
 * often rather than not at all, so connectors bear a second one.
 *
 * @param work told whether another process had the turn meanwhile.
 */
export async function inTurn<T>(
  needs: Needs,
  target: string,
  work: (afterAnother: boolean) => Promise<T>,
): Promise<T> {
  const holder = randomUUID();
  const sleep = needs.sleep ?? ((ms) => timer(ms));
  let waitedMs = 0;
  for (; !(await take(needs, target, holder)) && waitedMs < TURN_MS; waitedMs += PAUSE_MS) {
    await sleep(PAUSE_MS);
  }
  try {
    return await work(waitedMs > 0);
  } finally {
    await giveBack(needs.db, target, holder);
  }
}

async function take({ db, clock }: Needs, target: string, holder: string): Promise<boolean> {
  const now = clock.now();
  const turn = { holder, until: addMs(now, TURN_MS) };
  const taken = await db
    .withTables<ProvisioningTables>()
    .insertInto('provisioning_preparation')
    .values({ target, ...turn })
    .onConflict((conflict) =>
      conflict.column('target').doUpdateSet(turn).where(sql.ref('provisioning_preparation.until'), '<=', now),
    )
    .returning('holder')
    .executeTakeFirst();
  return taken !== undefined;
}

async function giveBack(db: Database, target: string, holder: string): Promise<void> {
  await db
    .withTables<ProvisioningTables>()
    .deleteFrom('provisioning_preparation')
    .where('target', '=', target)
    .where('holder', '=', holder)
    .execute();
}
