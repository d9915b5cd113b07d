import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { Store } from './store.ts';

/** What a store knows beyond its seed, by number. Sessions, quotas and logs begin anew with the process. */
const KEPT = [
  'groups',
  'customers',
  'addresses',
  'attributes',
  'attributeValues',
  'metafields',
  'consents',
  'hooks',
  'formerOrders',
  'companies',
  'companyUsers',
  'superAdmins',
  'companyRoles',
  'salesStaff',
] as const;

type Line = {
  readonly store: string;
  readonly of: (typeof KEPT)[number];
  readonly id: number;
  /** Absent: it was removed. */
  readonly value?: object;
};

/** Keeps the stores over restarts, as the real ones outlive the broker. */
export interface Keep {
  /** Fills fresh stores with what was kept. */
  restore(stores: ReadonlyMap<string, Store>): void;
  /** Writes down what changed since the last time. */
  save(stores: ReadonlyMap<string, Store>): void;
}

export const keepNothing: Keep = { restore: () => undefined, save: () => undefined };

/**
 * A file with one line for each change, complete before the answer leaves: a process that is killed forgets
 * nothing that it said. A last line that was cut short belongs to an answer that never left.
 */
export function keepInFile(path: string): Keep {
  const known = new Map<string, string>();
  return {
    restore: (stores) => {
      for (const line of readLines(path)) apply(stores.get(line.store), line);
      known.clear();
      for (const [key, { text }] of entriesOf(stores)) known.set(key, text);
    },
    save: (stores) => {
      const present = entriesOf(stores);
      const changed = [...present].filter(([key, { text }]) => known.get(key) !== text);
      const removed = [...known.keys()].filter((key) => !present.has(key));
      if (changed.length === 0 && removed.length === 0) return;
      const lines = [...changed.map(([key, { text }]) => `${key.slice(0, -1)},"value":${text}}`), ...removed];
      mkdirSync(dirname(path), { recursive: true });
      // The line end comes first, so that a line after one that was cut short is whole.
      appendFileSync(path, lines.map((line) => `\n${line}`).join(''), { mode: 0o600 });
      for (const [key, { text }] of changed) known.set(key, text);
      for (const key of removed) known.delete(key);
    },
  };
}

/** Saves before the end of the answer is sent. */
export function saveBeforeEnd(res: ServerResponse, save: () => void): void {
  const end = res.end.bind(res) as (...args: unknown[]) => ServerResponse;
  res.end = ((...args: unknown[]) => {
    save();
    return end(...args);
  }) as typeof res.end;
}

/** Every kept thing with its text; the key is the line without its value. */
function entriesOf(stores: ReadonlyMap<string, Store>): Map<string, { readonly text: string }> {
  const entries = new Map<string, { readonly text: string }>();
  for (const store of stores.values()) {
    for (const of of KEPT) {
      for (const [id, value] of store[of]) {
        entries.set(JSON.stringify({ store: store.id, of, id }), { text: JSON.stringify(value) });
      }
    }
  }
  return entries;
}

function apply(store: Store | undefined, { of, id, value }: Line): void {
  if (!store) return;
  store.keepIdsAbove(id);
  // The file was written by this very file from things of the same kind.
  const things = store[of] as Map<number, object>;
  if (value) things.set(id, value);
  else things.delete(id);
}

function readLines(path: string): readonly Line[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line, reviveDate) as Line];
    } catch {
      return []; // cut short when the process was killed
    }
  });
}

const DATES = new Set(['date_created', 'date_modified', 'created_at', 'updated_at']);

function reviveDate(name: string, value: unknown): unknown {
  return DATES.has(name) && typeof value === 'string' ? new Date(value) : value;
}
