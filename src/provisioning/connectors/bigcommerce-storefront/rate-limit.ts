import { addMs, type Clock, SECOND } from '../../../base/index.ts';
import type { CallBudget } from '../../call-budget.ts';

/** Share of the quota that background work leaves to sign-ins. */
const RESERVED_SHARE = 0.2;
const OVERLOAD_RETRY_SECONDS = 10;
const LONGEST_RETRY_SECONDS = 15 * 60;

type Headers = Readonly<Record<string, string>>;

/**
 * What is left of one store's quota, which all its apps share (30-second windows). Known only from the answers,
 * so it is a floor: another app may have used more meanwhile. BigCommerce docs: API rate limits.
 */
export class RateLimit {
  readonly #clock: Clock;
  #left = Number.POSITIVE_INFINITY;
  #quota = 0;
  #resetAt: Date | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until a call may be made; 0 for now. */
  waitMs(lane: CallBudget['lane']): number {
    const reserve = lane === 'background' ? Math.ceil(this.#quota * RESERVED_SHARE) : 0;
    if (!this.#resetAt || this.#left > reserve) return 0;
    const waitMs = this.#resetAt.getTime() - this.#clock.now().getTime();
    return Math.max(0, waitMs);
  }

  /** One call less, until an answer says how many really. */
  spend(): void {
    this.#left -= 1;
  }

  /** Header names arrive in lower case, whatever case the store sent. */
  observe(headers: Headers): void {
    const left = number(headers['x-rate-limit-requests-left']);
    const resetMs = number(headers['x-rate-limit-time-reset-ms']);
    if (left === undefined || resetMs === undefined) return;
    this.#left = left;
    this.#quota = number(headers['x-rate-limit-requests-quota']) ?? this.#quota;
    this.#resetAt = addMs(this.#clock.now(), resetMs);
  }

  /**
   * After a 429: until the named reset. Without headers the platform is overloaded or too many calls ran at
   * once; that says nothing about the quota, so others may go on.
   */
  retryAfterSeconds(headers: Headers): number {
    const resetMs = number(headers['x-rate-limit-time-reset-ms']);
    const named = number(headers['x-retry-after']) ?? number(headers['retry-after']);
    const seconds = resetMs === undefined ? named : Math.ceil(resetMs / SECOND);
    if (seconds === undefined) return OVERLOAD_RETRY_SECONDS;
    const bounded = Math.min(Math.max(1, seconds), LONGEST_RETRY_SECONDS);
    this.#left = 0;
    this.#resetAt = addMs(this.#clock.now(), bounded * SECOND);
    return bounded;
  }
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
}
