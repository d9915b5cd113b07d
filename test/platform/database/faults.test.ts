import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { sql } from 'kysely';
import { Unavailable, VestibuleError } from '../../../src/base/index.ts';
import {
  type DatabaseHandle,
  isUniqueViolation,
  type Migrations,
  migrate,
  notify,
  openDatabase,
} from '../../../src/platform/database/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';
import { createTestDatabase } from '../../support/database.ts';
import { until } from '../../support/waiting.ts';

function isUnavailable(error: unknown): boolean {
  return error instanceof Unavailable && error.code === 'database.unavailable' && error.system === 'database';
}

/** Ends all connections to the test's database but the one that asks, as a restart of the server would. */
async function cutConnections(url: string): Promise<void> {
  await using other = openDatabase({ url, log: silentLog, maxConnections: 1 });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`.execute(other.db);
}

/** The pool learns of a cut connection when the socket does, a moment later. */
function untilAnswers(database: DatabaseHandle): Promise<void> {
  return until(() =>
    database.ping().then(
      () => true,
      () => false,
    ),
  );
}

test('a database that is not there is unavailable, and opening it is not yet an error', async () => {
  await using database = openDatabase({ url: 'postgres://a:b@127.0.0.1:1/c', log: silentLog });

  await assert.rejects(database.ping(), isUnavailable);
  await assert.rejects(sql`select 1`.execute(database.db), isUnavailable);
  await assert.rejects(
    database.listen('demo', () => undefined),
    isUnavailable,
  );
});

test('errors of the connection never hold the password', async () => {
  await using database = openDatabase({ url: 'postgres://user:very-secret@127.0.0.1:1/c', log: silentLog });

  await assert.rejects(database.ping(), (error) => {
    assert.ok(error instanceof Unavailable);
    return !JSON.stringify([error.message, error.detail, error.stack, error.publicMessage]).includes(
      'very-secret',
    );
  });
});

test('a query that was cut off is unavailable, and the next one works', async () => {
  await using t = await createTestDatabase({});
  const sleeping = sql`select pg_sleep(60)`.execute(t.db);
  const rejected = assert.rejects(sleeping, isUnavailable);
  await until(async () => {
    const { rows } = await sql`select 1 from pg_stat_activity where query like 'select pg_sleep%'`.execute(
      t.db,
    );
    return rows.length > 0;
  });

  await cutConnections(t.url);

  await rejected;
  await untilAnswers(t);
});

test('idle connections that were cut off are replaced', async () => {
  await using t = await createTestDatabase({});
  await Promise.all(Array.from({ length: 5 }, () => t.ping()));

  await cutConnections(t.url);
  await untilAnswers(t);

  await Promise.all(Array.from({ length: 10 }, () => t.ping()));
});

test('a transaction that was cut off changes nothing', async () => {
  await using t = await createTestDatabase({});
  await sql`create table thing (n int)`.execute(t.db);

  await assert.rejects(
    t.db.transaction().execute(async (trx) => {
      await sql`insert into thing values (1)`.execute(trx);
      await cutConnections(t.url);
      await sql`insert into thing values (2)`.execute(trx);
    }),
    isUnavailable,
  );

  assert.deepEqual((await sql`select * from thing`.execute(t.db)).rows, []);
});

test('a statement that takes too long is ended and its connection serves again', async () => {
  await using t = await createTestDatabase({});
  await using short = openDatabase({ url: t.url, log: silentLog, statementTimeoutMs: 50, maxConnections: 1 });

  await assert.rejects(sql`select pg_sleep(5)`.execute(short.db), isUnavailable);

  await short.ping();
});

test('a full pool is unavailable, not an endless wait', async () => {
  await using t = await createTestDatabase({}, { maxConnections: 1 });
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const holding = t.db.transaction().execute(() => held);
  const began = performance.now();

  await assert.rejects(t.ping(), isUnavailable);

  assert.ok(performance.now() - began < 20_000);
  letGo();
  await holding;
});

test('a server that accepts and never answers is unavailable', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await using database = openDatabase({ url: `postgres://a:b@127.0.0.1:${port}/c`, log: silentLog });

  await assert.rejects(database.ping(), isUnavailable);
  server.close();
});

test('a lost listening connection comes back by itself and says that something may have been missed', async () => {
  await using t = await createTestDatabase({});
  const heard: (string | undefined)[] = [];
  await t.listen('demo', (payload) => heard.push(payload));

  await cutConnections(t.url);
  await until(() => heard.includes(undefined));
  await until(() =>
    notify(t.db, 'demo', 'again').then(
      () => true,
      () => false,
    ),
  );

  await until(() => heard.includes('again'));
});

test('two listeners of one channel both hear, and one that left does not', async () => {
  await using t = await createTestDatabase({});
  const heard: string[] = [];
  const first = await t.listen('demo', (payload) => heard.push(`first ${payload}`));
  await t.listen('demo', (payload) => heard.push(`second ${payload}`));

  await notify(t.db, 'demo', '1');
  await until(() => heard.length === 2);
  await first[Symbol.asyncDispose]();
  await notify(t.db, 'demo', '2');
  await until(() => heard.length === 3);

  assert.deepEqual(heard, ['first 1', 'second 1', 'second 2']);
});

test('a handler that throws does not keep the others from hearing', async () => {
  await using t = await createTestDatabase({});
  const heard: unknown[] = [];
  await t.listen('demo', () => {
    throw new Error('broken');
  });
  await t.listen('demo', (payload) => heard.push(payload));

  await notify(t.db, 'demo', '1');

  await until(() => heard.length === 1);
});

test('a channel name that is SQL is refused', async () => {
  await using t = await createTestDatabase({});

  await assert.rejects(
    t.listen('demo; drop table thing', () => undefined),
    TypeError,
  );
});

test('a migration that fails is named and leaves nothing behind', async () => {
  await using t = await createTestDatabase({});
  const migrations: Migrations = {
    demo_0001_fine: { up: async (db) => void (await sql`create table fine (n int)`.execute(db)) },
    demo_0002_broken: { up: async (db) => void (await sql`create table fine (n int)`.execute(db)) },
  };

  await assert.rejects(migrate(t.db, migrations), (error) => {
    assert.ok(error instanceof VestibuleError);
    return error.code === 'database.migration_failed' && (error.detail ?? '').includes('demo_0002_broken');
  });
  const { rows } = await sql<{ there: boolean }>`select to_regclass('fine') is not null as there`.execute(
    t.db,
  );
  assert.deepEqual(rows, [{ there: false }]);
});

test('an older program refuses a database that a newer one has migrated', async () => {
  await using t = await createTestDatabase({});
  const step = { up: async () => undefined };
  await migrate(t.db, { demo_0001_a: step, demo_0002_b: step });

  await assert.rejects(
    migrate(t.db, { demo_0001_a: step }),
    (error) => error instanceof VestibuleError && error.code === 'database.schema_newer',
  );
});

test('a room may bring a step that sorts before one that already ran', async () => {
  await using t = await createTestDatabase({});
  const step = { up: async () => undefined };
  await migrate(t.db, { later_0001_a: step });

  assert.deepEqual(await migrate(t.db, { later_0001_a: step, earlier_0001_a: step }), ['earlier_0001_a']);
  assert.deepEqual(await migrate(t.db, { later_0001_a: step, earlier_0001_a: step }), []);
});

test('a unique violation can be told from other faults', async () => {
  await using t = await createTestDatabase({});
  await sql`create table thing (n int primary key)`.execute(t.db);
  await sql`insert into thing values (1)`.execute(t.db);

  await assert.rejects(sql`insert into thing values (1)`.execute(t.db), isUniqueViolation);
  await assert.rejects(
    sql`insert into nowhere values (1)`.execute(t.db),
    (error) => !isUniqueViolation(error),
  );
});
