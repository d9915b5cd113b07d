import type { Visit } from './scenarios.ts';

export type Visitors = {
  /** Visits at the same time. */
  readonly parallel: number;
  /** Ends visiting before its time. */
  readonly signal?: AbortSignal | undefined;
};

/** Lets a number of visits happen. @throws what the first failed visit threw. */
export async function visitOften(visit: Visit, times: number, { parallel, signal }: Visitors): Promise<void> {
  let left = times;
  const visitor = async (): Promise<void> => {
    while (left > 0) {
      signal?.throwIfAborted();
      left -= 1;
      await visit();
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, times) }, visitor));
}
