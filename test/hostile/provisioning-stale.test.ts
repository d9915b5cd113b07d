import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, newId } from '../../src/base/index.ts';
import { type BookWorld, reader, startBookWorld } from '../provisioning/example/world.ts';

// Work that was decided a while ago, in the hands of somebody who wants it to be done although it is not wanted any more.

const only = (world: BookWorld) => [...world.book.entries.values()][0];

function queue(
  world: BookWorld,
  person: ReturnType<typeof reader>,
  roles: readonly string[],
  create = false,
) {
  return world.provisioning.queueAccount({
    ...{ person, target: 'book', trustedMailDomains: [], thread: newId('lgn'), create },
    accesses: roles.map((role) => ({ relyingParty: 'directory-app', role })),
  });
}

suite('what was queued and is not wanted any more', () => {
  test('an addition that the target did not take yet is taken back by what is wanted now', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person, ['reader']);
    await world.settle();
    world.book.react = () => ({ status: 500 });
    await queue(world, person, ['seller']);
    await world.settle();

    await queue(world, person, ['reader']);
    world.book.react = undefined;
    world.clock.advance(HOUR);
    await world.settle();

    assert.deepEqual(only(world)?.lists, ['news']);
  });

  test('an account that is still to be made is made with what is wanted now', async () => {
    await using world = await startBookWorld();
    await world.provisioning.prepareTargets();
    const person = reader();
    world.book.react = () => ({ status: 500 });
    await queue(world, person, ['seller'], true);
    await world.settle();

    await queue(world, person, ['reader']);
    world.book.react = undefined;
    world.clock.advance(HOUR);
    await world.settle();

    assert.deepEqual(only(world)?.lists, ['news']);
  });

  test('work for a target that another process does not know yet is not lost', async () => {
    await using world = await startBookWorld();
    const person = reader();
    await world.ensure(person);
    await using other = await world.open({ isUnknown: true });
    await world.end(person.id);

    await world.settle(other);
    world.clock.advance(HOUR);
    await world.settle();

    assert.equal(only(world)?.state, 'suspended');
  });
});

suite('with a target that people may enter while their account is being made', () => {
  const settings = { provision: 'queue' };

  test('whom the queue refused is not let in again', async () => {
    await using world = await startBookWorld({ settings });
    await world.provisioning.prepareTargets();
    const person = reader();
    world.book.add({ mail: String(person.mail), name: 'Somebody else' });
    await world.ensure(person);
    await world.settle();

    const again = await world.ensure(person);

    assert.deepEqual([again.outcome, 'code' in again && again.code], ['refused', 'provisioning.mail_taken']);
  });

  test('an account that nobody looked at for too long is read first (R5.2)', async () => {
    await using world = await startBookWorld({ settings });
    const person = reader();
    await world.ensure(person);
    await world.settle();
    const entry = only(world);
    if (entry) entry.lists = ['news', 'sales'];
    world.clock.advance(2 * DAY);
    world.book.react = () => ({ status: 500 });

    const unread = await world.ensure(person);
    world.book.react = undefined;
    const read = await world.ensure(person);

    assert.deepEqual([unread.outcome, read.outcome], ['unavailable', 'ready']);
    assert.deepEqual(only(world)?.lists, ['news']);
  });
});
