/**
 * Short-lived state: sessions, login transactions, rate limits, caches. Losing all of it costs people a new
 * sign-in, never safety (R7.3). Keys are `room:thing:id`. One suite in test/conformance holds all implementations.
 *
 * Every call that gets no answer in time throws `Unavailable` (code `key_value.unavailable`).
 */
export interface KeyValueStore extends AsyncDisposable {
  get(key: string): Promise<string | undefined>;
  /** In the order of `keys`; one round trip. */
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** Sets only if absent, atomically. @returns whether this call set it. */
  add(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Reads and deletes in one step: of any number of callers at most one gets the value. */
  take(key: string): Promise<string | undefined>;
  delete(...keys: readonly string[]): Promise<void>;
  /** Adds one and returns the new count; the first increment starts the lifetime, later ones leave it. */
  increment(key: string, ttlMs: number): Promise<number>;
  /** Puts `member` into the index at `key` until `ends`; a member already there gets the new end. */
  indexAdd(key: string, member: string, ends: Date): Promise<void>;
  /** Members whose end is in the future, soonest first. */
  indexList(key: string): Promise<readonly string[]>;
  indexRemove(key: string, member: string): Promise<void>;
  /** Answers when the store does. */
  ping(): Promise<void>;
}
