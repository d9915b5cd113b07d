import { sql } from 'kysely';
import type { AccountId, PersonId } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { ProvisioningTables } from '../tables.ts';

/** The last complete look at a target's own list. */
export type LastImport = { readonly beganAt: Date; readonly endedAt: Date; readonly accounts: number };

export async function keepImport(db: Database, target: string, done: LastImport): Promise<void> {
  const row = { began_at: done.beganAt, ended_at: done.endedAt, accounts: done.accounts };
  await db
    .withTables<ProvisioningTables>()
    .insertInto('provisioning_import')
    .values({ target, ...row })
    .onConflict((conflict) => conflict.column('target').doUpdateSet(row))
    .execute();
}

export async function readImport(db: Database, target: string): Promise<LastImport | undefined> {
  const row = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_import')
    .selectAll()
    .where('target', '=', target)
    .executeTakeFirst();
  return row && { beganAt: row.began_at, endedAt: row.ended_at, accounts: row.accounts };
}

export type Unlisted = { readonly id: AccountId; readonly person: PersonId; readonly externalId: string };

/** Accounts that we believed to be there before a list began, and that it did not show. Those of ended access left out. */
export async function unlisted(db: Database, target: string, began: Date): Promise<readonly Unlisted[]> {
  const { rows } = await sql<Unlisted>`
    select a.id, a.person, a.external_id as "externalId" from provisioning_account a
    where a.target = ${target} and a.external_id is not null and a.ending_at is null
      and a.missing_since is null and a.confirmed_at < ${began}
      and not exists (
        select 1 from provisioning_found f
        where f.target = a.target and f.external_id = a.external_id and f.seen_at >= ${began})
    order by a.id`.execute(db);
  return rows;
}

/**
 * Nothing that we knew of the account holds any more: the next one who has to do with it looks for it, and makes it
 * again. @returns false when it was looked at since.
 */
export async function noteMissing(
  trx: Transaction,
  account: Unlisted,
  began: Date,
  now: Date,
): Promise<boolean> {
  const result = await trx
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_account')
    .set({ confirmed_hash: null, confirmed_access_hash: null, confirmed_at: null, missing_since: now })
    .where('id', '=', account.id)
    .where('external_id', '=', account.externalId)
    .where('confirmed_at', '<', began)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
