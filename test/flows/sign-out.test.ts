import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { statesOn } from '../logout/room.ts';
import type { Browser, Page } from '../support/browser.ts';
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
const BYE = 'http://catalog.localhost:9/bye';

// Signing out through the whole broker, at the simulators of OTDS and Access Manager.

suite('signing out', () => {
  let world: World;
  let catalog: TestApplication;

  before(async () => {
    world = await startWorld({
      configure: (config) => {
        config.relyingParties.push({
          ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
          ...{ redirectUris: [REDIRECT], postLogoutRedirectUris: [BYE] },
          ...{ clientSecrets: ['a-secret-of-the-catalogue'], refreshTokens: true },
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

  const isSignedIn = async (browser: Browser): Promise<boolean> =>
    (await browser.open(`${world.origin}/`)).heading === 'Stores and apps';

  async function signInAtAccessManager(browser: Browser, login: string): Promise<Page> {
    const chooser = await browser.open(`${world.origin}/login`);
    const form = await chooser.click('Access Manager');
    return form.submit({ Ecom_User_ID: login, Ecom_Password: 'halden-demo' }, /Ecom_Password/);
  }

  const leave = async (browser: Browser): Promise<Page> =>
    (await browser.open(`${world.origin}/logout`)).submit({}, /logout\/now/);

  test('OTDS is offered too; then it asks for the password again', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/launch/store-emea');
    const page = await leave(browser);
    assert.deepEqual(statesOn(page.html), { 'Halden Europe': 'Still open' });

    const end = await page.click('Sign out of Halden Directory (OTDS) too');

    assert.equal(end.url.pathname, page.url.pathname, 'back at the same page');
    assert.deepEqual(statesOn(end.html), { 'Halden Europe': 'Still open' });
    assert.match(end.text, /signing you out there too/);
    const again = await browser.open(`${world.origin}/login?connection=otds`);
    assert.equal(again.url.hostname, 'otds.localhost');
    assert.ok(again.forms.some(({ fields }) => 'otds_password' in fields));
  });

  test('when somebody signs out at OTDS, the session here ends as well, if OTDS says so', async () => {
    world.sandbox.system('otds').turn({ backchannelLogout: true });
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/launch/store-emea');
    const other = world.browser();
    await world.signIn(other, 'mira', '/');

    await browser.open(world.sandbox.url('otds', '/otdsws/logout'));

    assert.equal(await isSignedIn(browser), false);
    assert.equal(await isSignedIn(other), true, 'the other browser has another session upstream');
    world.sandbox.system('otds').turn({ backchannelLogout: false });
    const ended = await eventsOf(world, { types: ['session.ended'] });
    assert.equal(ended.filter(({ facts }) => facts['reason'] === 'upstream').length, 1);
  });

  for (const logoutToken of ['nobody', 'no-event', 'nonce'] as const) {
    test(`a logout token of OTDS that is bent (${logoutToken}) ends nothing`, async () => {
      world.sandbox.system('otds').turn({ backchannelLogout: true, logoutToken });
      const browser = world.browser();
      await world.signIn(browser, 'mira', '/');

      await browser.open(world.sandbox.url('otds', '/otdsws/logout'));

      world.sandbox.system('otds').turn({ backchannelLogout: false, logoutToken: 'right' });
      assert.equal(await isSignedIn(browser), true);
    });
  }

  test('Access Manager is asked with a signed message, and its answer is shown', async () => {
    const browser = world.browser();
    await signInAtAccessManager(browser, 'noah');

    const end = await (await leave(browser)).click('Sign out of Halden Access Manager too');

    assert.match(end.text, /signing you out there too/);
    const again = await browser.open(`${world.origin}/login?connection=access-manager`);
    assert.equal(again.url.hostname, 'am.localhost', 'it asks for the password again');
  });

  test('signing out at Access Manager ends the session here, and the answer goes back there', async () => {
    const browser = world.browser();
    await signInAtAccessManager(browser, 'noah');
    assert.equal(await isSignedIn(browser), true);

    const end = await browser.open(world.sandbox.url('am', '/nidp/app/logout'));

    assert.equal(end.url.hostname, 'am.localhost');
    assert.equal(await isSignedIn(browser), false);
  });

  test('an application signs the person out with its ID token, without a question, and gets them back', async () => {
    const browser = world.browser();
    const leaving = await leaveFor(catalog);
    const path = `${leaving.url.pathname}${leaving.url.search}`;
    const callback = await carried(browser, () => world.signIn(browser, 'mira', path), REDIRECT);
    const tokens = await redeem(catalog, leaving, callback);
    const query = new URLSearchParams({
      ...{ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: BYE, state: 'where-I-was' },
    });

    const back = await carried(browser, () => browser.open(`${world.origin}/logout?${query}`), BYE);

    assert.equal(back.searchParams.get('state'), 'where-I-was');
    assert.equal(await isSignedIn(browser), false);
  });

  test('the hint of one person in the browser of another is only a question', async () => {
    const mira = world.browser();
    const leaving = await leaveFor(catalog);
    const path = `${leaving.url.pathname}${leaving.url.search}`;
    const callback = await carried(mira, () => world.signIn(mira, 'mira', path), REDIRECT);
    const tokens = await redeem(catalog, leaving, callback);
    const ines = world.browser();
    await world.signIn(ines, 'ines', '/');

    const page = await ines.open(`${world.origin}/logout?id_token_hint=${tokens.id_token}`);

    assert.match(page.heading, /Do you want to sign out/);
    assert.equal(await isSignedIn(ines), true);
    assert.equal(await isSignedIn(mira), true);
  });
});
