import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addMs, type Clock, DAY, MINUTE, SECOND } from '../../src/base/index.ts';
import type { KeyValueStore } from '../../src/platform/key-value/index.ts';

export type KeyValueHarness = AsyncDisposable & {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  /** Lets time pass for the store, without waiting. */
  elapse(ms: number): Promise<void>;
};

/** What every key-value store promises. `open` gives an empty one. */
export function keyValueConformance(name: string, open: () => Promise<KeyValueHarness>): void {
  suite(`${name} as key-value store`, () => {
    values(open);
    onceOnly(open);
    counting(open);
    indexes(open);
  });
}

function values(open: () => Promise<KeyValueHarness>): void {
  test('a value is there until its lifetime is over', async () => {
    await using h = await open();
    await h.store.set('a', '1', MINUTE);

    await h.elapse(MINUTE - SECOND);
    assert.equal(await h.store.get('a'), '1');
    await h.elapse(2 * SECOND);
    assert.equal(await h.store.get('a'), undefined);
  });

  test('setting again replaces value and lifetime', async () => {
    await using h = await open();
    await h.store.set('a', '1', MINUTE);
    await h.store.set('a', '2', DAY);

    await h.elapse(2 * MINUTE);

    assert.equal(await h.store.get('a'), '2');
  });

  test('several values come in the order of the question, absent ones as undefined', async () => {
    await using h = await open();
    await h.store.set('a', '1', MINUTE);
    await h.store.set('c', '3', MINUTE);

    assert.deepEqual(await h.store.getMany(['c', 'b', 'a', 'c']), ['3', undefined, '1', '3']);
    assert.deepEqual(await h.store.getMany([]), []);
  });

  test('deleted keys are gone, others stay, and deleting nothing is fine', async () => {
    await using h = await open();
    for (const key of ['a', 'b', 'c']) await h.store.set(key, key, MINUTE);

    await h.store.delete('a', 'b', 'never-there');
    await h.store.delete();

    assert.deepEqual(await h.store.getMany(['a', 'b', 'c']), [undefined, undefined, 'c']);
  });

  test('values come back byte for byte, whatever they hold', async () => {
    await using h = await open();
    for (const value of ['', 'ß€😀', 'line\r\n$5\r\n', '\u0000', 'x'.repeat(300_000)]) {
      await h.store.set('a', value, MINUTE);

      assert.equal(await h.store.get('a'), value);
    }
  });

  test('keys that mean something elsewhere are plain keys', async () => {
    await using h = await open();
    const keys = ['__proto__', 'constructor', '*', 'a b', '{x}', 'x\r\nFLUSHALL\r\n'];
    for (const key of keys) await h.store.set(key, `of ${key}`, MINUTE);

    assert.deepEqual(
      await h.store.getMany(keys),
      keys.map((key) => `of ${key}`),
    );
  });

  test('a lifetime of nothing or less ends at once and is no error', async () => {
    await using h = await open();
    await h.store.set('a', '1', 0);
    await h.store.set('b', '1', -5);

    await h.elapse(SECOND);

    assert.deepEqual(await h.store.getMany(['a', 'b']), [undefined, undefined]);
  });

  test('answers a ping', async () => {
    await using h = await open();

    await h.store.ping();
  });
}

function onceOnly(open: () => Promise<KeyValueHarness>): void {
  test('of fifty callers that add the same key one succeeds, and its value stays', async () => {
    await using h = await open();

    const added = await Promise.all(
      Array.from({ length: 50 }, (_, n) => h.store.add('a', String(n), MINUTE)),
    );

    assert.equal(added.filter(Boolean).length, 1);
    assert.equal(await h.store.get('a'), String(added.indexOf(true)));
  });

  test('a key can be added again only when its lifetime is over, and a refused add does not lengthen it', async () => {
    await using h = await open();
    await h.store.add('a', '1', MINUTE);

    await h.elapse(50 * SECOND);
    assert.equal(await h.store.add('a', '2', DAY), false);
    await h.elapse(11 * SECOND);
    assert.equal(await h.store.add('a', '3', MINUTE), true);
  });

  test('of fifty callers that take a value one gets it', async () => {
    await using h = await open();
    await h.store.set('a', 'code', MINUTE);

    const taken = await Promise.all(Array.from({ length: 50 }, () => h.store.take('a')));

    assert.deepEqual(
      taken.filter((value) => value !== undefined),
      ['code'],
    );
    assert.equal(await h.store.get('a'), undefined);
  });

  test('a value that has ended cannot be taken', async () => {
    await using h = await open();
    await h.store.set('a', 'code', MINUTE);

    await h.elapse(MINUTE + SECOND);

    assert.equal(await h.store.take('a'), undefined);
  });
}

function counting(open: () => Promise<KeyValueHarness>): void {
  test('fifty parallel increments count to fifty', async () => {
    await using h = await open();

    const counts = await Promise.all(Array.from({ length: 50 }, () => h.store.increment('a', MINUTE)));

    assert.deepEqual(
      counts.sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, n) => n + 1),
    );
  });

  test('the first increment starts the lifetime and later ones leave it', async () => {
    await using h = await open();
    await h.store.increment('a', MINUTE);
    await h.elapse(50 * SECOND);
    await h.store.increment('a', MINUTE);

    await h.elapse(11 * SECOND);

    assert.equal(await h.store.increment('a', MINUTE), 1);
  });
}

function indexes(open: () => Promise<KeyValueHarness>): void {
  test('an index lists members whose end is in the future, soonest first', async () => {
    await using h = await open();
    const now = h.clock.now();
    await h.store.indexAdd('i', 'late', addMs(now, DAY));
    await h.store.indexAdd('i', 'soon', addMs(now, MINUTE));
    await h.store.indexAdd('i', 'over', addMs(now, -SECOND));

    assert.deepEqual(await h.store.indexList('i'), ['soon', 'late']);
    await h.elapse(MINUTE); // half-open: at its end a member is over
    assert.deepEqual(await h.store.indexList('i'), ['late']);
    await h.elapse(DAY);
    assert.deepEqual(await h.store.indexList('i'), []);
  });

  test('a member that is added again has the new end only', async () => {
    await using h = await open();
    const now = h.clock.now();
    await h.store.indexAdd('i', 'a', addMs(now, DAY));
    await h.store.indexAdd('i', 'b', addMs(now, DAY));
    await h.store.indexAdd('i', 'a', addMs(now, MINUTE));
    await h.store.indexAdd('i', 'b', addMs(now, 2 * DAY));

    assert.deepEqual(await h.store.indexList('i'), ['a', 'b']);
    await h.elapse(DAY + MINUTE);
    assert.deepEqual(await h.store.indexList('i'), ['b']);
  });

  test('a removed member is gone and the others stay', async () => {
    await using h = await open();
    const end = addMs(h.clock.now(), MINUTE);
    await h.store.indexAdd('i', 'a', end);
    await h.store.indexAdd('i', 'b', end);

    await h.store.indexRemove('i', 'a');
    await h.store.indexRemove('i', 'never-there');
    await h.store.indexRemove('no-index', 'a');

    assert.deepEqual(await h.store.indexList('i'), ['b']);
  });

  test('an index is deleted like a value', async () => {
    await using h = await open();
    await h.store.indexAdd('i', 'a', addMs(h.clock.now(), MINUTE));

    await h.store.delete('i');

    assert.deepEqual(await h.store.indexList('i'), []);
  });

  test('parallel additions to one index are all there', async () => {
    await using h = await open();
    const end = addMs(h.clock.now(), MINUTE);
    const members = Array.from({ length: 50 }, (_, n) => `m${n}`);

    await Promise.all(members.map((member) => h.store.indexAdd('i', member, end)));

    assert.deepEqual([...(await h.store.indexList('i'))].sort(), members.sort());
  });

  test('a value asked for as an index, or an index as a value, is a mistake and not an empty answer', async () => {
    await using h = await open();
    await h.store.set('v', '1', MINUTE);
    await h.store.indexAdd('i', 'a', addMs(h.clock.now(), MINUTE));

    await assert.rejects(h.store.indexList('v'), TypeError);
    await assert.rejects(h.store.get('i'), TypeError);
  });
}
