/** The only source of time in the product: rooms receive one, tests pass their own. */
export interface Clock {
  /** The present instant, UTC, millisecond resolution. */
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
