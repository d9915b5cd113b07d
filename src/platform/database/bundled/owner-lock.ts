import { readFileSync, readlinkSync } from 'node:fs';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { randomText } from '../../../base/index.ts';
import { DatabaseError, errorCode } from '../errors.ts';

/** Who holds the data folder. The start time tells a process from a later one with the same number. */
const Owner = z.object({ pid: z.number(), started: z.string(), space: z.string(), nonce: z.string() });
type Owner = z.infer<typeof Owner>;

export type OwnerLock = { release(): Promise<void> };

const TRIES = 20;
const NAME = /^owner\.lock\.(\d+)$/;

/**
 * One process owns a data folder. Lock files are numbered and the highest counts; who wants the folder makes the
 * next number when the highest is released or its process is gone. Making a link is atomic, and numbers only grow,
 * so a stale lock is never taken away under a new owner. PostgreSQL's own postmaster.pid stands behind it.
 *
 * @throws DatabaseError `database.in_use`, naming the process.
 */
export async function lockFolder(folder: string): Promise<OwnerLock> {
  const me: Owner = { ...identify(process.pid), nonce: randomText() };
  const draft = join(folder, `owner.draft.${me.nonce}`);
  await writeFile(draft, JSON.stringify(me), { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const number = 1 + (await freeHighest(folder));
      if (await wins(folder, draft, number)) return { release: () => release(lockFile(folder, number), me) };
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new DatabaseError({
    code: 'database.in_use',
    detail: `${folder} is being opened by several processes`,
  });
}

/** @returns the highest number when nobody owns the folder, 0 without any. */
async function freeHighest(folder: string): Promise<number> {
  const highest = Math.max(0, ...(await numbers(folder)));
  const owner = highest === 0 ? undefined : await readOwner(lockFile(folder, highest));
  if (!owner || !lives(owner)) return highest;
  throw new DatabaseError({
    code: 'database.in_use',
    detail: `process ${owner.pid} is using the data folder ${folder}; stop it first`,
  });
}

/** Looks again after the link: whoever slept since it looked may have made a number that is no longer the highest. */
async function wins(folder: string, draft: string, number: number): Promise<boolean> {
  try {
    await link(draft, lockFile(folder, number));
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  const all = await numbers(folder);
  if (all.some((other) => other > number)) {
    await rm(lockFile(folder, number), { force: true });
    return false;
  }
  for (const older of all) if (older < number) await rm(lockFile(folder, older), { force: true });
  return true;
}

/** The file stays, so that the numbers go on; only its owner is nobody. */
async function release(file: string, me: Owner): Promise<void> {
  const draft = `${file}.${me.nonce}`;
  await writeFile(draft, JSON.stringify({ ...me, pid: 0, started: '' }), { mode: 0o600 });
  await rename(draft, file);
}

async function numbers(folder: string): Promise<readonly number[]> {
  const found = (await readdir(folder)).map((name) => NAME.exec(name)?.[1]);
  return found.filter((digits) => digits !== undefined).map(Number);
}

function lockFile(folder: string, number: number): string {
  return join(folder, `owner.lock.${number}`);
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    return Owner.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined; // cut off by a power loss, or just replaced by the next number
  }
}

/** A process of another container cannot be seen; there PostgreSQL's socket is asked (leftover.ts). */
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
