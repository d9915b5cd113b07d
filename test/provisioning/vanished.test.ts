import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HOUR, newId } from '../../src/base/index.ts';
import type { AnyConnector } from '../../src/provisioning/connector/connector.ts';
import { addressBook } from './example/address-book.ts';
import { type BookWorld, reader, startBookWorld } from './example/world.ts';

// After a complete list, accounts of ours that it did not show are looked at one by one. A list that leaves out
// everybody must not turn into a storm of calls, nor take a target's calls from people who sign in.

/** The same book, whose list shows nobody. */
const forgetful: AnyConnector = {
  ...addressBook,
  open: (settings, deps) =>
    Object.assign(addressBook.open(settings, deps), {
      list: async () => ({ outcome: 'listed', accounts: [] }) as const,
    }),
};

async function startWithReaders(count: number, callsPerHour?: number): Promise<BookWorld> {
  const world = await startBookWorld({
    connector: forgetful,
    ...(callsPerHour !== undefined && { settings: { callsPerHour } }),
  });
  for (let n = 0; n < count; n += 1) {
    await world.ensure(reader());
    // Each in an hour of its own: joining costs calls too.
    world.clock.advance(2 * HOUR);
  }
  await world.settle();
  world.clock.advance(2 * HOUR);
  world.book.calls.length = 0;
  return world;
}

const nobody = { idOf: () => undefined, byId: async () => undefined, withMail: async () => [] };
const importInto = ({ provisioning }: BookWorld) =>
  provisioning.importAccounts('book', nobody, { thread: newId('lgn') });
const looks = ({ book }: BookWorld): number =>
  book.calls.filter((call) => /^GET \/people\/./.test(call)).length;

suite('accounts of ours that a complete list does not show', () => {
  test('are there as before when a look finds them, and gone when it does not', async () => {
    await using world = await startWithReaders(3);
    const [first] = [...world.book.entries.keys()];
    world.book.entries.delete(first ?? assert.fail('no entry'));

    const imported = await importInto(world);

    assert.equal(imported.gone, 1);
    assert.equal(looks(world), 3);
  });

  test('are looked at within the rate of the target, and the import says how many were not', async () => {
    await using world = await startWithReaders(20, 20);

    await assert.rejects(importInto(world), {
      code: 'provisioning.import_stopped',
      detail: /used up.*; \d+ accounts of ours that its list does not show were not looked at; import again/,
    });

    assert.ok(
      looks(world) > 0 && looks(world) <= 16,
      `${looks(world)} looks of 20 calls, 4 of them reserved`,
    );
    assert.deepEqual(await world.events('provisioning.failed'), [], 'nobody is taken for gone');
  });

  test('leave the calls that are set aside to whoever signs in meanwhile', async () => {
    await using world = await startWithReaders(20, 20);
    await assert.rejects(importInto(world), { code: 'provisioning.import_stopped' });

    const entered = await world.ensure(reader());

    assert.equal(entered.outcome, 'ready');
  });

  const STOPS = [
    ['takes the token back', { status: 401 }, /does not accept the API token/],
    [
      'asks for ten minutes',
      { status: 429, headers: { 'retry-after': '600' } },
      /quota of the target is used up/,
    ],
  ] as const;
  for (const [what, reaction, says] of STOPS) {
    test(`are not looked at any more when the target ${what}`, async () => {
      await using world = await startWithReaders(5);
      world.book.react = (call) => (/^GET \/people\/./.test(call) ? reaction : undefined);

      await assert.rejects(importInto(world), { code: 'provisioning.import_stopped', detail: says });

      assert.equal(looks(world), 1);
    });
  }
});
