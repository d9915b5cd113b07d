import { z } from 'zod';
import { type AccountId, addMs, DAY, MINUTE } from '../../base/index.ts';
import { type Database, isUniqueViolation } from '../../platform/database/index.ts';
import type { Sealer } from '../../platform/keys/index.ts';
import type { OpenStep } from '../outbox/record.ts';
import { endStep } from '../outbox/step-store.ts';
import type { Run } from '../run.ts';
import type { ProvisioningTables } from '../tables.ts';

/*
 * Creations in targets whose accounts carry no marker (R5.3). The step claims the mail address before anything is sent;
 * of several people with one address only one holds the claim. Our look before the claim found nobody, so a fresh
 * account with the address that shows after the request may have left is what the request made.
 */

/** Longer than any target works on a request. */
const LATE_MS = 2 * MINUTE;
/**
 * So long after its last request a claim keeps others from the address, and a fresh account counts as ours: longer than
 * the queue tries. After that it is a dead letter there, and whatever shows up falls under R1.3.
 */
const CLAIMED_MS = DAY;

const Payload = z.object({ mail: z.string().optional() });
type Creation = { readonly mail: string | undefined; readonly isClaimed: boolean };

/** The creation that an earlier run wrote down and did not settle: its mail address, as it was then. */
export async function openCreation(
  db: Database,
  sealer: Sealer,
  account: AccountId,
  now: Date,
): Promise<Creation | undefined> {
  const row = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_step')
    .select(['id', 'payload', 'claim', 'updated_at'])
    .where('account', '=', account)
    .where('state', '=', 'open')
    .where('kind', '=', 'create')
    .executeTakeFirst();
  if (!row || sealer.isDestroyed) return undefined;
  const payload = sealer.open(row.payload, `provisioning_step/${row.id}/payload`);
  const { mail } = Payload.parse(JSON.parse(payload));
  return { mail, isClaimed: row.claim !== null && row.updated_at > addMs(now, -CLAIMED_MS) };
}

/** Where accounts carry no marker: may one of them, however old the request is by now, be what it made? */
export async function hasClaim({ db, account }: Run): Promise<boolean> {
  const row = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_step')
    .select('id')
    .where('account', '=', account.id)
    .where('state', '=', 'open')
    .where('claim', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** A request that left lately may be carried out after we looked: nobody is sure yet that there is no account. */
export async function mayStillArrive({ db, account, clock }: Run): Promise<boolean> {
  const row = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_step')
    .select('id')
    .where('account', '=', account.id)
    .where('state', '=', 'open')
    .where('kind', '=', 'create')
    .where('updated_at', '>', addMs(clock.now(), -LATE_MS))
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns false when somebody else's creation for this address is under way; nothing may be sent then. */
export async function claimCreation(run: Run, step: OpenStep): Promise<boolean> {
  if (run.target.open.keepsNoMarker !== true) return true;
  const claim = claimOf(run);
  await endOldClaim(run, claim);
  try {
    const { numUpdatedRows } = await run.db
      .withTables<ProvisioningTables>()
      .updateTable('provisioning_step')
      .set({ claim })
      .where('id', '=', step.id)
      .where('state', '=', 'open')
      .executeTakeFirst();
    // Superseded meanwhile, by whoever took over: without a claim nothing is sent.
    return numUpdatedRows === 1n;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    await endStep(run.db, step.id, 'superseded', 'provisioning.busy', run.clock.now());
    return false;
  }
}

/** Nothing came of it, and this look found nobody: it holds the address no longer. Its dead letter stays. */
async function endOldClaim({ db, account, clock }: Run, claim: string): Promise<void> {
  const now = clock.now();
  await db
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_step')
    .set({ state: 'superseded', last_code: 'provisioning.reply_lost', updated_at: now })
    .where('claim', '=', claim)
    .where('state', '=', 'open')
    .where('account', '!=', account.id)
    .where('updated_at', '<=', addMs(now, -CLAIMED_MS))
    .execute();
}

/** The request certainly did nothing, and no earlier one may have: what shows up now was made by somebody else. */
export async function releaseClaim(run: Run, step: OpenStep): Promise<void> {
  if (run.target.open.keepsNoMarker !== true || run.maybeCreated !== undefined) return;
  await run.db
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_step')
    .set({ claim: null })
    .where('id', '=', step.id)
    .execute();
}

/** Where the target knows people by something else than mail, nobody else can be meant. */
function claimOf({ keys, target, account, desired }: Run): string {
  const mail = desired.image['mail'];
  const claimed = typeof mail === 'string' && mail !== '' ? mail.toLowerCase() : account.id;
  return keys.lookup('provisioning.creation', [target.id, claimed].join('\n'));
}
