import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import * as client from 'openid-client';
import type { Page } from '../support/browser.ts';
import { act, changePerson, groupOf, storeState } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { openSamlApplication, type SamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S15: account managers, sales operations and support see different customers and prices.

const REDIRECT = 'http://prices.localhost:9/callback';
const SECRET = 'a-secret-of-the-price-list';

/** Three people, three levels, as groups of the directory; the highest that somebody holds counts. */
const LEVELS = [
  {
    ...{ login: 'tess', group: 'b2b-sales@staff', role: 'account-manager', customerGroup: 'Managers' },
    trade: { superAdmin: { companies: ['Fjord Hospitality', 'Orchard Supply'] } },
    standing: 'Looks after Fjord Hospitality, Orchard Supply',
  },
  {
    ...{ login: 'sam', group: 'sales@staff', role: 'sales-operations', customerGroup: 'Merchandising' },
    trade: { companyUser: { company: 'Orchard Supply', role: 'senior-buyer' } },
    standing: 'Company Orchard Supply (Senior Buyer)',
  },
  {
    ...{ login: 'ravi', group: 'media@staff', role: 'support', customerGroup: 'Agency' },
    trade: { companyUser: { company: 'Orchard Supply', role: 'junior-buyer' } },
    standing: 'Company Orchard Supply (Junior Buyer)',
  },
] as const;

const PLACES = ['store-emea', 'trade-emea', 'prices', 'desk'];

const configure: WorldOptions['configure'] = (config) => {
  const store = config.relyingParties.find(({ id }: { id: string }) => id === 'store-emea');
  store.roles = LEVELS.map(({ role, customerGroup }) => ({ id: role, customerGroup }));
  const trade = config.relyingParties.find(({ id }: { id: string }) => id === 'trade-emea');
  trade.roles = LEVELS.map(({ role, trade: standing }) => ({ id: role, ...standing }));
  const roles = LEVELS.map(({ role }) => ({ id: role }));
  config.relyingParties.push(
    {
      ...{ id: 'prices', kind: 'oidc', title: 'Price list', roles },
      ...{ redirectUris: [REDIRECT], clientSecrets: [SECRET], refreshTokens: true },
      claims: {
        level: 'entitlement.roles[0]',
        discount: 'entitlement.roles[0] == "account-manager" ? "25" : "0"',
      },
    },
    samlRegistration('desk', {
      roles: roles.map(({ id }) => ({ id, value: `desk-${id}` })),
      attributes: [{ name: 'level', value: 'entitlement.values' }],
    }),
  );
  config.rules = LEVELS.map(({ group, role }) => ({
    id: role,
    when: `${JSON.stringify(group)} in person.groups`,
    give: PLACES.map((relyingParty) => ({ relyingParty, roles: [role] })),
  }));
};

/** Of the customer that a storefront has of somebody: one mail address is one customer on each channel. */
async function groupOn(world: World, channel: number, mail: string): Promise<string> {
  const { customers } = await storeState(world, 'store-emea');
  const [customer, ...others] = customers.filter(
    ({ email, channel_ids }) => email === mail && channel_ids?.includes(channel),
  );
  assert.ok(customer && others.length === 0, `one customer with ${mail} on channel ${channel}`);
  return groupOf(world, 'store-emea', customer);
}

suite('levels of people, the same in stores, claims and assertions', () => {
  let world: World;
  let prices: TestApplication;
  let desk: SamlApplication;

  before(async () => {
    world = await startWorld({ configure });
    prices = await openApplication(world, { id: 'prices', secret: SECRET, redirectUri: REDIRECT });
    desk = openSamlApplication(world, 'desk');
  });
  after(() => world[Symbol.asyncDispose]());

  async function openPrices(login: string) {
    const browser = world.browser();
    const leaving = await leaveFor(prices);
    const run = () => world.signIn(browser, login, `${leaving.url.pathname}${leaving.url.search}`);
    const callback = await carried(browser, run, REDIRECT);
    return { browser, tokens: await redeem(prices, leaving, callback) };
  }

  /** Of one fresh sign-in: what an OpenID application, a SAML application and the shop of consumers make of the person. */
  async function levelsOf(login: string) {
    const { browser, tokens } = await openPrices(login);
    const info = await client.fetchUserInfo(prices.config, tokens.access_token, tokens.claims()?.sub ?? '');
    const assertion = await desk.receive(browser, () => browser.open(desk.leave().url));
    const shop = await browser.open(`${world.origin}/launch/store-emea`);
    return {
      claim: tokens.claims()?.['level'],
      userinfo: info['level'],
      discount: tokens.claims()?.['discount'],
      attribute: assertion.attributes['level'],
      group: await groupOn(world, 1, `${login}@halden.example`),
      page: /Customer group (\w+)/.exec(shop.text)?.[1],
    };
  }

  /** The account page of the shop of companies, after a fresh sign-in there. */
  async function enterTrade(login: string): Promise<Page> {
    return world.signIn(world.browser(), login, '/launch/trade-emea');
  }

  test('three people see three levels, wherever they enter', async () => {
    for (const { login, role, customerGroup } of LEVELS) {
      assert.deepEqual(await levelsOf(login), {
        ...{ claim: role, userinfo: role, attribute: `desk-${role}` },
        discount: role === 'account-manager' ? '25' : '0',
        ...{ group: customerGroup, page: customerGroup },
      });
    }
  });

  test('in the shop of companies they look after different customers, or buy with different rights', async () => {
    for (const { login, standing } of LEVELS) {
      const page = await enterTrade(login);

      assert.equal(page.url.hostname, 'b2b-emea.localhost');
      assert.ok(page.text.includes(standing), `${login}: ${page.text}`);
    }
    // B2B Edition gives buyers the prices of their company, and we leave them alone (R5.5).
    assert.equal(await groupOn(world, 2, 'sam@halden.example'), 'Agency');
  });

  test('a role that is taken away upstream lowers the level at the next entry, everywhere', async () => {
    await changePerson(world, 'sam', { groups: ['sales@staff', 'media@staff'] });
    assert.equal((await levelsOf('sam')).claim, 'sales-operations', 'the highest counts');
    assert.match((await enterTrade('sam')).text, /Senior Buyer/);

    await changePerson(world, 'sam', { groups: ['media@staff'] });
    const trade = await enterTrade('sam');

    assert.match(trade.text, /Orchard Supply \(Junior Buyer\)/);
    assert.deepEqual(await levelsOf('sam'), {
      ...{ claim: 'support', userinfo: 'support', attribute: 'desk-support' },
      ...{ discount: '0', group: 'Agency', page: 'Agency' },
    });
    assert.equal(await groupOn(world, 2, 'sam@halden.example'), 'Agency');
  });

  test('an account manager who becomes a buyer looks after nobody at once, and waits for a human to enter', async () => {
    assert.match((await enterTrade('tess')).text, /Looks after Fjord Hospitality/);

    await changePerson(world, 'tess', { groups: ['media@staff'] });
    const page = await enterTrade('tess');

    assert.equal(page.url.host, new URL(world.origin).host);
    assert.deepEqual((await b2bPerson('tess')).companies, []);
    // Somebody deletes the super admin in B2B Edition, as the task asks.
    const email = 'tess@halden.example';
    await act(world, 'bigcommerce', 'b2b-remove-person', { store: 'store-emea', email });
    assert.match((await enterTrade('tess')).text, /Orchard Supply \(Junior Buyer\)/);
  });

  async function b2bPerson(login: string): Promise<{ readonly companies: readonly number[] }> {
    const state = (await storeState(world, 'store-emea')) as unknown as {
      readonly b2b: { readonly superAdmins: readonly { email: string; companies: number[] }[] };
    };
    const found = state.b2b.superAdmins.find(({ email }) => email === `${login}@halden.example`);
    return found ?? assert.fail(`${login} is no super admin`);
  }

  test('after the new entry an older refresh token and userinfo say the lower level too', async () => {
    await changePerson(world, 'sam', { groups: ['sales@staff', 'media@staff'] });
    const { tokens } = await openPrices('sam');
    assert.equal(tokens.claims()?.['level'], 'sales-operations');

    await changePerson(world, 'sam', { groups: ['media@staff'] });
    await world.signIn(world.browser(), 'sam', '/launch/store-emea');

    const { config } = prices;
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '');
    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    assert.equal(info['level'], 'support');
    assert.equal(renewed.claims()?.['level'], 'support');
  });

  test('a person whose last level is taken away enters nothing any more, and their tokens stop at the next sign-in', async () => {
    const { tokens } = await openPrices('ravi');

    await changePerson(world, 'ravi', { groups: [] });
    for (const place of ['store-emea', 'trade-emea']) {
      assert.equal((await world.signIn(world.browser(), 'ravi', `/launch/${place}`)).status, 403);
    }

    await assert.rejects(client.refreshTokenGrant(prices.config, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    await assert.rejects(client.fetchUserInfo(prices.config, tokens.access_token, client.skipSubjectCheck));
  });
});
