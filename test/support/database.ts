import { createHash } from 'node:crypto';
import { after, suite } from 'node:test';
import { Client } from 'pg';
import { randomText } from '../../src/base/index.ts';
import {
  type DatabaseHandle,
  type Migrations,
  migrate,
  openDatabase,
} from '../../src/platform/database/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import {
  type RunningTestServer,
  startTestPostgres,
  TEST_SERVERS,
  type TestServer,
} from './postgres-server.ts';
import { giveBack, keepShape, openRegistry, takeUsed } from './used-databases.ts';

export type TestDatabase = DatabaseHandle & { readonly url: string };

const own = new Map<TestServer, Promise<RunningTestServer>>();
after(async () => {
  for (const server of own.values()) await (await server)[Symbol.asyncDispose]();
});

/**
 * An empty database with these migrations, for the caller alone until it is disposed: in the run's PostgreSQL when there
 * is one (see global-setup.ts), else in one that this file starts and stops itself. The first call with the same migrations
 * makes a template, later ones copy it, or take a copy that another test has left empty.
 */
export async function createTestDatabase(
  migrations: Migrations,
  options: { readonly server?: TestServer; readonly maxConnections?: number } = {},
): Promise<TestDatabase> {
  const adminUrl = await serverUrl(options.server ?? 'bundled');
  const { name, template } = await withAdmin(adminUrl, async (admin) => {
    const template = await ensureTemplate(admin, adminUrl, migrations);
    const name = (await takeUsed(admin, template)) ?? (await copyTemplate(admin, template));
    return { name, template };
  });
  const url = withDatabase(adminUrl, name);
  const handle = openDatabase({ url, log: silentLog, maxConnections: options.maxConnections ?? 10 });
  const leave = async (): Promise<void> => {
    await handle[Symbol.asyncDispose]();
    await withAdmin(adminUrl, async (admin) => {
      if (await giveBack(admin, { name, template, url })) return;
      await admin.query(`drop database if exists ${name} with (force)`);
    });
  };
  let left: Promise<void> | undefined;
  return {
    ...handle,
    url,
    // Once: a second time it may be somebody else's.
    [Symbol.asyncDispose]: () => {
      left ??= leave();
      return left;
    },
  };
}

async function copyTemplate(admin: Client, template: string): Promise<string> {
  const name = `t_${randomText(16)}`;
  await admin.query(`create database ${name} template ${template}`);
  return name;
}

/** Registers a suite once for the bundled PostgreSQL 18 and once for Debian's 15 (R7.4). */
export function eachServer(title: string, register: (server: TestServer) => void): void {
  for (const server of TEST_SERVERS) suite(`${title} (${server})`, () => register(server));
}

const RUN_URLS: Readonly<Record<TestServer, string>> = {
  bundled: 'VESTIBULE_TEST_POSTGRES_URL',
  'debian-15': 'VESTIBULE_TEST_POSTGRES_15_URL',
};

async function serverUrl(server: TestServer): Promise<string> {
  const given = process.env[RUN_URLS[server]];
  if (given) return given;
  const started = own.get(server) ?? startTestPostgres(server);
  own.set(server, started);
  return (await started).url;
}

/** Several test files may want the same template at once: an advisory lock lets one make it. */
async function ensureTemplate(admin: Client, adminUrl: string, migrations: Migrations): Promise<string> {
  const source = Object.entries(migrations).map(([step, { up }]) => `${step}\n${up}`);
  const hash = createHash('sha256').update(source.sort().join('\n')).digest('hex').slice(0, 24);
  const template = `migrated_${hash}`;
  await admin.query('select pg_advisory_lock(hashtext($1))', [template]);
  const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [template]);
  if (rowCount === 0) {
    await openRegistry(admin);
    await admin.query(`drop database if exists ${template}_new with (force)`);
    await admin.query(`create database ${template}_new`);
    await using fresh = openDatabase({ url: withDatabase(adminUrl, `${template}_new`), log: silentLog });
    await migrate(fresh.db, migrations);
    await fresh[Symbol.asyncDispose]();
    await keepShape(admin, template, withDatabase(adminUrl, `${template}_new`));
    await admin.query(`alter database ${template}_new rename to ${template}`);
  }
  await admin.query('select pg_advisory_unlock(hashtext($1))', [template]);
  return template;
}

async function withAdmin<T>(url: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

function withDatabase(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
