import { randomBytes } from 'node:crypto';
import {
  chmod,
  lchown,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { randomText } from '../../../base/index.ts';
import { DatabaseError, errorCode } from '../errors.ts';
import { type RunAs, UNPRIVILEGED_ID } from './run-as.ts';

const RunAsText = z.enum(['self', 'unshare', 'setpriv']);
/** sockaddr_un holds 107 bytes of path; the socket's own name comes behind the folder. */
const MAX_SOCKET_BYTES = 107;
const SOCKET_NAME = '/.s.PGSQL.5432.lock';

/**
 * What lies in the data folder of the bundled PostgreSQL:
 *
 *   cluster/      PostgreSQL's own folder
 *   password      of its superuser, made at the first start, for the owner only
 *   run-as        how the programs were started, because it decides whose files these are (R7.5)
 *   owner.lock.N  the process that uses it; the highest N counts
 *   socket/       unless the path is too long
 */
export function layout(dataDir: string): {
  readonly cluster: string;
  readonly password: string;
  readonly runAs: string;
  readonly socket: string;
} {
  return {
    cluster: join(dataDir, 'cluster'),
    password: join(dataDir, 'password'),
    runAs: join(dataDir, 'run-as'),
    socket: join(dataDir, 'socket'),
  };
}

export async function makeDataFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await chmod(dataDir, 0o700);
  } catch (cause) {
    throw new DatabaseError({
      code: 'database.bundled_folder',
      detail: `${dataDir} cannot be made or is not ours (${errorCode(cause)}); give a folder that this user owns`,
      cause,
    });
  }
}

export async function rememberedRunAs(dataDir: string): Promise<RunAs | undefined> {
  const text = await readFile(layout(dataDir).runAs, 'utf8').catch(() => '');
  return RunAsText.safeParse(text.trim()).data;
}

/** When the way changed (a folder moved into a container), the files change hands before PostgreSQL sees them. */
export async function rememberRunAs(dataDir: string, before: RunAs | undefined, runAs: RunAs): Promise<void> {
  const { cluster, runAs: file } = layout(dataDir);
  if (before !== undefined && before !== runAs) {
    const owner = runAs === 'setpriv' ? UNPRIVILEGED_ID : (process.getuid?.() ?? 0);
    await changeHands(cluster, owner);
  }
  await writeFile(file, `${runAs}\n`, { mode: 0o600 });
}

async function changeHands(path: string, owner: number): Promise<void> {
  const entries = await readdir(path, { recursive: true }).catch(() => []);
  try {
    for (const entry of [...entries.map((name) => join(path, name)), path]) await lchown(entry, owner, owner);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return;
    throw new DatabaseError({
      code: 'database.bundled_folder',
      detail: `the files in ${path} belong to another user; chown them to the user that starts Vestibule`,
      cause,
    });
  }
}

/** Made once; complete before it gets its name. */
export async function superuserPassword(file: string): Promise<string> {
  const there = await readFile(file, 'utf8').catch(() => '');
  if (there) return there;
  const password = randomBytes(24).toString('base64url');
  const draft = `${file}.${randomText(8)}`;
  const handle = await open(draft, 'wx', 0o600);
  await handle.writeFile(password);
  await handle.sync();
  await handle.close();
  await rename(draft, file);
  return password;
}

/** The cluster is complete when initdb is: it is made under another name and moved. */
export async function clusterExists(dataDir: string): Promise<boolean> {
  const version = join(layout(dataDir).cluster, 'PG_VERSION');
  return (await stat(version).catch(() => undefined)) !== undefined;
}

/** In the data folder, or in a private folder with a short name when that path is too long for a socket. */
export async function socketFolder(
  dataDir: string,
): Promise<{ readonly dir: string; remove(): Promise<void> }> {
  const preferred = layout(dataDir).socket;
  const fits = Buffer.byteLength(preferred + SOCKET_NAME) <= MAX_SOCKET_BYTES;
  const dir = fits ? preferred : await mkdtemp(join(tmpdir(), 'vst-'));
  if (Buffer.byteLength(dir + SOCKET_NAME) > MAX_SOCKET_BYTES) {
    throw new DatabaseError({
      code: 'database.bundled_folder',
      detail: 'the paths of the data folder and of TMPDIR are both too long for a socket; shorten one',
    });
  }
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
