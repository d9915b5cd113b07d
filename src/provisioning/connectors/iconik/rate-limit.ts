import { addMs, type Clock, SECOND } from '../../../base/index.ts';
import { namedRetrySeconds } from '../../connector/status-failure.ts';
import type { CallBudget } from '../../targets/call-budget.ts';

/** About fifty requests a second on average, by application. iconik docs: API rate limits. */
export const WINDOW = { calls: 1_000, perMs: 20 * SECOND } as const;
/** Requests that background work leaves to sign-ins. */
const RESERVED = 100;
const OVERLOAD_RETRY_SECONDS = 10;
const LONGEST_RETRY_SECONDS = 15 * 60;

type Headers = Readonly<Record<string, string>>;

/** What is left of an application's requests. Other users of the application count too, so it is a guess. */
export class RateLimit {
  readonly #clock: Clock;
  #left: { readonly count: number; readonly at: Date } | undefined;
  #closedUntil: Date | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until a request may be made; 0 for now. */
  waitMs(lane: CallBudget['lane']): number {
    const now = this.#clock.now().getTime();
    const closedMs = (this.#closedUntil?.getTime() ?? 0) - now;
    if (closedMs > 0) return closedMs;
    if (!this.#left || lane === 'sign-in' || this.#left.count > RESERVED) return 0;
    // The window slides: what was counted then is forgotten one window later.
    return Math.max(0, this.#left.at.getTime() + WINDOW.perMs - now);
  }

  /** Header names arrive in lower case, whatever case the other side sent. */
  observe(headers: Headers): void {
    const left = number(headers['ratelimit-remaining']);
    if (left !== undefined) this.#left = { count: left, at: this.#clock.now() };
  }

  /** After a 429. Documents mention no Retry-After; where there is one it counts. */
  retryAfterSeconds(headers: Headers): number {
    const named = namedRetrySeconds(headers) ?? OVERLOAD_RETRY_SECONDS;
    const seconds = Math.min(named, LONGEST_RETRY_SECONDS);
    this.#closedUntil = addMs(this.#clock.now(), seconds * SECOND);
    return seconds;
  }
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}
