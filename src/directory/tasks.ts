import { sql } from 'kysely';
import { type Clock, newId, type PersonId } from '../base/index.ts';
import type { Identity } from '../model/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { DirectoryTables } from './tables.ts';

/** Something only an admin can decide. */
export type DirectoryTask = {
  readonly id: string;
  readonly kind: 'relink-or-new-person';
  readonly connection: string;
  readonly raisedAt: Date;
};

/**
 * A known login or mail came with another subject: a rebuilt directory, a moved account, or a reassigned name
 * (R1.2). Raised once per subject, however often the person tries, and not for people who are gone by now.
 */
export async function raiseRelinkTask(
  deps: { db: Database; keys: Keys; clock: Clock },
  identity: Identity,
  keys: AmbiguousKeys,
): Promise<void> {
  const id = newId('ref');
  const sealer = await deps.keys.sealer('system:directory');
  const details = JSON.stringify({ subject: identity.subject, login: identity.login, mail: identity.mail });
  await deps.db.transaction().execute(async (trx) => {
    const people = await concerned(trx, identity.connection, keys);
    if (people.length === 0) return;
    const db = trx.withTables<DirectoryTables>();
    const raised = await db
      .insertInto('directory_task')
      .values({
        id,
        kind: 'relink-or-new-person',
        connection: identity.connection,
        subject_key: keys.subjectKey,
        sealed: sealer.seal(details, `directory_task/${id}/sealed`),
        raised_at: deps.clock.now(),
        closed_at: null,
      })
      .onConflict((conflict) => conflict.constraint('directory_task_once').doNothing())
      .executeTakeFirst();
    if (raised.numInsertedOrUpdatedRows !== 1n) return;
    const rows = people.map((person_id) => ({ task_id: id, person_id }));
    await db.insertInto('directory_task_person').values(rows).execute();
  });
}

/** Under which an identity touches people who are known. */
export type AmbiguousKeys = {
  readonly subjectKey: string;
  readonly aliases: readonly { readonly key: string }[];
  readonly sharedKey?: string | undefined;
};

/**
 * Who goes by the names that the task keeps, at any connection, or by its subject. They are held until the transaction
 * ends, so that whoever forgets one of them meanwhile finds the task.
 */
async function concerned(
  trx: Transaction,
  connection: string,
  { subjectKey, aliases, sharedKey }: AmbiguousKeys,
): Promise<readonly PersonId[]> {
  const { rows } = await sql<{ id: PersonId }>`
    select id from directory_person where id in (
      select i.person_id from directory_alias a join directory_identity i on i.id = a.identity_id
        where a.value_key = any(${aliases.map(({ key }) => key)}::text[])
      union select person_id from directory_shared_key where value_key = ${sharedKey ?? null}::text
      union select person_id from directory_identity
        where connection = ${connection} and subject_key = ${subjectKey}
    ) order by id for share`.execute(trx);
  return rows.map(({ id }) => id);
}

/**
 * R6.2: what tasks keep of a person, also of one who became known by the subject of a task. Whoever is still in doubt
 * raises theirs again. Call it when the person's row is deleted, and before their identities are.
 */
export async function forgetTasks(trx: Transaction, person: PersonId): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    delete from directory_task t
    where exists (select 1 from directory_task_person p where p.task_id = t.id and p.person_id = ${person})
      or exists (select 1 from directory_identity i
        where i.person_id = ${person} and i.connection = t.connection and i.subject_key = t.subject_key)
    returning id`.execute(trx);
  await sql`delete from directory_task_person
    where task_id = any(${rows.map(({ id }) => id)}::text[])`.execute(trx);
}

export async function listOpenTasks(db: Database): Promise<DirectoryTask[]> {
  const rows = await db
    .withTables<DirectoryTables>()
    .selectFrom('directory_task')
    .select(['id', 'kind', 'connection', 'raised_at as raisedAt'])
    .where('closed_at', 'is', null)
    .orderBy('raised_at')
    .execute();
  return rows;
}
