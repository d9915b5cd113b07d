import { setTimeout as wait } from 'node:timers/promises';
import { SECOND } from '../../../base/index.ts';
import type { Log } from '../../log/index.ts';
import type { RunningServer } from './cluster.ts';

const FIRST_PAUSE_MS = SECOND / 4;
const LAST_PAUSE_MS = 10 * SECOND;

/**
 * Starts the server and, until disposed, starts it again whenever it ends without having been asked: out of memory, or
 * somebody's kill. What was left of it may hold the data folder for a moment, so starting is tried until it works.
 *
 * @param start given up when the signal says so.
 * @throws what the first start throws.
 */
export async function keepServer(
  start: (signal: AbortSignal) => Promise<RunningServer>,
  log: Log,
): Promise<AsyncDisposable> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let server = await start(signal);

  const startAgain = async (): Promise<RunningServer | undefined> => {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
      try {
        return await start(signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        log.error('bundled database does not start; another try follows', { error });
      }
    }
  };
  const keep = async (): Promise<void> => {
    for (;;) {
      await server.exited;
      if (signal.aborted) return;
      log.error('bundled database ended by itself; it is started again');
      const next = await startAgain();
      if (!next) return;
      server = next;
      // Asked to stop while it started.
      if (signal.aborted) await server.stop();
      else log.info('bundled database is back');
    }
  };
  const keeping = keep();
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await server.stop();
      await keeping;
    },
  };
}
