import { type Clock, MINUTE, SECOND } from '../../../base/index.ts';
import type { CallBudget } from '../../targets/call-budget.ts';

/** The count is of the last 24 hours and says nothing about when it goes down: look again after this. */
const LOOK_AGAIN_MS = 10 * MINUTE;

/** Ends of access do not wait for quieter hours: they may use what is kept for sign-ins. */
export function urgent(budget: CallBudget): CallBudget {
  return {
    lane: 'sign-in',
    get calls() {
      return budget.calls;
    },
    countCall: () => budget.countCall(),
    remainingMs: () => budget.remainingMs(),
  };
}

/**
 * How many of the day's API calls are used, by all clients of the organization together. Known only from the
 * answers (`Sforce-Limit-Info`); there is no header that says when to come back.
 */
export class ApiLimit {
  readonly #clock: Clock;
  readonly #reserve: number;
  #used = 0;
  #most = Number.POSITIVE_INFINITY;
  #seenAt = 0;

  constructor(clock: Clock, reserve: number) {
    this.#clock = clock;
    this.#reserve = reserve;
  }

  /** `api-usage=18/5000`, perhaps with more behind a semicolon. */
  observe(header: string | undefined): void {
    const [, used, most] = /api-usage=(\d{1,12})\/(\d{1,12})/.exec(header ?? '') ?? [];
    if (used === undefined || most === undefined || Number(most) === 0) return;
    this.#used = Number(used);
    this.#most = Number(most);
    this.#seenAt = this.#now();
  }

  /** The organization turned a call away. */
  exhausted(): number {
    this.#most = Number.isFinite(this.#most) ? this.#most : 1;
    this.#used = this.#most;
    this.#seenAt = this.#now();
    return LOOK_AGAIN_MS / SECOND;
  }

  /** Seconds until a call should be made; undefined for now. */
  waitSeconds(lane: CallBudget['lane']): number | undefined {
    const share = lane === 'background' ? 1 - this.#reserve : 1;
    if (this.#used < this.#most * share) return undefined;
    const leftMs = this.#seenAt + LOOK_AGAIN_MS - this.#now();
    return leftMs > 0 ? Math.ceil(leftMs / SECOND) : undefined;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}
