import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customersMade, eventsOf } from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

test('a broker that restarts while somebody types the password asks them to start again, and leads to the same place', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  const chooser = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);
  const login = await chooser.click('Directory (OTDS)');

  await world.restart();
  const page = await login.submit({ otds_username: 'mira', otds_password: 'halden-demo' });

  assert.equal(page.status, 400);
  assert.match(page.text, /This sign-in is over/);
  assert.match(page.text, /Halden Europe/);
  assert.match(page.text, /(ref|lgn)_[0-9a-z]{26}/);
  assert.deepEqual(await customersMade(world, 'store-emea'), []);
  const again = await page.click('Sign in again');
  const shop = await again.click('Directory (OTDS)');
  assert.equal(shop.url.href, `${world.sandbox.url('store-emea')}/promo`);
  assert.match(shop.text, /Merchandising/);
});

test('with Redis a restart in the middle of a sign-in is not noticed', async () => {
  await using world = await startWorld({ keyValue: 'redis' });
  const browser = world.browser();
  const chooser = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);
  const login = await chooser.click('Directory (OTDS)');

  await world.restart();
  const shop = await login.submit({ otds_username: 'mira', otds_password: 'halden-demo' });
  await world.restart();
  const launchpad = await browser.open(`${world.origin}/`);

  assert.equal(shop.url.href, `${world.sandbox.url('store-emea')}/promo`);
  assert.equal(launchpad.heading, 'Stores and apps');
});

test('a restart of the embedded mode costs a new sign-in and makes no second person or customer', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  await world.restart();
  const shop = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  assert.match(shop.text, /Mira Lindqvist/);
  assert.equal((await customersMade(world, 'store-emea')).length, 1);
  assert.equal((await eventsOf(world, { types: ['person.created'] })).length, 1);
});

test('somebody who comes back from the password after an hour is told so, with the link to the same place', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  const chooser = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);
  const login = await chooser.click('Directory (OTDS)');

  world.clock.advance(59 * 60_000);
  const page = await login.submit({ otds_username: 'mira', otds_password: 'halden-demo' });

  assert.equal(page.status, 400);
  assert.match(page.text, /It took too long/);
  assert.ok(page.links().some(({ href }) => href === '/launch/store-emea?to=%2Fpromo'));
});
