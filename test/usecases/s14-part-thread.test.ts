import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import type { AccessEvent } from '../../src/access-log/index.ts';
import { MINUTE } from '../../src/base/index.ts';
import { eventsOf, threadOf } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { openSamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

// S14, without activity in the store: from an id that a relying party saw to the login and the rule behind it.

const REDIRECT = 'http://catalog.localhost:9/callback';
const SECRET = 'a-secret-of-the-catalogue';

suite('from what a relying party saw to what allowed it', () => {
  let world: World;
  let catalogue: TestApplication;

  before(async () => {
    world = await startWorld({
      configure: (config) => {
        const named = (id: string) => (each: { id: string }) => each.id === id;
        config.relyingParties.find(named('store-emea')).scopes = ['catalog:write'];
        config.rules.find(named('emea-merchandising')).give[0].scopes = ['catalog:write'];
        config.relyingParties.push(
          {
            ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
            ...{ redirectUris: [REDIRECT], clientSecrets: [SECRET], refreshTokens: true },
            resources: ['store-emea'],
          },
          samlRegistration('handbook'),
        );
        config.rules.push({
          id: 'catalogue-team',
          when: '"merchandising@staff" in person.groups',
          give: [
            { relyingParty: 'catalog', roles: ['editor'] },
            { relyingParty: 'handbook', roles: ['reader'] },
          ],
        });
      },
    });
    catalogue = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: REDIRECT });
    // Others come and go as well: the right thread is one of many.
    for (const login of ['ines', 'noah']) await world.signIn(world.browser(), login, '/launch/store-na');
  });
  after(() => world[Symbol.asyncDispose]());

  /** What an auditor does with an id and a time: everything about it, by the events of those minutes. */
  async function threadAbout(id: string): Promise<readonly AccessEvent[]> {
    const now = world.clock.now().getTime();
    const { accessLog } = await world.stores();
    const since = new Date(now - MINUTE);
    const { events } = await accessLog.searchEvents({ since }, { limit: 1_000 });
    const named = events.filter(({ facts }) => namesArtefact(facts, id));
    assert.equal(named.length, 1, `one event names ${id}`);
    return threadOf(world, named[0]?.thread ?? '');
  }

  /** Tokens may be secrets themselves, so the log holds a hash of their ids; other ids as they are. */
  function namesArtefact(facts: AccessEvent['facts'], id: string): boolean {
    const hash = createHash('sha256').update(id).digest('hex').slice(0, 32);
    const artefacts = (facts['artefacts'] ?? []) as readonly string[];
    return facts['artefactId'] === id || artefacts.includes(hash);
  }

  function one(thread: readonly AccessEvent[], type: string, relyingParty?: string): AccessEvent {
    const found = thread.filter(
      (event) => event.type === type && (!relyingParty || event.relyingParty === relyingParty),
    );
    assert.equal(found.length, 1, `${type} in ${thread.map((event) => event.type).join(', ')}`);
    return found[0] ?? assert.fail();
  }

  function because(decision: AccessEvent): readonly string[] {
    const roles = decision.facts['roles'] as unknown as readonly { readonly because: readonly string[] }[];
    return roles.flatMap((role) => role.because);
  }

  test('the id of an access token leads to the login, the rules of application and store, and the code', async () => {
    const browser = world.browser();
    const resource = 'urn:vestibule:store-emea';
    const leaving = await leaveFor(catalogue, { resource, scope: 'openid catalog:write' });
    const run = () => world.signIn(browser, 'mira', `${leaving.url.pathname}${leaving.url.search}`);
    const tokens = await redeem(catalogue, leaving, await carried(browser, run, REDIRECT), { resource });
    const { jti, sub } = decodeJwt(tokens.access_token);

    const thread = await threadAbout(jti ?? '');

    const identified = one(thread, 'login.identified');
    assert.equal(identified.connection, 'otds');
    assert.equal(identified.personal['login'], 'mira');
    assert.equal(identified.facts['authTime'], world.clock.now().toISOString());
    assert.deepEqual(because(one(thread, 'decision.allowed')), ['catalogue-team']);
    assert.equal(one(thread, 'login.issued').facts['artefact'], 'code');
    const token = one(thread, 'token.issued');
    assert.deepEqual(token.facts['because'], ['emea-merchandising']);
    assert.deepEqual([token.facts['resource'], token.facts['scopes']], [resource, ['catalog:write']]);
    assert.ok(thread.every(({ personId }) => personId === undefined || personId === sub));
    assertInOrder(thread, ['login.identified', 'decision.allowed', 'login.issued', 'token.issued']);
  });

  test('a token from the third refresh is found by its id under the same thread, with its own decision', async () => {
    const browser = world.browser();
    const resource = 'urn:vestibule:store-emea';
    const leaving = await leaveFor(catalogue, { resource, scope: 'openid catalog:write' });
    const run = () => world.signIn(browser, 'mira', `${leaving.url.pathname}${leaving.url.search}`);
    let tokens: client.TokenEndpointResponse = await redeem(
      catalogue,
      leaving,
      await carried(browser, run, REDIRECT),
      { resource },
    );
    const first = decodeJwt(tokens.access_token).jti ?? '';
    for (let renewals = 0; renewals < 3; renewals += 1) {
      world.clock.advance(5 * MINUTE);
      tokens = await client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? '');
    }

    const thread = await threadAbout(decodeJwt(tokens.access_token).jti ?? '');

    const issued = thread.filter(({ type }) => type === 'token.issued');
    assert.deepEqual(
      issued.map(({ facts }) => facts['grantType']),
      ['authorization_code', 'refresh_token', 'refresh_token', 'refresh_token'],
    );
    assert.ok(issued[0] && namesArtefact(issued[0].facts, first));
    assert.deepEqual(issued.at(-1)?.facts['because'], ['emea-merchandising']);
    one(thread, 'login.identified');
  });

  test('the id in a store’s login token leads to the login, the rule and the customer', async () => {
    const browser = world.browser();
    const arrived = browser.pauseAt((url) => url.pathname.startsWith('/login/token/'));
    await world.signIn(browser, 'mira', '/launch/store-emea');
    const { jti, customer_id: customer } = decodeJwt(new URL(arrived()).pathname.split('/').at(-1) ?? '');

    const thread = await threadAbout(jti ?? '');

    const issued = one(thread, 'login.issued');
    assert.equal(issued.facts['account'], String(customer));
    assert.deepEqual(issued.facts['because'], ['emea-merchandising']);
    assert.deepEqual(because(one(thread, 'decision.allowed')), ['emea-merchandising']);
    assert.equal(one(thread, 'login.identified').personal['login'], 'mira');
  });

  test('the id of a SAML assertion leads to its decision, and by its session to the sign-in upstream', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'mira', '/');
    world.clock.advance(10 * MINUTE);
    const handbook = openSamlApplication(world, 'handbook');
    const request = handbook.leave();
    const answer = await handbook.receive(browser, () => browser.open(request.url));

    const thread = await threadAbout(answer.assertionId);

    const issued = one(thread, 'login.issued');
    assert.equal(issued.facts['artefact'], 'saml response');
    assert.equal(issued.facts['request'], request.id);
    assert.equal(issued.facts['subject'], answer.subject);
    assert.deepEqual(because(one(thread, 'decision.allowed')), ['catalogue-team']);
    assert.ok(!thread.some(({ type }) => type === 'login.identified'), 'nobody signed in again');
    const opened = (await eventsOf(world, { types: ['session.opened'] })).find(
      ({ session }) => session === issued.session,
    );
    const signIn = await threadOf(world, opened?.thread ?? '');
    assert.equal(one(signIn, 'login.identified').personal['login'], 'mira');
  });

  test('what was refused is under the thread of the sign-in too, with the rule that refused it', async () => {
    const browser = world.browser();
    const resource = 'urn:vestibule:store-emea';
    const leaving = await leaveFor(catalogue, { resource });
    const run = () => world.signIn(browser, 'mira', `${leaving.url.pathname}${leaving.url.search}`);
    const tokens = await redeem(catalogue, leaving, await carried(browser, run, REDIRECT), { resource });
    await world.apply((config) => {
      config.rules.push({ id: 'stock-taking', when: 'true', deny: [{ relyingParty: 'store-emea' }] });
    });

    await assert.rejects(client.refreshTokenGrant(catalogue.config, tokens.refresh_token ?? ''));

    const thread = await threadAbout(decodeJwt(tokens.access_token).jti ?? '');
    const refused = one(thread, 'token.refused');
    assert.equal(refused.code, 'policy.denied');
    await world.apply((config) => {
      config.rules.pop();
    });
  });
});

function assertInOrder(thread: readonly AccessEvent[], types: readonly string[]): void {
  const order = thread.map(({ type }) => type).filter((type) => types.includes(type));
  assert.deepEqual(order, types);
}
