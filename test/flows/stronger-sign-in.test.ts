import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as client from 'openid-client';
import type { Browser, Page } from '../support/browser.ts';
import { turn } from '../support/evidence.ts';
import {
  carried,
  leaveFor,
  openApplication,
  redeem,
  type TestApplication,
} from '../support/openid-client.ts';
import { openSamlApplication, samlRegistration } from '../support/saml-application.ts';
import { startWorld, type World } from '../support/world.ts';

// Applications that ask how a person signed in: what the session cannot show is asked for upstream.

const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
const PASSWORD = 'name/password/uri';
const TOKEN = `${CLASSES}TimeSyncToken`;
const REDIRECT = 'http://vault.localhost:9/callback';

const demanding = (...values: string[]): Record<string, string> => ({
  claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
});

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree.
async function openVault(configure: (config: any) => void = () => undefined) {
  const world = await startWorld({
    configure: (config) => {
      config.relyingParties.push(
        {
          ...{ id: 'vault', kind: 'oidc', title: 'Vault', roles: [{ id: 'reader' }] },
          ...{ redirectUris: [REDIRECT], clientSecrets: ['a-secret-of-the-vault'] },
        },
        samlRegistration('safe', { title: 'Safe' }),
      );
      config.rules.push({
        id: 'vault',
        when: 'person.mail == "noah@halden.example"',
        give: ['vault', 'safe'].map((relyingParty) => ({ relyingParty, roles: ['reader'] })),
      });
      configure(config);
    },
  });
  await turn(world, 'access-manager', { authnContext: PASSWORD });
  const vault = await openApplication(world, {
    ...{ id: 'vault', secret: 'a-secret-of-the-vault', redirectUri: REDIRECT },
  });
  return { world, vault, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function throughAccessManager(world: World): Promise<Browser> {
  const browser = world.browser();
  const chooser = await browser.open(`${world.origin}/`);
  const form = await chooser.click('Access Manager');
  await form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/);
  return browser;
}

async function throughOtds(world: World): Promise<Browser> {
  const browser = world.browser();
  await world.signIn(browser, 'noah', '/');
  return browser;
}

async function ask(vault: TestApplication, browser: Browser, parameters: Readonly<Record<string, string>>) {
  const leaving = await leaveFor(vault, parameters);
  const from = browser.visited.length;
  const callback = await carried(browser, () => browser.open(leaving.url.href), REDIRECT);
  const visits = browser.visited.slice(from);
  return { leaving, callback, asked: visits.some((each) => /(otds|am)\.localhost/.test(each)) };
}

async function acrOf(vault: TestApplication, asked: Awaited<ReturnType<typeof ask>>): Promise<unknown> {
  return (await redeem(vault, asked.leaving, asked.callback)).claims()?.['acr'];
}

suite('an application demands a way of signing in', () => {
  test('the session shows it already: nobody is asked', async () => {
    await using room = await openVault();
    const browser = await throughAccessManager(room.world);

    const asked = await ask(room.vault, browser, demanding(TOKEN, PASSWORD));

    assert.equal(asked.asked, false);
    assert.equal(await acrOf(room.vault, asked), PASSWORD);
  });

  test('the session does not: upstream is asked for it, and the token says what upstream then said', async () => {
    await using room = await openVault();
    const browser = await throughAccessManager(room.world);
    await turn(room.world, 'access-manager', { authnContext: TOKEN });

    const asked = await ask(room.vault, browser, demanding(TOKEN));

    assert.equal(asked.asked, true);
    assert.equal(await acrOf(room.vault, asked), TOKEN);
  });

  test('also when nothing may be shown', async () => {
    await using room = await openVault();
    const browser = await throughAccessManager(room.world);
    await turn(room.world, 'access-manager', { authnContext: TOKEN });

    const asked = await ask(room.vault, browser, { ...demanding(TOKEN), prompt: 'none' });

    assert.equal(await acrOf(room.vault, asked), TOKEN);
  });

  test('upstream cannot do it: the person reads why, and the application hears it', async () => {
    await using room = await openVault();
    const browser = await throughAccessManager(room.world);
    const leaving = await leaveFor(room.vault, demanding(TOKEN));

    const page: Page = await browser.open(leaving.url.href);
    const callback = await carried(browser, () => page.click('Back to Vault'), REDIRECT);

    assert.equal(page.status, 403);
    assert.equal(callback.searchParams.get('error'), 'unmet_authentication_requirements');
  });

  test('upstream does not care: nothing is given', async () => {
    await using room = await openVault();
    const browser = await throughOtds(room.world);

    const { callback } = await ask(room.vault, browser, demanding(TOKEN));

    assert.equal(callback.searchParams.get('error'), 'unmet_authentication_requirements');
    assert.equal(callback.searchParams.get('code'), null);
  });

  test('upstream is known not to have it: the person is not sent there for nothing', async () => {
    await using room = await openVault((config) => {
      config.connections[1].authnContexts = [PASSWORD];
    });
    const browser = await throughAccessManager(room.world);

    const { callback, asked } = await ask(room.vault, browser, demanding(TOKEN));

    assert.equal(asked, false);
    assert.equal(callback.searchParams.get('error'), 'unmet_authentication_requirements');
  });

  test('over SAML it is asked for in the same way', async () => {
    await using room = await openVault();
    const browser = await throughAccessManager(room.world);
    await turn(room.world, 'access-manager', { authnContext: TOKEN });
    const safe = openSamlApplication(room.world, 'safe');

    const answer = await safe.receive(browser, () => browser.open(safe.leave({ context: TOKEN }).url));

    assert.equal(answer.status, 'Success');
  });
});

suite('an application wishes for a way of signing in', () => {
  test('of an upstream of which nobody said that it could: the token says how it was', async () => {
    await using room = await openVault();
    const browser = await throughAccessManager(room.world);

    const asked = await ask(room.vault, browser, { acr_values: TOKEN });

    assert.equal(asked.asked, false);
    assert.equal(await acrOf(room.vault, asked), PASSWORD);
  });

  test('of an upstream that can: it is asked', async () => {
    await using room = await openVault((config) => {
      config.connections[1].authnContexts = [TOKEN];
    });
    const browser = await throughAccessManager(room.world);
    await turn(room.world, 'access-manager', { authnContext: TOKEN });

    const asked = await ask(room.vault, browser, { acr_values: `${CLASSES}Smartcard ${TOKEN}` });

    assert.equal(await acrOf(room.vault, asked), TOKEN);
    assert.ok(room.vault.config.serverMetadata().acr_values_supported?.includes(TOKEN));
  });

  test('of an upstream that should, and then cannot: the person is let in as they are', async () => {
    await using room = await openVault((config) => {
      config.connections[1].authnContexts = [TOKEN];
    });
    const browser = await throughAccessManager(room.world);

    const asked = await ask(room.vault, browser, { acr_values: TOKEN });

    assert.equal(asked.asked, true);
    assert.equal(await acrOf(room.vault, asked), PASSWORD);
  });
});

suite('claims that are asked for one by one', () => {
  test('come where they were asked for, and only those', async () => {
    await using room = await openVault();
    const browser = await throughOtds(room.world);
    const claims = { userinfo: { name: { essential: true }, region: null }, id_token: { email: null } };

    const asked = await ask(room.vault, browser, { scope: 'openid', claims: JSON.stringify(claims) });
    const tokens = await redeem(room.vault, asked.leaving, asked.callback);
    const said = tokens.claims();
    const info = await client.fetchUserInfo(room.vault.config, tokens.access_token, said?.sub ?? '');

    assert.equal(said?.['email'], 'noah@halden.example');
    assert.equal(said?.['name'], undefined);
    assert.ok(info['name']);
    assert.equal(info['email'], undefined);
    assert.equal(info['region'], undefined);
  });

  test('a mail address counts as verified only where the connection is trusted with its domain', async () => {
    await using room = await openVault();
    const said: unknown[] = [];
    for (const browser of [await throughOtds(room.world), await throughAccessManager(room.world)]) {
      const asked = await ask(room.vault, browser, {});
      const claims = (await redeem(room.vault, asked.leaving, asked.callback)).claims();
      said.push([claims?.['email'], claims?.['email_verified']]);
    }

    assert.deepEqual(said, [
      ['noah@halden.example', true],
      ['noah@halden.example', undefined],
    ]);
  });

  test('another person than the one who is asked for is not given', async () => {
    await using room = await openVault();
    const browser = await throughOtds(room.world);
    const claims = { id_token: { sub: { value: 'per_00000000000000000000000000' } } };

    const { callback } = await ask(room.vault, browser, { claims: JSON.stringify(claims) });

    assert.equal(callback.searchParams.get('error'), 'login_required');
  });

  for (const [what, claims] of [
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a wrong type', '{"id_token":{"acr":{"essential":"yes"}}}'],
    ['values that are no list', '{"id_token":{"acr":{"essential":true,"values":"x"}}}'],
    ['very much', JSON.stringify({ id_token: { acr: { values: Array(600).fill('a value') } } })],
  ] as const) {
    test(`${what} is refused before anybody signs in`, async () => {
      await using room = await openVault();

      const { callback, asked } = await ask(room.vault, room.world.browser(), { claims });

      assert.equal(asked, false);
      assert.equal(callback.searchParams.get('error'), 'invalid_request');
    });
  }
});
