import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import * as client from 'openid-client';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { startWorld, type World } from '../support/world.ts';

const REDIRECT = 'http://catalog.localhost:9/callback';
const CATALOG = {
  ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }], refreshTokens: true },
  ...{ redirectUris: [REDIRECT], clientSecrets: ['a-secret-of-the-catalogue'] },
};
const RULE = {
  id: 'catalogue',
  when: '"merchandising@staff" in person.groups',
  give: [{ relyingParty: 'catalog', roles: ['editor'] }],
};
// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
type Tree = any;

// What was given lives no longer than what it was given by, while the broker runs.

suite('tokens after the configuration changed', () => {
  let world: World;
  let catalog: TestApplication;
  before(async () => {
    world = await startWorld({ configure: setUp });
    catalog = await openApplication(world, {
      ...{ id: 'catalog', secret: 'a-secret-of-the-catalogue', redirectUri: REDIRECT },
    });
  });
  after(() => world[Symbol.asyncDispose]());

  function setUp(config: Tree): void {
    config.relyingParties = [...withoutCatalog(config), CATALOG];
    config.rules = [...config.rules.filter(({ id }: { id: string }) => id !== RULE.id), RULE];
  }

  function withoutCatalog(config: Tree): Tree[] {
    return config.relyingParties.filter(({ id }: { id: string }) => id !== 'catalog');
  }

  async function tokensOf(login: string) {
    const browser = world.browser();
    const leaving = await leaveFor(catalog);
    const path = `${leaving.url.pathname}${leaving.url.search}`;
    const callback = await carried(browser, () => world.signIn(browser, login, path), REDIRECT);
    const tokens = await redeem(catalog, leaving, callback);
    return {
      access: tokens.access_token,
      refresh: tokens.refresh_token ?? '',
      sub: tokens.claims()?.sub ?? '',
    };
  }

  async function assertDead({ access, refresh, sub }: Awaited<ReturnType<typeof tokensOf>>): Promise<void> {
    await assert.rejects(client.refreshTokenGrant(catalog.config, refresh));
    await assert.rejects(client.fetchUserInfo(catalog.config, access, sub));
  }

  test('without its rule', async () => {
    const tokens = await tokensOf('ines');
    await world.apply((config) => {
      config.rules = config.rules.filter(({ id }: { id: string }) => id !== RULE.id);
    });
    await assertDead(tokens);
    await world.apply(setUp);
  });

  test('without the application', async () => {
    const tokens = await tokensOf('ines');
    await world.apply((config) => {
      config.relyingParties = withoutCatalog(config);
      config.rules = config.rules.filter(({ id }: { id: string }) => id !== RULE.id);
    });
    await assertDead(tokens);
    await world.apply(setUp);
  });

  test('without the connection that vouched', async () => {
    const tokens = await tokensOf('ines');
    const demo = world.demo();
    await world.apply((config) => {
      config.connections = config.connections.filter(({ id }: { id: string }) => id !== 'otds');
    });
    await assertDead(tokens);
    await world.apply((config) => {
      config.connections = demo.connections;
    });
  });

  test('a secret that was replaced opens nothing', async () => {
    const tokens = await tokensOf('ines');
    await world.apply((config) => {
      config.relyingParties.find(({ id }: { id: string }) => id === 'catalog').clientSecrets = [
        'another-secret-of-it',
      ];
    });
    await assert.rejects(client.refreshTokenGrant(catalog.config, tokens.refresh), { status: 401 });
    await world.apply(setUp);
  });
});
