import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { SECOND } from '../../../base/index.ts';
import { DatabaseError } from '../errors.ts';
import { commandAs, type RunAs, UNPRIVILEGED_ID } from './run-as.ts';

/** What starting PostgreSQL's own programs needs to know. */
export type Programs = {
  /** Folder of `initdb` and `postgres`. */
  readonly binDir: string;
  readonly runAs: RunAs;
  /** The programs end when this process dies. */
  readonly tied: boolean;
};

export type RunningServer = {
  readonly pid: number;
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<void>;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. Idempotent. */
  stop(): Promise<void>;
};

const READY_WITHIN_MS = 120 * SECOND;
const STOP_WITHIN_MS = 30 * SECOND;
const POLL_MS = 25;

/** Makes the data folder: UTF-8, C locale (the order of texts never changes with the system), scram only. */
export async function initCluster(
  programs: Programs,
  cluster: {
    readonly dir: string;
    readonly user: string;
    readonly passwordFile: string;
    readonly sync: boolean;
  },
): Promise<void> {
  await makeOwnFolder(cluster.dir, programs.runAs);
  const child = start(programs, 'initdb', [
    ...['-D', cluster.dir, '-U', cluster.user, '--auth=scram-sha-256', `--pwfile=${cluster.passwordFile}`],
    ...['--encoding=UTF8', '--locale=C', '--no-instructions', ...(cluster.sync ? [] : ['--no-sync'])],
  ]);
  const output = lastLines(child);
  const code = await exitCode(child);
  if (code !== 0) throw notStartable(`initdb ended with ${code}`, output());
}

/**
 * Starts `postgres` and waits until it answers at `url`; recovery after a crash is part of that, and may take long: whoever
 * stops meanwhile does not wait for its end.
 */
export async function startServer(
  programs: Programs,
  server: { readonly dir: string; readonly url: string; readonly settings: Readonly<Record<string, string>> },
  stopping?: AbortSignal,
): Promise<RunningServer> {
  const settings = Object.entries(server.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = start(programs, 'postgres', ['-D', server.dir, ...settings]);
  const output = lastLines(child);
  let gone = false;
  const exited = exitCode(child).then(
    () => {
      gone = true;
    },
    () => {
      gone = true;
    },
  );
  const stop = (): Promise<void> => stopChild(child, exited);
  try {
    await untilReady(server.url, () => gone || stopping?.aborted === true);
  } catch (error) {
    await stop();
    throw notStartable('postgres did not become ready', output(), error);
  }
  child.unref();
  return { pid: child.pid ?? 0, exited, stop };
}

/** A folder that only PostgreSQL's user can enter, as `initdb` demands. */
export async function makeOwnFolder(dir: string, runAs: RunAs): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  if (runAs === 'setpriv') await chown(dir, UNPRIVILEGED_ID, UNPRIVILEGED_ID);
}

function start({ binDir, runAs, tied }: Programs, name: string, args: readonly string[]): ChildProcess {
  const { command, args: words } = commandAs(runAs, tied, `${binDir}/${name}`, args);
  return spawn(command, words, {
    cwd: '/',
    // A session of its own: Ctrl-C reaches us, and we stop PostgreSQL after our own work is done.
    detached: true,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function untilReady(url: string, isGone: () => boolean): Promise<void> {
  let last: unknown;
  for (let waited = 0; waited < READY_WITHIN_MS; waited += POLL_MS) {
    if (isGone()) throw new Error('the process ended');
    try {
      await connectOnce(url);
      return;
    } catch (error) {
      last = error;
    }
    await wait(POLL_MS);
  }
  throw last;
}

async function connectOnce(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5 * SECOND });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.ref();
  child.kill('SIGINT');
  const impatient = setTimeout(() => child.kill('SIGQUIT'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(impatient);
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStartable('the program could not be started', [], error)));
    child.once('exit', (code) => resolve(code));
  });
}

/** Keeps only the end of the output: it explains a failed start, and is never logged while people's data is in it. */
function lastLines(child: ChildProcess): () => readonly string[] {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-2_000);
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', keep);
    stream?.on('error', () => undefined);
    if (stream && 'unref' in stream) (stream as unknown as { unref(): void }).unref();
  }
  return () => text.trim().split('\n').slice(-5);
}

function notStartable(what: string, output: readonly string[], cause?: unknown): DatabaseError {
  return new DatabaseError({
    code: 'database.bundled_not_startable',
    detail: [what, ...output].join('\n'),
    cause,
  });
}
