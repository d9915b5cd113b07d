import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { jwtVerify } from 'jose';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { Browser } from '../client/browser.ts';
import { send } from '../client/request.ts';
import { fact, loginToken, startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const shop = (path: string) => world.storefront('store-emea', path);

/** A browser in which customer 104 is signed in. */
async function signedIn(): Promise<Browser> {
  const browser = new Browser();
  await browser.visit(shop(`/login/token/${loginToken(world.clock)}`));
  return browser;
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return (await browser.visit(shop('/account.php'))).status === 200;
}

test('a guest is sent from the account page to the login page', async () => {
  const { status, headers } = await send(shop('/account.php'));

  assert.deepEqual([status, headers.location], [302, '/login.php']);
});

test('pages for deep links exist for everybody', async () => {
  const paths = ['/', '/promo', '/new-arrivals', '/cart.php', '/categories/kitchen', '/products/ash-stool'];
  for (const path of paths) assert.equal((await send(shop(path))).status, 200, path);

  assert.equal((await send(shop('/products/nothing'))).status, 404);
  assert.equal((await send(shop('/nowhere'))).status, 404);
  assert.match((await send(shop('/assets/shop.css'))).headers['content-type'] ?? '', /text\/css/);
});

test('the shop greets the shopper and shows the price level of the group', async () => {
  await world.api('PUT', '/v3/customers', { body: [{ id: 104, customer_group_id: 2 }] });
  const browser = await signedIn();

  const guest = await send(shop('/products/ash-stool'));
  const page = await browser.visit(shop('/products/ash-stool'));

  assert.match(guest.body, /<p class="price">€148\.00<\/p>/);
  assert.match(page.body, /<s>€148\.00<\/s> €118\.40/);
  assert.equal(fact(page, 'price-level'), 'Merchandising, 20 % off list');
  assert.match((await browser.visit(shop('/'))).body, /Good to see you, Freya/);
});

test('a group without category access sees no products', async () => {
  const body = { name: 'Closed', category_access: { type: 'none' } };
  const group = (await world.api('POST', '/v2/customer_groups', { body })).json() as { id: number };
  await world.api('PUT', '/v3/customers', { body: [{ id: 104, customer_group_id: group.id }] });
  const browser = await signedIn();

  assert.match((await browser.visit(shop('/'))).body, /no products for your customer group/);
  assert.equal((await browser.visit(shop('/products/ash-stool'))).status, 404);
});

test('names and texts of customers are escaped', async () => {
  await world.api('PUT', '/v3/customers', { body: [{ id: 104, first_name: '<script>alert(1)</script>' }] });
  const browser = await signedIn();

  const { body, headers } = await browser.visit(shop('/account.php'));

  assert.doesNotMatch(body, /<script>/);
  assert.match(String(headers['content-security-policy']), /default-src 'none'/);
});

test('sessions of channels and stores do not know each other', async () => {
  const browser = await signedIn();
  const cookie = `SHOP_TOKEN=${browser.cookies('store-emea.localhost').get('SHOP_TOKEN')}`;

  const trade = await send(world.storefront('b2b-emea', '/account.php'), { headers: { cookie } });
  const other = await send(world.storefront('store-na', '/account.php'), { headers: { cookie } });

  assert.deepEqual([trade.status, other.status], [302, 302]);
});

test('signing out ends the session, also for a copy of the cookie', async () => {
  const browser = await signedIn();
  const token = browser.cookies('store-emea.localhost').get('SHOP_TOKEN');

  await browser.visit(shop('/login.php?action=logout'));

  const copy = await send(shop('/account.php'), { headers: { cookie: `SHOP_TOKEN=${token}` } });
  assert.equal(copy.status, 302);
  assert.equal(await isSignedIn(browser), false);
});

test('a second sign-in replaces the first', async () => {
  const browser = await signedIn();
  const token = loginToken(world.clock, { claims: { customer_id: 101 } });

  await browser.visit(shop(`/login/token/${token}`));

  assert.equal(fact(await browser.visit(shop('/account.php')), 'name'), 'Dorothea Upland');
  assert.equal(world.state().sessions.length, 1);
});

test('a session ends after its lifetime', async () => {
  turn({ sessionLifetimeHours: 1 });
  const browser = await signedIn();
  const before = await isSignedIn(browser);
  world.clock.advance(3_600_000);

  assert.deepEqual([before, await isSignedIn(browser)], [true, false]);
  world.clock.advance(-3_600_000);
});

test('a session ends with the customer, or survives, by switch', async () => {
  const ends = await signedIn();
  const survives = await signedIn();
  await world.api('DELETE', '/v3/customers?id:in=104');

  turn({ sessionAfterDelete: 'survives' });
  const alive = await survives.visit(shop('/account.php'));
  turn({ sessionAfterDelete: 'ends' });

  assert.equal(fact(alive, 'name'), 'Freya Holm');
  assert.equal(await isSignedIn(ends), false);
});

test('a session survives the loss of the channel, or ends, by switch', async () => {
  const browser = await signedIn();
  await world.api('PUT', '/v3/customers', { body: [{ id: 104, channel_ids: [9] }] });
  const survived = await isSignedIn(browser);
  turn({ sessionAfterChannelLoss: 'ends' });

  assert.deepEqual([survived, await isSignedIn(browser)], [true, false]);
});

test('a session survives a new password, or ends, by switch', async () => {
  const change = () =>
    world.api('PUT', '/v3/customers', {
      body: [{ id: 104, authentication: { new_password: 'another-77' } }],
    });
  const browser = await signedIn();
  await change();
  const survived = await isSignedIn(browser);
  turn({ sessionAfterPasswordChange: 'ends' });
  await change();

  assert.deepEqual([survived, await isSignedIn(browser)], [true, false]);
});

test('a password signs in where the customer covers the channel', async () => {
  const browser = new Browser();
  const form = await browser.visit(shop('/login.php'));
  const wrong = await browser.submit(form, { login_email: 'pat@orchard.example', login_pass: 'pat-trade-2' });
  const right = await browser.submit(form, {
    login_email: 'pat@orchard.example',
    login_pass: 'pat-retail-1',
  });

  assert.match(wrong.body, /Invalid login/);
  assert.equal(fact(right, 'name'), 'Pat Orchard');
});

test('a forced reset stops the password', async () => {
  world.act('edit-customer', { id: 104, change: { authentication: { force_password_reset: true } } });
  const browser = new Browser();

  const page = await browser.submit(await browser.visit(shop('/login.php')), {
    login_email: 'freya@fjord.example',
    login_pass: 'freya-2020',
  });

  assert.match(page.body, /choose a new password/);
  assert.equal(await isSignedIn(browser), false);
});

test('current.jwt names the shopper to an app and says nothing to others', async () => {
  const { app, api } = bigCommerceCredentials['store-emea'];
  const path = (clientId: string) => shop(`/customer/current.jwt?app_client_id=${clientId}`);
  const browser = await signedIn();
  const guest = await send(path(app.clientId));
  const storeLevel = await browser.visit(path(api.clientId));
  const token = await browser.visit(path(app.clientId));
  turn({ currentCustomerAccounts: 'any' });
  const any = await browser.visit(path(api.clientId));

  assert.deepEqual([guest.status, storeLevel.status, token.status, any.status], [404, 404, 200, 200]);
  const key = new TextEncoder().encode(app.clientSecret);
  const { payload } = await jwtVerify(token.body, key, {
    issuer: 'bc/apps',
    audience: app.clientId,
    subject: 'haldenemea',
    currentDate: world.clock.now(),
  });
  assert.deepEqual(payload['customer'], { id: 104, email: 'freya@fjord.example', group_id: '1' });
  assert.equal(payload['operation'], 'current_customer');
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 900);
});

test('a shopper who registers becomes global only on a channel that allows it', async () => {
  world.act('sign-up', { email: 'one@fjord.example' });
  world.act('sign-up', { email: 'two@fjord.example', channel: 2, orders: 1 });

  const { data } = await world.json('GET', '/v3/customers?email:in=one@fjord.example,two@fjord.example');

  assert.deepEqual(
    data.map(({ channel_ids }) => channel_ids),
    [null, [2]],
  );
  assert.equal((await world.api('GET', `/v2/orders?customer_id=${data[1]?.['id']}`)).status, 200);
});

test('the control API edits, deletes and signs out customers by hand', async () => {
  const browser = await signedIn();
  world.act('edit-customer', { id: 104, change: { channel_ids: [1, 2], customer_group_id: 4 } });
  const edited = world.state().customers.find(({ id }) => id === 104);
  world.act('end-sessions', { id: 104 });
  const ended = await isSignedIn(browser);
  world.act('delete-customer', { id: 104 });

  assert.deepEqual([edited?.['channel_ids'], edited?.['customer_group_id'], ended], [[1, 2], 4, false]);
  assert.equal(
    world.state().customers.some(({ id }) => id === 104),
    false,
  );
  assert.throws(() => world.act('edit-customer', { id: 104, change: {} }), /no customer 104/);
  assert.throws(() => world.act('turn-store', { switches: { quota: 'much' } }), /quota/);
});

test('the state holds neither secrets nor passwords', () => {
  const text = JSON.stringify(world.sandbox.system('bigcommerce').state());

  assert.doesNotMatch(text, /sandbox-secret-of|sandbox-token-of|freya-2020/);
});
