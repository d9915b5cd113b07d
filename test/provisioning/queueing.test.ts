import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HOUR } from '../../src/base/index.ts';
import { type BookWorld, reader, startBookWorld } from './example/world.ts';

// R5.2: what may follow the person in, and what must come before. DESIGN §8: a target with few calls.

const only = (world: BookWorld) => [...world.book.entries.values()][0];

suite('a target that people may enter while their account is being made', () => {
  const settings = { provision: 'queue' };

  test('lets a new person in after one look whether somebody has their mail, and the queue makes the account', async () => {
    await using world = await startBookWorld({ settings });
    await world.provisioning.prepareTargets();
    world.book.calls.length = 0;
    const person = reader();

    const entered = await world.ensure(person);
    const calls = [...world.book.calls];
    await world.settle();

    assert.deepEqual([entered.outcome, entered.outcome === 'ready' && entered.queued], ['ready', 1]);
    assert.deepEqual(calls, ['GET /people']);
    assert.deepEqual(only(world)?.lists, ['news']);
  });

  test('never lets somebody into an account that has their mail and is not theirs', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    world.book.add({ mail: person.mail ?? '' });

    const entered = await world.ensure(person);

    assert.deepEqual(
      [entered.outcome, 'code' in entered && entered.code],
      ['refused', 'provisioning.mail_taken'],
    );
  });

  test('lets people in who only get more', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person, ['reader']);
    await world.settle();
    world.book.react = () => ({ status: 500 });

    const entered = await world.ensure(person, ['seller']);
    world.book.react = undefined;
    await world.settle();

    assert.equal(entered.outcome, 'ready');
    assert.deepEqual(only(world)?.lists, ['news', 'sales']);
  });

  test('keeps everybody out who has more than they should until that is taken away', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person, ['seller']);
    await world.settle();
    world.book.react = (call) => (call.startsWith('PUT') ? { status: 500 } : undefined);

    const during = await world.ensure(person, ['reader']);
    world.book.react = undefined;
    const after = await world.ensure(person, ['reader']);

    assert.equal(during.outcome, 'unavailable');
    assert.equal(after.outcome, 'ready');
    assert.deepEqual(only(world)?.lists, ['news']);
  });

  test('an addition that is taken back before the queue came is never made', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person, ['reader']);
    await world.settle();
    await world.ensure(person, ['seller']);

    await world.ensure(person, ['reader']);
    await world.settle();

    assert.deepEqual(only(world)?.lists, ['news']);
  });

  test('names that the target does not know are settled before anybody enters', async () => {
    await using world = await startBookWorld({ settings, roles: { reader: { lists: ['no-such-list'] } } });
    await world.provisioning.prepareTargets();

    const entered = await world.ensure(reader());

    assert.deepEqual(
      [entered.outcome, 'code' in entered && entered.code],
      ['refused', 'provisioning.group_missing'],
    );
  });
});

suite('a target that takes few calls an hour', () => {
  const settings = { callsPerHour: 20 };

  test('two hundred who join do not keep one who leaves waiting', async () => {
    await using world = await startBookWorld({ settings });
    await world.provisioning.prepareTargets();
    const leaver = reader();
    await world.ensure(leaver);
    const joiners = Array.from({ length: 200 }, () => reader());
    for (const person of joiners) await queueJoiner(world, person);
    await world.end(leaver.id);

    await world.settle();
    const states = [...world.book.entries.values()].map(({ state }) => state);
    const forecast = await world.provisioning.forecast('book');

    assert.equal(states.filter((state) => state === 'suspended').length, 1, 'the leaver is done');
    assert.ok(world.book.calls.length <= 24, `${world.book.calls.length} calls`);
    assert.ok(forecast.waiting >= 190, `${forecast.waiting} wait`);
    assert.ok((forecast.throughAt?.getTime() ?? 0) > world.clock.now().getTime() + 24 * HOUR);
  });

  test('an end may use what is kept for it when the queue has used up the rest', async () => {
    await using world = await startBookWorld({ settings });
    await world.provisioning.prepareTargets();
    const leaver = reader();
    await world.ensure(leaver);
    for (let count = 0; count < 20; count += 1) await queueJoiner(world, reader());
    await world.settle();
    const used = world.book.calls.length;

    await world.end(leaver.id);
    await world.settle();

    assert.ok(used >= 10 && used <= 16, `${used} calls by the queue`);
    assert.ok([...world.book.entries.values()].some(({ state }) => state === 'suspended'));
  });

  test('what waits for the rate is no failure: it goes on by itself, however long that takes', async () => {
    await using world = await startBookWorld({ settings });
    await world.provisioning.prepareTargets();
    for (let count = 0; count < 40; count += 1) await queueJoiner(world, reader());

    for (let hour = 0; hour < 12; hour += 1) {
      await world.settle();
      world.clock.advance(HOUR + HOUR / 30);
    }

    assert.equal(world.book.entries.size, 40);
    assert.deepEqual(await world.jobs.dead(), []);
  });

  test('a sign-in is told when to come back once all calls are used up', async () => {
    await using world = await startBookWorld({ settings: { callsPerHour: 5 } });
    await world.ensure(reader());
    await world.ensure(reader());

    const third = await world.ensure(reader());

    assert.ok(third.outcome === 'unavailable');
    assert.equal(third.code, 'provisioning.budget_spent');
    assert.ok((third.retryAfterSeconds ?? 0) > 60);
  });
});

async function queueJoiner(world: BookWorld, person: ReturnType<typeof reader>): Promise<void> {
  await world.provisioning.queueAccount({
    ...{
      person,
      target: 'book',
      trustedMailDomains: [],
      thread: 'lgn_00000000000000000000000000',
      create: true,
    },
    accesses: [{ relyingParty: 'directory-app', role: 'reader' }],
  });
}

test('the forecast counts an end that was noted this very moment, and not one that is done', async () => {
  await using world = await startBookWorld();
  const person = reader();
  await world.ensure(person);

  await world.end(person.id);
  const before = await world.provisioning.forecast('book');
  await world.settle();
  const after = await world.provisioning.forecast('book');

  assert.deepEqual([before.waiting, before.urgent, after.waiting], [1, 1, 0]);
});

test('an account that cannot be kept right is paused: losing the mail address keeps nobody their lists', async () => {
  await using world = await startBookWorld();
  const person = reader();
  await world.ensure(person);

  await queueJoiner(world, { ...person, mail: '' });
  await world.settle();
  const paused = only(world)?.state;
  await world.ensure(person);

  assert.equal(paused, 'suspended');
  assert.equal(only(world)?.state, 'in-use');
});

suite('what the queue cannot finish', () => {
  test('becomes a dead letter after half a day, is visible, and is finished when it is replayed', async () => {
    await using world = await startBookWorld();
    await world.provisioning.prepareTargets();
    const person = reader();
    await queueJoiner(world, person);
    world.book.react = (call) => (call === 'POST /people' ? { status: 500 } : undefined);

    for (let hour = 0; hour < 30; hour += 1) {
      await world.settle();
      world.clock.advance(HOUR);
    }
    const [dead] = await world.jobs.dead();
    world.book.react = undefined;
    await world.jobs.replay(dead?.id ?? '');
    await world.settle();

    assert.equal(dead?.failure, 'provisioning.reply_lost');
    assert.equal((await world.events('provisioning.dead')).length, 1);
    assert.equal(world.book.entries.size, 1);
  });

  test('is tried again when the target said, not earlier', async () => {
    await using world = await startBookWorld();
    await world.provisioning.prepareTargets();
    await queueJoiner(world, reader());
    let isLimited = true;
    world.book.react = () => (isLimited ? { status: 429, headers: { 'retry-after': '1800' } } : undefined);
    await world.settle();
    const calls = world.book.calls.length;
    isLimited = false;

    world.clock.advance(HOUR / 2 - 1_000);
    await world.settle();
    const early = world.book.calls.length;
    world.clock.advance(2_000);
    await world.settle();

    assert.equal(early, calls);
    assert.equal(world.book.entries.size, 1);
  });

  test('a lost reply makes no second account', async () => {
    await using world = await startBookWorld();
    await world.provisioning.prepareTargets();
    await queueJoiner(world, reader());
    let isFirst = true;
    world.book.react = (call) => {
      const loseReply = call === 'POST /people' && isFirst;
      if (loseReply) isFirst = false;
      return { loseReply };
    };

    await world.settle();
    world.clock.advance(HOUR);
    await world.settle();

    assert.equal(world.book.entries.size, 1);
    assert.equal(world.book.calls.filter((call) => call === 'POST /people').length, 1);
  });
});

test('fifty first sign-ins at once make one account', async () => {
  await using world = await startBookWorld();
  const person = reader();

  const entered = await Promise.all(Array.from({ length: 50 }, () => world.ensure(person)));

  assert.equal(world.book.entries.size, 1);
  assert.ok(entered.every(({ outcome }) => outcome === 'ready'));
});
