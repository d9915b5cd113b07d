import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { HOUR } from '../../src/base/index.ts';
import type { Browser, Page } from '../support/browser.ts';
import { eventsOf, sessionCookie, turn } from '../support/evidence.ts';
import { type Listener, startListener } from '../support/listener.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { openSamlApplication, type SamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

// S9: single sign-on to BigCommerce through a central identity provider, and the end of it for all at once.

test('from a fresh browser to a page of the store: one password upstream, none in the store, none for the second store', async () => {
  await using world = await startWorld();
  const browser = world.browser();

  const chooser = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);
  assert.match(chooser.text, /To open Halden Europe/);
  const upstream = await chooser.click('Directory (OTDS)');
  assert.equal(upstream.url.hostname, 'otds.localhost');
  const shop = await upstream.submit({ otds_username: 'ines', otds_password: 'halden-demo' });

  assert.equal(shop.url.href, `${world.sandbox.url('store-emea')}/promo`);
  assert.match(shop.text, /Managers, 25 % off/);
  assert.deepEqual(passwordsAsked(browser.visited), ['POST otds.localhost/otdsws/login']);

  const before = browser.visited.length;
  const second = await browser.open(`${world.origin}/launch/store-na`);
  assert.match(second.text, /Inês Carvalho/);
  const way = browser.visited.slice(before).map(withoutPort);
  assert.deepEqual(
    way.filter((visit) => !visit.includes('/login/token/')),
    ['GET sso.localhost/launch/store-na', 'GET store-na.localhost/account.php'],
  );
  const issued = await eventsOf(world, { types: ['login.issued'] });
  assert.equal(new Set(issued.map(({ session }) => session)).size, 1, 'both entries hang on one session');
});

test('mail address instead of a choice leads to the directory that is responsible for it', async () => {
  await using world = await startWorld();
  const browser = world.browser();

  const chooser = await browser.open(`${world.origin}/launch/store-emea`);
  const upstream = await chooser.submit({ mail: 'mira@halden.example' }, /name="mail"/);

  assert.equal(upstream.url.hostname, 'otds.localhost');
  assert.match(upstream.html, /value="mira@halden.example"/);
});

const REDIRECT = 'http://catalog.localhost:9/callback';
const SECRET = 'a-secret-of-the-catalogue';

suite('several applications behind one sign-in', () => {
  let world: World;
  let listener: Listener;
  let catalogue: TestApplication;
  let handbook: SamlApplication;

  before(async () => {
    listener = await startListener('catalog.localhost');
    world = await startWorld({
      configure: (config) => {
        config.relyingParties.push(
          {
            ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
            ...{ redirectUris: [REDIRECT], clientSecrets: [SECRET], refreshTokens: true },
            backchannelLogoutUri: listener.url('/backchannel'),
          },
          samlRegistration('handbook'),
        );
        config.rules.push({
          id: 'staff',
          when: 'person.mail.endsWith("@halden.example")',
          give: [
            { relyingParty: 'catalog', roles: ['editor'] },
            { relyingParty: 'handbook', roles: ['reader'] },
          ],
        });
      },
    });
    await turn(world, 'otds', { backchannelLogout: true });
    catalogue = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: REDIRECT });
    handbook = openSamlApplication(world, 'handbook');
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await listener[Symbol.asyncDispose]();
  });

  /** Through the sign-in page that this function is shown, if one is. */
  async function enterCatalogue(browser: Browser, signIn: (page: Page) => Promise<Page>) {
    const leaving = await leaveFor(catalogue);
    const run = async (): Promise<Page> => signIn(await browser.open(leaving.url.href));
    const callback = await carried(browser, run, REDIRECT);
    return redeem(catalogue, leaving, callback);
  }

  const atOtds = (login: string) => async (page: Page) =>
    (await page.click('Directory (OTDS)')).submit({ otds_username: login, otds_password: 'halden-demo' });
  const atAccessManager = (login: string) => async (page: Page) =>
    (await page.click('Access Manager')).submit(
      { Ecom_User_ID: login, Ecom_Password: 'halden-demo' },
      /Ecom_Password/,
    );
  const nowhere = async (page: Page) => page;

  /** What a session was good for is over: the browser, the refresh token, userinfo, and the next entry. */
  async function assertAllOver(browser: Browser, tokens: client.TokenEndpointResponse): Promise<void> {
    const { config } = catalogue;
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    await assert.rejects(client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck));
    const { active } = await client.tokenIntrospection(config, tokens.access_token);
    assert.equal(active, false);
    for (const path of ['/launch/store-na', '/launch/handbook', '/']) {
      const page = await browser.open(`${world.origin}${path}`);
      assert.doesNotMatch(page.url.hostname, /store-na|handbook/);
      assert.notEqual(page.heading, 'Stores and apps');
    }
  }

  /** The relying party was told which session is over, in a token of its own (OpenID Connect Back-Channel Logout 2.4). */
  function assertTold(from: number, { sid, sub }: { readonly sid: unknown; readonly sub: string }): void {
    const told = listener.heard
      .slice(from)
      .map(({ fields }) => decodeJwt(fields.get('logout_token') ?? ''))
      .filter((claims) => claims['sid'] === sid);
    assert.equal(told.length, 1);
    const claims = told[0] ?? assert.fail();
    assert.deepEqual([claims.aud, claims.sub, claims['sid']], ['catalog', sub, sid]);
    assert.equal(claims.iss, `${world.origin}/oidc`);
    assert.deepEqual(claims['events'], { 'http://schemas.openid.net/event/backchannel-logout': {} });
  }

  test('a store, an OpenID application and a SAML application open after one password', async () => {
    const browser = world.browser();
    const { url } = handbook.leave();
    const first = await handbook.receive(browser, async () => atOtds('ines')(await browser.open(url)));
    const tokens = await enterCatalogue(browser, nowhere);
    const shop = await browser.open(`${world.origin}/launch/store-na`);

    assert.equal(first.status, 'Success');
    assert.equal(tokens.claims()?.sub, first.subject, 'one person, by one name');
    assert.match(shop.text, /Inês Carvalho/);
    assert.deepEqual(
      passwordsAsked(browser.visited).filter((visit) => visit.includes('otds')),
      ['POST otds.localhost/otdsws/login'],
    );
  });

  test('signing out at OTDS ends the session here, what hung on it, and tells the relying party', async () => {
    const browser = world.browser();
    const tokens = await enterCatalogue(browser, atOtds('ines'));
    const { sid, sub } = tokens.claims() ?? assert.fail();
    await browser.open(`${world.origin}/launch/store-na`);
    const from = listener.heard.length;

    await browser.open(world.sandbox.url('otds', '/otdsws/logout'));

    assertTold(from, { sid, sub });
    await assertAllOver(browser, tokens);
    const ended = (await eventsOf(world, { types: ['session.ended'] })).at(-1);
    assert.deepEqual([ended?.facts['reason'], ended?.personId], ['upstream', sub]);
    const revoked = await eventsOf(world, { types: ['token.revoked'], relyingParty: 'catalog' });
    assert.deepEqual(
      revoked.map(({ session }) => session),
      [ended?.session],
    );
  });

  test('signing out at Access Manager comes over the browser, ends the same, and is answered', async () => {
    const browser = world.browser();
    const tokens = await enterCatalogue(browser, atAccessManager('noah'));
    const { sid, sub } = tokens.claims() ?? assert.fail();
    const from = listener.heard.length;

    const page = await browser.open(world.sandbox.url('am', '/nidp/app/logout'));

    assert.equal(page.url.hostname, 'am.localhost', 'the answer went back');
    assert.match(page.text, /Signed out/);
    assert.equal(sessionCookie(browser), undefined);
    assertTold(from, { sid, sub });
    await assertAllOver(browser, tokens);
  });

  test('when upstream confirms an old sign-in silently, applications go on, and signing out still reaches them', async () => {
    const browser = world.browser();
    const tokens = await enterCatalogue(browser, atOtds('ines'));
    const { sid, sub } = tokens.claims() ?? assert.fail();
    world.clock.advance(HOUR);
    const tooOld = client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? '');
    await assert.rejects(tooOld, { error: 'invalid_grant' });
    const passwords = passwordsAsked(browser.visited).length;

    const shop = await browser.open(`${world.origin}/launch/store-na`);
    const renewed = await client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? '');

    assert.match(shop.text, /Inês Carvalho/);
    assert.equal(passwordsAsked(browser.visited).length, passwords, 'nothing was asked');
    const from = listener.heard.length;
    const page = await (await browser.open(`${world.origin}/logout`)).submit({}, /logout\/now/);
    assert.match(page.text, /Catalogue confirmed that your session there has ended/);
    assertTold(from, { sid, sub });
    await assertAllOver(browser, renewed);
  });

  test('the upstream logout of one person ends nothing of another, nor of their other browser', async () => {
    const [mine, other, theirs] = [world.browser(), world.browser(), world.browser()];
    const gone = await enterCatalogue(mine, atOtds('mira'));
    const kept = await enterCatalogue(other, atOtds('mira'));
    const foreign = await enterCatalogue(theirs, atOtds('ines'));

    await mine.open(world.sandbox.url('otds', '/otdsws/logout'));

    await assert.rejects(client.refreshTokenGrant(catalogue.config, gone.refresh_token ?? ''));
    for (const tokens of [kept, foreign]) {
      assert.ok(await client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? ''));
    }
  });
});

/** Every form with a password that was sent, wherever. */
function passwordsAsked(visited: readonly string[]): string[] {
  return visited.filter((visit) => visit.startsWith('POST ')).map(withoutPort);
}

function withoutPort(visit: string): string {
  return visit.replace(/:\d+\//, '/');
}
