import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import { type BookWorld, reader, startBookWorld } from './example/world.ts';

// R3.3, R5.5: what is done to an account when access ends, rung by rung, by the queue alone.

const entry = (world: BookWorld, id: string | undefined) => world.book.entries.get(id ?? '');
const settings = { ladder: { leaveListsAfter: '1d', deleteAfter: '30d' } };

suite('when access ends', () => {
  test('the first rung is taken at once and the later ones when their time has come', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person, ['seller']);

    await world.end(person.id);
    await world.settle();
    const [first] = [...world.book.entries.values()];
    const atOnce = structuredClone(first);
    world.clock.advance(DAY - MINUTE);
    await world.settle();
    const before = structuredClone(first);
    world.clock.advance(MINUTE);
    await world.settle();
    const after = structuredClone(first);
    world.clock.advance(29 * DAY);
    await world.settle();

    assert.deepEqual([atOnce?.state, atOnce?.lists], ['suspended', ['news', 'sales']]);
    assert.deepEqual(before?.lists, ['news', 'sales']);
    assert.deepEqual([after?.state, after?.lists], ['suspended', []]);
    assert.equal(world.book.entries.size, 0);
    assert.deepEqual(
      (await world.events('account.reduced')).map(({ rung }) => rung),
      ['suspend', 'sessions', 'lists'],
    );
    assert.equal((await world.events('account.removed')).length, 1);
  });

  test('a pause takes the first rung alone, however long it lasts', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);

    await world.end(person.id, { kind: 'paused', because: 'policy.outside_window' });
    await world.settle();
    world.clock.advance(60 * DAY);
    await world.settle();

    const [only] = [...world.book.entries.values()];
    assert.deepEqual([only?.state, only?.lists], ['suspended', ['news']]);
  });

  test('a rung whose time comes while the one before is being taken is taken as well', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    world.book.react = (call) => {
      if (call.startsWith('PUT')) world.clock.advance(DAY);
      return undefined;
    };

    await world.end(person.id);
    await world.settle();

    const [only] = [...world.book.entries.values()];
    assert.deepEqual([only?.state, only?.lists], ['suspended', []]);
  });

  test('delays count from the end, also when the queue comes late', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    const at = world.clock.now();
    world.clock.advance(2 * DAY);

    await world.end(person.id, { at });
    await world.settle();

    assert.deepEqual([...world.book.entries.values()][0]?.lists, []);
  });

  test('access that returns is restored, and rungs that were still to come are not taken', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    const made = await world.ensure(person, ['seller']);
    await world.end(person.id);
    await world.settle();
    world.clock.advance(2 * DAY);
    await world.settle();

    const back = await world.ensure(person, ['seller']);
    world.clock.advance(60 * DAY);
    await world.settle();

    const id = made.outcome === 'ready' ? made.externalId : '';
    assert.equal(back.outcome === 'ready' && back.externalId, id);
    assert.deepEqual([entry(world, id)?.state, entry(world, id)?.lists], ['in-use', ['news', 'sales']]);
    assert.deepEqual((await world.events('account.restored'))[0]?.['rungs'], [
      'suspend',
      'sessions',
      'lists',
    ]);
  });

  test('a pause becomes an end, and an end is not begun twice', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);

    const paused = await world.end(person.id, { kind: 'paused' });
    const ended = await world.end(person.id);
    const again = await world.end(person.id);
    const pausedAgain = await world.end(person.id, { kind: 'paused' });

    assert.deepEqual([paused, ended, again, pausedAgain], [true, true, false, false]);
  });

  test('nothing happens to people who have no account', async () => {
    await using world = await startBookWorld();

    const began = await world.end(reader().id);

    assert.equal(began, false);
    assert.deepEqual(world.book.calls, []);
  });

  test('an account that is gone already needs no rung, and a new one is made should the person come back', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    world.book.entries.clear();

    await world.end(person.id);
    await world.settle();
    const back = await world.ensure(person);

    assert.equal(back.outcome, 'ready');
    assert.equal(world.book.entries.size, 1);
  });

  test('what somebody undoes by hand is done again with the next rung', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    await world.end(person.id);
    await world.settle();
    const [only] = [...world.book.entries.values()];
    if (only) only.state = 'in-use';

    world.clock.advance(DAY);
    await world.settle();

    assert.equal(only?.state, 'suspended');
  });
});

suite('a target that does not let the ladder go on', () => {
  test('is asked again until it does, and nobody enters meanwhile by a confirmed state', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    world.book.react = (call) => (call.startsWith('PUT') ? { status: 500 } : undefined);

    await world.end(person.id);
    await world.settle();
    const during = await world.provisioning.accountOf('book', person.id);
    world.book.react = undefined;
    world.clock.advance(HOUR);
    await world.settle();

    assert.equal(during?.openSteps, 1);
    assert.deepEqual(during?.ending?.done, []);
    assert.equal([...world.book.entries.values()][0]?.state, 'suspended');
  });

  test('an end is never given up, however often it fails', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    world.book.react = (call) => (call.startsWith('PUT') ? { status: 500 } : undefined);
    await world.end(person.id);

    for (let hours = 0; hours < 48; hours += 1) {
      await world.settle();
      world.clock.advance(HOUR);
    }
    const dead = await world.jobs.dead();
    world.book.react = undefined;
    await world.settle();

    assert.deepEqual(dead, []);
    assert.ok((await world.events('provisioning.dead')).length > 0, 'and it is visible');
    assert.equal([...world.book.entries.values()][0]?.state, 'suspended');
  });

  test('a block becomes a task with its reasons, which closes by itself', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    world.book.react = (call) => (call.startsWith('PUT') ? { status: 423 } : undefined);

    await world.end(person.id);
    await world.settle();
    const [task] = await world.provisioning.tasks();
    world.book.react = undefined;
    world.clock.advance(HOUR);
    await world.settle();

    assert.deepEqual(
      [task?.kind, task?.detail],
      ['blocked', { reasons: ['The entry is locked at the front desk.'] }],
    );
    assert.deepEqual(await world.provisioning.tasks(), []);
    assert.equal([...world.book.entries.values()][0]?.state, 'suspended');
  });

  test('a blocked rung that later ones do not need is tried again while they are taken', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    await world.end(person.id);
    let isLocked = true;
    let puts = 0;
    // The second request of each round ends the sessions.
    world.book.react = (call) => {
      puts = call.startsWith('GET') ? puts : puts + 1;
      return isLocked && puts === 2 ? { status: 423 } : undefined;
    };

    await world.settle();
    puts = 1;
    world.clock.advance(DAY);
    await world.settle();
    const [only] = [...world.book.entries.values()];
    const meanwhile = [only?.state, only?.lists, (await world.provisioning.tasks()).length];
    const done = (await world.provisioning.accountOf('book', person.id))?.ending?.done;
    isLocked = false;
    world.clock.advance(HOUR);
    await world.settle();

    assert.deepEqual(meanwhile, ['suspended', [], 1]);
    assert.deepEqual(done, ['suspend', 'lists']);
    assert.deepEqual((await world.provisioning.accountOf('book', person.id))?.ending?.done.length, 3);
    assert.deepEqual(await world.provisioning.tasks(), []);
  });

  test('an end that cannot even read the account says so each time', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    world.book.react = () => ({ status: 500 });

    await world.end(person.id);
    await world.settle();
    world.clock.advance(MINUTE);
    await world.settle();
    const { accountId } = (await world.provisioning.accountOf('book', person.id)) ?? {};
    const failures = await world.events('provisioning.failed');

    assert.deepEqual(failures, [
      { step: accountId, attempt: 1 },
      { step: accountId, attempt: 2 },
    ]);
  });
});

test('a ladder whose process dies after any step ends as if it had not', async () => {
  let deaths = 0;
  for (let killAt = 0; ; killAt += 1) {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person, ['seller']);
    let steps = 0;
    const dying = await world.open({
      onStep: () => {
        if (steps++ === killAt) throw new Error('killed');
      },
    });
    await world.end(person.id);
    world.clock.advance(DAY);
    await dying.jobs.runDue();
    const killed = steps > killAt;
    await dying[Symbol.asyncDispose]();
    if (!killed) break;
    deaths += 1;

    world.clock.advance(HOUR);
    await world.settle();

    const entries = [...world.book.entries.values()].map(({ state, lists }) => [state, lists]);
    assert.deepEqual(entries, [['suspended', []]], `killed at step ${killAt}`);
    assert.equal((await world.provisioning.accountOf('book', person.id))?.openSteps, 0);
  }
  assert.ok(deaths >= 8, `only ${deaths} steps were tried`);
});
