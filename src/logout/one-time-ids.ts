import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { Unavailable } from '../base/index.ts';
import type { Database, Migrations, Transaction } from '../platform/database/index.ts';

type LogoutTables = { logout_one_time_id: { peer: string; id_hash: Buffer; until: Date } };

export const migrations: Migrations = {
  logout_0001_one_time_id: {
    async up(db) {
      await sql`
        create table logout_one_time_id (
          peer text not null,
          id_hash bytea not null,
          until timestamptz not null,
          primary key (peer, id_hash)
        )`.execute(db);
      await sql`create index logout_one_time_id_until on logout_one_time_id (until)`.execute(db);
    },
  },
};

/**
 * Spends the id of a relying party's message, in one statement: of any number of callers, in any number of
 * processes, exactly one gets true (R7.3). Hashed, because the relying party chooses it.
 *
 * @throws Unavailable `logout.record_unavailable`: an unanswered write ends nothing.
 */
export async function spendOnce(db: Database, peer: string, id: string, until: Date): Promise<boolean> {
  const row = { peer, id_hash: createHash('sha256').update(id).digest(), until };
  try {
    const result = await db
      .withTables<LogoutTables>()
      .insertInto('logout_one_time_id')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  } catch (error) {
    throw new Unavailable({
      code: 'logout.record_unavailable',
      system: 'database',
      publicMessage:
        'We cannot make sure that this sign-out message is used only once, so nothing was ended. Please try again in a few minutes.',
      detail: 'the one-time id was not recorded',
      retryAfterSeconds: 30,
      cause: error,
    });
  }
}

/**
 * Forgets ids that nothing can use any more; run it now and then.
 *
 * @param most ids at once; call again while so many were found.
 * @returns how many.
 */
export async function purgeLogoutIds(db: Database | Transaction, now: Date, most: number): Promise<number> {
  const result = await sql`delete from logout_one_time_id where (peer, id_hash) in
    (select peer, id_hash from logout_one_time_id where until < ${now} limit ${most})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
