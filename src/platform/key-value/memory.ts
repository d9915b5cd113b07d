import { type Clock, MINUTE } from '../../base/index.ts';
import { keyValueUnavailable } from './errors.ts';
import type { KeyValueStore } from './key-value.ts';

type Value = { readonly value: string; readonly ends: number };
/** Members of an index with their ends. */
type Index = Map<string, number>;
type Entry = Value | Index;

const SWEEP_EVERY_MS = MINUTE;

/**
 * The store of the embedded mode: one process, gone with it. What has ended is invisible at once and leaves the
 * memory within a minute of use. When `maxEntries` (default 500,000) live entries are reached, new ones are
 * refused as Redis refuses them with `noeviction`: dropping a one-time value early would allow it twice.
 */
export function openMemoryKeyValue(needs: {
  readonly clock: Clock;
  readonly maxEntries?: number;
}): KeyValueStore & { readonly size: number } {
  const entries = new Entries(needs.clock, needs.maxEntries ?? 500_000);
  return {
    get size() {
      return entries.size;
    },
    get: async (key) => entries.value(key)?.value,
    getMany: async (keys) => keys.map((key) => entries.value(key)?.value),
    set: async (key, value, ttlMs) => entries.put(key, { value, ends: entries.endAfter(ttlMs) }),
    add: async (key, value, ttlMs) => {
      if (entries.value(key)) return false;
      entries.put(key, { value, ends: entries.endAfter(ttlMs) });
      return true;
    },
    take: async (key) => {
      const found = entries.value(key)?.value;
      entries.remove(key);
      return found;
    },
    delete: async (...keys) => {
      for (const key of keys) entries.remove(key);
    },
    increment: async (key, ttlMs) => {
      const before = entries.value(key);
      const count = Number(before?.value ?? 0) + 1;
      entries.put(key, { value: String(count), ends: before?.ends ?? entries.endAfter(ttlMs) });
      return count;
    },
    indexAdd: async (key, member, ends) => {
      const index = entries.index(key) ?? new Map<string, number>();
      entries.put(key, index.set(member, ends.getTime()));
    },
    indexList: async (key) => entries.members(key),
    indexRemove: async (key, member) => {
      const index = entries.index(key);
      index?.delete(member);
      if (index?.size === 0) entries.remove(key);
    },
    ping: async () => undefined,
    [Symbol.asyncDispose]: async () => entries.clear(),
  };
}

class Entries {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #entries = new Map<string, Entry>();
  #swept: number;

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
    this.#swept = clock.now().getTime();
  }

  get size(): number {
    return this.#entries.size;
  }

  value(key: string): Value | undefined {
    const entry = this.#live(key);
    if (entry instanceof Map) throw new TypeError('the key holds an index, not a value');
    return entry;
  }

  index(key: string): Index | undefined {
    const entry = this.#live(key);
    if (entry && !(entry instanceof Map)) throw new TypeError('the key holds a value, not an index');
    return entry;
  }

  members(key: string): readonly string[] {
    const now = this.#now();
    const members = [...(this.index(key) ?? [])].filter(([, ends]) => ends > now);
    return members.sort(([, a], [, b]) => a - b).map(([member]) => member);
  }

  put(key: string, entry: Entry): void {
    this.#sweepWhenDue();
    if (!this.#entries.has(key) && this.#entries.size >= this.#max) this.#makeRoom();
    this.#entries.set(key, entry);
  }

  remove(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  endAfter(ttlMs: number): number {
    return this.#now() + Math.max(1, Math.ceil(ttlMs));
  }

  #now(): number {
    return this.#clock.now().getTime();
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry || !hasEnded(entry, this.#now())) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #sweepWhenDue(): void {
    const now = this.#now();
    if (now - this.#swept >= SWEEP_EVERY_MS) this.#sweep(now);
  }

  #sweep(now: number): void {
    this.#swept = now;
    for (const [key, entry] of this.#entries) {
      if (hasEnded(entry, now)) this.#entries.delete(key);
      else if (entry instanceof Map) dropEnded(entry, now);
    }
  }

  #makeRoom(): void {
    this.#sweep(this.#now());
    if (this.#entries.size >= this.#max)
      throw keyValueUnavailable(`the memory store holds ${this.#max} entries`);
  }
}

function hasEnded(entry: Entry, now: number): boolean {
  if (!(entry instanceof Map)) return entry.ends <= now;
  for (const ends of entry.values()) if (ends > now) return false;
  return true;
}

function dropEnded(index: Index, now: number): void {
  for (const [member, ends] of index) if (ends <= now) index.delete(member);
}
