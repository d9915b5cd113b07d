import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMs, HOUR, MINUTE, Unavailable } from '../../../src/base/index.ts';
import { openMemoryKeyValue } from '../../../src/platform/key-value/index.ts';
import { keyValueConformance } from '../../conformance/key-value.ts';
import { ManualClock } from '../../support/manual-clock.ts';

keyValueConformance('memory', async () => {
  const clock = new ManualClock();
  const store = openMemoryKeyValue({ clock });
  return {
    store,
    clock,
    elapse: async (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
});

test('what has ended leaves the memory even if nobody asks for it again', async () => {
  const clock = new ManualClock();
  await using store = openMemoryKeyValue({ clock });
  for (let n = 0; n < 1_000; n += 1) await store.set(`a${n}`, '1', MINUTE);
  await store.indexAdd('i', 'a', addMs(clock.now(), MINUTE));

  clock.advance(2 * MINUTE);
  await store.set('b', '1', MINUTE);

  assert.equal(store.size, 1);
});

test('a full store refuses new keys instead of dropping old ones, and works again when some have ended', async () => {
  const clock = new ManualClock();
  await using store = openMemoryKeyValue({ clock, maxEntries: 2 });
  await store.set('a', '1', MINUTE);
  await store.set('b', '1', HOUR);

  await assert.rejects(store.add('c', '1', MINUTE), Unavailable);
  await store.set('b', '2', HOUR);
  assert.deepEqual(await store.getMany(['a', 'b', 'c']), ['1', '2', undefined]);

  clock.advance(MINUTE);
  assert.equal(await store.add('c', '1', MINUTE), true);
});
