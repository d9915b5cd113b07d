import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import * as client from 'openid-client';
import { type Api, apiWith, machineToken, openApi, withMachines } from '../support/admin-api.ts';
import type { Browser, Page } from '../support/browser.ts';
import { eventsOf, until } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { openSamlApplication } from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

// Applications that nobody wrote into the configuration file: registered, entered, changed and deleted while the
// broker runs.

const SECRET = 'a-secret-of-the-catalogue';
const REDIRECT = 'http://catalog.localhost:9/callback';
const CATALOG = {
  ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }], refreshTokens: true },
  ...{ redirectUris: [REDIRECT], clientSecrets: [SECRET] },
};
const HANDBOOK_METADATA =
  '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="http://handbook.localhost:9/sp">' +
  '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
  '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" index="0"' +
  ' Location="http://handbook.localhost:9/acs"/></md:SPSSODescriptor></md:EntityDescriptor>';

function letIn(relyingParty: string, role: string) {
  // biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
  return (config: any): void => {
    config.rules.push({
      id: `into-${relyingParty}`,
      when: '"merchandising@staff" in person.groups',
      give: [{ relyingParty, roles: [role] }],
    });
  };
}

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
    const run = (): Promise<Page> => world.signIn(browser, login, path);
    return redeem(application, leaving, await carried(browser, run, application.redirectUri));
  }

  test('is entered by whom a rule of the file lets in', async () => {
    const made = await api.create(CATALOG);
    assert.equal(made.status, 201, made.text);
    await world.apply(letIn('catalog', 'editor'));
    catalog = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: REDIRECT });

    const tokens = await signInTo(catalog, 'ines');

    assert.equal(tokens.claims()?.aud, 'catalog');
    const [acted] = await eventsOf(world, { types: ['admin.acted'] });
    assert.deepEqual(acted?.facts, {
      by: { via: 'api', name: 'terraform' },
      action: 'relying-party.create',
      object: 'relyingParties/catalog',
    });
  });

  test('leads to a changed address at once, and no longer to the former one', async () => {
    const another = 'http://catalog.localhost:9/another';
    const changed = await api.change('patch', 'catalog', { redirectUris: [another] });
    assert.equal(changed.status, 200, changed.text);

    const refused = await world.browser().open((await leaveFor(catalog)).url.href);
    const moved = await openApplication(world, { id: 'catalog', secret: SECRET, redirectUri: another });
    const tokens = await signInTo(moved, 'ines');

    assert.equal(refused.status, 400);
    assert.equal(refused.url.host, new URL(world.origin).host);
    assert.equal(tokens.claims()?.aud, 'catalog');
    await api.change('patch', 'catalog', { redirectUris: [REDIRECT] });
  });

  test('lets nobody in while it is switched off, and refuses to refresh', async () => {
    const tokens = await signInTo(catalog, 'ines');

    await api.change('patch', 'catalog', { enabled: false });

    await assert.rejects(client.refreshTokenGrant(catalog.config, tokens.refresh_token ?? ''));
    await api.change('patch', 'catalog', { enabled: null });
  });

  test('takes its tokens along when it is deleted', async () => {
    const tokens = await signInTo(catalog, 'ines');
    const sub = tokens.claims()?.sub ?? '';
    await client.fetchUserInfo(catalog.config, tokens.access_token, sub);

    const removed = await api.remove('catalog');

    assert.equal(removed.status, 204, removed.text);
    await assert.rejects(client.refreshTokenGrant(catalog.config, tokens.refresh_token ?? ''));
    await assert.rejects(client.fetchUserInfo(catalog.config, tokens.access_token, sub));
    const page = await world.browser().open((await leaveFor(catalog)).url.href);
    assert.equal(page.status, 400);
  });

  test('is still known to the rules after it was deleted, also after a restart, and can be made anew', async () => {
    await world.restart();
    api = await openApi(world);
    assert.equal((await api.get('/relying-parties/catalog')).status, 404);

    const made = await api.create(CATALOG);

    assert.equal(made.status, 201, made.text);
    assert.equal((await signInTo(catalog, 'ines')).claims()?.aud, 'catalog');
  });

  test('is there after a restart', async () => {
    await world.restart();

    assert.equal((await signInTo(catalog, 'ines')).claims()?.aud, 'catalog');
    api = await openApi(world);
  });
});

test('a SAML application that is registered with its metadata is entered, changed and deleted', async () => {
  await using world = await startWorld({ configure: withMachines });
  const api = await openApi(world);
  const handbook = openSamlApplication(world, 'handbook');
  const signIn = (browser: Browser): Promise<Page> => {
    const { pathname, search } = new URL(handbook.leave().url);
    return world.signIn(browser, 'mira', `${pathname}${search}`);
  };
  const browser = world.browser();

  const made = await api.create({
    ...{ id: 'handbook', kind: 'saml', title: 'Handbook', roles: [{ id: 'reader' }] },
    metadata: HANDBOOK_METADATA,
  });
  assert.equal(made.status, 201, made.text);
  await world.apply(letIn('handbook', 'reader'));
  const first = await handbook.receive(browser, () => signIn(browser));
  assert.match(first.subject ?? '', /^per_/);

  await api.change('patch', 'handbook', {
    nameId: { format: 'emailAddress', value: 'person.mail' },
  });
  const second = await handbook.receive(browser, () => browser.open(handbook.leave().url));
  assert.equal(second.subject, 'mira@halden.example');

  assert.equal((await api.remove('handbook')).status, 204);
  const gone = await browser.open(handbook.leave().url);
  assert.equal(gone.status, 400);
  assert.equal((await browser.open(`${world.origin}/launch/handbook`)).status, 404);
});

test('what is written at one process is in force at the others', async () => {
  await using world = await startWorld({ keyValue: 'redis', configure: withMachines });
  await using other = await world.second();
  const token = await machineToken(world, 'terraform');
  const here = apiWith(world, token);
  const there = apiWith({ broker: other }, token);
  const isInForceThere = async (): Promise<boolean> =>
    (await there.get('/relying-parties/catalog')).body.status?.inForce === true;

  assert.equal((await here.create(CATALOG)).status, 201);
  await until('the other process knows it', isInForceThere);
  assert.equal((await there.remove('catalog')).status, 204);

  assert.equal((await here.get('/relying-parties/catalog')).status, 404);
  await until('the first process has let it go', async () => {
    const page = await world.browser().open(`${world.origin}/launch/catalog`);
    return page.status === 404;
  });
});
