import { randomInt } from 'node:crypto';
import { addMs, type Clock, MINUTE, SECOND } from '../../base/index.ts';

export type RefreshedOptions<T> = {
  /** Reads the value anew; may return the same value when nothing changed. */
  readonly load: (known: T | undefined) => Promise<T>;
  readonly clock: Clock;
  /** How often to read again. */
  readonly refreshMs: number;
  /** For how long the value itself wants to be kept: it is read again so soon, but at most once a minute. */
  readonly keepMs?: (value: T) => number | undefined;
  /** Beyond this age a value that could not be read again is no longer given out. Default: no limit. */
  readonly maxAgeMs?: number;
  /** End that the value itself declares. */
  readonly validUntil?: (value: T) => Date | undefined;
  readonly onFailure: (error: unknown) => void;
};

export type RefreshedState = {
  readonly loadedAt?: Date;
  readonly checkedAt?: Date;
  readonly usable: boolean;
  readonly failing: boolean;
};

const FIRST_RETRY_MS = 2 * SECOND;
const LAST_RETRY_MS = 5 * MINUTE;
const SHORTEST_REFRESH_MS = MINUTE;
/** So long after a failure, somebody who needs a value that is not there has it read again: one read for all of them. */
const NEEDED_RETRY_MS = 5 * SECOND;
/** What failed before may fail slowly: nobody waits longer than this for it. The read goes on for those who come later. */
const PATIENCE_MS = 3 * SECOND;

/**
 * A value of another system that is read now and then: discovery, metadata. The last good one is kept while
 * the other side is down, with its age. Concurrent readers share one load. After a failure the next load waits
 * (2 s, doubling to 5 min; 5 s at the most where a reader has nothing else), so that many sign-ins do not become many
 * requests, and yet find what is back.
 */
export class Refreshed<T> implements Disposable {
  readonly #options: RefreshedOptions<T>;
  #value: { readonly value: T; readonly loadedAt: Date } | undefined;
  #loading: Promise<T> | undefined;
  /** The same load, for those who wait for it no longer than they should. */
  #awaited: Promise<T> | undefined;
  #checkedAt: Date | undefined;
  #failure: { readonly error: unknown; readonly at: Date; readonly delayMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(options: RefreshedOptions<T>) {
    this.#options = options;
  }

  /** The present value, loaded if need be. A value due for a refresh is given out while the refresh runs. */
  async get(): Promise<T> {
    const now = this.#options.clock.now();
    const held = this.#value;
    if (held && this.#isUsable(now)) {
      if (now >= addMs(held.loadedAt, this.#refreshMs())) this.#loadInBackground(now);
      return held.value;
    }
    const failure = this.#failure;
    if (!failure) return await this.load();
    const retryAt = addMs(failure.at, Math.min(failure.delayMs, NEEDED_RETRY_MS));
    if (!this.#loading && now < retryAt) throw failure.error;
    this.#awaited ??= within(PATIENCE_MS, this.load(), failure.error);
    return await this.#awaited;
  }

  /** Loads now, whatever is held. Concurrent calls share one load. */
  load(): Promise<T> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
      this.#awaited = undefined;
    });
    return this.#loading;
  }

  state(): RefreshedState {
    return {
      ...(this.#value && { loadedAt: this.#value.loadedAt }),
      ...(this.#checkedAt && { checkedAt: this.#checkedAt }),
      usable: this.#isUsable(this.#options.clock.now()),
      failing: this.#failure !== undefined,
    };
  }

  /** Puts in a value that was kept elsewhere, such as in the database, with its own age. */
  seed(value: T, loadedAt: Date): void {
    this.#value ??= { value, loadedAt };
  }

  /** Keeps the value fresh in the background until disposed. */
  start(): void {
    this.#schedule(0);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #isUsable(now: Date): boolean {
    if (!this.#value) return false;
    const { maxAgeMs, validUntil } = this.#options;
    if (maxAgeMs !== undefined && now >= addMs(this.#value.loadedAt, maxAgeMs)) return false;
    const end = validUntil?.(this.#value.value);
    return end === undefined || now < end;
  }

  #refreshMs(): number {
    const { refreshMs, keepMs } = this.#options;
    const wanted = (this.#value && keepMs?.(this.#value.value)) ?? refreshMs;
    return Math.min(refreshMs, Math.max(wanted, SHORTEST_REFRESH_MS));
  }

  #loadInBackground(now: Date): void {
    if (this.#loading || this.#isBackingOff(now)) return;
    // The failure is kept in the state and reported by onFailure.
    this.load().catch(() => undefined);
  }

  #isBackingOff(now: Date): boolean {
    return this.#failure !== undefined && now < addMs(this.#failure.at, this.#failure.delayMs);
  }

  async #load(): Promise<T> {
    try {
      const value = await this.#options.load(this.#value?.value);
      this.#checkedAt = this.#options.clock.now();
      this.#value = { value, loadedAt: this.#checkedAt };
      this.#failure = undefined;
      return value;
    } catch (error) {
      this.#checkedAt = this.#options.clock.now();
      const delayMs = Math.min((this.#failure?.delayMs ?? FIRST_RETRY_MS / 2) * 2, LAST_RETRY_MS);
      this.#failure = { error, delayMs, at: this.#checkedAt };
      this.#options.onFailure(error);
      throw error;
    }
  }

  #schedule(delayMs: number): void {
    if (this.#disposed) return;
    // Whoever starts twice still has one timer, or disposing would leave the other one behind.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.load()
        .catch(() => undefined)
        .finally(() => this.#schedule(this.#nextDelay()));
    }, delayMs);
    this.#timer.unref();
  }

  /** Up to a tenth early, so that many processes and connections do not ask at the same moment. */
  #nextDelay(): number {
    const delayMs = this.#failure?.delayMs ?? this.#refreshMs();
    return delayMs - randomInt(Math.max(1, Math.floor(delayMs / 10)));
  }
}

/** @throws `error` when it takes longer. What was begun goes on. */
async function within<T>(ms: number, begun: Promise<T>, error: unknown): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(error), ms);
  try {
    return await Promise.race([begun, late]);
  } finally {
    clearTimeout(timer);
  }
}
