import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf } from '../support/evidence.ts';
import { carried, leaveFor, openApplication, redeem } from '../support/openid-client.ts';
import { openSamlApplication } from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

// BigCommerce has no public sign-on for its control panel: a guarded link, until an account has one.

const SECRET = 'a-secret-of-the-control-panel';
const REDIRECT = 'http://panel.localhost:9/callback';

function withPanel(sso: object): Promise<World> {
  return startWorld({
    configure: (config) => {
      config.relyingParties.push({
        ...{ id: 'panel', kind: 'bigcommerce-control-panel', title: 'Control panel' },
        ...{ storeHash: 'haldenemea', url: 'http://panel.localhost:9/manage', roles: [{ id: 'staff' }] },
        ...sso,
      });
      config.rules.push({
        id: 'panel',
        when: '"store-managers@staff" in person.groups',
        give: [{ relyingParty: 'panel', roles: ['staff'] }],
      });
    },
  });
}

test('by itself the tile is a link that policy guards and the log remembers', async () => {
  await using world = await withPanel({});
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/');

  const entered = await carried(
    browser,
    () => browser.open(`${world.origin}/launch/panel`),
    'http://panel.localhost:9/',
  );
  const refused = await world.signIn(world.browser(), 'mira', '/launch/panel');

  assert.equal(entered.href, 'http://panel.localhost:9/manage');
  assert.equal(refused.status, 403);
  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  assert.equal(issued?.facts['artefact'], 'link');
});

test('signing out says that the control panel cannot be told', async () => {
  await using world = await withPanel({});
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/');
  await carried(browser, () => browser.open(`${world.origin}/launch/panel`), 'http://panel.localhost:9/');

  const page = await (await browser.open(`${world.origin}/logout`)).submit({}, /logout\/now/);

  assert.match(page.text, /Control panel/);
  assert.match(page.text, /cannot be signed out from here/);
});

test('with a registration over OpenID Connect it is entered like any application', async () => {
  await using world = await withPanel({ oidc: { redirectUris: [REDIRECT], clientSecrets: [SECRET] } });
  const panel = await openApplication(world, { id: 'panel', secret: SECRET, redirectUri: REDIRECT });
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/');
  const leaving = await leaveFor(panel);

  const callback = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);
  const tokens = await redeem(panel, leaving, callback);

  assert.match(tokens.claims()?.sub ?? '', /^per_/);
});

test('with settings for SAML it is entered like any application', async () => {
  await using world = await withPanel({
    saml: { entityId: 'http://panel.localhost:9/sp', acs: [{ url: 'http://panel.localhost:9/acs' }] },
  });
  const panel = openSamlApplication(world, 'panel');
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/');

  const answer = await panel.receive(browser, () => browser.open(panel.leave().url));

  assert.equal(answer.status, 'Success');
});
