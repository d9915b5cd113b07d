import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from '../support/browser.ts';
import { changePerson, eventsOf, sessionCookie, threadOf } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// R1.5: one browser, one person after another. Whoever sat there before is signed out first.

suite('another person signs in at the same browser', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  /** The upstream was left; here nobody signed out. */
  async function signInAs(browser: Browser, login: string): Promise<Page> {
    browser.forget('otds.localhost');
    const form = await browser.open(`${world.origin}/login?connection=otds&rp=store-emea`);
    return form.submit({ otds_username: login, otds_password: 'halden-demo' });
  }

  /** Opens the launchpad with a cookie that was copied earlier. */
  async function launchpadWith(token: string): Promise<Page> {
    return world.browser().open(`${world.origin}/`, { headers: { Cookie: `vestibule-session=${token}` } });
  }

  test('the session of the first ends before that of the second begins, and the log says why', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/launch/store-emea');
    const token = sessionCookie(browser) ?? assert.fail();
    const [opened] = await eventsOf(world, { types: ['session.opened'] });

    const shop = await signInAs(browser, 'ines');

    assert.match(shop.text, /Inês Carvalho/);
    const [ended] = await eventsOf(world, { types: ['session.ended'] });
    assert.equal(ended?.session, opened?.session);
    assert.equal(ended?.personId, opened?.personId);
    const { reason, relyingParties } = ended?.facts ?? {};
    assert.deepEqual({ reason, relyingParties }, { reason: 'other person', relyingParties: ['store-emea'] });
    const types = (await threadOf(world, ended?.thread ?? '')).map(({ type }) => type);
    assert.ok(types.indexOf('session.ended') < types.indexOf('session.opened'), types.join());
    assert.notEqual((await launchpadWith(token)).heading, 'Stores and apps', 'the old cookie is nobody');
    const launchpad = await browser.open(`${world.origin}/`);
    assert.match(launchpad.text, /Inês Carvalho/);
    assert.doesNotMatch(launchpad.text, /Mira/);
  });

  test('the first is signed out even when the second is not let in', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'noah', '/launch/store-na');
    const token = sessionCookie(browser) ?? assert.fail();
    await world.signIn(world.browser(), 'tess', '/');
    // Known by login and mail, with another entry in a rebuilt directory (R1.2).
    await changePerson(world, 'tess', { uuid: '00000000-0000-4000-8000-000000000000' });

    const page = await signInAs(browser, 'tess');

    assert.equal(page.status, 403);
    assert.match(page.text, /already known here for another directory entry/);
    assert.notEqual((await launchpadWith(token)).heading, 'Stores and apps');
    assert.notEqual((await browser.open(`${world.origin}/`)).heading, 'Stores and apps');
  });

  test('the same person signing in again goes on in the same session, under another cookie', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/launch/store-emea');
    const before = sessionCookie(browser) ?? assert.fail();
    const count = (await eventsOf(world, { types: ['session.ended'] })).length;

    await signInAs(browser, 'mira');

    assert.notEqual(sessionCookie(browser), before, 'a cookie is never carried on over a sign-in');
    assert.notEqual((await launchpadWith(before)).heading, 'Stores and apps', 'the old cookie is nobody');
    assert.equal((await eventsOf(world, { types: ['session.ended'] })).length, count);
    const renewed = (await eventsOf(world, { types: ['session.renewed'] })).at(-1);
    const opened = (await eventsOf(world, { types: ['session.opened'] })).map(({ session }) => session);
    assert.ok(opened.includes(renewed?.session));
  });
});
