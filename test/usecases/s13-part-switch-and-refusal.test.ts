import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customersMade, eventBehind, eventsOf } from '../support/evidence.ts';
import { startWorld, type WorldOptions } from '../support/world.ts';

// S13, without token renewal: one authentication layer over several storefronts, each with its own limits.

const TRADE = {
  id: 'store-trade',
  kind: 'bigcommerce-storefront',
  title: 'Halden Trade',
  target: 'bc-emea',
  channelId: 2,
  roles: [{ id: 'buyer', customerGroup: 'Agency' }],
};

/** `ines` may enter three stores; the fourth is a second channel of the first store. */
const configure: WorldOptions['configure'] = (config) => {
  config.relyingParties.push(TRADE);
  config.rules.push({
    id: 'outlet-managers',
    when: '"store-managers@staff" in person.groups',
    give: [{ relyingParty: 'store-outlet', roles: ['merchandiser'] }],
  });
  config.rules.push({
    id: 'trade-team',
    explain: 'Halden Trade is for the trade team.',
    when: '"trade@staff" in person.groups',
    give: [{ relyingParty: 'store-trade', roles: ['buyer'] }],
  });
};

test('one sign-in opens three stores in turn, a fourth is refused, and each store keeps its own role', async () => {
  await using world = await startWorld({ configure });
  const browser = world.browser();
  const emea = await world.signIn(browser, 'ines', '/launch/store-emea');
  const before = browser.visited.length;

  const na = await browser.open(`${world.origin}/launch/store-na`);
  const outlet = await browser.open(`${world.origin}/launch/store-outlet`);
  const trade = await browser.open(`${world.origin}/launch/store-trade`);
  const again = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);

  assert.match(emea.text, /Customer group Managers/);
  assert.match(na.text, /Customer group Managers/);
  assert.match(outlet.text, /Customer group Merchandising/);
  assert.equal(again.url.pathname, '/promo');
  assert.ok(!browser.visited.slice(before).some((visit) => visit.includes('otds')), 'no new sign-in');

  assert.equal(trade.status, 403);
  assert.match(trade.text, /Halden Trade is for the trade team/);
  assert.equal((await eventBehind(world, trade, 'decision.denied')).relyingParty, 'store-trade');
  const [customer] = await customersMade(world, 'store-emea');
  assert.deepEqual(customer?.channel_ids, [1], 'not even the channel is opened');
});

test('the store whose channel was not opened refuses the customer even with a token of its neighbour', async () => {
  await using world = await startWorld({ configure });
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/');
  const { headers } = await browser.fetch(`${world.origin}/launch/store-emea`);
  const token = new URL(String(headers['location']));

  token.hostname = 'b2b-emea.localhost';
  const page = await browser.open(token.href);

  assert.match(page.text, /Invalid login/);
});

test('two tabs stay in their own stores', async () => {
  await using world = await startWorld({ configure });
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/');

  const [emea, na] = await Promise.all([
    browser.open(`${world.origin}/launch/store-emea`),
    browser.open(`${world.origin}/launch/store-na`),
  ]);
  const emeaAgain = await browser.open(world.sandbox.url('store-emea', '/account.php'));
  const naAgain = await browser.open(world.sandbox.url('store-na', '/account.php'));

  assert.match(emea.text, /Halden Europe \(haldenemea\)/);
  assert.match(na.text, /Halden North America \(haldenna\)/);
  assert.match(emeaAgain.text, /Halden Europe \(haldenemea\)/);
  assert.match(naAgain.text, /Halden North America \(haldenna\)/);
  const issued = await eventsOf(world, { types: ['login.issued'] });
  assert.deepEqual(issued.map(({ relyingParty }) => relyingParty).toSorted(), ['store-emea', 'store-na']);
});
