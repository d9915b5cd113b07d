/** What one run may spend on a target: requests and time. A connector takes one call before each request. */
export interface CallBudget {
  /** Sign-ins go before background work when a target's rate limit is nearly used up. */
  readonly lane: 'sign-in' | 'background';
  /** Requests made so far. */
  readonly calls: number;
  /** Notes one request. */
  countCall(): void;
  /** Milliseconds left; 0 when over. */
  remainingMs(): number;
}

/** Elapsed time is no instant: it is taken from the monotonic clock, which nobody sets back. */
export function createCallBudget(lane: CallBudget['lane'], budgetMs: number): CallBudget {
  const start = performance.now();
  let calls = 0;
  return {
    lane,
    get calls() {
      return calls;
    },
    countCall() {
      calls += 1;
    },
    remainingMs: () => Math.max(0, Math.floor(budgetMs - (performance.now() - start))),
  };
}
