import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import * as client from 'openid-client';
import { HOUR, MINUTE } from '../../src/base/index.ts';
import { eventsOf } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { startWorld, type World } from '../support/world.ts';

const REDIRECT = 'http://catalog.localhost:9/callback';
suite('an application behind the broker, over OpenID Connect', () => {
  let world: World;
  let catalog: TestApplication;

  before(async () => {
    world = await startWorld({
      configure: (config) => {
        config.relyingParties.push({
          ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
          ...{ redirectUris: [REDIRECT], clientSecrets: ['a-secret-of-the-catalogue'], refreshTokens: true },
          resources: ['store-emea', 'store-na', 'store-outlet'],
        });
        config.rules.push({
          id: 'catalogue',
          when: '"merchandising@staff" in person.groups',
          give: [{ relyingParty: 'catalog', roles: ['editor'] }],
        });
      },
    });
    catalog = await openApplication(world, {
      ...{ id: 'catalog', secret: 'a-secret-of-the-catalogue', redirectUri: REDIRECT },
    });
  });
  after(() => world[Symbol.asyncDispose]());

  async function signInTo(login: string, parameters: Readonly<Record<string, string>> = {}) {
    const browser = world.browser();
    const leaving = await leaveFor(catalog, parameters);
    const callback = await carried(
      browser,
      () => world.signIn(browser, login, `${leaving.url.pathname}${leaving.url.search}`),
      REDIRECT,
    );
    return { browser, leaving, callback };
  }

  test('a person signs in to an application through OTDS, and its tokens say who and by what', async () => {
    const { leaving, callback } = await signInTo('mira');
    const tokens = await redeem(catalog, leaving, callback);
    const claims = tokens.claims();
    const info = await client.fetchUserInfo(catalog.config, tokens.access_token, claims?.sub ?? '');

    assert.match(claims?.sub ?? '', /^per_[0-9a-z]{26}$/);
    assert.equal(callback.searchParams.get('iss'), `${world.origin}/oidc`);
    assert.equal(claims?.['auth_time'], Math.floor(world.clock.now().getTime() / 1000));
    assert.equal(info['email'], 'mira@halden.example');
  });

  test('assertion, decision, code and token stand under one thread in the access log', async () => {
    const { leaving, callback } = await signInTo('mira');
    await redeem(catalog, leaving, callback);

    const [issued] = (await eventsOf(world, { types: ['login.issued'] })).filter(
      ({ relyingParty }) => relyingParty === 'catalog',
    );
    const thread = (await eventsOf(world, {})).filter((event) => event.thread === issued?.thread);
    const types = thread.map(({ type }) => type);
    for (const type of ['login.identified', 'decision.allowed', 'login.issued', 'token.issued']) {
      assert.ok(types.includes(type), `${type} in ${types.join(', ')}`);
    }
  });

  test('who is signed in already gets into a second application without a sign-in page', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/launch/store-emea');
    const leaving = await leaveFor(catalog);

    const callback = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);
    const tokens = await redeem(catalog, leaving, callback);

    assert.ok(tokens.claims());
  });

  test('a person whom no rule lets in sees why, and the application hears access_denied when they go back', async () => {
    const browser = world.browser();
    const leaving = await leaveFor(catalog);
    const page = await world.signIn(browser, 'sam', `${leaving.url.pathname}${leaving.url.search}`);

    assert.equal(page.status, 403);
    assert.match(page.text, /You cannot open Catalogue/);
    const callback = await carried(browser, () => page.click('Back to Catalogue'), REDIRECT);
    assert.equal(callback.searchParams.get('error'), 'access_denied');
    assert.equal(callback.searchParams.get('state'), leaving.state);
  });

  test('prompt=none answers login_required without a session, and a code with one', async () => {
    const stranger = world.browser();
    const first = await leaveFor(catalog, { prompt: 'none' });
    const refused = await carried(stranger, () => stranger.open(first.url.href), REDIRECT);
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    const second = await leaveFor(catalog, { prompt: 'none' });
    const callback = await carried(browser, () => browser.open(second.url.href), REDIRECT);

    assert.equal(refused.searchParams.get('error'), 'login_required');
    assert.ok(callback.searchParams.get('code'));
  });

  test('prompt=login and max_age lead to the sign-in page although a session runs', async () => {
    for (const parameters of [{ prompt: 'login' }, { max_age: '60' }]) {
      const browser = world.browser();
      await world.signIn(browser, 'ines', '/');
      world.clock.advance(5 * MINUTE);
      const leaving = await leaveFor(catalog, parameters);
      const page = await browser.open(leaving.url.href);

      assert.notEqual(page.url.hostname, 'catalog.localhost', JSON.stringify(parameters));
      const callback = await carried(browser, () => signInAgain(page), REDIRECT);
      const tokens = await redeem(catalog, leaving, callback);
      assert.equal(tokens.claims()?.['auth_time'], Math.floor(world.clock.now().getTime() / 1000));
    }
  });

  async function signInAgain(page: Awaited<ReturnType<ReturnType<World['browser']>['open']>>) {
    const form = page.url.hostname === 'otds.localhost' ? page : await page.click('Directory (OTDS)');
    return form.submit({ otds_username: 'ines', otds_password: 'halden-demo' });
  }

  test('a request that waited too long leads to a page that starts the same application again', async () => {
    const browser = world.browser();
    const leaving = await leaveFor(catalog);
    const page = await browser.open(leaving.url.href);
    const request = browser.visited
      .find((step) => step.includes('/login/request/'))
      ?.replace(/^GET /, 'http://');
    world.clock.advance(2 * HOUR);

    const late = await browser.open(request ?? page.url.href);

    assert.equal(late.status, 400);
    assert.match(late.text, /This sign-in is over/);
    assert.ok(late.links().some(({ href }) => href.endsWith('/launch/catalog')));
  });

  test('a token for a store carries that store alone; a store without entitlement is refused and burns nothing', async () => {
    const { leaving, callback } = await signInTo('mira', { resource: 'urn:vestibule:store-emea' });
    const tokens = await redeem(catalog, leaving, callback, { resource: 'urn:vestibule:store-emea' });
    const refresh = (resource: string) =>
      client.refreshTokenGrant(catalog.config, tokens.refresh_token ?? '', { resource });

    await assert.rejects(refresh('urn:vestibule:store-na'), { error: 'invalid_target' });
    const again = await refresh('urn:vestibule:store-emea');
    assert.ok(again.access_token);
  });
});
