import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf } from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

// S9, without the upstream's logout: single sign-on to BigCommerce through a central identity provider.

test('from a fresh browser to a page of the store: one password upstream, none in the store, none for the second store', async () => {
  await using world = await startWorld();
  const browser = world.browser();

  const chooser = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);
  assert.match(chooser.text, /To open Halden Europe/);
  const upstream = await chooser.click('Directory (OTDS)');
  assert.equal(upstream.url.hostname, 'otds.localhost');
  const shop = await upstream.submit({ otds_username: 'ines', otds_password: 'halden-demo' });

  assert.equal(shop.url.href, `${world.sandbox.url('store-emea')}/promo`);
  assert.match(shop.text, /Managers, 25 % off/);
  assert.deepEqual(passwordsAsked(browser.visited), ['POST otds.localhost/otdsws/login']);

  const before = browser.visited.length;
  const second = await browser.open(`${world.origin}/launch/store-na`);
  assert.match(second.text, /Inês Carvalho/);
  const way = browser.visited.slice(before).map(withoutPort);
  assert.deepEqual(
    way.filter((visit) => !visit.includes('/login/token/')),
    ['GET sso.localhost/launch/store-na', 'GET store-na.localhost/account.php'],
  );
  const issued = await eventsOf(world, { types: ['login.issued'] });
  assert.equal(new Set(issued.map(({ session }) => session)).size, 1, 'both entries hang on one session');
});

test('mail address instead of a choice leads to the directory that is responsible for it', async () => {
  await using world = await startWorld();
  const browser = world.browser();

  const chooser = await browser.open(`${world.origin}/launch/store-emea`);
  const upstream = await chooser.submit({ mail: 'mira@halden.example' }, /name="mail"/);

  assert.equal(upstream.url.hostname, 'otds.localhost');
  assert.match(upstream.html, /value="mira@halden.example"/);
});

/** Every form with a password that was sent, wherever. */
function passwordsAsked(visited: readonly string[]): string[] {
  return visited.filter((visit) => visit.startsWith('POST ')).map(withoutPort);
}

function withoutPort(visit: string): string {
  return visit.replace(/:\d+\//, '/');
}
