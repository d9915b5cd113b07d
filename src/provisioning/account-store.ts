import { type Selectable, sql } from 'kysely';
import { type AccountId, addMs, type Json, newId, type PersonId, randomText } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import { type Account, StoredGiven, StoredList, StoredMap } from './account.ts';
import type { Given } from './account-image.ts';
import type { Candidate } from './candidate.ts';
import { ProvisioningError } from './errors.ts';
import type { EndKind } from './ladder.ts';
import type { AccountTable, ProvisioningTables } from './tables.ts';

/** Who works on an account, so that a late writer whose lease ran out changes nothing. */
export type Lease = { readonly account: AccountId; readonly owner: string };

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
  /** Access is back, unless a pause became an end meanwhile: `noteEnding` needs no lease. */
  readonly restoredFrom?: EndKind;
  /** Of the end that is noted by now, which may have become final while these were taken. */
  readonly rungsDone?: readonly string[];
};

/**
 * One query: the account with the number of its open steps. Written out, because every sign-in asks it and
 * building it anew costs more than the rest of an unchanged one.
 */
export async function findAccount(
  db: Database | Transaction,
  where: { readonly target: string; readonly person: PersonId } | { readonly id: string },
): Promise<Account | undefined> {
  const which =
    'id' in where ? sql`a.id = ${where.id}` : sql`a.target = ${where.target} and a.person = ${where.person}`;
  const { rows } = await sql<AccountRow>`
    select a.*, s.open_steps, s.open_access_steps
    from provisioning_account a, lateral (
      select count(*) as open_steps, count(*) filter (where purpose = 'access') as open_access_steps
      from provisioning_step where account = a.id and state = 'open'
    ) s
    where ${which}`.execute(db);
  return rows[0] && toAccount(rows[0]);
}

/** Accounts of these people in one target, by person. */
export async function accountsOf(
  db: Database,
  target: string,
  people: readonly PersonId[],
): Promise<ReadonlyMap<PersonId, Account>> {
  const { rows } = await sql<AccountRow>`
    select a.*, coalesce(s.open_steps, 0) as open_steps, coalesce(s.open_access_steps, 0) as open_access_steps
    from provisioning_account a left join (
      select account, count(*) as open_steps, count(*) filter (where purpose = 'access') as open_access_steps
      from provisioning_step where state = 'open' group by account
    ) s on s.account = a.id
    where a.target = ${target} and a.person = any(${[...people]})`.execute(db);
  return new Map(rows.map((row) => [row.person as PersonId, toAccount(row)]));
}

/** Targets in which the person has an account, or may have one after a lost reply. */
export async function targetsOf(db: Database, person: PersonId): Promise<readonly string[]> {
  const rows = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_account')
    .select('target')
    .where('person', '=', person)
    .orderBy('target')
    .execute();
  return rows.map(({ target }) => target);
}

/** Accounts that exist in the target and whose access is not over. */
export async function countAccounts(db: Database, target: string): Promise<number> {
  const row = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_account')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('target', '=', target)
    .where('external_id', 'is not', null)
    .where('ending_at', 'is', null)
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

type AccountRow = Selectable<AccountTable> & {
  readonly open_steps: number;
  readonly open_access_steps: number;
};

function toAccount(row: AccountRow): Account {
  return {
    // Only this room writes these columns, from ids of the right kind.
    id: row.id as AccountId,
    target: row.target,
    person: row.person as PersonId,
    externalId: row.external_id ?? undefined,
    marker: row.marker,
    sealedDesired: row.desired ?? undefined,
    desiredHash: row.desired_hash ?? undefined,
    confirmedHash: row.confirmed_hash ?? undefined,
    confirmedAccessHash: row.confirmed_access_hash ?? undefined,
    confirmedAt: row.confirmed_at ?? undefined,
    refs: StoredMap.parse(JSON.parse(row.refs)),
    rejected: StoredMap.parse(JSON.parse(row.rejected)),
    candidate: row.candidate ?? undefined,
    approved: row.approved ?? undefined,
    given: StoredGiven.parse(JSON.parse(row.given)),
    ending: endingOf(row),
    readAfter: row.read_after ?? undefined,
    openSteps: row.open_steps,
    openAccessSteps: row.open_access_steps,
    updatedAt: row.updated_at,
    missingSince: row.missing_since ?? undefined,
  };
}

function endingOf(row: AccountRow): Account['ending'] {
  const { ending_kind: kind, ending_at: at, ending_because: because } = row;
  if (kind === null || at === null) return undefined;
  const done = StoredList.parse(JSON.parse(row.rungs_done));
  return { kind, at, because: because ?? '', done, ...(row.ending_at_once && { atOnce: true }) };
}

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
      ...(change.restoredFrom !== undefined && NOT_ENDING),
    })
    .where('id', '=', lease.account)
    .where('lease_owner', '=', lease.owner)
    .$if(change.restoredFrom !== undefined, (query) =>
      query.where('ending_kind', '=', change.restoredFrom ?? null),
    )
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

/**
 * Notes that access is over. Needs no lease: a run that goes on meanwhile changes other columns, and the ladder comes
 * after it. A pause never replaces an end, and an end keeps its first instant.
 *
 * @returns the account, if this changed anything.
 */
export async function noteEnding(
  trx: Transaction,
  who: { readonly target: string; readonly person: PersonId },
  ending: { readonly kind: EndKind; readonly at: Date; readonly because: string },
  now: Date,
): Promise<{ readonly id: AccountId; readonly externalId: string | undefined } | undefined> {
  const { kind, at, because } = ending;
  const { rows } = await sql<{ id: string; external_id: string | null }>`
    update provisioning_account
    set ending_kind = ${kind}, ending_at = ${at}, ending_because = ${because}, updated_at = ${now}
    where target = ${who.target} and person = ${who.person}
      and (ending_kind is null or (ending_kind = 'paused' and ${kind} = 'ended'))
    returning id, external_id`.execute(trx);
  const [row] = rows;
  return row && { id: row.id as AccountId, externalId: row.external_id ?? undefined };
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
