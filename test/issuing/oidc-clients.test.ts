import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import * as client from 'openid-client';
import { MachineConfig } from '../../src/issuing/oidc/index.ts';
import { applicationOf, followOut, openOidcWorld, SECRET, signOn, startRequest } from './oidc-world.ts';

suite('an application proves itself', () => {
  test('with any of its secrets, so that they can be replaced one by one', async (t) => {
    const world = await openOidcWorld(t, {
      parties: { wiki: { clientSecrets: ['the new secret', SECRET] } },
    });
    world.people.allow('mira', 'wiki');

    for (const client_secret of [SECRET, 'the new secret']) {
      const configuration = await applicationOf(world, 'wiki', { metadata: { client_secret } });
      const { exchange } = await signOn(world, { configuration });
      assert.ok((await exchange()).access_token);
    }
    const wrong = await applicationOf(world, 'wiki', { metadata: { client_secret: 'the old secret' } });
    const { exchange } = await signOn(world, { configuration: wrong });
    await assert.rejects(exchange(), { error: 'invalid_client' });
  });

  test('a secret that was taken away counts no more, at once', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { exchange } = await signOn(world);

    world.register({ wiki: { clientSecrets: ['another'] } });

    await assert.rejects(exchange(), { error: 'invalid_client' });
  });

  test('with a key of its own', async (t) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] };
    const settings = { tokenEndpointAuthMethod: 'private_key_jwt', clientSecrets: [], jwks };
    const world = await openOidcWorld(t, { parties: { wiki: settings } });
    world.people.allow('mira', 'wiki');
    const configuration = await applicationOf(world, 'wiki', {
      auth: client.PrivateKeyJwt({ key: privateKey, kid: 'one' }),
    });

    const { exchange } = await signOn(world, { configuration });

    assert.ok((await exchange()).access_token);
  });

  test('in the body as well as in the header', async (t) => {
    const world = await openOidcWorld(t, {
      parties: { wiki: { tokenEndpointAuthMethod: 'client_secret_post' } },
    });
    world.people.allow('mira', 'wiki');
    const configuration = await applicationOf(world, 'wiki', { auth: client.ClientSecretPost(SECRET) });

    const { exchange } = await signOn(world, { configuration });

    assert.ok((await exchange()).access_token);
  });

  test('a public one by PKCE alone, from its own page', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'spa');

    const { exchange, configuration } = await signOn(world, { id: 'spa' });
    const tokens = await exchange();

    assert.ok((await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '')).access_token);
    const ask = (origin: string) =>
      world.fetch(world.url('/oidc/userinfo'), {
        headers: { origin, authorization: `Bearer ${tokens.access_token}` },
      });
    const own = await ask('http://spa.localhost');
    assert.equal(own.headers.get('access-control-allow-origin'), 'http://spa.localhost');
    const foreign = await ask('http://evil.test');
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);
  });
});

suite('an algorithm for each application', () => {
  for (const idTokenAlg of ['RS256', 'ES256', 'EdDSA']) {
    test(`ID tokens signed with ${idTokenAlg}`, async (t) => {
      const world = await openOidcWorld(t, { parties: { wiki: { idTokenAlg } } });
      world.people.allow('mira', 'wiki');
      const configuration = await applicationOf(world, 'wiki', {
        metadata: { id_token_signed_response_alg: idTokenAlg },
      });
      client.enableNonRepudiationChecks(configuration);

      const { exchange } = await signOn(world, { configuration });

      assert.equal((await exchange()).claims()?.sub, world.people.id('mira'));
    });
  }
});

suite('pushed requests', () => {
  test('are taken, once', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: { requirePar: true } } });
    world.people.allow('mira', 'wiki');
    world.login.signInAs = 'mira';
    const configuration = await applicationOf(world);
    const started = await startRequest(configuration);
    const url = await client.buildAuthorizationUrlWithPAR(configuration, started.url.searchParams);
    const browser = world.browser();

    const answer = await followOut(world, browser, url);
    const tokens = await client.authorizationCodeGrant(configuration, answer, {
      ...{ expectedState: started.state, expectedNonce: started.nonce, pkceCodeVerifier: started.verifier },
    });

    assert.ok(tokens.access_token);
    const again = await browser.open(url.href);
    assert.equal(again.status, 400);
    assert.match(again.text, /issuing\.oidc_invalid_request_uri/);
  });

  test('are wanted where they are set to be', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: { requirePar: true } } });
    const { url } = await startRequest(await applicationOf(world));

    const answer = await followOut(world, world.browser(), url);

    assert.equal(answer.searchParams.get('error'), 'invalid_request');
  });
});

suite('tokens bound to a key (DPoP)', () => {
  test('work with the key, nonce and all', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: { requireDpop: true } } });
    world.people.allow('mira', 'wiki');
    const configuration = await applicationOf(world);
    const DPoP = client.getDPoPHandle(configuration, await client.randomDPoPKeyPair('ES256'));
    const { answer, started } = await signOn(world, { configuration });
    const checks = {
      ...{ expectedState: started.state, expectedNonce: started.nonce, pkceCodeVerifier: started.verifier },
    };

    const tokens = await client.authorizationCodeGrant(configuration, answer, checks, undefined, { DPoP });

    assert.equal(tokens.token_type, 'dpop');
    const sub = tokens.claims()?.sub ?? '';
    assert.equal((await client.fetchUserInfo(configuration, tokens.access_token, sub, { DPoP })).sub, sub);
    await assert.rejects(
      client.fetchUserInfo(configuration, tokens.access_token, sub),
      'not as a bearer token',
    );
    const other = client.getDPoPHandle(configuration, await client.randomDPoPKeyPair('ES256'));
    await assert.rejects(client.fetchUserInfo(configuration, tokens.access_token, sub, { DPoP: other }));
  });

  test('are wanted where they are set to be', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: { requireDpop: true } } });
    world.people.allow('mira', 'wiki');
    const { exchange } = await signOn(world);

    await assert.rejects(exchange(), { error: 'invalid_grant' });
  });
});

suite('machines', () => {
  const machines = [
    MachineConfig.parse({
      id: 'scim-push',
      clientSecrets: [SECRET, 'older'],
      scopes: ['scim:write', 'scim:read'],
    }),
  ];

  test('get a token for our own API with the scopes they ask for and have', async (t) => {
    const world = await openOidcWorld(t, { machines });
    const configuration = await applicationOf(world, 'scim-push');

    const tokens = await client.clientCredentialsGrant(configuration, { scope: 'scim:write admin' });

    assert.equal(tokens.scope, 'scim:write');
    const access = await world.provider.machineAccess(tokens.access_token);
    assert.equal(access?.machine, 'scim-push');
    assert.deepEqual(access?.scopes, ['scim:write']);
    const told = await client.tokenIntrospection(configuration, tokens.access_token);
    assert.equal(told.active, true);
    assert.equal(told.aud, world.publicUrl.origin);
    assert.equal(world.events.at(-1)?.type, 'token.issued');
  });

  test('lose it when it is over, or revoked, or the machine is unknown', async (t) => {
    const world = await openOidcWorld(t, { machines });
    const configuration = await applicationOf(world, 'scim-push');
    const first = (await client.clientCredentialsGrant(configuration, { scope: 'scim:read' })).access_token;
    await client.tokenRevocation(configuration, first);
    assert.equal(await world.provider.machineAccess(first), undefined);

    const second = (await client.clientCredentialsGrant(configuration, { scope: 'scim:read' })).access_token;
    world.clock.advance(11 * 60_000);

    assert.equal(await world.provider.machineAccess(second), undefined);
    assert.equal(await world.provider.machineAccess('nothing'), undefined);
  });

  test('may not sign people in, and applications may not act as machines', async (t) => {
    const world = await openOidcWorld(t, { machines });
    world.people.allow('mira', 'wiki');
    const { url } = await startRequest(await applicationOf(world, 'scim-push'));
    assert.equal((await world.browser().open(url.href)).status, 400);

    const wiki = await applicationOf(world);
    await assert.rejects(client.clientCredentialsGrant(wiki, { scope: 'catalog:read' }), {
      error: 'invalid_request',
    });
    const { exchange } = await signOn(world);
    assert.equal(await world.provider.machineAccess((await exchange()).access_token), undefined);
  });

  test('get nothing for a store', async (t) => {
    const world = await openOidcWorld(t, { machines });
    const configuration = await applicationOf(world, 'scim-push');

    await assert.rejects(
      client.clientCredentialsGrant(configuration, {
        scope: 'scim:read',
        resource: 'urn:vestibule:store-emea',
      }),
      { error: 'invalid_target' },
    );
  });
});

suite('what tokens say', () => {
  test('claims are those configured for the application, and the subject is always the person’s id', async (t) => {
    const claims = {
      roles: 'entitlement.roles',
      groups: 'person.groups',
      region: 'person.region',
      missing: 'person.department',
      sub: 'person.mail',
    };
    const world = await openOidcWorld(t, { parties: { wiki: { claims }, notes: {} } });
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'notes');

    const { exchange, configuration } = await signOn(world, { parameters: { scope: 'openid email' } });
    const tokens = await exchange();

    const told = tokens.claims();
    assert.deepEqual(told?.['roles'], ['reader']);
    assert.deepEqual(told?.['groups'], ['merchandising@staff']);
    assert.equal(told?.['region'], 'EMEA');
    assert.equal('missing' in (told ?? {}), false);
    assert.equal(told?.sub, world.people.id('mira'));
    const userinfo = await client.fetchUserInfo(configuration, tokens.access_token, told?.sub ?? '');
    assert.equal(userinfo.email, 'mira@halden.example');
    assert.deepEqual(userinfo['roles'], ['reader']);
    const other = await (await signOn(world, { id: 'notes' })).exchange();
    assert.equal(other.claims()?.['roles'], undefined);
  });

  test('a signed access token for the application itself, where it is set so', async (t) => {
    const world = await openOidcWorld(t, {
      parties: { wiki: { accessTokenFormat: 'jwt', resource: 'https://api.example' } },
    });
    world.people.allow('mira', 'wiki', ['catalog:read']);

    const { exchange, configuration } = await signOn(world, {
      parameters: { scope: 'openid profile catalog:read' },
    });
    const tokens = await exchange();

    const [, payload = ''] = tokens.access_token.split('.');
    const access = JSON.parse(Buffer.from(payload, 'base64url').toString());
    assert.equal(access.aud, 'https://api.example');
    assert.equal(access.scope, 'catalog:read');
    assert.equal(access.relying_party, 'wiki');
    assert.deepEqual(access.amr, ['pwd']);
    assert.equal(typeof access.auth_time, 'number');
    assert.equal(
      tokens.claims()?.['name'],
      'mira of Halden',
      'userinfo is closed to it, so the ID token says it',
    );
    await assert.rejects(
      client.fetchUserInfo(configuration, tokens.access_token, tokens.claims()?.sub ?? ''),
    );
  });

  test('a store that wants to be asked about tokens can be, and no other', async (t) => {
    const parties = { wiki: { resources: ['api', 'store-emea'] }, api: { clientSecrets: [SECRET] } };
    const world = await openOidcWorld(t, { parties });
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'api', ['orders:read']);
    const parameters = { resource: 'urn:vestibule:api', scope: 'openid orders:read' };

    const { exchange, configuration } = await signOn(world, { parameters });
    const { access_token } = await exchange();

    const told = await client.tokenIntrospection(await applicationOf(world, 'api'), access_token);
    assert.equal(told.active, true);
    assert.equal(told.scope, 'orders:read');
    assert.equal(told.aud, 'urn:vestibule:api');
    assert.deepEqual(told['roles'], ['reader']);
    assert.equal(
      (await client.tokenIntrospection(await applicationOf(world, 'notes'), access_token)).active,
      false,
    );
    assert.equal((await client.tokenIntrospection(configuration, access_token)).active, true);
  });
});
