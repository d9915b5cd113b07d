import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import type { Browser, Page } from '../support/browser.ts';
import {
  addPerson,
  assertExit,
  customersMade,
  eventsOf,
  referenceOn,
  sessionCookie,
  storeState,
  threadOf,
  until,
} from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

const PASSWORD = 'halden-demo';

suite('what browsers and people do to a sign-in', () => {
  let world: World;
  before(async () => {
    world = await startWorld({
      configure: (config) => {
        // The same directory a second time, to confuse the two.
        config.connections.push({
          ...config.connections[0],
          id: 'otds-two',
          title: 'Second',
          primary: false,
        });
      },
    });
    for (const login of ['anna', 'bela', 'cato', 'dora', 'emil', 'fria', 'gero', 'hedi']) {
      await addPerson(world, { login, region: 'EMEA', groups: ['merchandising@staff'] });
    }
  });
  after(() => world[Symbol.asyncDispose]());

  /** At the upstream's form, on the way to a page of the store. */
  async function atPassword(browser: Browser): Promise<Page> {
    const chooser = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);
    return chooser.click('Directory (OTDS)');
  }

  /** Signs in upstream, and stops where the upstream sends the browser back to us. */
  async function callbackOf(browser: Browser, login: string): Promise<string> {
    const form = await atPassword(browser);
    const before = browser.visited.length;
    const held = browser.pauseAt((url) => url.pathname === '/login/otds/callback');
    await form.submit({ otds_username: login, otds_password: PASSWORD });
    assert.ok(browser.visited.length > before);
    return held();
  }

  async function customersOf(login: string) {
    const made = await customersMade(world, 'store-emea');
    return made.filter(({ email }) => email === `${login}@halden.example`);
  }

  test('reloading the callback, or going back to it, leads on to the same place and mints no second session', async () => {
    const browser = world.browser();
    const callback = await callbackOf(browser, 'anna');
    const first = await browser.open(callback);
    const session = sessionCookie(browser);

    const reloaded = await browser.open(callback);

    assert.equal(first.url.pathname, '/promo');
    assert.equal(reloaded.url.pathname, '/promo');
    assert.equal(sessionCookie(browser), session);
    assert.equal((await customersOf('anna')).length, 1);
  });

  test('a callback that is opened again after signing out says that it is over, and how to start again', async () => {
    const browser = world.browser();
    const callback = await callbackOf(browser, 'bela');
    await browser.open(callback);
    browser.forget('sso.localhost');

    const page = await browser.open(callback);
    await browser.open(callback);

    const event = await assertExit(world, page, {
      status: 400,
      says: /This sign-in is over/,
      type: 'login.refused',
      code: 'login.already_used',
    });
    assert.ok(page.links().some(({ href }) => href === '/launch/store-emea?to=%2Fpromo'));
    const types = (await threadOf(world, event.thread)).map(({ type }) => type);
    assert.ok(types.includes('login.issued'), 'it is the thread of the sign-in that was used');
    assert.equal(types.filter((type) => type === 'login.refused').length, 1, 'repetitions are not repeated');
    assert.equal(sessionCookie(browser), undefined);
  });

  test('two tabs that sign in at the same time both arrive where they were going', async () => {
    const browser = world.browser();
    const one = await callbackOf(browser, 'cato');
    const chooser = await browser.open(`${world.origin}/launch/store-emea?to=/cart.php`);
    const held = browser.pauseAt((url) => url.pathname === '/login/otds/callback');
    await chooser.click('Directory (OTDS)');
    const two = held();

    const [first, second] = await Promise.all([browser.open(one), browser.open(two)]);

    assert.equal(first.url.pathname, '/promo');
    assert.equal(second.url.pathname, '/cart.php');
    assert.equal((await customersOf('cato')).length, 1);
  });

  test('a browser that lost its cookies on the way is not signed in, and the next try works', async () => {
    const browser = world.browser();
    const callback = await callbackOf(browser, 'dora');
    browser.forget('sso.localhost');

    const page = await browser.open(callback);

    await assertExit(world, page, {
      status: 403,
      says: /started in another browser/,
      type: 'login.refused',
      code: 'login.other_browser',
    });
    assert.equal(sessionCookie(browser), undefined);
    assert.deepEqual(await customersOf('dora'), []);
    const again = await page.click('Try again');
    const shop = await again.click('Directory (OTDS)');
    assert.equal(shop.url.pathname, '/promo');
  });

  test('a sign-in that was started in another browser is refused here, and is not spent for the one who started it', async () => {
    const attacker = world.browser();
    const victim = world.browser();
    const callback = await callbackOf(attacker, 'emil');

    const page = await victim.open(callback);

    assert.equal(page.status, 403);
    assert.match(page.text, /started in another browser/);
    assert.equal(sessionCookie(victim), undefined);
    assert.deepEqual(await customersOf('emil'), []);
    const [refused] = await threadOf(world, referenceOn(page));
    assert.equal(refused?.type, 'login.refused');
    const shop = await attacker.open(callback);
    assert.equal(shop.url.pathname, '/promo', 'whoever started it can still finish it');
  });

  test('a session of another person in the browser does not make a foreign callback acceptable', async () => {
    const victim = world.browser();
    await world.signIn(victim, 'fria', '/launch/store-emea');
    const session = sessionCookie(victim);
    const callback = await callbackOf(world.browser(), 'gero');

    const page = await victim.open(callback);

    assert.equal(page.status, 403);
    assert.equal(sessionCookie(victim), session);
    const shop = await victim.open(`${world.origin}/launch/store-emea`);
    assert.match(shop.text, /fria/);
  });

  test('an answer that is brought to the callback of another connection is refused and spends nothing', async () => {
    const browser = world.browser();
    const callback = await callbackOf(browser, 'hedi');

    const page = await browser.open(callback.replace('/login/otds/', '/login/otds-two/'));

    assert.equal(page.status, 400);
    assert.match(page.text, /not started here/);
    assert.match(page.text, /ref_[0-9a-z]{26}/);
    assert.equal(sessionCookie(browser), undefined);
    assert.deepEqual(await customersOf('hedi'), []);
    const shop = await browser.open(callback);
    assert.equal(shop.url.pathname, '/promo');
  });

  test('junk at the callback is refused with a reference, and counted instead of recorded one by one', async () => {
    const browser = world.browser();
    const queries = [
      '',
      '?state=nobody&code=x',
      '?code=x',
      '?state=a&state=b',
      `?state=${'x'.repeat(9_000)}`,
    ];
    const pages = await Promise.all(
      queries.map((query) => browser.fetch(`${world.origin}/login/otds/callback${query}`)),
    );

    for (const page of pages) {
      assert.ok([400, 413].includes(page.status), `${page.status}`);
      assert.match(page.text, /ref_[0-9a-z]{26}/);
    }
    world.clock.advance(MINUTE);
    const counted = async () => eventsOf(world, { types: ['junk.counted'] });
    const ours = async () => (await counted()).find(({ facts }) => facts['kind'] === 'answer.otds');
    await until('the minute is counted', async () => (await ours()) !== undefined);
    const event = await ours();
    assert.ok(Number(event?.facts['count']) >= queries.length);
    assert.equal(event?.personal['address'], '127.0.0.1');
  });

  test('attempts that nobody finishes do not fill the browser with cookies', async () => {
    const browser = world.browser();
    for (let count = 0; count < 20; count += 1) {
      await browser.fetch(`${world.origin}/login?connection=otds&rp=store-emea`);
    }

    assert.ok(browser.cookieNames('sso.localhost').length <= 13, `${browser.cookieNames('sso.localhost')}`);
    const shop = await world.signIn(browser, 'anna', '/launch/store-emea');
    assert.match(shop.text, /anna/);
  });

  test('a token that was issued for a store is spent once: the back button in the store does not sign in again', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'anna', '/');
    const { headers } = await browser.fetch(`${world.origin}/launch/store-emea`);
    const token = String(headers['location']);
    const first = await browser.open(token);
    const before = (await storeState(world, 'store-emea')).logins.length;

    const thief = await world.browser().open(token);

    assert.match(first.text, /anna/);
    assert.match(thief.text, /Invalid login/);
    const [attempt] = (await storeState(world, 'store-emea')).logins.slice(before);
    assert.equal(attempt?.outcome, 'refused');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cache-control'], 'no-store');
  });
});
