import { sql } from 'kysely';
import type { Clock, PersonId } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { IdentityRow } from './store.ts';
import type { DirectoryTables } from './tables.ts';
import { forgetTasks } from './tasks.ts';

/** @returns whether the person has another identity, whose facts may be older than these by now. */
export async function confirmFacts(trx: Transaction, clock: Clock, row: IdentityRow): Promise<boolean> {
  const { rows } = await sql<{ others: boolean }>`
    update directory_identity i set confirmed_at = ${clock.now()} where id = ${row.id}
    returning exists (select 1 from directory_identity where person_id = i.person_id and id <> i.id) as others`.execute(
    trx,
  );
  return rows[0]?.others ?? false;
}

/** Of several identities, was this one the last that was confirmed? */
export async function isLastConfirmed(
  db: Database,
  { id, personId, confirmedAt }: IdentityRow,
): Promise<boolean> {
  const row = await db
    .withTables<DirectoryTables>()
    .selectFrom('directory_identity')
    .select('id')
    .where('person_id', '=', personId)
    .where('id', '!=', id)
    .where('confirmed_at', '>=', confirmedAt)
    .executeTakeFirst();
  return row === undefined;
}

/**
 * Holds the person until the transaction ends: whoever erases them waits, and finds what was written about them.
 *
 * @returns false when they are erased; what is written about them now would stay.
 */
export async function holdPerson(trx: Transaction, id: PersonId): Promise<boolean> {
  const row = await trx
    .withTables<DirectoryTables>()
    .selectFrom('directory_person')
    .select('id')
    .where('id', '=', id)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
}

/** No door is open to them any more. */
export async function disablePerson(db: Database, clock: Clock, id: PersonId): Promise<void> {
  await db
    .withTables<DirectoryTables>()
    .updateTable('directory_person')
    .set({ status: 'disabled', changed_at: clock.now() })
    .where('id', '=', id)
    .execute();
}

/** R6.2: with everything under which they could be found. */
export async function forgetPerson(trx: Transaction, id: PersonId): Promise<void> {
  const db = trx.withTables<DirectoryTables>();
  // First: nobody raises a task about them any more.
  await db.deleteFrom('directory_person').where('id', '=', id).execute();
  await forgetTasks(trx, id);
  await db
    .deleteFrom('directory_alias')
    .where('identity_id', 'in', (eb) =>
      eb.selectFrom('directory_identity').select('id').where('person_id', '=', id),
    )
    .execute();
  await db.deleteFrom('directory_identity').where('person_id', '=', id).execute();
  await db.deleteFrom('directory_shared_key').where('person_id', '=', id).execute();
}
