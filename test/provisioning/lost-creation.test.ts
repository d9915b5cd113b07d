import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import type { AnyConnector, OpenTarget, ReadAccount } from '../../src/provisioning/connector/connector.ts';
import { addressBook } from './example/address-book.ts';
import { type BookWorld, reader, startBookWorld } from './example/world.ts';

// R5.3: a creation whose reply was lost, in a target whose accounts carry no marker. Its claim ends, and an end does not
// take a look that could not tell for one that found nothing.

/** The address book as a system that keeps no marker; an account on no list is a fresh one. */
const withoutMarkers: AnyConnector = {
  ...addressBook,
  open(...args: Parameters<AnyConnector['open']>): OpenTarget {
    const open = (addressBook as AnyConnector).open(...args);
    const plain = ({ marker: _marker, ...account }: ReadAccount): ReadAccount => ({
      ...account,
      fresh: (account.image['lists'] as readonly string[]).length === 0,
    });
    return new Proxy(open, {
      get(target, name) {
        if (name === 'keepsNoMarker') return true;
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const method = value.bind(target);
        if (name !== 'findCandidates' && name !== 'findById') return method;
        return async (...own: unknown[]) => {
          const answer = await method(...own);
          return answer.outcome === 'read' ? { ...answer, accounts: answer.accounts.map(plain) } : answer;
        };
      },
    });
  },
};

async function openBook() {
  const world = await startBookWorld({ connector: withoutMarkers });
  await world.provisioning.prepareTargets();
  return world;
}

/** Every POST is taken and not answered. @returns what carries the first of them out. */
function loseReplies(world: BookWorld): () => void {
  let first: (() => void) | undefined;
  world.book.react = (call) =>
    call === 'POST /people' ? { loseReply: true, later: (go) => (first ??= go) } : undefined;
  return () => {
    world.book.react = undefined;
    first?.();
  };
}

async function pass(world: BookWorld, ms: number, times = 1): Promise<void> {
  for (let round = 0; round < times; round += 1) {
    world.clock.advance(ms);
    await world.settle();
  }
}

const tasks = async ({ provisioning }: BookWorld) =>
  (await provisioning.tasks()).map(({ kind, field }) => [kind, field]);
const standing = ({ book }: BookWorld) => [...book.entries.values()].map(({ state }) => state);

suite('a creation of which nobody heard', () => {
  test('is a dead letter when the queue has tried long enough, and keeps nobody else out after a day', async () => {
    await using world = await openBook();
    const [first, second] = [reader(), reader({ mail: 'shared@halden.example' })];
    loseReplies(world);
    await world.ensure({ ...first, mail: 'shared@halden.example' });
    const early = await world.ensure(second);
    await pass(world, HOUR, 22);
    const dead = (await world.jobs.dead()).map(({ kind }) => kind);
    world.book.react = undefined;

    await pass(world, DAY);
    const late = await world.ensure(second);

    assert.equal(early.outcome === 'unavailable' && early.code, 'provisioning.busy');
    assert.ok(dead.includes('provisioning.finish-account'));
    assert.equal(late.outcome, 'ready');
  });

  test('makes nothing its own any more that shows up a day later', async () => {
    await using world = await openBook();
    const person = reader();
    loseReplies(world);
    await world.ensure(person);
    await pass(world, HOUR, 22);
    await pass(world, DAY);
    world.book.react = undefined;
    world.book.add({ mail: String(person.mail) });

    const entered = await world.ensure(person);

    assert.equal(entered.outcome === 'refused' && entered.code, 'provisioning.mail_taken');
  });
});

suite('an end that meets a creation of which nobody heard', () => {
  test('waits for people while it cannot tell which account that made, and goes on by itself', async () => {
    await using world = await openBook();
    const person = reader();
    const carryOut = loseReplies(world);
    await world.ensure(person);
    carryOut();
    const foreign = world.book.add({ mail: String(person.mail) });

    await world.end(person.id);
    await pass(world, MINUTE, 5);
    const waiting = [await tasks(world), standing(world)];
    const [progress] = await world.provisioning.progressOfPerson(person.id);
    await world.provisioning.endForGood(person.id, { because: 'erasure', thread: 'lgn_x' });
    await pass(world, HOUR);
    const open = await world.provisioning.endForGood(person.id, { because: 'erasure', thread: 'lgn_x' });
    world.book.entries.delete(foreign.id);
    await pass(world, HOUR);

    assert.deepEqual(waiting, [[['blocked', 'create']], ['in-use', 'in-use']]);
    assert.deepEqual([progress?.state, open], ['blocked', ['book']]);
    assert.deepEqual([standing(world), await tasks(world)], [['suspended'], []]);
  });

  test('waits also when what is there was given something since, and ends when it is gone', async () => {
    await using world = await openBook();
    const person = reader();
    const carryOut = loseReplies(world);
    await world.ensure(person);
    carryOut();
    const [made] = [...world.book.entries.values()];
    made?.lists.push('staff');

    await world.end(person.id);
    await pass(world, MINUTE, 5);
    await pass(world, 2 * DAY);
    const waiting = await tasks(world);
    world.book.entries.clear();
    await pass(world, HOUR);

    assert.deepEqual([waiting, await tasks(world)], [[['blocked', 'create']], []]);
    assert.equal((await world.provisioning.progressOfPerson(person.id))[0]?.state, 'done');
  });

  test('takes no account for it that is known to be of another person', async () => {
    await using world = await openBook();
    const [person, other] = [reader(), reader()];
    loseReplies(world);
    await world.ensure(person);
    world.book.react = undefined;
    await world.ensure(other);
    const [theirs] = [...world.book.entries.values()];
    if (theirs) theirs.mail = String(person.mail);

    await world.end(person.id);
    await pass(world, MINUTE, 5);

    assert.deepEqual(await tasks(world), []);
    assert.equal((await world.provisioning.progressOfPerson(person.id))[0]?.state, 'done');
    assert.equal(theirs?.state, 'in-use');
  });
});

test('an end finds what an early request made, although a later one was refused', async () => {
  await using world = await startBookWorld();
  await world.provisioning.prepareTargets();
  const person = reader();
  const carryOut = loseReplies(world);
  await world.ensure(person);
  world.book.react = (call) => (call === 'POST /people' ? { status: 422 } : undefined);
  const refused = await world.ensure(person);

  carryOut();
  await world.end(person.id);
  await pass(world, MINUTE, 5);

  assert.equal(refused.outcome === 'refused' && refused.code, 'provisioning.rejected');
  assert.deepEqual(standing(world), ['suspended']);
});
