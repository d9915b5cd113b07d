import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { IconikStore } from './store.ts';

const MAPS = [
  'users',
  'groups',
  'roleGroups',
  'apps',
  'tokens',
  'identityProviders',
  'domains',
  'collections',
  'assets',
  'shares',
] as const;

/** Keeps the domain over restarts, as the real one outlives the broker. Sessions and logs begin anew. */
export interface Keep {
  /** Puts what was kept into a fresh store. */
  restore(store: IconikStore): void;
  /** Writes the store down, if it changed. */
  save(store: IconikStore): void;
}

export const keepNothing: Keep = { restore: () => undefined, save: () => undefined };

/** One file, written anew with each change and moved into place: a process that is killed forgets nothing that it said. */
export function keepInFile(path: string): Keep {
  let last: string | undefined;
  return {
    restore: (store) => {
      last = readText(path);
      if (last !== undefined) fill(store, JSON.parse(last, reviveDate) as Kept);
    },
    save: (store) => {
      const text = JSON.stringify(keptOf(store));
      if (text === last) return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
      last = text;
    },
  };
}

/** Saves before the end of the answer is sent, so that a lost reply loses nothing else. */
export function saveBeforeEnd(res: ServerResponse, save: () => void): void {
  const end = res.end.bind(res) as (...args: unknown[]) => ServerResponse;
  res.end = ((...args: unknown[]) => {
    save();
    return end(...args);
  }) as typeof res.end;
}

type Kept = Readonly<Record<(typeof MAPS)[number], readonly (readonly [string, unknown])[]>> &
  Pick<IconikStore, 'mappings' | 'acl'> & { readonly foreign: readonly string[] };

function keptOf(store: IconikStore): Kept {
  const maps = Object.fromEntries(MAPS.map((name) => [name, [...store[name]]]));
  const { mappings, acl, foreign } = store;
  // The file is read by this very file.
  return { ...maps, mappings, acl, foreign: [...foreign] } as unknown as Kept;
}

function fill(store: IconikStore, kept: Kept): void {
  for (const name of MAPS) {
    const map = store[name] as Map<string, unknown>;
    map.clear();
    for (const [id, value] of kept[name]) map.set(id, value);
  }
  store.mappings = kept.mappings;
  store.acl = kept.acl;
  for (const email of kept.foreign) store.foreign.add(email);
  store.index.fill('users', store.users);
  store.index.fill('groups', store.groups);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function reviveDate(name: string, value: unknown): unknown {
  return name === 'expires' && typeof value === 'string' ? new Date(value) : value;
}
