import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { eventsOf, sessionCookie, storeState } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

suite('requests that must change nothing', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const at = (path: string): string => `${world.origin}${path}`;

  for (const [what, method, headers] of [
    ['a HEAD request', 'HEAD', {}],
    ['a prefetch', 'GET', { 'Sec-Purpose': 'prefetch' }],
    ['a prerendering', 'GET', { 'Sec-Purpose': 'prefetch;prerender' }],
    ['a prefetch by an older browser', 'GET', { Purpose: 'prefetch' }],
    ['a prefetch by an old Firefox', 'GET', { 'X-Moz': 'prefetch' }],
  ] as const) {
    test(`${what} of an entry spends no token and starts nothing (R2.5)`, async () => {
      const browser = world.browser();
      await world.signIn(browser, 'ines', '/');
      const stranger = world.browser();
      const entries = (await storeState(world, 'store-emea')).logins.length;
      const before = (await eventsOf(world)).length;

      for (const path of ['/launch/store-emea', '/login?connection=otds&rp=store-emea']) {
        for (const who of [browser, stranger]) {
          const { headers: answer, html } = await who.fetch(at(path), method, headers);
          assert.equal(answer['location'], undefined, path);
          assert.equal(answer['set-cookie'], undefined, path);
          if (method === 'GET') assert.equal(html, '', path);
        }
      }

      assert.equal((await storeState(world, 'store-emea')).logins.length, entries);
      assert.equal((await eventsOf(world)).length, before, 'nothing happened');
    });
  }

  test('a prefetch of the callback does not spend the sign-in of the person who then arrives', async () => {
    const browser = world.browser();
    const chooser = await browser.open(at('/launch/store-emea?to=/promo'));
    const form = await chooser.click('Directory (OTDS)');
    const held = browser.pauseAt((url) => url.pathname === '/login/otds/callback');
    await form.submit({ otds_username: 'ines', otds_password: 'halden-demo' });
    const callback = held();

    await browser.fetch(callback, 'HEAD');
    await browser.fetch(callback, 'GET', { 'Sec-Purpose': 'prefetch' });

    assert.equal((await browser.open(callback)).url.pathname, '/promo');
  });

  for (const headers of [
    { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
    { 'Sec-Fetch-Site': 'same-site', Origin: 'http://store-emea.localhost' },
    { 'Sec-Fetch-Site': '', Origin: 'https://evil.example' },
  ]) {
    const site = headers['Sec-Fetch-Site'] || 'another site, from a browser that does not say so';
    test(`a form on ${site} can neither sign somebody out nor end their sessions nor start a sign-in`, async () => {
      const browser = world.browser();
      const page = await world.signIn(browser, 'ines', '/');
      const end = page.forms.find(({ action }) => action.startsWith('/sessions/'))?.action;
      assert.ok(end);
      const cookie = sessionCookie(browser);

      for (const path of ['/logout/now', end, '/login?rp=store-emea']) {
        const refused = await browser.fetch(at(path), 'POST', headers);
        assert.equal(refused.status, 403, path);
        assert.match(refused.text, /came from another site, so nothing was changed/);
        assert.match(refused.text, /ref_[0-9a-z]{26}/);
      }

      assert.equal(sessionCookie(browser), cookie);
      assert.equal((await browser.open(at('/'))).heading, 'Stores and apps');
    });
  }

  test('a session that the person ends on their own list is over at once in the other browser, and only theirs can be', async () => {
    const here = world.browser();
    const there = world.browser();
    await world.signIn(there, 'ines', '/');
    const page = await world.signIn(here, 'ines', '/');
    const stranger = world.browser();
    const theirs = await world.signIn(stranger, 'mira', '/');
    const foreign =
      theirs.forms.find(({ action }) => action.startsWith('/sessions/'))?.action ?? assert.fail();

    await here.submit(page.url, foreign, 'POST', {});
    assert.equal((await stranger.open(at('/'))).heading, 'Stores and apps');

    const [mine] = (await eventsOf(world, { types: ['session.opened'] })).slice(-2);
    for (const { action } of page.forms.filter((form) => form.action.startsWith('/sessions/'))) {
      if (!action.includes(mine?.session ?? '')) await here.submit(page.url, action, 'POST', {});
    }
    assert.notEqual((await there.open(at('/'))).heading, 'Stores and apps');
  });
});
