import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import type { Clock } from '../../../base/index.ts';
import type { Log } from '../../log/index.ts';
import { bundledBinDir } from './binaries.ts';
import { initCluster, makeOwnFolder, type Programs, startServer } from './cluster.ts';
import {
  clusterExists,
  layout,
  makeDataFolder,
  rememberedRunAs,
  rememberRunAs,
  socketFolder,
  superuserPassword,
} from './folder.ts';
import { keepServer } from './kept-server.ts';
import { stopLeftover } from './leftover.ts';
import { lockFolder } from './owner-lock.ts';
import { canTie, chooseRunAs, type RunAs } from './run-as.ts';

const USER = 'vestibule';
const SETTINGS = {
  listen_addresses: '',
  // Never traded for speed: an answered sign-in is on disk (R7.5).
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  password_encryption: 'scram-sha-256',
  max_connections: '60',
  // Statements and rows hold personal data and stay out of the server's output.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

export type BundledPostgresOptions = {
  /** Made when absent. Everything of the database lies below it. */
  readonly dataDir: string;
  readonly log: Log;
  readonly clock: Clock;
  /** For tests: instead of finding out what works here. */
  readonly runAs?: RunAs;
};

export interface BundledPostgres extends AsyncDisposable {
  /** For `openDatabase`; holds the password. */
  readonly url: string;
}

/**
 * Starts the PostgreSQL that comes with Vestibule on a data folder, makes that at the first start, and stops it
 * when disposed (R7.5). If it ends before that, it is started again at the same address. It also ends when this process
 * is killed; should it survive, the next start stops it.
 *
 * @throws DatabaseError `database.in_use` (names the process), `database.bundled_missing`,
 *   `database.bundled_not_startable`, `database.bundled_folder`.
 */
export async function openBundledPostgres(options: BundledPostgresOptions): Promise<BundledPostgres> {
  const dataDir = resolve(options.dataDir);
  const log = options.log.child({ room: 'database' });
  await makeDataFolder(dataDir);
  await using opening = new AsyncDisposableStack();
  const lock = await lockFolder(dataDir);
  opening.defer(() => lock.release());
  const socket = await socketFolder(dataDir);
  opening.defer(() => socket.remove());
  const { cluster, password: passwordFile } = layout(dataDir);
  if (await stopLeftover(cluster, socket.dir))
    log.warn('stopped the database of an earlier run that was killed');
  const programs = await preparePrograms(dataDir, options.runAs);
  await makeOwnFolder(socket.dir, programs.runAs);
  const password = await superuserPassword(passwordFile);
  if (!(await clusterExists(dataDir))) await makeCluster(dataDir, programs, passwordFile);
  const url = (name: string): string =>
    `postgres://${USER}:${password}@localhost:5432/${name}?host=${encodeURIComponent(socket.dir)}`;
  const settings = { ...SETTINGS, unix_socket_directories: socket.dir, unix_socket_permissions: '0700' };
  const began = options.clock.now().getTime();
  const server = { dir: cluster, url: url('postgres'), settings };
  const start = (stopping: AbortSignal) => startServer(programs, server, stopping);
  opening.use(await keepServer(start, log));
  await ensureDatabase(url('postgres'));
  log.info('bundled database is ready', {
    tookMs: options.clock.now().getTime() - began,
    runAs: programs.runAs,
  });
  const open = opening.move();
  let closing: Promise<void> | undefined;
  return {
    url: url(USER),
    [Symbol.asyncDispose]: () => {
      closing ??= open.disposeAsync();
      return closing;
    },
  };
}

async function preparePrograms(dataDir: string, wanted: RunAs | undefined): Promise<Programs> {
  const before = await rememberedRunAs(dataDir);
  const runAs = wanted ?? (await chooseRunAs(before));
  await rememberRunAs(dataDir, before, runAs);
  return { binDir: await bundledBinDir(dataDir), runAs, tied: await canTie() };
}

/** Under another name until it is complete: a start that was killed in the middle leaves nothing half made. */
async function makeCluster(dataDir: string, programs: Programs, passwordFile: string): Promise<void> {
  const draft = join(dataDir, 'cluster.new');
  await rm(draft, { recursive: true, force: true });
  await initCluster(programs, { dir: draft, user: USER, passwordFile, sync: true });
  await rename(draft, layout(dataDir).cluster);
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [USER]);
    if (rowCount === 0) await client.query(`create database ${USER}`);
  } finally {
    await client.end();
  }
}
