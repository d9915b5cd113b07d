import { addMs, type Clock, SECOND } from '../../../base/index.ts';
import type { CallBudget } from '../../call-budget.ts';

/** Share of the quota that background work leaves to sign-ins. */
const RESERVED_SHARE = 0.2;
const OVERLOAD_RETRY_SECONDS = 10;
const LONGEST_RETRY_SECONDS = 15 * 60;

type Headers = Readonly<Record<string, string>>;
/** What headers of one API say; absent members were not among them. */
export type Window = { readonly left?: number; readonly quota?: number; readonly resetMs?: number };

/**
 * What is left of a store's quota, which all its apps share. Known only from the answers, so it is a floor: another
 * app may have used more meanwhile.
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #read: (headers: Headers) => Window;
  #left = Number.POSITIVE_INFINITY;
  #quota = 0;
  #resetAt: Date | undefined;

  constructor(clock: Clock, read: (headers: Headers) => Window) {
    this.#clock = clock;
    this.#read = read;
  }

  /** Milliseconds until a call may be made; 0 for now. */
  waitMs(lane: CallBudget['lane']): number {
    const reserve = lane === 'background' ? Math.ceil(this.#quota * RESERVED_SHARE) : 0;
    if (!this.#resetAt || this.#left > reserve) return 0;
    return Math.max(0, this.#resetAt.getTime() - this.#clock.now().getTime());
  }

  /** One call less, until an answer says how many really. */
  spend(): void {
    this.#left -= 1;
  }

  /** Header names arrive in lower case, whatever case the store sent. */
  observe(headers: Headers): void {
    const { left, quota, resetMs } = this.#read(headers);
    if (left === undefined || resetMs === undefined) return;
    this.#left = left;
    this.#quota = quota ?? this.#quota;
    this.#resetAt = addMs(this.#clock.now(), resetMs);
  }

  /** After a 429: until the named reset. Without a word about it the platform is overloaded; others may go on. */
  retryAfterSeconds(headers: Headers): number {
    const { resetMs } = this.#read(headers);
    const named = number(headers['x-retry-after']) ?? number(headers['retry-after']);
    const seconds = resetMs === undefined ? named : Math.ceil(resetMs / SECOND);
    if (seconds === undefined) return OVERLOAD_RETRY_SECONDS;
    const bounded = Math.min(Math.max(1, seconds), LONGEST_RETRY_SECONDS);
    this.#left = 0;
    this.#resetAt = addMs(this.#clock.now(), bounded * SECOND);
    return bounded;
  }
}

/** BigCommerce docs: API rate limits. */
export function storeWindow(headers: Headers): Window {
  return windowOf(
    number(headers['x-rate-limit-requests-left']),
    number(headers['x-rate-limit-requests-quota']),
    number(headers['x-rate-limit-time-reset-ms']),
  );
}

/**
 * B2B Edition: `X-Requests-Allocated: 150 times/60 s`. Nobody says what the reset counts: more than the window has
 * seconds must be milliseconds.
 */
export function b2bWindow(headers: Headers): Window {
  const allocated = /^\s*(\d{1,9})\D+(\d{1,6})\s*s/i.exec(headers['x-requests-allocated'] ?? '');
  const windowSeconds = allocated ? Number(allocated[2]) : 60;
  const reset = number(headers['x-request-window-resets-after']);
  const resetMs = reset !== undefined && reset <= windowSeconds ? reset * SECOND : reset;
  const quota = allocated ? Number(allocated[1]) : undefined;
  return windowOf(number(headers['x-requests-remaining']), quota, resetMs);
}

function windowOf(left: number | undefined, quota: number | undefined, resetMs: number | undefined): Window {
  return {
    ...(left !== undefined && { left }),
    ...(quota !== undefined && { quota }),
    ...(resetMs !== undefined && { resetMs }),
  };
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
}
