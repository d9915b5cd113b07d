import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { HOUR, MINUTE, systemClock } from '../../../src/base/index.ts';
import { Refreshed } from '../../../src/platform/http/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('a value that was started twice is read by nobody any more once it is disposed', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  let loads = 0;
  const value = new Refreshed({
    ...{ clock: systemClock, refreshMs: HOUR, onFailure: () => undefined },
    load: async () => {
      loads += 1;
      return loads;
    },
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  value.start();
  value.start();
  mock.timers.tick(1);
  await settled();
  value[Symbol.dispose]();
  mock.timers.tick(3 * HOUR);
  await settled();

  assert.equal(loads, 1);
});

test('a value that wants to be kept shortly is read sooner, within a minute at the least and the interval at most', async () => {
  for (const [keepMs, expected] of [
    [0, MINUTE],
    [10 * MINUTE, 10 * MINUTE],
    [7 * HOUR, HOUR],
    [undefined, HOUR],
  ] as const) {
    const clock = new ManualClock();
    let loads = 0;
    using value = new Refreshed({
      ...{ clock, refreshMs: HOUR, keepMs: () => keepMs, onFailure: () => undefined },
      load: async () => {
        loads += 1;
        return loads;
      },
    });
    await value.get();

    clock.advance(expected - 1);
    assert.equal(await value.get(), 1);
    assert.equal(loads, 1, `${keepMs}`);
    clock.advance(1);
    await value.get();
    assert.equal(loads, 2, `${keepMs}`);
  }
});
