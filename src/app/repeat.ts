import type { Log } from '../platform/log/index.ts';

export type Repeated = {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
  readonly log: Log;
};

/**
 * Does the work now, and then again and again. Rounds never overlap, and a round that fails is logged and left to
 * the next one. Disposing waits for the round under way.
 */
export function repeat({ name, everyMs, work, log }: Repeated): AsyncDisposable {
  let underWay: Promise<void> | undefined;
  const round = (): void => {
    underWay ??= work()
      .catch((error: unknown) => log.warn('a round of background work failed', { work: name, error }))
      .finally(() => {
        underWay = undefined;
      });
  };
  round();
  const timer = setInterval(round, everyMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await underWay;
    },
  };
}
