import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import { KeyedLimit } from '../../src/provisioning/targets/keyed-limit.ts';
import { mira, signIn, startWorld } from './world.ts';

test('fifty first sign-ins of one person at once make one customer', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  world.forgetCalls();

  const results = await Promise.all(
    Array.from({ length: 50 }, () => world.ensure(mira(), { budgetMs: 20_000 })),
  );

  assert.deepEqual(new Set(results.map(({ outcome }) => outcome)), new Set(['ready']));
  assert.equal(new Set(results.map((result) => result.outcome === 'ready' && result.externalId)).size, 1);
  assert.equal(world.customers('mira@halden.example').length, 1);
  assert.equal(world.calls().filter((call) => call === 'POST /v3/customers').length, 1);
});

test('sign-ins in several processes at once make one customer', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  await using second = await world.open();
  await using third = await world.open();
  const processes = [world.provisioning, second.provisioning, third.provisioning];

  const results = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      (processes[index % 3] ?? world.provisioning).ensureAccount({ ...signIn(mira()), budgetMs: 20_000 }),
    ),
  );

  assert.deepEqual(new Set(results.map(({ outcome }) => outcome)), new Set(['ready']));
  assert.equal(world.customers('mira@halden.example').length, 1);
});

test('thirty people at once get thirty customers, with ten database connections', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  world.store.turn({ quota: 10_000 });
  const people = Array.from({ length: 30 }, (_, n) =>
    mira({ id: newId('per'), mail: `p${n}@halden.example` }),
  );

  const results = await Promise.all(people.map((person) => world.ensure(person, { budgetMs: 20_000 })));

  assert.deepEqual(new Set(results.map(({ outcome }) => outcome)), new Set(['ready']));
  assert.equal(world.customers().filter(({ email }) => /^p\d+@/.test(email)).length, 30);
});

test('no database connection is held while the store is slow', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  world.store.fail({ kind: 'hold', match: { method: 'POST' } });
  const people = Array.from({ length: 12 }, (_, n) =>
    mira({ id: newId('per'), mail: `h${n}@halden.example` }),
  );

  const running = people.map((person) => world.ensure(person, { budgetMs: 20_000 }));
  await world.store.faults.untilHeld(12);
  // The pool has ten connections; all twelve sign-ins wait for the store and none has one.
  const account = await world.provisioning.accountOf('bc-emea', people[0]?.id ?? newId('per'));
  world.store.faults.clear();
  const results = await Promise.all(running);

  assert.equal(account?.openSteps, 1);
  assert.deepEqual(new Set(results.map(({ outcome }) => outcome)), new Set(['ready']));
});

test('whoever waits longer than the budget for another process is told to come again', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  await using other = await world.open();
  world.store.fail({ kind: 'hold', match: { method: 'POST' }, times: 1 });
  const first = other.provisioning.ensureAccount({ ...signIn(mira()), budgetMs: 20_000 });
  await world.store.faults.untilHeld(1);

  const second = await world.ensure(mira(), { budgetMs: 300 });
  world.store.faults.clear();

  assert.equal(second.outcome === 'unavailable' && second.code, 'provisioning.busy');
  assert.equal((await first).outcome, 'ready');
});

test('a process that lost its lease changes nothing any more', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  const { promise: paused, resolve: pause } = Promise.withResolvers<void>();
  const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
  await using sleepy = await world.open({
    onStep: async (step) => {
      if (step !== 'creation written') return;
      pause();
      await resumed;
    },
  });
  const late = sleepy.provisioning.ensureAccount({ ...signIn(mira()), budgetMs: 20_000 });
  await paused;
  world.clock.advance(60_000);

  const owner = await world.ensure(mira());
  resume();
  const result = await late;

  assert.equal(owner.outcome, 'ready');
  assert.equal(result.outcome === 'unavailable' && result.code, 'provisioning.busy');
  assert.equal(world.customers('mira@halden.example').length, 1);
});

test('updates of many customers at once stay below the limit of the store', async () => {
  await using world = await startWorld();
  await world.provisioning.prepareTargets();
  world.store.turn({ quota: 10_000 });
  const people = Array.from({ length: 9 }, (_, n) =>
    mira({ id: newId('per'), mail: `u${n}@halden.example` }),
  );
  await Promise.all(people.map((person) => world.ensure(person, { budgetMs: 20_000 })));
  await world.jobs.runDue();

  const accesses = [{ relyingParty: 'store-emea', role: 'content-editor' }];
  const results = await Promise.all(
    people.map((person) => world.ensure(person, { accesses, budgetMs: 20_000 })),
  );

  assert.deepEqual(new Set(results.map(({ outcome }) => outcome)), new Set(['ready']));
});

test('a limit of two lets two in, and the third when one leaves', async () => {
  const limit = new KeyedLimit(2);
  const { promise: free, resolve: release } = Promise.withResolvers<void>();
  const inside = [limit.run('a', 0, () => free), limit.run('a', 0, () => free)];

  const refused = await limit.run('a', 0, async () => 'third');
  release();
  await Promise.all(inside);
  const third = await limit.run('a', 0, async () => 'third');

  assert.equal(refused, undefined);
  assert.deepEqual(third, { value: 'third' });
});

test('the mutex serves in order, per key, and forgets who gave up', async () => {
  const mutex = new KeyedLimit();
  const order: string[] = [];
  const { promise: free, resolve: release } = Promise.withResolvers<void>();
  const first = mutex.run('a', 1_000, () => free);

  const gaveUp = mutex.run('a', 1, async () => order.push('too late'));
  const second = mutex.run('a', 10_000, async () => order.push('second'));
  const other = await mutex.run('b', 0, async () => order.push('other key'));
  assert.equal(await gaveUp, undefined);
  release();
  await Promise.all([first, second]);

  assert.deepEqual(order, ['other key', 'second']);
  assert.deepEqual(other, { value: 1 });
});
