import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import * as client from 'openid-client';
import { changePerson, customerWithMail, groupOf } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { openSamlApplication, type SamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S15, without company users: account managers, sales operations and support see different customers and prices.

const REDIRECT = 'http://prices.localhost:9/callback';
const SECRET = 'a-secret-of-the-price-list';

/** Three people, three levels, as groups of the directory; the highest that somebody holds counts. */
const LEVELS = [
  { login: 'tess', group: 'b2b-sales@staff', role: 'account-manager', customerGroup: 'Managers' },
  { login: 'sam', group: 'sales@staff', role: 'sales-operations', customerGroup: 'Merchandising' },
  { login: 'ravi', group: 'media@staff', role: 'support', customerGroup: 'Agency' },
] as const;

const configure: WorldOptions['configure'] = (config) => {
  const store = config.relyingParties.find(({ id }: { id: string }) => id === 'store-emea');
  store.roles = LEVELS.map(({ role, customerGroup }) => ({ id: role, customerGroup }));
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
    give: ['store-emea', 'prices', 'desk'].map((relyingParty) => ({ relyingParty, roles: [role] })),
  }));
};

suite('levels of people, the same in store, claims and assertions', () => {
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

  /** Of one fresh sign-in: what an OpenID application, a SAML application and the store make of the person. */
  async function levelsOf(login: string) {
    const { browser, tokens } = await openPrices(login);
    const info = await client.fetchUserInfo(prices.config, tokens.access_token, tokens.claims()?.sub ?? '');
    const assertion = await desk.receive(browser, () => browser.open(desk.leave().url));
    const shop = await browser.open(`${world.origin}/launch/store-emea`);
    const customer = await customerWithMail(world, 'store-emea', `${login}@halden.example`);
    return {
      claim: tokens.claims()?.['level'],
      userinfo: info['level'],
      discount: tokens.claims()?.['discount'],
      attribute: assertion.attributes['level'],
      group: await groupOf(world, 'store-emea', customer),
      page: /Customer group (\w+)/.exec(shop.text)?.[1],
    };
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

  test('a role that is taken away upstream lowers the level at the next entry, in all three places', async () => {
    await changePerson(world, 'tess', { groups: ['b2b-sales@staff', 'media@staff'] });
    assert.equal((await levelsOf('tess')).claim, 'account-manager', 'the highest counts');

    await changePerson(world, 'tess', { groups: ['media@staff'] });

    assert.deepEqual(await levelsOf('tess'), {
      ...{ claim: 'support', userinfo: 'support', attribute: 'desk-support' },
      ...{ discount: '0', group: 'Agency', page: 'Agency' },
    });
  });

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
    const page = await world.signIn(world.browser(), 'ravi', '/launch/store-emea');

    assert.equal(page.status, 403);
    await assert.rejects(client.refreshTokenGrant(prices.config, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    await assert.rejects(client.fetchUserInfo(prices.config, tokens.access_token, client.skipSubjectCheck));
  });
});
