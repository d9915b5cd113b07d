import { sql } from 'kysely';
import { type AccountId, addMs, newId, type PersonId, randomText } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { ProvisioningTables } from '../tables.ts';

/** Who works on an account, so that a late writer whose lease ran out changes nothing. */
export type Lease = { readonly account: AccountId; readonly owner: string };

/**
 * Takes the lease on the account of (target, person), making the row at the first attempt. The row is the lock
 * for concurrent creation across processes (R5.3): of any number of callers one gets it, the others get
 * `undefined`. No connection is held while it is owned; after `leaseMs` anybody may take over.
 */
export async function claimAccount(
  db: Database,
  who: { readonly target: string; readonly person: PersonId },
  now: Date,
  leaseMs: number,
): Promise<Lease | undefined> {
  const owner = randomText();
  const until = addMs(now, leaseMs);
  const row = await db
    .withTables<ProvisioningTables>()
    .insertInto('provisioning_account')
    .values({
      id: newId('acc'),
      ...who,
      external_id: null,
      marker: randomText(),
      desired: null,
      desired_hash: null,
      confirmed_hash: null,
      confirmed_access_hash: null,
      confirmed_at: null,
      candidate: null,
      approved: null,
      ...{ ending_kind: null, ending_at: null, ending_because: null },
      lease_owner: owner,
      lease_until: until,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['target', 'person'])
        .doUpdateSet({ lease_owner: owner, lease_until: until })
        .where((where) =>
          where.or([
            where('provisioning_account.lease_until', 'is', null),
            where('provisioning_account.lease_until', '<=', now),
          ]),
        ),
    )
    .returning('id')
    .executeTakeFirst();
  return row && { account: row.id as AccountId, owner };
}

/** The same for work on an account that has a row; whoever was erased meanwhile gets none. */
export async function claimKnownAccount(
  db: Database,
  who: { readonly target: string; readonly person: PersonId },
  now: Date,
  leaseMs: number,
): Promise<Lease | undefined> {
  const owner = randomText();
  const row = await db
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_account')
    .set({ lease_owner: owner, lease_until: addMs(now, leaseMs) })
    .where('target', '=', who.target)
    .where('person', '=', who.person)
    .where((where) => where.or([where('lease_until', 'is', null), where('lease_until', '<=', now)]))
    .returning('id')
    .executeTakeFirst();
  return row && { account: row.id as AccountId, owner };
}

/** Takes the row of a first attempt away again, when nothing came of it: nobody meant it, and nothing was begun. */
export async function dropUnused(db: Database, { account, owner }: Lease): Promise<void> {
  await sql`
    delete from provisioning_account a
    where id = ${account} and lease_owner = ${owner} and ${isUnused}`.execute(db);
}

/** Nothing was planned, found, refused, approved or ended. */
const isUnused = sql`a.external_id is null and a.desired is null and a.ending_kind is null
  and a.rejected = '{}' and a.candidate is null and a.approved is null
  and not exists (select 1 from provisioning_step where account = a.id)`;

/** Rows that a process left behind which died before it began anything. @returns how many. */
export async function purgeUnusedAccounts(
  db: Database | Transaction,
  before: Date,
  most: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from provisioning_account where id in (
      select a.id from provisioning_account a
      where a.updated_at < ${before} and (a.lease_until is null or a.lease_until < ${before}) and ${isUnused}
      limit ${most} for update skip locked)`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Keeps a lease that is still ours. */
export async function renewAccount(db: Database, lease: Lease, until: Date): Promise<void> {
  await db
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_account')
    .set({ lease_until: until })
    .where('id', '=', lease.account)
    .where('lease_owner', '=', lease.owner)
    .execute();
}

/** Gives the lease back; nothing happens when somebody else has it by now. */
export async function releaseAccount(db: Database, lease: Lease): Promise<void> {
  await db
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_account')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', lease.account)
    .where('lease_owner', '=', lease.owner)
    .execute();
}
