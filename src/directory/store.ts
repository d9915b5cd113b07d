import { sql } from 'kysely';
import type { Clock, IdentityId, PersonId } from '../base/index.ts';
import type { Identity, Person } from '../model/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { DirectoryTables } from './tables.ts';

export type IdentityRow = {
  readonly id: IdentityId;
  readonly personId: PersonId;
  readonly status: Person['status'];
  readonly connection: string;
  readonly sealed: string;
  readonly factsHash: string;
  /** When a sign-in last showed these facts, to some minutes. */
  readonly confirmedAt: Date;
};

const COLUMNS = [
  'directory_identity.id as id',
  'directory_identity.person_id as personId',
  'directory_person.status as status',
  'directory_identity.connection as connection',
  'directory_identity.sealed as sealed',
  'directory_identity.facts_hash as factsHash',
  'directory_identity.confirmed_at as confirmedAt',
] as const;

const identities = (db: Database | Transaction) =>
  db
    .withTables<DirectoryTables>()
    .selectFrom('directory_identity')
    .innerJoin('directory_person', 'directory_person.id', 'directory_identity.person_id')
    .select(COLUMNS);

export async function findBySubject(
  db: Database | Transaction,
  connection: string,
  subjectKey: string,
): Promise<IdentityRow | undefined> {
  return identities(db)
    .where('directory_identity.connection', '=', connection)
    .where('directory_identity.subject_key', '=', subjectKey)
    .executeTakeFirst();
}

export async function findById(db: Database, id: IdentityId): Promise<IdentityRow | undefined> {
  return identities(db).where('directory_identity.id', '=', id).executeTakeFirst();
}

/** Of one person, the one that was confirmed last first. */
export async function identitiesOf(db: Database, personId: PersonId): Promise<readonly IdentityRow[]> {
  return identities(db)
    .where('directory_identity.person_id', '=', personId)
    .orderBy('directory_identity.confirmed_at', 'desc')
    .orderBy('directory_identity.id')
    .execute();
}

export type PersonRow = { readonly personId: PersonId; readonly identities: readonly IdentityRow[] };

/**
 * A page of people by ascending id, each with their identities, the one that was confirmed last first.
 *
 * @param after the last person of the page before.
 */
export async function listPeople(
  db: Database,
  after: string,
  limit: number,
  only?: readonly PersonId[],
): Promise<readonly PersonRow[]> {
  const ids = only ? [...only] : null;
  const { rows } = await sql<IdentityRow>`
    select i.id, p.id as "personId", p.status, i.connection, i.sealed, i.facts_hash as "factsHash",
      i.confirmed_at as "confirmedAt"
    from (
      select id, status from directory_person
      where id > ${after} and (${ids}::text[] is null or id = any(${ids}::text[]))
        and exists (select 1 from directory_identity where person_id = directory_person.id)
      order by id limit ${limit}
    ) p join directory_identity i on i.person_id = p.id
    order by p.id, i.confirmed_at desc, i.id`.execute(db);
  const people = new Map<PersonId, IdentityRow[]>();
  for (const row of rows) people.set(row.personId, [...(people.get(row.personId) ?? []), row]);
  return [...people].map(([personId, each]) => ({ personId, identities: each }));
}

export async function findByMail(
  db: Database,
  keys: Pick<Keys, 'lookup'>,
  mail: string,
): Promise<readonly IdentityRow[]> {
  return identities(db)
    .where('directory_identity.id', 'in', (eb) =>
      eb
        .selectFrom('directory_alias')
        .select('identity_id')
        .where('kind', '=', 'mail')
        .where('value_key', '=', aliasKey(keys, 'mail', mail)),
    )
    .orderBy('directory_identity.changed_at')
    .execute();
}

export async function findBearers(
  db: Database,
  keys: Keys,
  name: string,
): Promise<readonly { readonly personId: PersonId; readonly connection: string }[]> {
  return db
    .withTables<DirectoryTables>()
    .selectFrom('directory_alias')
    .innerJoin('directory_identity', 'directory_identity.id', 'directory_alias.identity_id')
    .select(['directory_identity.person_id as personId', 'directory_identity.connection as connection'])
    .where((eb) =>
      eb.or(
        (['login', 'mail'] as const).map((kind) => eb.and({ kind, value_key: aliasKey(keys, kind, name) })),
      ),
    )
    .execute();
}

/** As the most careless reader of a login name or mail address would compare it. */
function aliasKey(keys: Pick<Keys, 'lookup'>, kind: 'login' | 'mail', value: string): string {
  return keys.lookup(`directory.${kind}`, value.normalize('NFKC').trim().toLowerCase());
}

/** Keys under which a login name and a mail address are remembered. */
export function aliasesOf(keys: Keys, identity: Identity): { kind: 'login' | 'mail'; key: string }[] {
  const aliases: { kind: 'login' | 'mail'; key: string }[] = [];
  for (const kind of ['login', 'mail'] as const) {
    const value = identity[kind];
    if (value !== undefined) aliases.push({ kind, key: aliasKey(keys, kind, value) });
  }
  return aliases;
}

/** Is a login or mail of an identity known at its connection, for another subject? `own` is the identity itself. */
export async function isAliasTaken(
  db: Database | Transaction,
  connection: string,
  aliases: readonly { kind: string; key: string }[],
  own?: IdentityId,
): Promise<boolean> {
  if (aliases.length === 0) return false;
  const row = await db
    .withTables<DirectoryTables>()
    .selectFrom('directory_alias')
    .select('identity_id')
    .where('connection', '=', connection)
    .where(
      'value_key',
      'in',
      aliases.map(({ key }) => key),
    )
    .$if(own !== undefined, (query) => query.where('identity_id', '!=', own ?? ('' as IdentityId)))
    .executeTakeFirst();
  return row !== undefined;
}

export async function replaceAliases(
  trx: Transaction,
  connection: string,
  identityId: IdentityId,
  aliases: readonly { kind: 'login' | 'mail'; key: string }[],
): Promise<void> {
  const db = trx.withTables<DirectoryTables>();
  await db.deleteFrom('directory_alias').where('identity_id', '=', identityId).execute();
  if (aliases.length === 0) return;
  await db
    .insertInto('directory_alias')
    .values(aliases.map(({ kind, key }) => ({ connection, kind, value_key: key, identity_id: identityId })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findSharedKey(
  db: Database | Transaction,
  valueKey: string,
): Promise<PersonId | undefined> {
  const row = await db
    .withTables<DirectoryTables>()
    .selectFrom('directory_shared_key')
    .select('person_id')
    .where('value_key', '=', valueKey)
    .executeTakeFirst();
  return row?.person_id;
}

/** Has this person an identity at this connection already? */
export async function hasIdentityAt(
  db: Database | Transaction,
  personId: PersonId,
  connection: string,
): Promise<boolean> {
  const row = await db
    .withTables<DirectoryTables>()
    .selectFrom('directory_identity')
    .select('id')
    .where('person_id', '=', personId)
    .where('connection', '=', connection)
    .executeTakeFirst();
  return row !== undefined;
}

/** Held until the transaction ends. In one order, so that two of them never wait for each other. */
export async function lock(trx: Transaction, keys: readonly string[]): Promise<void> {
  for (const key of [...keys].sort()) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`directory ${key}`}, 0))`.execute(trx);
  }
}

/** Under `lock`: a value that belongs to somebody already is a fault. */
export async function addSharedKey(trx: Transaction, valueKey: string, personId: PersonId): Promise<void> {
  await trx
    .withTables<DirectoryTables>()
    .insertInto('directory_shared_key')
    .values({ value_key: valueKey, person_id: personId })
    .execute();
}

/** Under `lock`: a subject that is known already is a fault. */
export async function addIdentity(
  trx: Transaction,
  clock: Clock,
  row: {
    id: IdentityId;
    connection: string;
    subjectKey: string;
    personId: PersonId;
    sealed: string;
    factsHash: string;
  },
): Promise<void> {
  const now = clock.now();
  await trx
    .withTables<DirectoryTables>()
    .insertInto('directory_identity')
    .values({
      id: row.id,
      connection: row.connection,
      subject_key: row.subjectKey,
      person_id: row.personId,
      sealed: row.sealed,
      facts_hash: row.factsHash,
      created_at: now,
      changed_at: now,
      confirmed_at: now,
    })
    .execute();
}

export async function addPerson(trx: Transaction, clock: Clock, id: PersonId): Promise<void> {
  const now = clock.now();
  await trx
    .withTables<DirectoryTables>()
    .insertInto('directory_person')
    .values({ id, status: 'active', created_at: now, changed_at: now })
    .execute();
}

export async function updateFacts(
  trx: Transaction,
  clock: Clock,
  id: IdentityId,
  sealed: string,
  factsHash: string,
): Promise<void> {
  await trx
    .withTables<DirectoryTables>()
    .updateTable('directory_identity')
    .set({ sealed, facts_hash: factsHash, changed_at: clock.now(), confirmed_at: clock.now() })
    .where('id', '=', id)
    .execute();
}
