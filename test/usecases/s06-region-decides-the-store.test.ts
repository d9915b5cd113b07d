import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changePerson, customersMade, eventBehind, storeState } from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

// S6: region, unit or brand decides the store.

test('the region opens its own store and no other, and moving to another region swaps the two by itself', async () => {
  await using world = await startWorld();
  const browser = world.browser();

  const emea = await world.signIn(browser, 'mira', '/launch/store-emea');
  const na = await browser.open(`${world.origin}/launch/store-na`);

  assert.equal(emea.url.host, new URL(world.sandbox.url('store-emea')).host);
  assert.match(emea.text, /Mira Lindqvist/);
  assert.equal(na.status, 403);
  assert.match(na.heading, /You cannot open Halden North America/);
  assert.match(na.text, /The North American store is for merchandising in the region NA/);
  assert.deepEqual(await customersMade(world, 'store-na'), []);

  // The directory says so, nobody touches the broker.
  await changePerson(world, 'mira', { region: 'NA' });
  const afterwards = world.browser();
  const opened = await world.signIn(afterwards, 'mira', '/launch/store-na');
  const closed = await afterwards.open(`${world.origin}/launch/store-emea`);

  assert.equal(opened.url.host, new URL(world.sandbox.url('store-na')).host);
  assert.match(opened.text, /Mira Lindqvist/);
  assert.equal(closed.status, 403);
  assert.match(closed.text, /The European store is for merchandising in the region EMEA/);
  const denied = await eventBehind(world, closed, 'decision.denied');
  assert.equal(denied.relyingParty, 'store-emea');
  assert.match(String((denied.facts['reason'] as { about: string }).about), /rule emea-merchandising/);
});

test('a session that was open before the move is asked again within the hour and swaps too', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  await world.signIn(browser, 'mira', '/launch/store-emea');

  await changePerson(world, 'mira', { region: 'NA' });
  world.clock.advance(60 * 60_000);
  const na = await browser.open(`${world.origin}/launch/store-na`);
  const emea = await browser.open(`${world.origin}/launch/store-emea`);

  assert.equal(na.url.host, new URL(world.sandbox.url('store-na')).host);
  assert.match(na.text, /Mira Lindqvist/);
  assert.equal(emea.status, 403);
});

test('somebody without a region opens neither store, and is told why', async () => {
  await using world = await startWorld();
  await changePerson(world, 'mira', { region: null });
  const browser = world.browser();

  const emea = await world.signIn(browser, 'mira', '/launch/store-emea');
  const na = await browser.open(`${world.origin}/launch/store-na`);

  assert.deepEqual([emea.status, na.status], [403, 403]);
  assert.match(emea.text, /region/);
  for (const store of ['store-emea', 'store-na']) {
    assert.deepEqual(await customersMade(world, store), []);
    assert.deepEqual((await storeState(world, store)).logins, []);
  }
});
