import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { Client } from 'pg';
import { systemClock, VestibuleError } from '../../../src/base/index.ts';
import { bundledBinDir } from '../../../src/platform/database/bundled/binaries.ts';
import { initCluster, startServer } from '../../../src/platform/database/bundled/cluster.ts';
import { lockFolder } from '../../../src/platform/database/bundled/owner-lock.ts';
import { chooseRunAs, type RunAs } from '../../../src/platform/database/bundled/run-as.ts';
import {
  type BundledPostgres,
  openBundledPostgres,
  openDatabase,
} from '../../../src/platform/database/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';
import { nobodyLeftOn } from '../../chaos/demo.ts';

/** A folder below one that only its owner can enter. */
async function closedFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const parent = await mkdtemp(join(tmpdir(), 'vst-b-')); // mkdtemp makes it 0700
  return {
    path: join(parent, 'data'),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
}

function open(dataDir: string, runAs?: RunAs): Promise<BundledPostgres> {
  return openBundledPostgres({ dataDir, log: silentLog, clock: systemClock, ...(runAs && { runAs }) });
}

async function ask<T>(url: string, statement: string): Promise<T[]> {
  await using database = openDatabase({ url, log: silentLog });
  return (await sql.raw<T>(statement).execute(database.db)).rows;
}

function withCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof VestibuleError && error.code === code;
}

async function spawnOwner(dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const script = fileURLToPath(new URL('bundled-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = child.stdout ? await once(child.stdout, 'data') : [''];
  return { child, url: String(line).trim() };
}

/** The ways that this user has. */
const ways: readonly RunAs[] = process.getuid?.() === 0 ? ['unshare', 'setpriv'] : ['self'];

for (const runAs of ways) {
  test(`the first start makes a database below a closed folder and the next one finds its data (${runAs})`, async () => {
    await using folder = await closedFolder();
    {
      await using first = await open(folder.path, runAs);
      await ask(first.url, `create table t as select 'kept' as word`);
    }

    await using second = await open(folder.path, runAs);

    assert.deepEqual(await ask(second.url, 'select word from t'), [{ word: 'kept' }]);
    assert.equal((await readFile(join(folder.path, 'run-as'), 'utf8')).trim(), runAs);
  });
}

test('the database is UTF-8 in C order, safe on disk, and admits nobody without the password', async () => {
  await using folder = await closedFolder();
  await using server = await open(folder.path);

  const settings = await ask<{ name: string; setting: string }>(
    server.url,
    `select name, setting from pg_settings where name in
      ('server_encoding', 'fsync', 'synchronous_commit', 'listen_addresses', 'password_encryption') order by name`,
  );
  const [order] = await ask<{ datcollate: string }>(
    server.url,
    'select datcollate from pg_database where datname = current_database()',
  );
  const [rules] = await ask<{ methods: string[] }>(
    server.url,
    'select array_agg(distinct auth_method) as methods from pg_hba_file_rules',
  );

  assert.deepEqual(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    fsync: 'on',
    listen_addresses: '',
    password_encryption: 'scram-sha-256',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
  });
  assert.equal(order?.datcollate, 'C');
  assert.deepEqual(rules?.methods, ['scram-sha-256']);
  assert.equal((await stat(join(folder.path, 'password'))).mode & 0o777, 0o600);
  assert.equal((await stat(folder.path)).mode & 0o777, 0o700);
  const wrong = new URL(server.url);
  wrong.password = 'guess';
  await assert.rejects(ask(wrong.href, 'select 1'), withCode('database.unavailable'));
});

test('a second process on the same folder is refused and told who holds it', async () => {
  await using folder = await closedFolder();
  const owner = await spawnOwner(folder.path);

  await assert.rejects(
    open(folder.path),
    (error) => withCode('database.in_use')(error) && String(error).includes(`process ${owner.child.pid} `),
  );
  assert.equal((await ask(owner.url, 'select 1')).length, 1);
  owner.child.kill('SIGKILL');
  await once(owner.child, 'exit');
});

test('after kill -9 of the owner nothing committed is lost and the folder can be opened again', async () => {
  await using folder = await closedFolder();
  const owner = await spawnOwner(folder.path);
  const client = new Client({ connectionString: owner.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create table t (n int)');
  await client.query('insert into t select generate_series(1, 1000)');
  owner.child.kill('SIGKILL');
  await once(owner.child, 'exit');

  await using server = await open(folder.path);

  assert.deepEqual(await ask(server.url, 'select count(*) as n from t'), [{ n: 1000 }]);
  await client.end().catch(() => undefined);
});

test('a database that is killed under its owner is started again at the same address, and nothing committed is lost', async () => {
  await using folder = await closedFolder();
  {
    await using opened = await open(folder.path);
    await ask(opened.url, `create table t as select 'kept' as word`);
    for (let kills = 0; kills < 2; kills += 1) {
      const before = await postmasterOf(folder.path);
      process.kill(before, 'SIGKILL');

      assert.deepEqual(await askUntilItAnswers(opened.url, 'select word from t'), [{ word: 'kept' }]);
      assert.notEqual(await postmasterOf(folder.path), before);
    }
  }
  await nobodyLeftOn(folder.path);
});

test('a database that is killed right before its owner closes it stays closed', async () => {
  await using folder = await closedFolder();
  {
    await using _open = await open(folder.path);
    process.kill(await postmasterOf(folder.path), 'SIGKILL');
  }
  await nobodyLeftOn(folder.path);
});

async function postmasterOf(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8'), 10);
}

async function askUntilItAnswers<T>(url: string, statement: string): Promise<T[]> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask<T>(url, statement);
    } catch (error) {
      if (tries > 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test('a database that outlived its owner is stopped cleanly before the next one starts', async () => {
  await using folder = await closedFolder();
  const runAs = await chooseRunAs();
  {
    await using first = await open(folder.path, runAs);
    await ask(first.url, 'create table t as select 1 as n');
  }
  const socket = join(folder.path, 'socket');
  await mkdir(socket, { mode: 0o777 });
  const password = await readFile(join(folder.path, 'password'), 'utf8');
  const left = await startServer(
    { binDir: await bundledBinDir(folder.path), runAs, tied: true },
    {
      dir: join(folder.path, 'cluster'),
      url: `postgres://vestibule:${password}@localhost:5432/postgres?host=${encodeURIComponent(socket)}`,
      settings: { listen_addresses: '', unix_socket_directories: socket },
    },
  );

  await using server = await open(folder.path, runAs);

  await left.exited;
  assert.deepEqual(await ask(server.url, 'select n from t'), [{ n: 1 }]);
});

test('a first start that was killed in the middle is done again', async () => {
  await using folder = await closedFolder();
  await mkdir(join(folder.path, 'cluster.new'), { recursive: true });
  await writeFile(join(folder.path, 'cluster.new', 'half'), '');

  await using server = await open(folder.path);

  assert.equal((await ask(server.url, 'select 1')).length, 1);
});

test('a folder with a very long path works: the socket goes elsewhere', async () => {
  await using folder = await closedFolder();
  const long = join(folder.path, 'x'.repeat(100), 'y'.repeat(100));

  await using server = await open(long);

  const host = new URL(server.url).searchParams.get('host') ?? '';
  assert.ok(Buffer.byteLength(`${host}/.s.PGSQL.5432`) <= 107);
  assert.equal((await stat(host)).mode & 0o777, 0o700);
  assert.equal((await ask(server.url, 'select 1')).length, 1);
});

if (ways.length === 2) {
  test('a folder made in one way opens in the other', async () => {
    await using folder = await closedFolder();
    {
      await using first = await open(folder.path, 'unshare');
      await ask(first.url, 'create table t as select 1 as n');
    }
    {
      await using second = await open(folder.path, 'setpriv');
      assert.deepEqual(await ask(second.url, 'select n from t'), [{ n: 1 }]);
    }

    await using third = await open(folder.path, 'unshare');

    assert.deepEqual(await ask(third.url, 'select n from t'), [{ n: 1 }]);
  });
}

test('of twenty that lock a folder with a stale lock one gets it', async () => {
  await using folder = await closedFolder();
  await mkdir(folder.path);
  const stale = { pid: process.pid, started: '1', space: 'gone', nonce: 'x' };
  await writeFile(join(folder.path, 'owner.lock.7'), JSON.stringify(stale));

  const locks = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder.path)));

  const won = locks.filter((lock) => lock.status === 'fulfilled');
  assert.equal(won.length, 1);
  for (const lock of locks)
    if (lock.status === 'rejected') assert.ok(withCode('database.in_use')(lock.reason));
  await won[0]?.value.release();
  await (await lockFolder(folder.path)).release();
});

test('a lock file that a power loss cut off is stale', async () => {
  await using folder = await closedFolder();
  await mkdir(folder.path);
  await writeFile(join(folder.path, 'owner.lock.7'), '{"pid":');

  await (await lockFolder(folder.path)).release();
});

test('a program that cannot start says why', async () => {
  await using folder = await closedFolder();
  await mkdir(folder.path);
  await symlink('/bin/false', join(folder.path, 'initdb'));
  const programs = { binDir: folder.path, runAs: await chooseRunAs(), tied: false };
  const cluster = { dir: join(folder.path, 'c'), user: 'u', passwordFile: '/dev/null', sync: false };

  await assert.rejects(initCluster(programs, cluster), withCode('database.bundled_not_startable'));
});
