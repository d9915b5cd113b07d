import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import type { Browser, Page } from '../support/browser.ts';
import { changePerson, eventsOf, sessionCookie, turn } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// R4.6, DESIGN §1.2: what is known about somebody has an age, and a session has an end that nothing moves.

suite('the age of what is known', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const asked = (browser: Browser, from: number): string[] =>
    browser.visited.slice(from).filter((visit) => visit.includes('otds.localhost'));

  async function enter(browser: Browser): Promise<Page> {
    return browser.open(`${world.origin}/launch/store-emea?to=/promo`);
  }

  test('within the hour a store is entered without asking upstream', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/launch/store-emea');
    world.clock.advance(HOUR - SECOND);
    const from = browser.visited.length;

    const shop = await enter(browser);

    assert.equal(shop.url.pathname, '/promo');
    assert.deepEqual(asked(browser, from), []);
  });

  test('after the hour upstream is asked without showing anything, and the person arrives where they were going', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/launch/store-emea');
    world.clock.advance(HOUR);
    const from = browser.visited.length;

    const shop = await enter(browser);

    assert.equal(shop.url.pathname, '/promo');
    assert.ok(asked(browser, from).length > 0);
    assert.ok(
      asked(browser, from).every((visit) => visit.startsWith('GET ')),
      'no password was sent',
    );
  });

  test('somebody without a session upstream sees the sign-in page once, and arrives where they were going', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/launch/store-emea');
    world.clock.advance(HOUR);
    browser.forget('otds.localhost');
    const before = sessionCookie(browser);

    const form = await enter(browser);

    assert.equal(form.url.hostname, 'otds.localhost');
    assert.match(form.html, /otds_password/);
    assert.equal(sessionCookie(browser), before, 'nothing ended by asking');
    const shop = await form.submit({ otds_username: 'mira', otds_password: 'halden-demo' });
    assert.equal(shop.url.pathname, '/promo');
  });

  test('somebody who was disabled upstream meanwhile does not get in on what was known', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ravi', '/');
    await changePerson(world, 'ravi', { disabled: true });
    world.clock.advance(HOUR);

    const page = await enter(browser);

    assert.notEqual(page.url.hostname, 'store-emea.localhost');
  });

  test('the launchpad keeps a session that is older than its facts', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/');
    world.clock.advance(2 * HOUR);

    assert.equal((await browser.open(`${world.origin}/`)).heading, 'Stores and apps');
  });

  test('a session ends ten hours after the sign-in, however much it was used', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/');
    for (let hour = 0; hour < 9; hour += 1) {
      world.clock.advance(HOUR);
      await browser.open(`${world.origin}/`);
    }
    world.clock.advance(HOUR - SECOND);
    assert.equal((await browser.open(`${world.origin}/`)).heading, 'Stores and apps');

    world.clock.advance(SECOND);

    assert.notEqual((await browser.open(`${world.origin}/`)).heading, 'Stores and apps');
    const entered = await browser.open(`${world.origin}/launch/store-emea`);
    assert.notEqual(entered.url.hostname, 'store-emea.localhost');
  });
});

suite('the end of the session upstream', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  async function signInAtAccessManager(browser: Browser): Promise<Page> {
    const chooser = await browser.open(`${world.origin}/launch/store-na`);
    const form = await chooser.click('Access Manager');
    return form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/);
  }

  test('a session ends when SAML says so (SessionNotOnOrAfter), long before its own limit', async () => {
    await turn(world, 'access-manager', { sessionSeconds: 1_800 });
    const browser = world.browser();
    const shop = await signInAtAccessManager(browser);
    assert.match(shop.text, /Noah Whitfield/);
    const [opened] = await eventsOf(world, { types: ['session.opened'] });
    assert.equal(opened?.facts['ends'], new Date(world.clock.now().getTime() + 30 * MINUTE).toISOString());

    world.clock.advance(30 * MINUTE - SECOND);
    assert.equal((await browser.open(`${world.origin}/`)).heading, 'Stores and apps');
    world.clock.advance(SECOND);

    assert.notEqual((await browser.open(`${world.origin}/`)).heading, 'Stores and apps');
  });

  test('an upstream session that is longer than ours does not make ours longer', async () => {
    await turn(world, 'access-manager', { sessionSeconds: 7 * 24 * 3_600 });
    const browser = world.browser();
    await signInAtAccessManager(browser);

    world.clock.advance(10 * HOUR);

    assert.notEqual((await browser.open(`${world.origin}/`)).heading, 'Stores and apps');
  });

  test('facts from SAML that are too old are asked for again without showing anything (IsPassive)', async () => {
    await turn(world, 'access-manager', { sessionSeconds: 28_800 });
    const browser = world.browser();
    await signInAtAccessManager(browser);
    world.clock.advance(HOUR);
    const from = browser.visited.length;

    const shop = await browser.open(`${world.origin}/launch/store-na?to=/promo`);

    assert.equal(shop.url.pathname, '/promo');
    const visits = browser.visited.slice(from).filter((visit) => visit.includes('am.localhost'));
    assert.ok(visits.length > 0 && visits.every((visit) => visit.startsWith('GET ')), visits.join());
  });

  test('and visibly when Access Manager does not know the browser any more', async () => {
    const browser = world.browser();
    await signInAtAccessManager(browser);
    world.clock.advance(HOUR);
    browser.forget('am.localhost');

    const form = await browser.open(`${world.origin}/launch/store-na?to=/promo`);

    assert.equal(form.url.hostname, 'am.localhost');
    const shop = await form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/);
    assert.equal(shop.url.pathname, '/promo');
  });
});
