import assert from 'node:assert/strict';
import { after, afterEach, before, suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import {
  addPerson,
  assertExit,
  customersMade,
  sessionCookie,
  setFaults,
  storeState,
  untilJobsEnded,
} from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// Whatever is wrong with a store: a page in words, a reference, an event, no half-made account, and one customer
// once the store is well again.

suite('faults of a store', () => {
  let world: World;
  before(async () => {
    world = await startWorld({
      configure: (config) => {
        config.targets[0].budgetMs = 1_000;
      },
    });
    // Store and account are known before anything misbehaves.
    await world.signIn(world.browser(), 'ines', '/launch/store-emea');
    await untilJobsEnded(world, 'provisioning.finish-account');
  });
  after(() => world[Symbol.asyncDispose]());
  afterEach(() => setFaults(world, 'bigcommerce'));

  const CUSTOMERS = '/stores/haldenemea/v3/customers';
  const ANY = { path: CUSTOMERS };
  const CREATE = { path: CUSTOMERS, method: 'POST' };
  const FAULTS: readonly [string, FaultInput, string][] = [
    ['is too slow', { kind: 'slow', ms: 60_000, match: ANY }, 'provisioning.slow'],
    ['answers 500', { kind: 'status', status: 500, match: ANY }, 'provisioning.target_error'],
    [
      'answers 500 when the customer is made',
      { kind: 'status', status: 500, match: CREATE },
      'provisioning.reply_lost',
    ],
    ['is reached too often', { kind: 'rate-limited', match: ANY }, 'provisioning.rate_limited'],
    [
      'is reached too often and does not say until when',
      { kind: 'rate-limited', headers: false, match: ANY },
      'provisioning.rate_limited',
    ],
    ['cuts the connection', { kind: 'refuse-connection', match: ANY }, 'provisioning.target_unreachable'],
    ['has revoked our token', { kind: 'revoked-token', match: ANY }, 'provisioning.token_revoked'],
    ['is in maintenance', { kind: 'html-503', match: ANY }, 'provisioning.maintenance'],
  ];

  for (const [index, [what, fault, code]] of FAULTS.entries()) {
    test(`a store that ${what} keeps the person out for now, and lets them in without a new sign-in later`, async () => {
      const login = `new${index}`;
      await addPerson(world, { login, region: 'EMEA', groups: ['merchandising@staff'] });
      const before = (await storeState(world, 'store-emea')).logins.length;
      await setFaults(world, 'bigcommerce', fault);
      const browser = world.browser();

      const page = await world.signIn(browser, login, '/launch/store-emea?to=/promo');

      const says = /Halden Europe could not prepare your account just now\. Nothing is lost/;
      const event = await assertExit(world, page, { status: 503, says, type: 'login.failed', code });
      assert.equal(event.target, 'bc-emea');
      assert.equal(event.facts['stage'], 'provision');
      assert.equal((await storeState(world, 'store-emea')).logins.length, before, 'no token was spent');
      assert.deepEqual(await customersOf(login), [], 'nothing was made');
      assert.ok(sessionCookie(browser), 'the sign-in itself is kept');

      await setFaults(world, 'bigcommerce');
      world.clock.advance(MINUTE);
      const shop = await page.click('Try again');
      assert.equal(shop.url.pathname, '/promo');
      assert.match(shop.text, new RegExp(`${login}`));
      assert.equal((await customersOf(login)).length, 1);
    });
  }

  test('a store that loses its answer after making the customer is looked at again: one customer, and in', async () => {
    await addPerson(world, { login: 'lost', region: 'EMEA', groups: ['merchandising@staff'] });
    await setFaults(world, 'bigcommerce', { kind: 'lost-reply', match: CREATE, times: 1 });

    const shop = await world.signIn(world.browser(), 'lost', '/launch/store-emea');

    assert.match(shop.text, /lost/);
    assert.equal((await customersOf('lost')).length, 1);
  });

  test('a store that loses every answer does not get a second customer, however often somebody tries', async () => {
    await addPerson(world, { login: 'lostall', region: 'EMEA', groups: ['merchandising@staff'] });
    await setFaults(world, 'bigcommerce', { kind: 'lost-reply', match: ANY });
    const browser = world.browser();
    const first = await world.signIn(browser, 'lostall', '/launch/store-emea');
    const second = await browser.open(`${world.origin}/launch/store-emea`);
    assert.deepEqual([first.status, second.status], [503, 503]);

    await setFaults(world, 'bigcommerce');
    world.clock.advance(MINUTE);
    const shop = await browser.open(`${world.origin}/launch/store-emea`);

    assert.match(shop.text, /lostall/);
    assert.equal((await customersOf('lostall')).length, 1);
  });

  test('somebody whose account is as it should be enters a store whose API is away', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/launch/store-emea');
    await setFaults(world, 'bigcommerce', { kind: 'refuse-connection', match: ANY });

    const shop = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);

    assert.equal(shop.url.pathname, '/promo');
    assert.match(shop.text, /Managers, 25 % off/);
  });

  test('one store that is away does not keep anybody out of another', async () => {
    await addPerson(world, { login: 'both', region: 'EMEA', groups: ['store-managers@staff'] });
    await setFaults(world, 'bigcommerce', { kind: 'refuse-connection', match: ANY });
    const browser = world.browser();

    const away = await world.signIn(browser, 'both', '/launch/store-emea');
    const open = await browser.open(`${world.origin}/launch/store-na`);

    assert.equal(away.status, 503);
    assert.match(open.text, /Customer group Managers/);
  });

  async function customersOf(login: string) {
    return (await customersMade(world, 'store-emea')).filter(
      ({ email }) => email === `${login}@halden.example`,
    );
  }
});
