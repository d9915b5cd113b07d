import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledBinDir } from '../../src/platform/database/bundled/binaries.ts';
import { initCluster, startServer } from '../../src/platform/database/bundled/cluster.ts';
import { canTie, chooseRunAs } from '../../src/platform/database/bundled/run-as.ts';

/** The servers that the database suites run on (R7.4). */
export type TestServer = 'bundled' | 'debian-15';
export const TEST_SERVERS: readonly TestServer[] = ['bundled', 'debian-15'];

const DEBIAN_15 = '/usr/lib/postgresql/15/bin';
const PASSWORD = 'only-for-tests';
// Nothing in a test outlives its run, so nothing waits for a disk.
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };

export type RunningTestServer = AsyncDisposable & {
  readonly url: string;
  /** Ends it as an operator does, its data stays. */
  stop(): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
};

/** A PostgreSQL of its own in a temporary folder, gone when disposed or when this process dies. */
export async function startTestPostgres(server: TestServer): Promise<RunningTestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'vst-pg-'));
  const programs = { binDir: await binDir(server), runAs: await chooseRunAs(), tied: await canTie() };
  const dir = join(folder, 'c');
  const passwordFile = join(folder, 'p');
  await writeFile(passwordFile, PASSWORD, { mode: 0o600 });
  await initCluster(programs, { dir, user: 'vestibule', passwordFile, sync: false });
  const url = `postgres://vestibule:${PASSWORD}@localhost:5432/postgres?host=${encodeURIComponent(folder)}`;
  const settings = { ...SETTINGS, listen_addresses: '', unix_socket_directories: folder };
  let running = await startServer(programs, { dir, url, settings });
  return {
    url,
    stop: () => running.stop(),
    start: async () => {
      running = await startServer(programs, { dir, url, settings });
    },
    [Symbol.asyncDispose]: async () => {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function binDir(server: TestServer): Promise<string> {
  if (server === 'bundled') return bundledBinDir(join(tmpdir(), 'vestibule-postgres'));
  if (existsSync(DEBIAN_15)) return DEBIAN_15;
  throw new Error('PostgreSQL 15 is not installed: run `npm run setup`');
}
