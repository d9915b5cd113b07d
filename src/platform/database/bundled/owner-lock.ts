import { readFileSync, readlinkSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { randomText } from '../../../base/index.ts';
import { DatabaseError, errorCode } from '../errors.ts';

/** Who holds the data folder. The start time tells a process from a later one with the same number. */
const Owner = z.object({ pid: z.number(), started: z.string(), space: z.string(), nonce: z.string() });
type Owner = z.infer<typeof Owner>;

export type OwnerLock = { release(): Promise<void> };

const TRIES = 5;

/**
 * One process owns a data folder. A file with the owner's process, complete when it appears; left behind by a
 * killed owner it is recognised as stale and replaced. PostgreSQL's own postmaster.pid stands behind it.
 *
 * @throws DatabaseError `database.in_use`, naming the process.
 */
export async function lockFolder(folder: string): Promise<OwnerLock> {
  const file = join(folder, 'owner.lock');
  const me: Owner = { ...identify(process.pid), nonce: randomText() };
  const draft = `${file}.${me.nonce}`;
  await writeFile(draft, JSON.stringify(me), { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (await linked(draft, file)) return { release: () => releaseOwn(file, me) };
      await removeStale(file);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new DatabaseError({
    code: 'database.in_use',
    detail: `${folder} is being opened by several processes`,
  });
}

async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Takes the file away before it is judged gone, so that of two that find it stale neither removes a new one. */
async function removeStale(file: string): Promise<void> {
  const owner = await readOwner(file);
  if (owner && lives(owner)) {
    throw new DatabaseError({
      code: 'database.in_use',
      detail: `process ${owner.pid} is using this data folder (${file}); stop it first`,
    });
  }
  const aside = `${file}.${randomText(8)}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await readOwner(aside);
  if (moved && lives(moved)) await linked(aside, file);
  await rm(aside, { force: true });
}

async function releaseOwn(file: string, me: Owner): Promise<void> {
  const owner = await readOwner(file);
  if (owner?.nonce === me.nonce) await rm(file, { force: true });
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    return Owner.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined; // not there, or cut off by a power loss
  }
}

/** A process of another container cannot be seen; there PostgreSQL's socket is asked (see adopt.ts). */
function lives(owner: Owner): boolean {
  const now = identify(owner.pid);
  return now.started !== '' && now.started === owner.started && now.space === owner.space;
}

function identify(pid: number): { pid: number; started: string; space: string } {
  return { pid, started: startTime(pid), space: processSpace() };
}

/** Ticks since boot, of /proc; elsewhere only whether the process exists. Empty when it does not. */
function startTime(pid: number): string {
  try {
    if (process.platform !== 'linux') return process.kill(pid, 0) ? 'exists' : '';
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name and may hold spaces and brackets; counting starts behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch (error) {
    return errorCode(error) === 'EPERM' ? 'exists' : '';
  }
}

/** Boot and container: process numbers mean something only inside. */
function processSpace(): string {
  if (process.platform !== 'linux') return 'local';
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return 'local';
  }
}
