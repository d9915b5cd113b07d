import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { MINUTE } from '../../src/base/index.ts';
import type { Browser, Page } from '../support/browser.ts';
import { eventsOf } from '../support/evidence.ts';
import { openSamlApplication, type SamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

suite('an application behind the broker, over SAML', () => {
  let world: World;
  let handbook: SamlApplication;

  before(async () => {
    world = await startWorld({
      configure: (config) => {
        config.relyingParties.push(samlRegistration('handbook'));
        config.rules.push({
          id: 'handbook',
          when: '"merchandising@staff" in person.groups',
          give: [{ relyingParty: 'handbook', roles: ['reader'] }],
        });
      },
    });
    handbook = openSamlApplication(world, 'handbook');
  });
  after(() => world[Symbol.asyncDispose]());

  const signIn = (browser: Browser, login: string, url: string): Promise<Page> => {
    const { pathname, search } = new URL(url);
    return world.signIn(browser, login, `${pathname}${search}`);
  };

  /** What the broker would post to the application, without its trust in it. */
  async function statusesOf(browser: Browser, run: () => Promise<Page>): Promise<readonly string[]> {
    const arrived = browser.pauseAt((url) => url.href === handbook.acs);
    const page = await run();
    arrived();
    const fields = page.forms.find((form) => 'SAMLResponse' in form.fields)?.fields ?? {};
    const xml = Buffer.from(fields['SAMLResponse'] ?? '', 'base64').toString('utf8');
    return [...xml.matchAll(/<samlp:StatusCode [^>]*Value="[^"]*:(\w+)"/g)].map(([, code = '']) => code);
  }

  test('a person signs in through OTDS, and node-saml accepts the answer to its request', async () => {
    const browser = world.browser();
    const { id, url } = handbook.leave({ relayState: 'their state ü&=' });

    const answer = await handbook.receive(browser, () => signIn(browser, 'mira', url));

    assert.equal(answer.status, 'Success');
    assert.equal(answer.inResponseTo, id);
    assert.equal(answer.relayState, 'their state ü&=');
    assert.match(answer.subject ?? '', /^per_/);
  });

  test('the tile sends an answer that nobody asked for, and names no request', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/');

    const answer = await handbook.receive(browser, () => browser.open(`${world.origin}/launch/handbook`));

    assert.equal(answer.inResponseTo, undefined);
    assert.match(answer.subject ?? '', /^per_/);
  });

  test('who is refused sees why; the application hears RequestDenied when they go back', async () => {
    const browser = world.browser();
    const page = await signIn(browser, 'sam', handbook.leave().url);

    const statuses = await statusesOf(browser, () => page.click('Back to Handbook'));

    assert.equal(page.status, 403);
    assert.deepEqual(statuses, ['Responder', 'RequestDenied']);
  });

  test('a forced request is answered only after the person proved again who they are', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    world.clock.advance(5 * MINUTE);
    const asked = await browser.open(handbook.leave({ forceAuthn: true }).url);

    assert.equal(asked.url.hostname, 'otds.localhost');
    const answer = await handbook.receive(browser, () =>
      asked.submit({ otds_username: 'ines', otds_password: 'halden-demo' }),
    );
    assert.equal(answer.status, 'Success');
  });

  test('a passive request without a session gets NoPassive and nobody sees a page of ours', async () => {
    const browser = world.browser();
    const statuses = await statusesOf(browser, () => browser.open(changed(handbook.leave().url, PASSIVE)));

    assert.equal(statuses.at(-1), 'NoPassive');
    assert.ok(!browser.visited.some((step) => step.includes('otds.localhost/login')));
  });

  test('a way of signing in that the upstream did not report is answered with NoAuthnContext, and recorded', async () => {
    const browser = world.browser();
    const statuses = await statusesOf(browser, () =>
      signIn(browser, 'mira', changed(handbook.leave().url, SMARTCARD)),
    );

    assert.equal(statuses.at(-1), 'NoAuthnContext');
    const refused = await eventsOf(world, { types: ['login.refused'] });
    assert.ok(refused.some(({ code }) => code === 'issuing.authn_context_not_met'));
  });

  test('a request answers once: the back button shows that it is over, and the way in anew', async () => {
    const browser = world.browser();
    const { url } = handbook.leave();
    await handbook.receive(browser, () => signIn(browser, 'mira', url));
    const step = browser.visited.findLast((each) => each.includes('/login/request/'));

    const again = await browser.open(step?.replace(/^GET /, 'http://') ?? '');

    assert.equal(again.status, 400);
    assert.ok(again.links().some(({ href }) => href.endsWith('/launch/handbook')));
  });
});

const PASSIVE = (xml: string): string => xml.replace(' Version=', ' IsPassive="true" Version=');
const SMARTCARD = (xml: string): string =>
  xml.replace(
    '</samlp:AuthnRequest>',
    '<samlp:RequestedAuthnContext Comparison="exact"><saml:AuthnContextClassRef>' +
      'urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI</saml:AuthnContextClassRef>' +
      '</samlp:RequestedAuthnContext></samlp:AuthnRequest>',
  );

function changed(url: string, change: (xml: string) => string): string {
  const next = new URL(url);
  const xml = inflateRawSync(Buffer.from(next.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
  next.searchParams.set('SAMLRequest', deflateRawSync(Buffer.from(change(xml))).toString('base64'));
  return next.href;
}
