import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MINUTE, newId, SECOND } from '../../src/base/index.ts';
import { claimAccount, releaseAccount } from '../../src/provisioning/accounts/lease-store.ts';
import { type BookWorld, reader, startBookWorld } from './example/world.ts';

// R5: whoever waits for an account can see in the access log why it is not there yet, whatever it was that failed.

const prepare = (world: BookWorld, person: ReturnType<typeof reader>) =>
  world.provisioning.queueAccount({
    ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn'), create: true },
    accesses: [{ relyingParty: 'directory-app', role: 'reader' }],
  });

suite('an attempt of the queue that fails', () => {
  for (const [what, isPrepared, call] of [
    ['before it could look', true, 'GET /people'],
    ['because the target told nothing about itself', false, ''],
    ['at its request, which is told once', true, 'POST /people'],
  ] as const) {
    test(what, async () => {
      await using world = await startBookWorld();
      if (isPrepared) await world.provisioning.prepareTargets();
      const queued = await prepare(world, reader());
      world.book.react = (asked) => (asked.startsWith(call) ? { status: 500 } : undefined);

      await world.settle();
      const first = await world.events('provisioning.failed');
      world.clock.advance(10 * MINUTE);
      await world.settle();
      const both = await world.events('provisioning.failed');

      assert.equal(queued.outcome, 'queued');
      assert.deepEqual([first.length, both.length], [1, 2]);
      assert.deepEqual(
        both.map(({ attempt }) => attempt),
        [1, 2],
      );
    });
  }

  test('is none while others work on the account, and comes back in a moment', async () => {
    await using world = await startBookWorld();
    await world.provisioning.prepareTargets();
    const person = reader();
    await prepare(world, person);
    const { db } = world.database;
    const lease = await claimAccount(db, { target: 'book', person: person.id }, world.clock.now(), MINUTE);

    await world.settle();
    const [job] = await world.jobs.list({ kind: 'provisioning.finish-account', limit: 2 });
    if (lease) await releaseAccount(db, lease);
    world.clock.advance(2 * SECOND);
    await world.settle();

    assert.deepEqual([job?.attempts, job?.failure], [0, undefined]);
    assert.deepEqual(await world.events('provisioning.failed'), []);
    assert.equal(world.book.entries.size, 1);
  });

  test('is told in the log with the words of the last one when it is given up', async () => {
    await using world = await startBookWorld();
    await world.provisioning.prepareTargets();
    await prepare(world, reader());
    world.book.react = () => ({ status: 500 });

    for (let hour = 0; hour < 24; hour += 1) {
      world.clock.advance(60 * MINUTE);
      await world.settle();
    }

    assert.equal((await world.events('provisioning.failed')).length, 20);
    assert.equal((await world.events('provisioning.dead')).length, 1);
  });
});
