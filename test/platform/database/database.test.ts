import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { errorCode, type Migrations, migrate, notify } from '../../../src/platform/database/index.ts';
import { createTestDatabase, eachServer } from '../../support/database.ts';

const migrations: Migrations = {
  demo_0001_tables: {
    up: async (db) => {
      await db.schema
        .createTable('demo_thing')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('day', 'date')
        .addColumn('size', 'int8')
        .addColumn('at', 'timestamptz')
        .execute();
    },
  },
};
type DemoTables = { demo_thing: { id: string; day: string; size: number; at: Date } };

eachServer('a database', (server) => {
  test('gives dates as text, big integers as numbers and instants as Date', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const db = t.db.withTables<DemoTables>();
    const row = { id: 'a', day: '2026-03-29', size: 2 ** 52, at: new Date('2026-03-02T09:00:00Z') };

    await db.insertInto('demo_thing').values(row).execute();

    assert.deepEqual(await db.selectFrom('demo_thing').selectAll().execute(), [row]);
  });

  test('refuses to round an integer that a number cannot hold', async () => {
    await using t = await createTestDatabase(migrations, { server });

    await assert.rejects(sql`select 9007199254740993::int8 as n`.execute(t.db), RangeError);
  });

  test('delivers a notification that was committed', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    await t.listen('demo_changed', resolve);

    await t.db.transaction().execute((trx) => notify(trx, 'demo_changed', 'a'));

    assert.equal(await promise, 'a');
  });

  test('lets many processes migrate at once and applies each step once', async () => {
    await using t = await createTestDatabase({}, { server });

    const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(t.db, migrations)));

    assert.deepEqual(applied.flat(), ['demo_0001_tables']);
  });

  test('keeps the SQLSTATE of a statement that is wrong', async () => {
    await using t = await createTestDatabase(migrations, { server });

    await assert.rejects(sql`select 1/0`.execute(t.db), (error) => errorCode(error) === '22012');
  });
});
