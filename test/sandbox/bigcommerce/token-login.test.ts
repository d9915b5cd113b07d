import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { Browser } from '../client/browser.ts';
import { fact, loginToken, startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);

async function enter(token: string, host = 'store-emea', browser = new Browser()) {
  return { browser, answer: await browser.visit(world.storefront(host, `/login/token/${token}`)) };
}

async function expectRefused(token: string, reason: string, host = 'store-emea'): Promise<void> {
  const { browser, answer } = await enter(token, host);

  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, '/login.php');
  assert.equal(browser.cookies(`${host}.localhost`).get('SHOP_TOKEN'), undefined);
  const page = await browser.visit(world.storefront(host, '/login.php'));
  assert.match(page.body, /Invalid login\. Please attempt to log in again\./);
  assert.doesNotMatch(page.body, new RegExp(reason));
  assert.equal(world.lastLogin()?.reason, reason);
}

test('a good token signs in, sets SHOP_TOKEN and leads to the account page', async () => {
  const { browser, answer } = await enter(loginToken(world.clock));

  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, '/account.php');
  const cookie = answer.headers['set-cookie']?.[0] ?? '';
  assert.match(cookie, /^SHOP_TOKEN=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
  const page = await browser.visit(world.storefront('store-emea', '/account.php'));
  assert.equal(fact(page, 'name'), 'Freya Holm');
  assert.equal(fact(page, 'email'), 'freya@fjord.example');
  assert.equal(fact(page, 'group'), 'Retail');
  assert.equal(fact(page, 'store'), 'Halden Europe (haldenemea)');
  assert.equal(fact(page, 'channel'), 'Halden Europe (1)');
  assert.deepEqual(world.lastLogin()?.outcome, 'signed-in');
});

test('redirect_to leads to a page of the shop', async () => {
  const { answer } = await enter(loginToken(world.clock, { claims: { redirect_to: '/cart.php' } }));

  assert.equal(answer.headers.location, '/cart.php');
});

test('redirect_to the logout page signs in and out again', async () => {
  const token = loginToken(world.clock, { claims: { redirect_to: '/login.php?action=logout' } });
  const browser = new Browser();

  const page = await browser.open(world.storefront('store-emea', `/login/token/${token}`));

  assert.match(page.body, /You have been signed out/);
  assert.equal(browser.cookies('store-emea.localhost').has('SHOP_TOKEN'), false);
  assert.equal(world.state().sessions.length, 0);
});

test('a token works once', async () => {
  const token = loginToken(world.clock);
  await enter(token);

  await expectRefused(token, 'jti was used before');
});

test('a token of 30 seconds is good, one of 31 is stale', async () => {
  const iat = Math.floor(world.clock.now().getTime() / 1000);

  const { answer } = await enter(loginToken(world.clock, { claims: { iat: iat - 30 } }));

  assert.equal(answer.headers.location, '/account.php');
  await expectRefused(loginToken(world.clock, { claims: { iat: iat - 31 } }), 'iat is too old');
});

test('skew that the store forgives makes the window longer', async () => {
  turn({ iatSkewSeconds: 5 });
  const iat = Math.floor(world.clock.now().getTime() / 1000) - 35;

  const { answer } = await enter(loginToken(world.clock, { claims: { iat } }));

  assert.equal(answer.headers.location, '/account.php');
});

test('a token from the future is refused, unless it is tolerated or accepted', async () => {
  const ahead = () =>
    loginToken(world.clock, { claims: { iat: Math.floor(world.clock.now().getTime() / 1000) + 2 } });
  await expectRefused(ahead(), 'iat is in the future');

  turn({ futureToleranceSeconds: 2 });
  const tolerated = await enter(ahead());
  turn({ futureToleranceSeconds: 0, futureIat: 'accepted' });
  const accepted = await enter(ahead());

  assert.equal(tolerated.answer.headers.location, '/account.php');
  assert.equal(accepted.answer.headers.location, '/account.php');
});

test('a store whose clock is off judges tokens by its own clock', async () => {
  world.act('turn-store', { switches: { clockOffsetMs: 60_000 } });
  await expectRefused(loginToken(world.clock), 'iat is too old');
  const time = (await world.api('GET', '/v2/time')).json() as { time: number };

  const { answer } = await enter(loginToken(world.clock, { claims: { iat: time.time } }));

  assert.equal(answer.headers.location, '/account.php');
  const elsewhere = (await world.api('GET', '/v2/time', { store: 'store-na' })).json() as { time: number };
  assert.equal(time.time - elsewhere.time, 60);
});

test('the header must be HS256 and JWT', async () => {
  await expectRefused(loginToken(world.clock, { header: { alg: 'HS256' } }), 'typ is not JWT');
  await expectRefused(loginToken(world.clock, { header: { alg: 'none', typ: 'JWT' } }), 'alg is not HS256');
  await expectRefused(loginToken(world.clock, { header: { alg: 'HS512', typ: 'JWT' } }), 'alg is not HS256');

  turn({ tokenTyp: 'optional' });
  const { answer } = await enter(loginToken(world.clock, { header: { alg: 'HS256' } }));

  assert.equal(answer.headers.location, '/account.php');
});

test('what is no token at all is refused', async () => {
  await expectRefused('abc', 'malformed');
  await expectRefused('a.b.c', 'malformed');
});

test('the signature must be that of the account named in iss', async () => {
  await expectRefused(loginToken(world.clock, { secret: 'another secret' }), 'signature is wrong');
  await expectRefused(
    loginToken(world.clock, { claims: { iss: 'nobody' } }),
    'iss is no API account of this store',
  );
  const other = bigCommerceCredentials['store-na'].login;
  await expectRefused(
    loginToken(world.clock, { secret: other.clientSecret, claims: { iss: other.clientId } }),
    'iss is no API account of this store',
  );
});

test('two login accounts work side by side until one is revoked', async () => {
  const { previousLogin } = bigCommerceCredentials['store-emea'];
  const old = () =>
    loginToken(world.clock, { secret: previousLogin.clientSecret, claims: { iss: previousLogin.clientId } });
  const before = await enter(old());
  world.act('revoke-account', { account: 'previousLogin' });

  assert.equal(before.answer.headers.location, '/account.php');
  await expectRefused(old(), 'iss is no API account of this store');
});

test('an account without the login scope cannot sign anybody in', async () => {
  const { api } = bigCommerceCredentials['store-emea'];

  const token = loginToken(world.clock, { secret: api.clientSecret, claims: { iss: api.clientId } });

  await expectRefused(token, 'account lacks the login scope');
});

test('operation and store are compared', async () => {
  await expectRefused(
    loginToken(world.clock, { claims: { operation: 'login' } }),
    'operation is not customer_login',
  );
  await expectRefused(
    loginToken(world.clock, { claims: { store_hash: 'haldenna' } }),
    'store_hash is of another store',
  );
});

test('the customer must exist and be named by an integer', async () => {
  const none = loginToken(world.clock, { claims: { customer_id: 999 } });
  await expectRefused(none, 'customer does not exist');
  const text = () => loginToken(world.clock, { claims: { customer_id: '104' } });
  await expectRefused(text(), 'customer_id is no integer');

  turn({ textCustomerId: 'accepted' });
  const { answer } = await enter(text());

  assert.equal(answer.headers.location, '/account.php');
});

test('a customer enters only channels that channel_ids covers, where the store enforces that', async () => {
  const token = () => loginToken(world.clock, { claims: { customer_id: 103 } });
  await expectRefused(token(), 'customer does not cover the channel');

  const own = loginToken(world.clock, { claims: { customer_id: 103, channel_id: 2 } });
  const trade = await enter(own, 'b2b-emea');
  turn({ channelCoverage: 'ignored' });
  const ignored = await enter(token());

  assert.equal(trade.answer.headers.location, '/account.php');
  assert.equal(ignored.answer.headers.location, '/account.php');
});

test('a global customer enters channels that allow global logins and no others', async () => {
  const token = () => loginToken(world.clock, { claims: { channel_id: 2 } });
  await expectRefused(token(), 'customer does not cover the channel', 'b2b-emea');

  world.act('set-channel', { channel: 2, allowGlobalLogins: true });
  const { answer } = await enter(token(), 'b2b-emea');

  assert.equal(answer.headers.location, '/account.php');
});

test('a token for another channel than that of the host is refused, unless channels are not compared', async () => {
  const token = () => loginToken(world.clock, { claims: { customer_id: 103, channel_id: undefined } });
  await expectRefused(token(), 'channel_id is not of this host', 'b2b-emea');

  turn({ channelClaim: 'not-compared' });
  const { answer } = await enter(token(), 'b2b-emea');

  assert.equal(answer.headers.location, '/account.php');
});

test('request_ip must be the address that the store sees', async () => {
  const right = await enter(loginToken(world.clock, { claims: { request_ip: '127.0.0.1' } }));
  assert.equal(right.answer.headers.location, '/account.php');
  await expectRefused(
    loginToken(world.clock, { claims: { request_ip: '198.51.100.1' } }),
    'request_ip is of another address',
  );

  turn({ shopperAddress: '2001:db8::7' });

  await expectRefused(
    loginToken(world.clock, { claims: { request_ip: '127.0.0.1' } }),
    'request_ip is of another address',
  );
});

test('redirect_to never leaves the store', async () => {
  const places = [
    '//evil.example',
    'https://evil.example/',
    '/\\evil.example',
    'cart.php',
    'javascript:1',
    7,
  ];
  for (const place of places) {
    await expectRefused(
      loginToken(world.clock, { claims: { redirect_to: place } }),
      'redirect_to leaves the store',
    );
  }

  turn({ badRedirect: 'default-page' });
  const { answer } = await enter(loginToken(world.clock, { claims: { redirect_to: '//evil.example' } }));

  assert.equal(answer.headers.location, '/account.php');
});

test('an absolute redirect_to within the store works only where the switch says so', async () => {
  const place = world.storefront('store-emea', '/checkout');
  const token = () => loginToken(world.clock, { claims: { redirect_to: place } });
  await expectRefused(token(), 'redirect_to leaves the store');

  turn({ absoluteRedirect: 'same-store' });
  const { answer } = await enter(token());
  const foreign = world.storefront('store-na', '/checkout');
  const { answer: other } = await enter(loginToken(world.clock, { claims: { redirect_to: foreign } }));

  assert.equal(answer.headers.location, place);
  assert.equal(other.headers.location, '/login.php');
});

test('a forced password reset stops token sign-ins only where the switch says so', async () => {
  world.act('edit-customer', { id: 104, change: { authentication: { force_password_reset: true } } });
  const { answer } = await enter(loginToken(world.clock));
  assert.equal(answer.headers.location, '/account.php');

  turn({ tokenLoginDuringReset: 'blocked' });

  await expectRefused(loginToken(world.clock), 'customer must reset the password first');
});

test('Catalyst keeps the path but has its own cookie, target and failure page', async () => {
  const token = loginToken(world.clock, { claims: { channel_id: 3 } });
  const { browser, answer } = await enter(token, 'app-emea');
  assert.equal(answer.headers.location, '/account/orders');
  assert.ok(browser.cookies('app-emea.localhost').has('authjs.session-token'));
  const account = await browser.visit(world.storefront('app-emea', '/account/orders'));
  assert.equal(fact(account, 'channel'), 'Halden App (3)');

  const again = await enter(token, 'app-emea');

  assert.equal(again.answer.headers.location, '/login?error=InvalidToken');
  const page = await again.browser.visit(world.storefront('app-emea', '/login?error=InvalidToken'));
  assert.match(page.body, /Invalid login\. Please attempt to log in again\./);
});

test('the bare host of a store entered with www loses the path on its way, or keeps it', async () => {
  const token = loginToken(world.clock, { store: 'store-outlet', claims: { customer_id: 101 } });
  const path = `/login/token/${token}`;
  turn({ www: 'loses-path' });
  const lost = await new Browser().visit(world.storefront('store-outlet', path));
  turn({ www: 'keeps-path' });
  const kept = await new Browser().visit(world.storefront('store-outlet', path));
  const right = await new Browser().visit(world.storefront('www.store-outlet', path));

  assert.deepEqual([lost.status, kept.status], [301, 301]);
  assert.equal(lost.headers.location, world.storefront('www.store-outlet', '/'));
  assert.equal(kept.headers.location, world.storefront('www.store-outlet', path));
  assert.equal(right.headers.location, '/account.php');
});
