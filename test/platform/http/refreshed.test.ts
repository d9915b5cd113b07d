import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { HOUR, systemClock } from '../../../src/base/index.ts';
import { Refreshed } from '../../../src/platform/http/index.ts';

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
