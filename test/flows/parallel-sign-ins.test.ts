import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import * as client from 'openid-client';
import { MINUTE } from '../../src/base/index.ts';
import type { Browser, Page } from '../support/browser.ts';
import { assertExit, eventsOf, sessionCookie } from '../support/evidence.ts';
import { type Listener, startListener } from '../support/listener.ts';
import {
  carried,
  type Leaving,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { openSamlApplication, type SamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

// What a sign-in at a relying party knows of itself, whatever people do to their tabs meanwhile (R2.2).

const REDIRECT = 'http://catalog.localhost:9/callback';
const INITIATE = 'http://catalog.localhost:9/login';
const SECRET = 'a-secret-of-the-catalogue';

suite('sign-ins of two relying parties in one browser', () => {
  let world: World;
  let catalogue: TestApplication;
  let handbook: SamlApplication;
  let listener: Listener;

  before(async () => {
    listener = await startListener('catalog.localhost');
    world = await startWorld({
      configure: (config) => {
        config.relyingParties.push(
          {
            ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
            ...{
              redirectUris: [REDIRECT, listener.url('/callback')],
              clientSecrets: [SECRET],
              refreshTokens: true,
            },
            initiateLoginUri: INITIATE,
          },
          samlRegistration('handbook'),
        );
        config.rules.push({
          ...{ id: 'everybody', when: 'true' },
          give: [
            { relyingParty: 'catalog', roles: ['editor'] },
            { relyingParty: 'handbook', roles: ['reader'] },
          ],
        });
      },
    });
    catalogue = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: REDIRECT });
    handbook = openSamlApplication(world, 'handbook');
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await listener[Symbol.asyncDispose]();
  });

  const password =
    (form: Page, login = 'mira') =>
    () =>
      form.submit({ otds_username: login, otds_password: 'halden-demo' });

  /** A tab that stands at the upstream's form, on the way to the OpenID application. */
  async function catalogueTab(browser: Browser): Promise<{ leaving: Leaving; form: Page; chooser: Page }> {
    const leaving = await leaveFor(catalogue);
    const chooser = await browser.open(leaving.url.href);
    return { leaving, chooser, form: await chooser.click('Directory (OTDS)') };
  }

  /** The same, on the way to the SAML application. */
  async function handbookTab(browser: Browser, relayState: string) {
    const request = handbook.leave({ relayState });
    const chooser = await browser.open(request.url);
    return { request, chooser, form: await chooser.click('Directory (OTDS)') };
  }

  /** Where the upstream sends the browser back to, before it goes there. */
  async function callbackOf(browser: Browser, form: Page): Promise<string> {
    const held = browser.pauseAt((url) => url.pathname === '/login/otds/callback');
    await password(form)();
    return held();
  }

  async function arriveAtCatalogue(browser: Browser, leaving: Leaving, run: () => Promise<Page>) {
    return redeem(catalogue, leaving, await carried(browser, run, REDIRECT));
  }

  for (const order of ['the OpenID tab first', 'the SAML tab first'] as const) {
    test(`two tabs at the sign-in page both arrive with their own answer, ${order}`, async () => {
      const browser = world.browser();
      const openId = await catalogueTab(browser);
      const saml = await handbookTab(browser, 'page-17');
      const finish = {
        openId: () => arriveAtCatalogue(browser, openId.leaving, password(openId.form)),
        saml: () => handbook.receive(browser, password(saml.form)),
      };

      const early = order === 'the OpenID tab first' ? await finish.openId() : undefined;
      const answer = await finish.saml();
      const tokens = early ?? (await finish.openId());

      assert.equal(answer.inResponseTo, saml.request.id);
      assert.equal(answer.relayState, 'page-17');
      assert.equal(tokens.claims()?.sub, answer.subject);
      // Whoever came first is not signed out by whoever came second.
      assert.ok(await client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? ''));
    });
  }

  test('two tabs of the same application at once keep their own state and nonce', async () => {
    const browser = world.browser();
    const one = await catalogueTab(browser);
    const two = await catalogueTab(browser);

    const second = await arriveAtCatalogue(browser, two.leaving, password(two.form));
    const first = await arriveAtCatalogue(browser, one.leaving, password(one.form));

    assert.equal(first.claims()?.nonce, one.leaving.nonce);
    assert.equal(second.claims()?.nonce, two.leaving.nonce);
  });

  test('answers of the upstream that come back at the same instant bring each tab to its own place', async () => {
    const browser = world.browser();
    const application = { ...catalogue, redirectUri: listener.url('/callback') };
    const tabs: { leaving: Leaving; callback: string }[] = [];
    for (let count = 0; count < 4; count += 1) {
      const leaving = await leaveFor(application);
      const form = await (await browser.open(leaving.url.href)).click('Directory (OTDS)');
      tabs.push({ leaving, callback: await callbackOf(browser, form) });
      // So that it asks in the next tab, too.
      browser.forget('otds.localhost');
    }

    const arrived = await Promise.all(tabs.map(({ callback }) => browser.open(callback)));

    const subjects = new Set<string | undefined>();
    const held: string[] = [];
    for (const [index, page] of arrived.entries()) {
      const { leaving } = tabs[index] ?? assert.fail();
      assert.equal(page.url.searchParams.get('state'), leaving.state);
      const tokens = await redeem(application, leaving, page.url);
      assert.equal(tokens.claims()?.nonce, leaving.nonce);
      subjects.add(tokens.claims()?.sub);
      held.push(tokens.refresh_token ?? assert.fail());
    }
    assert.equal(subjects.size, 1);
    const launchpad = await browser.open(`${world.origin}/`);
    assert.equal(launchpad.heading, 'Stores and apps');

    // Each answer opened a session of its own, and the browser holds the cookie of one of them.
    const end = await (await browser.open(`${world.origin}/logout`)).submit({}, /logout\/now/);
    assert.match(
      end.text,
      /Sign out of Halden Directory \(OTDS\) too/,
      'what goes on upstream is not kept quiet',
    );
    for (const token of held) {
      await assert.rejects(client.refreshTokenGrant(application.config, token), { error: 'invalid_grant' });
    }
  });

  test('the back button to the choice, and another way to sign in, lead to the same request', async () => {
    const browser = world.browser();
    const { leaving, chooser } = await catalogueTab(browser);

    const form = await chooser.click('Access Manager');
    const tokens = await arriveAtCatalogue(browser, leaving, () =>
      form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/),
    );

    assert.equal(tokens.claims()?.nonce, leaving.nonce);
  });

  test('a reload of the request, and of the sign-in page, neither loses nor doubles it', async () => {
    const browser = world.browser();
    const leaving = await leaveFor(catalogue);
    await browser.open(leaving.url.href);
    const chooser = await browser.open(leaving.url.href);
    const reloaded = await browser.open(chooser.url.href);
    const saml = handbook.leave({ relayState: 'x' });
    const once = await browser.open(saml.url);
    const again = await browser.open(saml.url);
    assert.equal(once.url.href, again.url.href, 'a repeated SAML request is the same request');

    const form = await reloaded.click('Directory (OTDS)');
    const tokens = await arriveAtCatalogue(browser, leaving, password(form));
    const answer = await handbook.receive(browser, () => browser.open(again.url.href));

    assert.equal(tokens.claims()?.nonce, leaving.nonce);
    assert.equal(answer.inResponseTo, saml.id);
  });

  test('the back button after arriving answers nothing twice; the page offers the same application', async () => {
    const browser = world.browser();
    const openId = await catalogueTab(browser);
    const callback = await callbackOf(browser, openId.form);
    const tokens = await arriveAtCatalogue(browser, openId.leaving, () => browser.open(callback));

    const reloaded = await browser.open(callback);
    const back = await browser.open(openId.chooser.url.href);

    for (const page of [reloaded, back]) {
      assert.equal(page.status, 400);
      assert.match(page.text, /This sign-in is over/);
      assertLeadsTo(page, '/launch/catalog');
    }
    const started = browser.pauseAt((url) => url.href.startsWith(INITIATE));
    await back.click('Sign in again');
    assert.equal(new URL(started()).searchParams.get('iss'), `${world.origin}/oidc`);
    assert.ok(
      await client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? ''),
      'nothing was lost',
    );
  });

  test('after a long pause at the sign-in page a clear page offers the same application, and nobody is let in', async () => {
    const [one, two] = [world.browser(), world.browser()];
    const openId = await catalogueTab(one);
    const saml = await handbookTab(two, 'page-17');
    world.clock.advance(16 * MINUTE);

    const late = [await password(openId.form)(), await password(saml.form)()];

    for (const [index, page] of late.entries()) {
      assert.equal(page.url.host, new URL(world.origin).host);
      assert.match(page.text, /This sign-in is over/);
      assertLeadsTo(page, `/launch/${['catalog', 'handbook'][index]}`);
    }
    for (const browser of [one, two]) assert.equal(sessionCookie(browser), undefined);
    const chooser = await late[1]?.click('Sign in again');
    assert.match(chooser?.text ?? '', /To open Handbook/);
    const answer = await handbook.receive(
      two,
      async () => chooser?.click('Directory (OTDS)') ?? assert.fail(),
    );
    assert.equal(answer.status, 'Success');
  });

  test('a pause that ends the request but not the attempt upstream leads to a page in words, too', async () => {
    const browser = world.browser();
    const leaving = await leaveFor(catalogue);
    const chooser = await browser.open(leaving.url.href);
    world.clock.advance(14 * MINUTE);
    const form = await chooser.click('Directory (OTDS)');
    world.clock.advance(2 * MINUTE);

    const page = await password(form)();

    const event = await assertExit(world, page, {
      ...{ status: 400, says: /took too long/, type: 'login.refused', code: 'login.request_over' },
    });
    assert.equal(event.relyingParty, 'catalog');
    assertLeadsTo(page, '/launch/catalog');
    assert.notEqual(sessionCookie(browser), undefined, 'the person did prove who they are');
    const issued = await eventsOf(world, { thread: event.thread, types: ['login.issued'] });
    assert.deepEqual(issued, []);
  });

  test('cookies that were lost on the way end the attempt with a way to start again, in both protocols', async () => {
    for (const open of [
      async (browser: Browser) => (await catalogueTab(browser)).form,
      async (browser: Browser) => (await handbookTab(browser, 'x')).form,
    ]) {
      const browser = world.browser();
      const callback = await callbackOf(browser, await open(browser));
      browser.forget('sso.localhost');

      const page = await browser.open(callback);

      await assertExit(world, page, {
        ...{ status: 403, says: /started in another browser/ },
        ...{ type: 'login.refused', code: 'login.other_browser' },
      });
      assert.equal(sessionCookie(browser), undefined);
    }
  });

  test('cookies of the application’s request that were lost before the last step give no code away', async () => {
    const browser = world.browser();
    const { leaving, form } = await catalogueTab(browser);
    const held = browser.pauseAt((url) => /^\/oidc\/auth\/.+/.test(url.pathname));
    await password(form)();
    const last = held();
    browser.forget('sso.localhost', /oidc/);

    const page = await browser.open(last);

    assert.equal(page.status, 400);
    assert.notEqual(page.url.hostname, 'catalog.localhost');
    assert.ok(
      page.links().some(({ href }) => href.startsWith('/')),
      'there is a way on',
    );
    const next = await leaveFor(catalogue);
    const tokens = await arriveAtCatalogue(browser, next, () => browser.open(next.url.href));
    assert.equal(tokens.claims()?.nonce, next.nonce, 'the session is there, so the next try works at once');
    assert.notEqual(next.state, leaving.state);
  });

  test('another person in the second tab ends the first, and its tokens with it', async () => {
    const browser = world.browser();
    const openId = await catalogueTab(browser);
    const saml = await handbookTab(browser, 'x');
    const tokens = await arriveAtCatalogue(browser, openId.leaving, password(openId.form, 'mira'));

    const answer = await handbook.receive(browser, password(saml.form, 'ines'));

    assert.notEqual(answer.subject, tokens.claims()?.sub);
    await assert.rejects(client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
  });
});

function assertLeadsTo(page: Page, where: string | RegExp): void {
  const hrefs = page.links().map(({ href }) => href);
  const leads = (href: string): boolean => (typeof where === 'string' ? href === where : where.test(href));
  assert.ok(hrefs.some(leads), `${where} in ${hrefs.join(' ')}: ${page.text}`);
}
