import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RunningServer } from '../../../src/platform/database/bundled/cluster.ts';
import { keepServer } from '../../../src/platform/database/bundled/kept-server.ts';
import { silentLog } from '../../../src/platform/log/index.ts';

/** A server that ends when it is killed or asked to. */
function openServer(running: Set<RunningServer>) {
  const { promise: exited, resolve } = Promise.withResolvers<void>();
  const server: RunningServer = {
    ...{ pid: 1, exited },
    async stop() {
      running.delete(server);
      resolve();
    },
  };
  running.add(server);
  return server;
}

suite('a server that ended by itself', () => {
  test('is not waited for by whoever stops while it starts, and none is left behind', async () => {
    const running = new Set<RunningServer>();
    const startsAgain = Promise.withResolvers<void>();
    let starts = 0;
    const kept = await keepServer(async (signal) => {
      starts += 1;
      if (starts === 1) return openServer(running);
      startsAgain.resolve();
      // A recovery that takes longer than anybody waits.
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))));
      return openServer(running);
    }, silentLog);

    const [first] = running;
    await first?.stop();
    await startsAgain.promise;
    await kept[Symbol.asyncDispose]();

    assert.deepEqual([starts, running.size], [2, 0]);
  });

  test('is stopped also when it was ready at the very moment', async () => {
    const running = new Set<RunningServer>();
    const startsAgain = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    let starts = 0;
    const kept = await keepServer(async () => {
      starts += 1;
      if (starts === 1) return openServer(running);
      startsAgain.resolve();
      await ready.promise;
      return openServer(running);
    }, silentLog);

    const [first] = running;
    await first?.stop();
    await startsAgain.promise;
    const stopped = kept[Symbol.asyncDispose]();
    ready.resolve();
    await stopped;

    assert.deepEqual([starts, running.size], [2, 0]);
  });
});
