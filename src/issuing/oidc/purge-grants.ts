import { sql } from 'kysely';
import type { Database, Transaction } from '../../platform/database/index.ts';

/** Deletes grants that are over, with their refresh tokens; at most so many. @returns how many. */
export async function purgeEndedGrants(db: Database | Transaction, now: Date, most: number): Promise<number> {
  const result = await sql`delete from issuing_oidc_grant where id in
    (select id from issuing_oidc_grant where expires_at <= ${now} limit ${most})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
