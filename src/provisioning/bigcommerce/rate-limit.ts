import { addMs, type Clock, SECOND } from '../../base/index.ts';
import { namedRetrySeconds } from '../connector/status-failure.ts';
import type { CallBudget } from '../targets/call-budget.ts';

/** Share of the quota that background work leaves to sign-ins. */
const RESERVED_SHARE = 0.2;
const OVERLOAD_RETRY_SECONDS = 10;
const LONGEST_RETRY_SECONDS = 15 * 60;

export type Headers = Readonly<Record<string, string>>;
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
    const named = headerNumber(headers['x-retry-after']) ?? namedRetrySeconds(headers);
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
    headerNumber(headers['x-rate-limit-requests-left']),
    headerNumber(headers['x-rate-limit-requests-quota']),
    headerNumber(headers['x-rate-limit-time-reset-ms']),
  );
}

/** Of what was told; whatever was not is left out. */
export function windowOf(
  left: number | undefined,
  quota: number | undefined,
  resetMs: number | undefined,
): Window {
  return {
    ...(left !== undefined && { left }),
    ...(quota !== undefined && { quota }),
    ...(resetMs !== undefined && { resetMs }),
  };
}

/** A header that is a whole number. */
export function headerNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
}
