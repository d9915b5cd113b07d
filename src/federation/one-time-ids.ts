import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { addMs, DAY } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import { unavailable } from './errors.ts';
import type { FederationTables } from './tables.ts';

/**
 * Spends an id of one connection, in one statement: of any number of callers, in any number of processes, exactly
 * one gets true (SAML Profiles 4.1.4.5). The id is stored hashed, because upstreams choose it.
 *
 * @param until when the assertion could not be accepted any more, tolerance included.
 * @throws Unavailable `federation.record_unavailable`: an unanswered write is a refusal (R7.3).
 */
export async function spendOnce(db: Database, connection: string, id: string, until: Date): Promise<boolean> {
  const row = { connection, id_hash: createHash('sha256').update(id).digest(), until };
  try {
    const result = await db
      .withTables<FederationTables>()
      .insertInto('federation_one_time_id')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  } catch (error) {
    throw unavailable('federation.record_unavailable', connection, 'the one-time id was not recorded', error);
  }
}

/** No connection is called so. */
const ALL_CONNECTIONS = '*';

/** A message that was captured may be brought much later; each time there would be one more try. */
const WRAPPED_KEYS_MS = 30 * DAY;

/**
 * Spends a content key, as it came wrapped for the key of ours that all SAML connections share: so it is spent for all of
 * them.
 *
 * @throws Unavailable `federation.record_unavailable`
 */
export function spendWrappedKey(db: Database, wrapped: string, now: Date): Promise<boolean> {
  return spendOnce(db, ALL_CONNECTIONS, `wrapped-key:${wrapped}`, addMs(now, WRAPPED_KEYS_MS));
}

/**
 * Forgets ids that nothing can use any more; run it now and then.
 *
 * @param most ids at once; call again while so many were found.
 * @returns how many.
 */
export async function purgeOneTimeIds(db: Database | Transaction, now: Date, most: number): Promise<number> {
  const result = await sql`delete from federation_one_time_id where (connection, id_hash) in
    (select connection, id_hash from federation_one_time_id where until < ${now} limit ${most})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
