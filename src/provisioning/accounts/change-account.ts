import { sql } from 'kysely';
import type { AccountId, Json, PersonId } from '../../base/index.ts';
import type { Transaction } from '../../platform/database/index.ts';
import type { Given } from '../connector/account-image.ts';
import type { EndKind } from '../connector/ladder.ts';
import { ProvisioningError } from '../errors.ts';
import type { ProvisioningTables } from '../tables.ts';
import type { Lease } from './lease-store.ts';

export type AccountChange = {
  readonly externalId?: string | null;
  readonly marker?: string;
  readonly sealedDesired?: string;
  readonly desiredHash?: string;
  readonly confirmedHash?: string | null;
  readonly confirmedAccessHash?: string | null;
  readonly confirmedAt?: Date | null;
  readonly refs?: Json;
  readonly rejected?: Json;
  readonly candidate?: string | null;
  readonly approved?: string | null;
  readonly given?: Given;
  /** Access is back. */
  readonly isRestored?: true;
  /**
   * Only if no end was noted since `Account.endsNoted` was this: `noteEnding` needs no lease, and whoever decided
   * before an end knows nothing of it (R3.5).
   */
  readonly asOfEnds?: number;
  /** Of the end that is noted by now, which may have become final while these were taken. */
  readonly rungsDone?: readonly string[];
};

/** @throws ProvisioningError `provisioning.lease_lost` when the lease or the end is not as it was; nothing was changed. */
export async function changeAccount(
  trx: Transaction,
  lease: Lease,
  change: AccountChange,
  now: Date,
): Promise<void> {
  const result = await trx
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_account')
    .set({
      updated_at: now,
      // Whoever works on it knows better than the last import.
      missing_since: null,
      ...(change.externalId !== undefined && { external_id: change.externalId }),
      ...(change.marker !== undefined && { marker: change.marker }),
      ...(change.sealedDesired !== undefined && { desired: change.sealedDesired }),
      ...(change.desiredHash !== undefined && { desired_hash: change.desiredHash }),
      ...(change.confirmedHash !== undefined && { confirmed_hash: change.confirmedHash }),
      ...(change.confirmedAccessHash !== undefined && { confirmed_access_hash: change.confirmedAccessHash }),
      ...(change.confirmedAt !== undefined && { confirmed_at: change.confirmedAt }),
      ...(change.refs !== undefined && { refs: JSON.stringify(change.refs) }),
      ...(change.rejected !== undefined && { rejected: JSON.stringify(change.rejected) }),
      ...(change.candidate !== undefined && { candidate: change.candidate }),
      ...(change.approved !== undefined && { approved: change.approved }),
      ...(change.given !== undefined && { given: JSON.stringify(change.given) }),
      ...(change.rungsDone !== undefined && { rungs_done: JSON.stringify(change.rungsDone) }),
      ...(change.isRestored && NOT_ENDING),
    })
    .where('id', '=', lease.account)
    .where('lease_owner', '=', lease.owner)
    .$if(change.asOfEnds !== undefined, (query) => query.where('ends_noted', '=', change.asOfEnds ?? 0))
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) {
    throw new ProvisioningError({
      code: 'provisioning.lease_lost',
      detail: `account ${lease.account}: another process took over`,
    });
  }
}

const NOT_ENDING = {
  ...{ ending_kind: null, ending_at: null, ending_because: null },
  ...{ ending_at_once: false, rungs_done: '[]' },
};

/**
 * Notes that access is over, and counts it, also where it was over before: whoever decided before this gives nothing back
 * (R3.5). Needs no lease: a run that goes on meanwhile begins nothing any more, and the ladder comes after it. A pause
 * never replaces an end, and an end keeps its first instant.
 *
 * @returns the account, if access was not over before.
 */
export async function noteEnding(
  trx: Transaction,
  who: { readonly target: string; readonly person: PersonId },
  ending: { readonly kind: EndKind; readonly at: Date; readonly because: string },
  now: Date,
): Promise<{ readonly id: AccountId; readonly externalId: string | undefined } | undefined> {
  const { kind, at, because } = ending;
  const { rows } = await sql<{ id: string; external_id: string | null; ending_kind: EndKind | null }>`
    update provisioning_account set ends_noted = ends_noted + 1
    where target = ${who.target} and person = ${who.person}
    returning id, external_id, ending_kind`.execute(trx);
  const [row] = rows;
  const begins = row && (row.ending_kind === null || (row.ending_kind === 'paused' && kind === 'ended'));
  if (!begins) return undefined;
  await trx
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_account')
    .set({ ending_kind: kind, ending_at: at, ending_because: because, updated_at: now })
    .where('id', '=', row.id)
    .execute();
  return { id: row.id as AccountId, externalId: row.external_id ?? undefined };
}
