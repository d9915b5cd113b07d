import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createRemoteJWKSet, customFetch, type JWTPayload, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { SECOND } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createRandom } from '../base/random.ts';
import { customersMade, eventBehind, eventsOf } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S13: one authentication layer over several storefronts, each with its own limits (R8.4, DESIGN §1.6).

const SEED = 13;
const REDIRECT = 'http://catalog.localhost:9/callback';
const SECRET = 'a-secret-of-the-catalogue';
const ALL_SCOPES = ['catalog:read', 'catalog:write', 'orders:read'];

const TRADE = {
  id: 'store-trade',
  kind: 'bigcommerce-storefront',
  title: 'Halden Trade',
  target: 'bc-emea',
  channelId: 2,
  roles: [{ id: 'buyer', customerGroup: 'Agency' }],
};

const CATALOGUE = {
  id: 'catalog',
  kind: 'oidc',
  title: 'Catalogue',
  roles: [{ id: 'editor' }],
  redirectUris: [REDIRECT],
  clientSecrets: [SECRET],
  refreshTokens: true,
  resources: ['store-emea', 'store-na', 'store-outlet', 'store-trade'],
};

/** What each store lets `ines` do there, and nowhere else. */
const STORES: Readonly<Record<string, { readonly role: string; readonly scopes: readonly string[] }>> = {
  'store-emea': { role: 'manager', scopes: ['catalog:read', 'catalog:write'] },
  'store-na': { role: 'manager', scopes: ['catalog:read', 'orders:read'] },
  'store-outlet': { role: 'merchandiser', scopes: ['catalog:read'] },
};

/** `ines` may enter three stores; the fourth is a second channel of the first store. */
const configure: WorldOptions['configure'] = (config) => {
  config.relyingParties.push(TRADE, CATALOGUE);
  for (const party of config.relyingParties) {
    if (party.kind === 'bigcommerce-storefront') party.scopes = ALL_SCOPES;
  }
  config.rules = [
    {
      id: 'store-managers',
      when: '"store-managers@staff" in person.groups',
      give: [
        { relyingParty: 'catalog', roles: ['editor'] },
        ...Object.entries(STORES).map(([id, { role, scopes }]) => ({
          ...{ relyingParty: id, roles: [role], scopes },
        })),
      ],
    },
    {
      id: 'trade-team',
      explain: 'Halden Trade is for the trade team.',
      when: '"trade@staff" in person.groups',
      give: [{ relyingParty: 'store-trade', roles: ['buyer'], scopes: ALL_SCOPES }],
    },
  ];
};

suite('one sign-in over several storefronts', () => {
  test('it opens three stores in turn, a fourth is refused, and each store keeps its own role', async () => {
    await using world = await startWorld({ configure });
    const browser = world.browser();
    const emea = await world.signIn(browser, 'ines', '/launch/store-emea');
    const before = browser.visited.length;

    const na = await browser.open(`${world.origin}/launch/store-na`);
    const outlet = await browser.open(`${world.origin}/launch/store-outlet`);
    const trade = await browser.open(`${world.origin}/launch/store-trade`);
    const again = await browser.open(`${world.origin}/launch/store-emea?to=/promo`);

    assert.match(emea.text, /Customer group Managers/);
    assert.match(na.text, /Customer group Managers/);
    assert.match(outlet.text, /Customer group Merchandising/);
    assert.equal(again.url.pathname, '/promo');
    assert.ok(!browser.visited.slice(before).some((visit) => visit.includes('otds')), 'no new sign-in');

    assert.equal(trade.status, 403);
    assert.match(trade.text, /Halden Trade is for the trade team/);
    assert.equal((await eventBehind(world, trade, 'decision.denied')).relyingParty, 'store-trade');
    const [customer] = await customersMade(world, 'store-emea');
    assert.deepEqual(customer?.channel_ids, [1], 'not even the channel is opened');
  });

  test('the store whose channel was not opened refuses the customer even with a token of its neighbour', async () => {
    await using world = await startWorld({ configure });
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    const { headers } = await browser.fetch(`${world.origin}/launch/store-emea`);
    const token = new URL(String(headers['location']));

    token.hostname = 'b2b-emea.localhost';
    const page = await browser.open(token.href);

    assert.match(page.text, /Invalid login/);
  });

  test('two tabs stay in their own stores', async () => {
    await using world = await startWorld({ configure });
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');

    const [emea, na] = await Promise.all([
      browser.open(`${world.origin}/launch/store-emea`),
      browser.open(`${world.origin}/launch/store-na`),
    ]);
    const emeaAgain = await browser.open(world.sandbox.url('store-emea', '/account.php'));
    const naAgain = await browser.open(world.sandbox.url('store-na', '/account.php'));

    assert.match(emea.text, /Halden Europe \(haldenemea\)/);
    assert.match(na.text, /Halden North America \(haldenna\)/);
    assert.match(emeaAgain.text, /Halden Europe \(haldenemea\)/);
    assert.match(naAgain.text, /Halden North America \(haldenna\)/);
    const issued = await eventsOf(world, { types: ['login.issued'] });
    assert.deepEqual(issued.map(({ relyingParty }) => relyingParty).toSorted(), ['store-emea', 'store-na']);
  });
});

suite('one application, a tab for each store', () => {
  let world: World;
  let catalogue: TestApplication;

  before(async () => {
    world = await startWorld({ configure });
    catalogue = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: REDIRECT });
  });
  after(() => world[Symbol.asyncDispose]());

  /** A tab of one store: its last tokens, and how it renews them. */
  type Tab = { readonly store: string; tokens: client.TokenEndpointResponse; readonly seen: Set<string> };

  async function openTab(browser: ReturnType<World['browser']>, store: string): Promise<Tab> {
    const resource = `urn:vestibule:${store}`;
    const leaving = await leaveFor(catalogue, { resource, scope: `openid ${ALL_SCOPES.join(' ')}` });
    const callback = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);
    const tokens = await redeem(catalogue, leaving, callback, { resource });
    return { store, tokens, seen: new Set() };
  }

  async function renew(tab: Tab): Promise<void> {
    tab.tokens = await client.refreshTokenGrant(catalogue.config, tab.tokens.refresh_token ?? '');
  }

  /** Read as the store's API would: signature by the published keys, then audience, scopes, store and role. */
  async function assertAtHome(tab: Tab): Promise<void> {
    const claims = await verified(tab.tokens.access_token);
    const { role, scopes } = STORES[tab.store] ?? assert.fail(tab.store);
    assert.equal(claims.aud, `urn:vestibule:${tab.store}`);
    assert.equal(claims['relying_party'], tab.store);
    assert.deepEqual(claims['roles'], [role]);
    assert.deepEqual(String(claims['scope']).split(' ').toSorted(), scopes.toSorted());
    assert.deepEqual(
      (tab.tokens.scope ?? '')
        .split(' ')
        .filter((each) => each.includes(':'))
        .toSorted(),
      [...scopes.toSorted()],
    );
    assert.ok(!tab.seen.has(String(claims.jti)), 'every renewal gives another token');
    tab.seen.add(String(claims.jti));
  }

  async function verified(token: string): Promise<JWTPayload> {
    const http = createHttpClient({ allowInsecureLoopback: true });
    const keys = createRemoteJWKSet(new URL(`${world.origin}/oidc/jwks`), {
      [customFetch]: http.fetchFor('test') as never,
    });
    try {
      return (await jwtVerify(token, keys, { issuer: `${world.origin}/oidc` })).payload;
    } finally {
      await http[Symbol.asyncDispose]();
    }
  }

  test(`a hundred renewals in any order (seed ${SEED}), some at the same instant, never give one tab the token of another`, async () => {
    const random = createRandom(SEED);
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    const emea = await openTab(browser, 'store-emea');
    const na = await openTab(browser, 'store-na');
    for (const tab of [emea, na]) await assertAtHome(tab);

    for (let renewals = 0; renewals < 100; ) {
      const tabs = random.pick([[emea], [na], [emea, na], [na, emea]]);
      await Promise.all(tabs.map(renew));
      for (const tab of tabs) await assertAtHome(tab);
      renewals += tabs.length;
      world.clock.advance((1 + random.below(30)) * SECOND);
    }

    const issued = await eventsOf(world, { types: ['token.issued'] });
    const resources = new Map(issued.map(({ thread, facts }) => [thread, new Set([facts['resource']])]));
    for (const { thread, facts } of issued) resources.get(thread)?.add(facts['resource']);
    assert.equal(resources.size, 2, 'each tab has its own thread');
    assert.ok([...resources.values()].every((each) => each.size === 1));
  });

  test('a renewal that asks for the other store is refused, burns nothing, and the tab stays where it is', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    const emea = await openTab(browser, 'store-emea');
    await openTab(browser, 'store-na');
    for (const other of ['store-na', 'store-outlet', 'store-trade', 'nowhere']) {
      const asked = client.refreshTokenGrant(catalogue.config, emea.tokens.refresh_token ?? '', {
        resource: `urn:vestibule:${other}`,
      });
      await assert.rejects(asked, { error: 'invalid_target' }, other);
    }

    await renew(emea);

    await assertAtHome(emea);
  });

  test('the code of one tab opens no other store', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    const leaving = await leaveFor(catalogue, { resource: 'urn:vestibule:store-emea' });
    const callback = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);

    const asked = redeem(catalogue, leaving, callback, { resource: 'urn:vestibule:store-na' });

    await assert.rejects(asked, { error: 'invalid_target' });
  });

  test('the fourth store is refused to the application as well, and the three others still open', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    const leaving = await leaveFor(catalogue, {
      resource: 'urn:vestibule:store-trade',
      scope: `openid ${ALL_SCOPES.join(' ')}`,
    });

    const callback = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);

    assert.equal(callback.searchParams.get('error'), 'invalid_target');
    assert.equal(callback.searchParams.get('state'), leaving.state);
    assert.equal(callback.searchParams.get('code'), null);
    for (const store of Object.keys(STORES)) await assertAtHome(await openTab(browser, store));
  });

  test('a store that is taken from the person between two renewals is refused, and the other tab goes on', async () => {
    const browser = world.browser();
    await world.signIn(browser, 'ines', '/');
    const emea = await openTab(browser, 'store-emea');
    const na = await openTab(browser, 'store-na');

    await world.apply((config) => {
      config.rules.push({ id: 'closed', when: 'true', deny: [{ relyingParty: 'store-na' }] });
    });

    await assert.rejects(renew(na), { error: 'invalid_target' });
    await renew(emea);
    await assertAtHome(emea);
    await world.apply((config) => {
      config.rules = config.rules.filter(({ id }: { id: string }) => id !== 'closed');
    });
    await renew(na);
    await assertAtHome(na);
  });
});
