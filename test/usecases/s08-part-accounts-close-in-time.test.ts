import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, SECOND } from '../../src/base/index.ts';
import { changePerson, customerWithMail, eventsOf, letTimePass, until } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// S8, the target's side: an agency's contract ends, and the store's account closes by itself, in that second.

const contractEnds = (world: World): Date => new Date(world.clock.now().getTime() + 3 * DAY);

test('an account closes by itself when the contract behind it ends, not before, and nobody does anything', async () => {
  await using world = await startWorld();
  const ends = contractEnds(world);
  await changePerson(world, 'olu', { contractEnd: ends.toISOString() });
  const shop = await world.signIn(world.browser(), 'olu', '/launch/store-emea');
  const resets = async () =>
    (await customerWithMail(world, 'store-emea', 'olu@halden.example')).force_password_reset;

  await letTimePass(world, ends.getTime() - world.clock.now().getTime() - SECOND);
  const before = await resets();
  await letTimePass(world, SECOND);
  await until('the account is closed', resets);
  const reduced = () => eventsOf(world, { types: ['account.reduced'] });
  await until('that is written down', async () => (await reduced()).length > 0);

  assert.equal(shop.url.hostname, 'store-emea.localhost');
  assert.equal(before, false);
  const [ending] = await eventsOf(world, { types: ['account.ending'] });
  assert.match(String(ending?.facts['because']), /policy\.ended/);
  assert.equal((await reduced()).length, 1);
});

test('a contract that was extended in time keeps the account open', async () => {
  await using world = await startWorld();
  const ends = contractEnds(world);
  await changePerson(world, 'olu', { contractEnd: ends.toISOString() });
  const browser = world.browser();
  await world.signIn(browser, 'olu', '/launch/store-emea');

  await changePerson(world, 'olu', { contractEnd: new Date(ends.getTime() + 90 * DAY).toISOString() });
  await world.signIn(world.browser(), 'olu', '/launch/store-emea');
  await letTimePass(world, 4 * DAY);

  const customer = await customerWithMail(world, 'store-emea', 'olu@halden.example');
  assert.equal(customer.force_password_reset, false);
  assert.deepEqual(await eventsOf(world, { types: ['account.ending'] }), []);
});
