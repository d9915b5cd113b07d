import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Api, openApi, withMachines } from '../support/admin-api.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { startWorld, type World } from '../support/world.ts';

// An application that nobody wrote into the configuration file: registered, entered, changed and deleted while the
// broker runs.

const SECRET = 'a-secret-of-the-catalogue';
const REDIRECT = 'http://catalog.localhost:9/callback';
const CATALOG = {
  ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }], refreshTokens: true },
  ...{ redirectUris: [REDIRECT], clientSecrets: [SECRET] },
};

suite('an OpenID Connect application that is registered over the API', () => {
  let world: World;
  let api: Api;
  let catalog: TestApplication;
  before(async () => {
    world = await startWorld({ configure: withMachines });
    api = await openApi(world);
  });
  after(() => world[Symbol.asyncDispose]());

  async function signInTo(application: TestApplication, login: string) {
    const browser = world.browser();
    const leaving = await leaveFor(application);
    const path = `${leaving.url.pathname}${leaving.url.search}`;
    const callback = await carried(
      browser,
      () => world.signIn(browser, login, path),
      application.redirectUri,
    );
    return redeem(application, leaving, callback);
  }

  test('is entered at once by whom a rule of the file lets in', async () => {
    const made = await api.create(CATALOG);
    assert.equal(made.status, 201, made.text);
    await world.apply((config) => {
      config.rules.push({
        id: 'catalogue',
        when: '"merchandising@staff" in person.groups',
        give: [{ relyingParty: 'catalog', roles: ['editor'] }],
      });
    });
    catalog = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: REDIRECT });

    const tokens = await signInTo(catalog, 'ines');

    assert.equal(tokens.claims()?.aud, 'catalog');
  });
});
