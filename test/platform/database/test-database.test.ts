import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { type Migrations, migrate } from '../../../src/platform/database/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

// Tests hand databases on to each other: none may notice.

/** A schema that no other file has, so that nobody else takes what is left here. */
function schema(name: string): Migrations {
  return {
    [`${name}_0001_things`]: {
      async up(db) {
        await sql`create table ${sql.table(name)} (n bigint generated always as identity primary key, what text)`.execute(
          db,
        );
        await sql`create function ${sql.ref(`${name}_kept`)}() returns trigger language plpgsql as $$
          begin raise exception 'kept'; end $$`.execute(db);
        await sql`create trigger kept before delete or truncate on ${sql.table(name)}
          execute function ${sql.ref(`${name}_kept`)}()`.execute(db);
      },
    },
  };
}

async function leave(
  migrations: Migrations,
  work: (database: TestDatabase) => Promise<void>,
): Promise<string> {
  await using database = await createTestDatabase(migrations);
  await work(database);
  return database.url;
}

async function insert({ db }: TestDatabase, name: string): Promise<number> {
  const { rows } = await sql<{ n: string }>`insert into ${sql.table(name)} (what) values ('left behind')
    returning n`.execute(db);
  return Number(rows[0]?.n);
}

test('a database that was used before is empty and counts from one', async () => {
  const migrations = schema('left_rows');
  await leave(migrations, async (database) => void (await insert(database, 'left_rows')));

  await using next = await createTestDatabase(migrations);

  const { rows } = await sql`select what from left_rows`.execute(next.db);
  assert.deepEqual(rows, []);
  assert.equal(await insert(next, 'left_rows'), 1);
});

test('a database that was used before knows which migrations it has', async () => {
  const migrations = schema('left_steps');
  await leave(migrations, async (database) => void (await insert(database, 'left_steps')));

  await using next = await createTestDatabase(migrations);

  assert.deepEqual(await migrate(next.db, migrations), []);
});

test('whoever still knows a database that was given back finds nothing', async () => {
  const migrations = schema('left_names');
  const former = await leave(migrations, async (database) => void (await insert(database, 'left_names')));

  await using next = await createTestDatabase(migrations);

  assert.notEqual(next.url, former);
});

for (const change of [
  'alter table left_shape add column more text',
  'alter table left_shape disable trigger kept',
  'create table left_shape_too ()',
  'create index on left_shape (what)',
]) {
  test(`nobody gets a database after "${change}"`, async () => {
    const migrations = schema('left_shape');
    await leave(migrations, async ({ db }) => void (await sql.raw(change).execute(db)));

    await using next = await createTestDatabase(migrations);

    const { rows } = await sql`
      select relname::text as changed from pg_class
        where relname in ('left_shape_too', 'left_shape_what_idx')
      union all select attname::text from pg_attribute
        where attrelid = 'left_shape'::regclass and attname = 'more'
      union all select tgname::text from pg_trigger where not tgisinternal and tgenabled <> 'O'`.execute(
      next.db,
    );
    assert.deepEqual(rows, []);
  });
}

test('a database is given back once, however often it is disposed', async () => {
  const migrations = schema('left_twice');
  const first = await createTestDatabase(migrations);
  await first[Symbol.asyncDispose]();
  await using second = await createTestDatabase(migrations);
  await first[Symbol.asyncDispose]();

  await using third = await createTestDatabase(migrations);

  assert.equal(await insert(second, 'left_twice'), 1);
  assert.equal(await insert(third, 'left_twice'), 1);
});
