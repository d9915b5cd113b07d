import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { HOUR, MINUTE, SECOND, systemClock } from '../../../src/base/index.ts';
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

suite('a value that could never be read', () => {
  /** Whether the other side is there, and how often it was asked. */
  function open() {
    const clock = new ManualClock();
    const side = { isThere: false, loads: 0, answer: Promise.resolve() };
    const value = new Refreshed({
      ...{ clock, refreshMs: HOUR, onFailure: () => undefined },
      load: async () => {
        side.loads += 1;
        await side.answer;
        if (!side.isThere) throw new Error(`away ${side.loads}`);
        return 'there';
      },
    });
    return { clock, side, value };
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  test('is there for whoever needs it five seconds after the last try, however often it failed before', async () => {
    const { clock, side, value } = open();
    for (let failed = 0; failed < 8; failed += 1) await assert.rejects(value.load());
    side.isThere = true;

    clock.advance(5 * SECOND - 1);
    await assert.rejects(value.get(), /away 8/);
    assert.equal(side.loads, 8, 'until then nothing is asked');
    clock.advance(1);

    assert.equal(await value.get(), 'there');
  });

  test('is asked for once in five seconds, however many need it and however often', async () => {
    const { clock, side, value } = open();
    for (let failed = 0; failed < 8; failed += 1) await assert.rejects(value.load());
    side.loads = 0;

    for (let second = 0; second < 60; second += 1) {
      clock.advance(SECOND);
      await Promise.allSettled(Array.from({ length: 20 }, () => value.get()));
    }

    assert.equal(side.loads, 12);
  });

  test('keeps nobody waiting when it hangs, and is there for the next one', async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    t.after(() => mock.timers.reset());
    const { clock, side, value } = open();
    await assert.rejects(value.get());
    const { promise, resolve } = Promise.withResolvers<void>();
    Object.assign(side, { isThere: true, answer: promise });
    clock.advance(5 * SECOND);

    const first = assert.rejects(value.get(), /away 1/);
    mock.timers.tick(3 * SECOND);
    await first;
    await assert.rejects(value.get(), /away 1/, 'who comes later does not begin to wait anew');
    resolve();
    await settled();

    assert.equal(await value.get(), 'there');
    assert.equal(side.loads, 2);
  });

  test('does not hurry where an older one is still good', async () => {
    const { clock, side, value } = open();
    value.seed('older', clock.now());
    clock.advance(HOUR);
    for (let second = 0; second < 60; second += 1) {
      clock.advance(SECOND);
      assert.equal(await value.get(), 'older');
      await settled();
    }

    assert.ok(side.loads <= 6, `${side.loads}`);
  });
});
