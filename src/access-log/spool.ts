import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, type EventId, isId, newId } from '../base/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { columnsOf, type EventRow, StoredEvent } from './event.ts';

/** One file of events that the database did not take. */
export type SpoolFile = {
  readonly path: string;
  /** Id of the `log.gap` event that stands before its events; fixed by the file's name, so it is written once. */
  readonly gapId: EventId;
  /** Does any living process still write to it? If so it may be read but not removed. */
  readonly isClosed: boolean;
};

export type SpoolContent = {
  readonly rows: readonly EventRow[];
  /** Lines cut short by a crash, or not written by a process that holds our keys. */
  readonly unreadable: number;
};

const SpoolLine = z.strictObject({ mac: z.string(), body: z.string() });
/** A long outage under attack must not fill the disk, nor recovery the memory. What comes later is only logged. */
const MAX_BYTES = 64 * 1024 * 1024;

const NAME = /^(evt_[0-9a-z]{26})\.([^.]+)\.(\d+)\.spool$/;

/**
 * Append-only files in a local folder, fsync'ed before the refusal leaves (R6.4). Each process writes its own
 * file; a file's name says who writes it, so that a later process knows when its writer is gone.
 */
export class Spool {
  readonly #dir: string;
  readonly #keys: Pick<Keys, 'lookup'>;
  #current: string | undefined;
  /** Bytes in the current file. */
  #size = 0;
  /** Files may be there from before this process. */
  #hasWork = true;
  #last: Promise<unknown> = Promise.resolve();

  constructor(dir: string, keys: Pick<Keys, 'lookup'>) {
    this.#dir = dir;
    this.#keys = keys;
  }

  /** Is there anything that recovery should look at? */
  hasWork(): boolean {
    return this.#hasWork;
  }

  /** Resolves when the events are on disk. @throws when they cannot be, or when the file holds 64 MB. */
  async add(rows: readonly EventRow[]): Promise<void> {
    this.#hasWork = true;
    const text = rows.map((row) => `${this.#line(row)}\n`).join('');
    await this.#inTurn(async () => await this.#write(text));
  }

  /**
   * What waits to be brought back. Our own file is closed by this: later events go to a new one. Files of other
   * processes are listed too, since those may be gone for good.
   */
  async takeAll(): Promise<readonly SpoolFile[]> {
    return await this.#inTurn(async () => {
      this.#current = undefined;
      const names = await readdir(this.#dir).catch(() => []);
      return names.flatMap((name) => this.#describe(name));
    });
  }

  /** Everything taken is recovered; `add` brings new work. */
  finish(files: readonly SpoolFile[]): void {
    this.#hasWork = this.#current !== undefined && !files.some(({ path }) => path === this.#current);
  }

  async read(file: SpoolFile): Promise<SpoolContent> {
    const lines = (await readFile(file.path, 'utf8')).split('\n').filter((line) => line !== '');
    const rows = lines.map((line) => this.#parse(line)).filter((row) => row !== undefined);
    return { rows, unreadable: lines.length - rows.length };
  }

  async remove(file: SpoolFile): Promise<void> {
    await unlink(file.path);
  }

  /** Keeps a file that holds something unreadable, out of the way. */
  async setAside(file: SpoolFile): Promise<void> {
    await rename(file.path, `${file.path}.unreadable`);
  }

  /** One at a time, in order, whether the one before failed or not. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn;
    return await turn;
  }

  async #write(text: string): Promise<void> {
    const isNew = this.#current === undefined;
    this.#size = (isNew ? 0 : this.#size) + Buffer.byteLength(text);
    if (this.#size > MAX_BYTES) throw new RangeError('the spool file is full');
    this.#current ??= join(this.#dir, `${newId('evt')}.${hostPart()}.${process.pid}.spool`);
    if (isNew) await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const file = await open(this.#current, 'a', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(this.#dir);
  }

  #line(row: EventRow): string {
    return canonicalJson({ mac: this.#mac(row.body), body: row.body });
  }

  /** Who can write to the folder must not be able to write history: lines carry a keyed hash. */
  #mac(body: string): string {
    return this.#keys.lookup('access-log/spool', body);
  }

  #parse(line: string): EventRow | undefined {
    try {
      const { mac, body } = SpoolLine.parse(JSON.parse(line));
      return mac === this.#mac(body) ? spooledRow(body) : undefined;
    } catch {
      return undefined;
    }
  }

  #describe(name: string): SpoolFile[] {
    const [, gapId = '', host, pid] = NAME.exec(name) ?? [];
    if (!isId('evt', gapId)) return [];
    const isClosed = host === hostPart() && (Number(pid) === process.pid || !isAlive(Number(pid)));
    return [{ path: join(this.#dir, name), gapId, isClosed }];
  }
}

/** The stored form says that it was spooled: the answer that the event describes was withheld. */
function spooledRow(body: string): EventRow | undefined {
  const event = StoredEvent.parse(JSON.parse(body));
  if (!isId('evt', event.id)) return undefined;
  return { ...columnsOf(event), id: event.id, body: canonicalJson({ ...event, spooled: true }) };
}

function hostPart(): string {
  return hostname().replaceAll(/[^a-zA-Z0-9-]/g, '-');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** A new file survives power loss only when its folder was written too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
