import type { PersonId } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { ProvisioningTables } from './tables.ts';

/** An existing account that waits until an administrator lets the person have it (R1.3). */
export type Candidate = {
  readonly target: string;
  readonly person: PersonId;
  /** The target's own id of the existing account. */
  readonly externalId: string;
  readonly isApproved: boolean;
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

/** @returns false when no account, or another one, waits for approval. Approving twice is approving once. */
export async function approveCandidate(
  db: Database,
  who: { readonly target: string; readonly person: PersonId },
  externalId: string,
  now: Date,
): Promise<boolean> {
  const result = await db
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_account')
    .set({ approved: externalId, updated_at: now })
    .where('target', '=', who.target)
    .where('person', '=', who.person)
    .where('candidate', '=', externalId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
