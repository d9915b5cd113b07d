import { type Selectable, sql } from 'kysely';
import type { AccountId, PersonId } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { AccountTable, ProvisioningTables } from '../tables.ts';
import { type Account, StoredGiven, StoredList, StoredMap } from './account.ts';

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
    endsNoted: row.ends_noted,
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
