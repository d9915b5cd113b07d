import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SECOND } from '../../../base/index.ts';
import { DatabaseError, errorCode } from '../errors.ts';

const STOP_WITHIN_MS = 60 * SECOND;
const POLL_MS = 25;

/**
 * Stops a PostgreSQL that a killed owner left running, cleanly, so that nothing committed is lost. Call it only
 * while holding the owner lock.
 *
 * @throws DatabaseError `database.in_use` when it does not stop, or runs where we cannot see it.
 */
export async function stopLeftover(clusterDir: string, socketDir: string): Promise<boolean> {
  const pid = await postmasterPid(clusterDir);
  if (pid !== undefined && (await isPostgresOf(pid, clusterDir))) {
    process.kill(pid, 'SIGINT');
    for (let waited = 0; waited < STOP_WITHIN_MS; waited += POLL_MS) {
      if (!isAlive(pid)) return true;
      await wait(POLL_MS);
    }
    throw inUse(`PostgreSQL (process ${pid}) of an earlier run does not stop`);
  }
  // Another container with the same folder: its processes are invisible, its socket is not.
  if (await answers(join(socketDir, '.s.PGSQL.5432')))
    throw inUse('another container is using this data folder');
  return false;
}

async function postmasterPid(clusterDir: string): Promise<number | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text.split('\n', 1)[0] ?? '', 10);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/** The number in postmaster.pid may belong to anybody by now: only a postgres on this very folder is ours. */
async function isPostgresOf(pid: number, clusterDir: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return words.includes(clusterDir) && words.some((word) => word.endsWith('postgres'));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    const end = (answer: boolean) => (): void => {
      connection.destroy();
      resolve(answer);
    };
    connection.setTimeout(SECOND, end(false));
    connection.once('connect', end(true));
    connection.once('error', end(false));
  });
}

function inUse(detail: string): DatabaseError {
  return new DatabaseError({ code: 'database.in_use', detail });
}
