import { addMs, type Clock, MINUTE, SECOND } from '../../../base/index.ts';

/** The hour of the account is over some time soon, and nothing says when. */
const UNKNOWN_RETRY_SECONDS = (2 * MINUTE) / SECOND;
const LONGEST_RETRY_SECONDS = 3_600;

type Headers = Readonly<Record<string, string>>;

/**
 * Whether the account's hour is used up. How many calls we may make is the engine's affair; this knows what only answers
 * tell, because other programs share the hour.
 */
export class RateLimit {
  readonly #clock: Clock;
  #closedUntil: Date | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds until a request may be made; 0 for now. */
  waitSeconds(): number {
    const ms = (this.#closedUntil?.getTime() ?? 0) - this.#clock.now().getTime();
    return Math.max(0, Math.ceil(ms / SECOND));
  }

  /** Header names arrive in lower case, whatever case the other side sent. */
  observe(headers: Headers): void {
    const left = number(headers['x-rate-limit-requests-left']);
    const resetMs = number(headers['x-rate-limit-time-reset-ms']);
    if (left === 0 && resetMs !== undefined) this.#closedUntil = addMs(this.#clock.now(), resetMs);
  }

  /** After a 429: until the named reset. */
  retryAfterSeconds(headers: Headers): number {
    const resetMs = number(headers['x-rate-limit-time-reset-ms']);
    const named = number(headers['x-retry-after']) ?? number(headers['retry-after']);
    const seconds = resetMs === undefined ? (named ?? UNKNOWN_RETRY_SECONDS) : Math.ceil(resetMs / SECOND);
    const bounded = Math.min(Math.max(1, seconds), LONGEST_RETRY_SECONDS);
    this.#closedUntil = addMs(this.#clock.now(), bounded * SECOND);
    return bounded;
  }
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
}
