import { sql } from 'kysely';
import type { Clock } from '../../base/index.ts';
import type { Database } from '../database/index.ts';
import { dataKeyPlace } from './data-keys.ts';
import { checkMasterKeys } from './master-check.ts';
import { type MasterKeys, unwrap } from './master-key.ts';
import { signingKeyPlace } from './signing-key-store.ts';
import { withKeys } from './tables.ts';

const BATCH = 500;

/**
 * Wraps all keys anew with the current master key and retires the previous ones. Run it when every process has
 * the new key as current and the old one as previous. Safe beside running processes; an interrupted run is
 * finished by the next one, because each wrapped key names its master key.
 *
 * @returns how many keys were wrapped anew.
 */
export async function rotateMasterKey(needs: {
  readonly db: Database;
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
}): Promise<number> {
  await checkMasterKeys(needs.db, needs.clock, needs.masterKeys);
  let count = 0;
  for (const rewrap of [rewrapDataKeys, rewrapSigningKeys]) {
    let done: number;
    do {
      done = await rewrap(needs.db, needs.masterKeys);
      count += done;
    } while (done === BATCH);
  }
  await withKeys(needs.db)
    .updateTable('keys_master')
    .set({ retired_at: needs.clock.now() })
    .where('id', '!=', needs.masterKeys.current.id)
    .where('retired_at', 'is', null)
    .execute();
  return count;
}

/** Locks what it reads, so that a key destroyed meanwhile is not written back. */
async function rewrapDataKeys(db: Database, masters: MasterKeys): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const rows = await withKeys(trx)
      .selectFrom('keys_data_key')
      .select(['id', 'owner', 'wrapped'])
      .where('wrapped', 'is not', null)
      .where(sql<string>`split_part(wrapped, '.', 2)`, '!=', masters.current.id)
      .limit(BATCH)
      .forUpdate()
      .execute();
    for (const { id, owner, wrapped } of rows) {
      if (wrapped === null) continue;
      const place = dataKeyPlace(id, owner);
      const anew = masters.current.wrap(unwrap(masters, wrapped, place), place);
      await withKeys(trx).updateTable('keys_data_key').set({ wrapped: anew }).where('id', '=', id).execute();
    }
    return rows.length;
  });
}

async function rewrapSigningKeys(db: Database, masters: MasterKeys): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const rows = await withKeys(trx)
      .selectFrom('keys_signing_key')
      .select(['id', 'purpose', 'wrapped'])
      .where('wrapped', 'is not', null)
      .where(sql<string>`split_part(wrapped, '.', 2)`, '!=', masters.current.id)
      .limit(BATCH)
      .forUpdate()
      .execute();
    for (const { id, purpose, wrapped } of rows) {
      if (wrapped === null) continue;
      const place = signingKeyPlace(id, purpose);
      const anew = masters.current.wrap(unwrap(masters, wrapped, place), place);
      await withKeys(trx)
        .updateTable('keys_signing_key')
        .set({ wrapped: anew })
        .where('id', '=', id)
        .execute();
    }
    return rows.length;
  });
}
