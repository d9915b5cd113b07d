import { type Actor, accessEvents } from '../../access-log/index.ts';
import type { PersonId } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import type { RunNeeds } from '../run.ts';
import type { ProvisioningTables } from '../tables.ts';

/** An existing account that waits until an administrator lets the person have it (R1.3). */
export type Candidate = {
  readonly target: string;
  readonly person: PersonId;
  /** The target's own id of the existing account. */
  readonly externalId: string;
  readonly isApproved: boolean;
};

/** An administrator's word that the person may have the account (R1.3). */
export type Approval = Pick<Candidate, 'target' | 'person' | 'externalId'> & {
  readonly by: Actor;
  readonly thread: string;
};

/**
 * Which of these accounts of a target belong to other people: by their link, or by a marker that was written
 * down for another person whose sign-in has not recorded its link yet (R1.1, R5.3).
 */
export async function linkedToOthers(
  db: Database,
  who: { readonly target: string; readonly person: PersonId },
  accounts: readonly { readonly externalId: string; readonly marker?: string }[],
): Promise<ReadonlySet<string>> {
  if (accounts.length === 0) return new Set();
  const markers = accounts.flatMap(({ marker }) => marker ?? []);
  const rows = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_account')
    .select(['external_id', 'marker'])
    .where('target', '=', who.target)
    .where('person', '!=', who.person)
    .where((where) =>
      where.or([
        where(
          'external_id',
          'in',
          accounts.map(({ externalId }) => externalId),
        ),
        ...(markers.length > 0 ? [where('marker', 'in', markers)] : []),
      ]),
    )
    .execute();
  const taken = accounts.filter(({ externalId, marker }) =>
    rows.some((row) => row.external_id === externalId || row.marker === marker),
  );
  return new Set(taken.map(({ externalId }) => externalId));
}

/** Existing accounts that wait for an administrator. */
export async function listCandidates(db: Database): Promise<readonly Candidate[]> {
  const rows = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_account')
    .select(['target', 'person', 'candidate', 'approved'])
    .where('candidate', 'is not', null)
    .orderBy('target')
    .orderBy('person')
    .execute();
  return rows.map(({ target, person, candidate, approved }) => ({
    target,
    // Only this room writes the column, from ids of people.
    person: person as PersonId,
    externalId: candidate ?? '',
    isApproved: approved === candidate,
  }));
}

/**
 * Approving twice is approving once, also in the access log.
 *
 * @returns false when no account, or another one, waits for approval.
 */
export async function approveCandidate(
  { db, accessLog, clock }: Pick<RunNeeds, 'db' | 'accessLog' | 'clock'>,
  { target, person, externalId, by, thread }: Approval,
): Promise<boolean> {
  await accessLog.warmUp([person]);
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .withTables<ProvisioningTables>()
      .selectFrom('provisioning_account')
      .select(['id', 'approved'])
      .where('target', '=', target)
      .where('person', '=', person)
      .where('candidate', '=', externalId)
      .forUpdate()
      .executeTakeFirst();
    if (!row) return false;
    if (row.approved === externalId) return true;
    await trx
      .withTables<ProvisioningTables>()
      .updateTable('provisioning_account')
      .set({ approved: externalId, updated_at: clock.now() })
      .where('id', '=', row.id)
      .execute();
    const facts = { account: row.id, externalId, by };
    await accessLog.appendIn(trx, [
      accessEvents.accountApproved({ thread, personId: person, target, facts }),
    ]);
    return true;
  });
}
