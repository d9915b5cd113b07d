import { type AccountId, addMs, newId, type PersonId, randomText } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { ProvisioningTables } from './tables.ts';

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
