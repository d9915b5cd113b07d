import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorld } from '../support/world.ts';

test('one sign-in opens a store, switches to a second without a new one, and is refused at a third with a reason', async () => {
  await using world = await startWorld();
  const browser = world.browser();

  const emea = await world.signIn(browser, 'ines', '/launch/store-emea');
  assert.equal(emea.url.host, new URL(world.sandbox.url('store-emea')).host);
  assert.match(emea.text, /Inês Carvalho/);
  assert.match(emea.text, /Customer group Managers/);

  const before = browser.visited.length;
  const na = await browser.open(`${world.origin}/launch/store-na?to=/promo`);
  assert.equal(na.url.pathname, '/promo');
  assert.match(na.text, /Managers, 25 % off/);
  assert.ok(
    !browser.visited.slice(before).some((visit) => visit.includes('otds')),
    'no new sign-in upstream',
  );

  const outlet = await browser.open(`${world.origin}/launch/store-outlet`);
  assert.equal(outlet.status, 403);
  assert.match(outlet.text, /The outlet has a small team of its own/);
  assert.match(outlet.text, /lgn_[0-9a-z]{26}/);
});

test('the launchpad lists what is open, the own session and what happened', async () => {
  await using world = await startWorld();
  const browser = world.browser();

  const page = await world.signIn(browser, 'mira', '/');

  assert.equal(page.heading, 'Stores and apps');
  assert.deepEqual(
    page
      .links()
      .filter(({ href }) => href.startsWith('/launch/'))
      .map(({ href }) => href),
    ['/launch/store-emea', '/launch/wiki'],
  );
  assert.match(page.text, /Firefox on Linux/);
});

test('signing out ends the session and says that the store may still be open, with the way to end it there', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  await world.signIn(browser, 'mira', '/launch/store-emea');

  const confirm = await browser.open(`${world.origin}/logout`);
  const result = await confirm.submit({}, /logout/);
  const store = result.links().find(({ href }) => href.includes('action=logout'));
  const again = await browser.open(`${world.origin}/`);

  assert.match(result.text, /may still be open/);
  assert.equal(store?.href, `${world.sandbox.url('store-emea')}/login.php?action=logout`);
  assert.notEqual(again.heading, 'Stores and apps');
});

test('a deep link works for somebody who is signed out', async () => {
  await using world = await startWorld();

  const page = await world.signIn(world.browser(), 'noah', '/launch/store-na?to=/promo');

  assert.equal(page.url.href, `${world.sandbox.url('store-na')}/promo`);
  assert.match(page.text, /Merchandising/);
});
