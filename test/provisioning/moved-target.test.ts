import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBook } from './example/book-server.ts';
import { reader, startBookWorld } from './example/world.ts';

// Ids of accounts mean other people in another system: customer 5 of one store is a stranger in the next.

test('a target that leads to another system under the same id lets nobody in and sends nothing there', async () => {
  await using world = await startBookWorld();
  await using other = await startBook();
  const person = reader();
  await world.ensure(person);
  other.add({ mail: 'stranger@elsewhere.example' });
  await using moved = await world.open({ settings: { apiUrl: other.url.href } });

  const entered = await world.ensure(person, ['reader'], moved);
  const [problem] = await moved.provisioning.checkTarget('book');

  assert.deepEqual(
    [entered.outcome, 'code' in entered && entered.code],
    ['unavailable', 'provisioning.target_moved'],
  );
  assert.match(problem?.message ?? '', /formerPlace/);
  assert.deepEqual(other.calls, []);
});

test('the same system at another address is gone on with once somebody says so', async () => {
  await using world = await startBookWorld();
  const person = reader();
  await world.ensure(person);
  const address = new URL(world.book.url);
  address.hostname = 'book-two.localhost';
  const formerPlace = world.book.url.host;
  await using renamed = await world.open({ settings: { apiUrl: address.href, formerPlace } });
  await renamed.provisioning.prepareTargets({ force: true });

  const entered = await world.ensure(person, ['reader'], renamed);
  await using later = await world.open({ settings: { apiUrl: address.href } });
  const again = await world.ensure(person, ['reader'], later);

  assert.deepEqual([entered.outcome, again.outcome], ['ready', 'ready']);
  assert.equal(world.book.entries.size, 1);
});
