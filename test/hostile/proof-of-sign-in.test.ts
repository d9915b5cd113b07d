import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { HOUR, MINUTE } from '../../src/base/index.ts';
import type { Browser, Page } from '../support/browser.ts';
import { turn } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { startWorld, type World } from '../support/world.ts';

// Somebody sits down at a browser where another person is signed in, here and upstream, and does not know the
// password. The application asks that the person prove who they are; no way around through our own pages may count.

const REDIRECT = 'http://catalog.localhost:9/callback';
const isForm = (page: Page): boolean => page.url.hostname === 'otds.localhost';

suite('an upstream that does not say when the person proved who they are', () => {
  let world: World;
  let catalog: TestApplication;

  before(async () => {
    world = await startWorld({
      configure: (config) => {
        config.connections = config.connections
          .filter(({ id }: { id: string }) => id === 'otds')
          .map((otds: object) => ({ ...otds, freshWithoutAuthTime: true }));
        config.relyingParties.push({
          ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
          ...{ redirectUris: [REDIRECT], clientSecrets: ['a-secret-of-the-catalogue'] },
        });
        config.rules.push({
          id: 'catalogue',
          when: '"merchandising@staff" in person.groups',
          give: [{ relyingParty: 'catalog', roles: ['editor'] }],
        });
      },
    });
    await turn(world, 'otds', { authenticationClaims: false });
    catalog = await openApplication(world, {
      ...{ id: 'catalog', secret: 'a-secret-of-the-catalogue', redirectUri: REDIRECT },
    });
  });
  after(() => world[Symbol.asyncDispose]());

  /** Where the browser comes out when the application asks so and nobody types a password. */
  async function ask(browser: Browser, parameters: Readonly<Record<string, string>>): Promise<Page> {
    const leaving = await leaveFor(catalog, parameters);
    browser.pauseAt((url) => url.href.startsWith(REDIRECT));
    return browser.open(leaving.url.href);
  }

  function handleOf(browser: Browser): string {
    const step = browser.visited.findLast((each) => each.includes('/login/request/oidc/')) ?? '';
    return step.split('/login/request/oidc/')[1] ?? '';
  }

  test('a forced request that is taken up through the sign-in page is forced all the same', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    world.clock.advance(10 * MINUTE);
    assert.ok(isForm(await ask(browser, { prompt: 'login' })));

    const page = await browser.open(`${world.origin}/login?request=oidc/${handleOf(browser)}`);

    assert.ok(isForm(page), page.url.href);
  });

  test('facts that were confirmed in silence are no new proof, for max_age and for the end of the session', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    world.clock.advance(HOUR);
    const shop = await browser.open(`${world.origin}/launch/store-emea`);
    assert.equal(shop.url.hostname, 'store-emea.localhost');

    assert.ok(isForm(await ask(browser, { max_age: '60' })));
    for (let hour = 1; hour < 10; hour += 1) {
      await browser.open(`${world.origin}/launch/store-emea`);
      world.clock.advance(HOUR);
    }
    assert.notEqual((await browser.open(`${world.origin}/`)).heading, 'Stores and apps');
  });

  test('a session that was opened without a password is no new proof either', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    browser.forget('sso.localhost');
    world.clock.advance(10 * MINUTE);
    const shop = await browser.open(`${world.origin}/launch/store-emea`);
    assert.equal(shop.url.hostname, 'store-emea.localhost', 'the upstream knows the browser');

    assert.ok(isForm(await ask(browser, { max_age: '60' })));
  });

  test('a forced sign-in with the password is believed, as configured', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    const leaving = await leaveFor(catalog, { prompt: 'login' });
    const form = await browser.open(leaving.url.href);
    const callback = await carried(
      browser,
      () => form.submit({ otds_username: 'ines', otds_password: 'halden-demo' }),
      REDIRECT,
    );

    assert.ok((await redeem(catalog, leaving, callback)).claims());
    const again = await leaveFor(catalog, { max_age: '60' });
    const at = await carried(browser, () => browser.open(again.url.href), REDIRECT);
    assert.ok(at.searchParams.get('code'), 'it is a proof of its own instant');
  });

  test('prompt=none with a max_age that the session does not meet shows nothing', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    world.clock.advance(10 * MINUTE);
    const leaving = await leaveFor(catalog, { prompt: 'none', max_age: '60' });

    const at = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);

    assert.equal(at.searchParams.get('error'), 'login_required');
  });

  test('nor does a fault behind prompt=none: the application hears of it', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    browser.forget('sso.localhost');
    const leaving = await leaveFor(catalog, { prompt: 'none', max_age: '60' });

    const at = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);

    assert.equal(at.searchParams.get('error'), 'temporarily_unavailable');
  });

  test('an answer in another browser is a page there, and spends nothing of the request', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    browser.forget('sso.localhost');
    const leaving = await leaveFor(catalog, { prompt: 'none' });
    const paused = browser.pauseAt((url) => url.pathname === '/login/otds/callback');
    await browser.open(leaving.url.href);
    const callback = paused();

    const stranger = await world.browser().open(callback);
    const at = await carried(browser, () => browser.open(callback), REDIRECT);

    assert.equal(stranger.status, 403);
    assert.ok(at.searchParams.get('code'));
  });
});
