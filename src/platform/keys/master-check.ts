import { sql } from 'kysely';
import type { Clock } from '../../base/index.ts';
import type { Database } from '../database/index.ts';
import { KeysError } from './errors.ts';
import { type MasterKey, type MasterKeys, unwrap } from './master-key.ts';
import { withKeys } from './tables.ts';

const KNOWN = 'vestibule key check';

/**
 * The key-check value (R7.1): a wrong master key is found at start and not at the first sealed value. The first
 * start with an empty table registers the key; a key under rotation is registered beside the previous one.
 *
 * @throws KeysError `keys.master_key_wrong`
 */
export async function checkMasterKeys(db: Database, clock: Clock, masterKeys: MasterKeys): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Two first starts with different keys: the second must see what the first registered.
    await sql`select pg_advisory_xact_lock(hashtext('keys_master'))`.execute(trx);
    const rows = await withKeys(trx)
      .selectFrom('keys_master')
      .select(['id', 'check_value'])
      .where('retired_at', 'is', null)
      .execute();
    for (const row of rows) verify(masterKeys, row.id, row.check_value);
    const { current } = masterKeys;
    if (rows.some(({ id }) => id === current.id)) return;
    const row = { check_value: checkValue(current), created_at: clock.now(), retired_at: null };
    await withKeys(trx)
      .insertInto('keys_master')
      .values({ id: current.id, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row)) // rotated back to a retired key
      .execute();
  });
}

/** Whether a new master key would make data unreadable. False also before the first migration. */
export async function hasSealedData(db: Database): Promise<boolean> {
  const { rows } = await sql<{
    there: boolean;
  }>`select to_regclass('keys_master') is not null as there`.execute(db);
  if (!rows[0]?.there) return false;
  const first = await withKeys(db).selectFrom('keys_master').select('id').limit(1).executeTakeFirst();
  return first !== undefined;
}

function verify(masterKeys: MasterKeys, id: string, value: string): void {
  try {
    if (unwrap(masterKeys, value, place(id)).toString('utf8') === KNOWN) return;
  } catch (cause) {
    throw wrong(cause);
  }
  throw wrong();
}

function wrong(cause?: unknown): KeysError {
  return new KeysError({
    code: 'keys.master_key_wrong',
    detail:
      'the database was sealed with another master key; give that one, or during a rotation also as VESTIBULE_MASTER_KEY_PREVIOUS',
    cause,
  });
}

function checkValue(master: MasterKey): string {
  return master.wrap(Buffer.from(KNOWN, 'utf8'), place(master.id));
}

function place(id: string): string {
  return `keys_master/${id}/check_value`;
}
