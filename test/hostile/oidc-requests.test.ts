import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { suite, type TestContext, test } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as client from 'openid-client';
import { addMs, SECOND, type SessionId } from '../../src/base/index.ts';
import {
  applicationOf,
  followOut,
  meetAtRead,
  type OidcWorld,
  openOidcWorld,
  SECRET,
  signOn,
  startRequest,
} from '../issuing/oidc-world.ts';

const CALLBACK = 'http://wiki.localhost/callback';

/** A request by hand, for what no library would send. */
function authUrl(world: OidcWorld, parameters: Record<string, string> | [string, string][]): string {
  const challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url');
  const basic: [string, string][] = [
    ['client_id', 'wiki'],
    ['redirect_uri', CALLBACK],
    ['response_type', 'code'],
    ['scope', 'openid'],
    ['code_challenge', challenge],
    ['code_challenge_method', 'S256'],
  ];
  const given = Array.isArray(parameters) ? parameters : Object.entries(parameters);
  const names = new Set(Array.isArray(parameters) ? [] : given.map(([name]) => name));
  const all = [...basic.filter(([name]) => !names.has(name)), ...given].filter(
    ([, value]) => value !== '(absent)',
  );
  return world.url(`/oidc/auth?${new URLSearchParams(all)}`);
}

/** What the browser got: a page here, a place elsewhere, or our own login. */
async function outcome(world: OidcWorld, url: string) {
  const page = await world.browser().fetch(url);
  const location = page.headers['location'];
  const place = location === undefined ? undefined : new URL(location, world.publicUrl);
  return { status: page.status, place, page };
}

async function post(
  world: OidcWorld,
  path: string,
  fields: Record<string, string> | string,
  headers: Record<string, string> = {},
) {
  const response = await world.fetch(world.url(path), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const basic = (id = 'wiki', secret = SECRET): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

suite('a redirect URI that is not registered, character by character, gets nothing', () => {
  for (const uri of [
    'http://evil.test/callback',
    'http://wiki.localhost.evil.test/callback',
    'http://wiki.localhost@evil.test/callback',
    'http://evil.test#http://wiki.localhost/callback',
    'http://wiki.localhost/callback/',
    'http://wiki.localhost/callback?x=1',
    'http://wiki.localhost/callback#x',
    'http://wiki.localhost/callback/../evil',
    'http://wiki.localhost/callback/%2e%2e/evil',
    'http://wiki.localhost/%63allback',
    'http://wiki.localhost:80/callback',
    'http://wiki.localhost:8080/callback',
    'http://WIKI.localhost/callback',
    'https://wiki.localhost/callback',
    'HTTP://wiki.localhost/callback',
    ' http://wiki.localhost/callback',
    'http://wiki.localhost/callback\n',
    'http://wiki.localhost\\@evil.test/callback',
    '//wiki.localhost/callback',
    '/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    'urn:ietf:wg:oauth:2.0:oob',
    'http://notes.localhost/callback',
    '(absent)',
    '',
  ]) {
    test(JSON.stringify(uri), async (t) => {
      const world = await openOidcWorld(t);

      const { status, place, page } = await outcome(world, authUrl(world, { redirect_uri: uri, state: 'x' }));

      assert.equal(status, 400);
      assert.equal(place, undefined, 'the browser stays here');
      assert.match(page.html, /<h1>/);
      assert.equal(page.html.includes('evil.test'), false, 'the page repeats nothing of it');
    });
  }

  test('on loopback too, where the port counts like everything else', async (t) => {
    const redirectUris = ['http://127.0.0.1:3000/callback', 'http://localhost/callback'];
    const world = await openOidcWorld(t, { parties: { wiki: { redirectUris } } });
    for (const uri of [
      'http://127.0.0.1:3001/callback',
      'http://localhost:3000/callback',
      'http://127.0.0.1/callback',
    ]) {
      const { status, place } = await outcome(world, authUrl(world, { redirect_uri: uri }));

      assert.deepEqual([status, place], [400, undefined], uri);
    }
  });

  test('nor does an error go there', async (t) => {
    const world = await openOidcWorld(t);
    for (const broken of [
      { response_type: 'token' },
      { scope: 'openid\u0000' },
      { prompt: 'none login' },
      { code_challenge: '(absent)' },
    ] as Record<string, string>[]) {
      const { place } = await outcome(
        world,
        authUrl(world, { ...broken, redirect_uri: 'http://evil.test/' }),
      );

      assert.equal(place, undefined);
    }
  });

  test('nor can the exchange name another one than the request did', async (t) => {
    const there = 'http://wiki.localhost/other';
    const world = await openOidcWorld(t, { parties: { wiki: { redirectUris: [CALLBACK, there] } } });
    world.people.allow('mira', 'wiki');
    for (const redirect_uri of [there, 'http://evil.test/', '']) {
      const { answer, started } = await signOn(world);
      const code = answer.searchParams.get('code') ?? '';
      const fields = { grant_type: 'authorization_code', code, code_verifier: started.verifier };

      const { status, body } = await post(world, '/oidc/token', { ...fields, redirect_uri }, basic());

      assert.equal(status, 400);
      assert.equal(body['access_token'], undefined);
    }
  });
});

suite('what is asked for in another way than code with PKCE is refused', () => {
  const refused: readonly (readonly [string, Record<string, string>, string])[] = [
    ['no challenge', { code_challenge: '(absent)', code_challenge_method: '(absent)' }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['PKCE without its method', { code_challenge_method: '(absent)' }, 'invalid_request'],
    ['a method without a challenge', { code_challenge: '(absent)' }, 'invalid_request'],
    ['a challenge that is too short', { code_challenge: 'short' }, 'invalid_request'],
    ['the method in small letters', { code_challenge_method: 's256' }, 'invalid_request'],
    ['response_type token', { response_type: 'token', nonce: 'n' }, 'unsupported_response_type'],
    ['response_type id_token', { response_type: 'id_token', nonce: 'n' }, 'unsupported_response_type'],
    ['response_type code token', { response_type: 'code token', nonce: 'n' }, 'unsupported_response_type'],
    [
      'response_type code id_token',
      { response_type: 'code id_token', nonce: 'n' },
      'unsupported_response_type',
    ],
    ['response_type none', { response_type: 'none' }, 'unsupported_response_type'],
    ['response_type CODE', { response_type: 'CODE' }, 'unsupported_response_type'],
    ['no response_type', { response_type: '(absent)' }, 'invalid_request'],
    ['response_mode fragment', { response_mode: 'fragment' }, 'invalid_request'],
    [
      'response_mode fragment, for a code said twice',
      { response_type: 'code code', response_mode: 'fragment' },
      'invalid_request',
    ],
    ['response_mode web_message', { response_mode: 'web_message' }, 'unsupported_response_mode'],
    ['response_mode query.jwt', { response_mode: 'query.jwt' }, 'unsupported_response_mode'],
    [
      'a request object that nobody signed',
      { request: 'eyJhbGciOiJub25lIn0.e30.' },
      'invalid_request_object',
    ],
    ['a request object by reference', { request_uri: 'https://evil.test/r' }, 'request_uri_not_supported'],
    ['registration on the way', { registration: '{}' }, 'registration_not_supported'],
    ['prompt none with another', { prompt: 'none login' }, 'invalid_request'],
    ['an unknown prompt', { prompt: 'create' }, 'invalid_request'],
    ['a negative max_age', { max_age: '-1' }, 'invalid_request'],
    ['a max_age that is no number', { max_age: 'soon' }, 'invalid_request'],
    ['a hint that is no token', { id_token_hint: 'x.y.z' }, 'invalid_request'],
    ['two stores', {}, 'invalid_target'],
    ['a store that is no URI', { resource: 'store-emea' }, 'invalid_target'],
    ['a store with a fragment', { resource: 'urn:vestibule:store-emea#x' }, 'invalid_target'],
    ['a store of another application', { resource: 'urn:vestibule:store-outlet' }, 'invalid_target'],
    ['another application as store', { resource: 'urn:vestibule:notes' }, 'invalid_target'],
    ['our own API as store', { resource: 'http://sso.localhost' }, 'invalid_target'],
  ];
  for (const [what, parameters, error] of refused) {
    test(`${what} is ${error}`, async (t) => {
      const world = await openOidcWorld(t);
      const url =
        what === 'two stores'
          ? authUrl(world, [
              ['resource', 'urn:vestibule:store-emea'],
              ['resource', 'urn:vestibule:store-na'],
            ])
          : authUrl(world, parameters);

      const { place, page } = await outcome(world, url);

      const told = place?.searchParams.get('error') ?? new URLSearchParams(place?.hash.slice(1)).get('error');
      const shown = /issuing\.oidc_(\w+)/.exec(page.html)?.[1];
      assert.equal(told ?? shown, error);
      assert.ok(!place || place.href.startsWith(CALLBACK));
      assert.equal(place?.searchParams.get('code') ?? null, null);
    });
  }

  test('a verifier that does not fit, is missing, or is the challenge itself', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    for (const verify of [() => 'w'.repeat(43), () => '', (challenge: string) => challenge]) {
      const { answer, started } = await signOn(world);
      const code_verifier = verify(started.url.searchParams.get('code_challenge') ?? '');
      const code = answer.searchParams.get('code') ?? '';
      const fields = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier };

      const { status, body } = await post(world, '/oidc/token', fields, basic());

      assert.equal(status, 400);
      assert.equal(body['error'], 'invalid_grant');
    }
  });
});

suite('a code or token of one is nothing to another', () => {
  test('a code is spent by the application it was given to', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { answer, started, exchange } = await signOn(world);
    const code = answer.searchParams.get('code') ?? '';
    const fields = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: CALLBACK,
      code_verifier: started.verifier,
    };

    const stolen = await post(world, '/oidc/token', fields, basic('notes'));
    assert.equal(stolen.body['error'], 'invalid_grant');
    const publicly = await post(world, '/oidc/token', { ...fields, client_id: 'spa' });
    assert.equal(publicly.body['error'], 'invalid_grant');

    assert.ok((await exchange()).access_token, 'and trying did not spend it');
  });

  test('a refresh token refreshes for the application it was given to', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { exchange, configuration } = await signOn(world);
    const { refresh_token = '' } = await exchange();

    const stolen = await post(
      world,
      '/oidc/token',
      { grant_type: 'refresh_token', refresh_token },
      basic('notes'),
    );
    assert.equal(stolen.body['error'], 'invalid_grant');

    assert.ok((await client.refreshTokenGrant(configuration, refresh_token)).access_token);
  });

  test('nobody revokes or asks about the tokens of others', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { exchange, configuration } = await signOn(world);
    const tokens = await exchange();
    const notes = await applicationOf(world, 'notes');

    await client.tokenRevocation(notes, tokens.refresh_token ?? '').catch(() => undefined);
    assert.equal((await client.tokenIntrospection(notes, tokens.access_token)).active, false);
    assert.equal((await client.tokenIntrospection(notes, tokens.refresh_token ?? '')).active, false);
    const spa = await post(world, '/oidc/introspect', { client_id: 'spa', token: tokens.access_token });
    assert.notEqual(spa.body['active'], true);

    assert.ok((await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '')).access_token);
  });

  test('one kind of token does not stand in for another', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'store-emea', ['catalog:read']);
    const { exchange, configuration, answer } = await signOn(world);
    const tokens = await exchange();
    const parameters = { resource: 'urn:vestibule:store-emea', scope: 'openid catalog:read' };
    const forStore = (await (await signOn(world, { parameters })).exchange()).access_token;
    const code = answer.searchParams.get('code') ?? '';

    for (const wrong of [tokens.refresh_token, tokens.id_token, code, forStore]) {
      const response = await world.fetch(world.url('/oidc/userinfo'), {
        headers: { authorization: `Bearer ${wrong}` },
      });
      assert.equal(response.status, 401);
    }
    for (const wrong of [tokens.access_token, tokens.id_token, code, forStore]) {
      await assert.rejects(client.refreshTokenGrant(configuration, wrong ?? ''), { error: 'invalid_grant' });
    }
    const asCode = {
      grant_type: 'authorization_code',
      code: tokens.refresh_token ?? '',
      redirect_uri: CALLBACK,
    };
    const { body } = await post(world, '/oidc/token', { ...asCode, code_verifier: 'v'.repeat(43) }, basic());
    assert.equal(body['error'], 'invalid_grant');
  });

  test('a refresh asks for no more than was given', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki', ['catalog:read', 'catalog:write']);
    const { exchange, configuration } = await signOn(world, { parameters: { scope: 'openid catalog:read' } });
    const { refresh_token = '' } = await exchange();

    await assert.rejects(
      client.refreshTokenGrant(configuration, refresh_token, { scope: 'openid catalog:write' }),
      {
        error: 'invalid_scope',
      },
    );

    assert.ok(
      (await client.refreshTokenGrant(configuration, refresh_token)).access_token,
      'nothing was burnt',
    );
  });
});

suite('whose sign-in it is', () => {
  test('a victim who answers an attacker’s request gives the attacker nothing', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const attacker = world.browser();
    const { url } = await startRequest(await applicationOf(world));
    const paused = attacker.pauseAt((place) => place.pathname.startsWith('/login/request/'));
    await attacker.open(url.href);
    const login = paused();
    const victim = world.browser();
    world.login.signInAs = 'mira';
    await victim.open(login);
    const back = `/oidc/auth/${login.split('/').at(-1)}`;

    const answer = await followOut(world, attacker, new URL(world.url(back)));

    assert.equal(answer.searchParams.get('code'), null);
    assert.equal(answer.searchParams.get('error'), 'login_required');
    const asVictim = await victim.open(world.url(back));
    assert.equal(asVictim.status, 400, 'nor is the victim signed in anywhere by it');
  });

  test('a way back is no use without the cookie of the browser that asked', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.login.signInAs = 'mira';
    const browser = world.browser();
    const { url } = await startRequest(await applicationOf(world));
    const paused = browser.pauseAt((place) => /^\/oidc\/auth\/./.test(place.pathname));
    await browser.open(url.href);
    const session = browser.cookie('sso.localhost', 'test-session') as SessionId;

    const page = await world.browser().fetch(paused(), 'GET', { cookie: `test-session=${session}` });

    assert.equal(page.status, 400);
    assert.equal(page.headers['location'], undefined);
  });

  test('the answer says who gives it (mix-up, RFC 9207)', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { answer } = await signOn(world);
    assert.equal(answer.searchParams.get('iss'), world.issuerUrl);

    const refused = await followOut(world, world.browser(), new URL(authUrl(world, { prompt: 'none' })));
    assert.equal(refused.searchParams.get('iss'), world.issuerUrl);
  });
});

suite('a client assertion that is not the application’s own, fresh and first, is refused', () => {
  const withKey = async (t: TestContext) => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one' };
    const settings = { tokenEndpointAuthMethod: 'private_key_jwt', clientSecrets: [], jwks: { keys: [jwk] } };
    const world = await openOidcWorld(t, { parties: { wiki: settings } });
    const now = Math.floor(world.clock.now().getTime() / SECOND);
    const claims = { iss: 'wiki', sub: 'wiki', aud: world.issuerUrl, jti: 'j1', iat: now, exp: now + 60 };
    const send = (client_assertion: string, more: Record<string, string> = {}) =>
      post(world, '/oidc/token', {
        ...{ grant_type: 'refresh_token', refresh_token: 'x', client_assertion },
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        ...more,
      });
    return { world, privateKey, publicKey, jwk, claims, send };
  };
  const sign = (claims: object, key: CryptoKey | Uint8Array, alg = 'RS256') =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg, kid: 'one' }).sign(key);
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  test('its own is taken, and not twice', async (t) => {
    const { claims, privateKey, send } = await withKey(t);
    const assertion = await sign(claims, privateKey);

    assert.equal(
      (await send(assertion)).body['error'],
      'invalid_grant',
      'authenticated, and the token is made up',
    );
    assert.equal((await send(assertion)).body['error'], 'invalid_client');
  });

  test('of ten at once in one moment, one is taken', async (t) => {
    const { claims, privateKey, send, world } = await withKey(t);
    const assertion = await sign(claims, privateKey);
    meetAtRead(world, ':replay:', 10);

    const answers = await Promise.all(Array.from({ length: 10 }, () => send(assertion)));

    assert.equal(answers.filter(({ body }) => body['error'] === 'invalid_grant').length, 1);
  });

  test('alg none, HS256 with the public key, another key, other claims', async (t) => {
    const { claims, privateKey, publicKey, jwk, send } = await withKey(t);
    const stranger = await generateKeyPair('RS256');
    const pem = Buffer.from(JSON.stringify(await exportJWK(publicKey)));
    const forged = [
      `${encode({ alg: 'none' })}.${encode(claims)}.`,
      `${encode({ alg: 'NONE' })}.${encode(claims)}.`,
      await sign(claims, pem, 'HS256'),
      await sign(claims, Buffer.from(String(jwk.n).padEnd(32)), 'HS256'),
      await sign(claims, Buffer.from(SECRET.padEnd(32)), 'HS256'),
      await sign(claims, stranger.privateKey),
      await sign({ ...claims, iss: 'notes' }, privateKey),
      await sign({ ...claims, sub: 'notes' }, privateKey),
      await sign({ ...claims, aud: 'https://evil.test/oidc' }, privateKey),
      await sign({ ...claims, exp: claims.iat - 120 }, privateKey),
      await sign({ ...claims, exp: claims.iat + 7_200 }, privateKey),
      await sign({ ...claims, exp: undefined }, privateKey),
      await sign({ ...claims, jti: undefined }, privateKey),
    ];
    for (const assertion of forged) {
      const { status, body } = await send(assertion);

      assert.ok(status === 401 || status === 400, `${status}`);
      assert.ok(
        body['error'] === 'invalid_client' || body['error'] === 'invalid_request',
        String(body['error']),
      );
    }
  });

  test('with a secret beside it, or for a client that has one, or of the wrong type', async (t) => {
    const { claims, privateKey, send, world } = await withKey(t);
    const twice = await send(await sign(claims, privateKey), { client_secret: SECRET });
    assert.equal(twice.body['error'], 'invalid_request');
    const asNotes = await send(await sign({ ...claims, iss: 'notes', sub: 'notes' }, privateKey));
    assert.equal(asNotes.body['error'], 'invalid_client');
    const typed = await send(await sign(claims, privateKey), { client_assertion_type: 'urn:other' });
    assert.equal(typed.body['error'], 'invalid_request');
    const asSecret = await post(
      world,
      '/oidc/token',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      basic(),
    );
    assert.equal(asSecret.body['error'], 'invalid_client');
  });
});

suite('a DPoP proof is for one request', () => {
  test('and is refused the second time, for another address, or with another key', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: { requireDpop: true } } });
    world.people.allow('mira', 'wiki');
    const configuration = await applicationOf(world);
    const { privateKey, publicKey } = await client.randomDPoPKeyPair('ES256');
    const DPoP = client.getDPoPHandle(configuration, { privateKey, publicKey });
    const { answer, started } = await signOn(world, { configuration });
    const checks = {
      expectedState: started.state,
      expectedNonce: started.nonce,
      pkceCodeVerifier: started.verifier,
    };
    const tokens = await client.authorizationCodeGrant(configuration, answer, checks, undefined, { DPoP });
    const jwk = await exportJWK(publicKey);
    const url = world.url('/oidc/userinfo');
    const proof = async (more: object = {}) =>
      new SignJWT({
        ...{ htm: 'GET', htu: url, jti: randomBytes(16).toString('hex'), iat: Math.floor(Date.now() / 1000) },
        ath: createHash('sha256').update(tokens.access_token).digest('base64url'),
        ...more,
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .sign(privateKey);
    const send = (dpop: string) =>
      world.fetch(url, { headers: { authorization: `DPoP ${tokens.access_token}`, dpop } });
    const first = await send(await proof());
    assert.equal(first.status, 401, 'not without a nonce of ours');
    const nonce = first.headers.get('dpop-nonce') ?? '';

    const good = await proof({ nonce });
    assert.equal((await send(good)).status, 200);
    assert.equal((await send(good)).status, 401, 'the second time');
    for (const wrong of [
      { htu: world.url('/oidc/token') },
      { htu: 'http://evil.test/oidc/userinfo' },
      { htm: 'POST' },
      { ath: 'x' },
      { nonce: 'made-up' },
    ]) {
      const { status } = await send(await proof({ nonce, ...wrong }));
      assert.ok(status === 401 || status === 400, JSON.stringify(wrong));
    }
    const parallel = await proof({ nonce });
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => send(parallel)))).map(
      ({ status }) => status,
    );
    assert.equal(statuses.filter((status) => status === 200).length, 1, 'nor in one moment');
  });
});

suite('what can not be read is refused with 4xx, and tells nothing', () => {
  const bodies: readonly (readonly [string, string, Record<string, string>])[] = [
    ['nothing', '', {}],
    ['twice the same parameter', 'grant_type=refresh_token&refresh_token=a&refresh_token=b', basic()],
    [
      'twice the grant type',
      'grant_type=refresh_token&grant_type=authorization_code&refresh_token=a',
      basic(),
    ],
    ['two client ids', 'grant_type=refresh_token&refresh_token=a&client_id=wiki&client_id=notes', basic()],
    [
      'another client id than the header',
      'grant_type=refresh_token&refresh_token=a&client_id=notes',
      basic(),
    ],
    ['an unknown grant type', 'grant_type=password&username=mira&password=x', basic()],
    ['the implicit grant', 'grant_type=implicit', basic()],
    [
      'a token exchange',
      'grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=x',
      basic(),
    ],
    ['prototype names', '__proto__=x&constructor=y&grant_type=__proto__', basic()],
    ['a client named __proto__', 'grant_type=refresh_token&refresh_token=x&client_id=__proto__', {}],
    ['a client named constructor', 'grant_type=refresh_token&refresh_token=x&client_id=constructor', {}],
    ['brackets', 'grant_type[]=refresh_token&refresh_token[a]=b', basic()],
    ['control characters', 'grant_type=refresh_token&refresh_token=%00%0d%0a', basic()],
    ['broken escapes', 'grant_type=%E0%A4%A&refresh_token=%', basic()],
    ['a broken header', 'grant_type=refresh_token', { authorization: 'Basic !!!' }],
    ['a header without a colon', 'grant_type=refresh_token', { authorization: `Basic ${btoa('wiki')}` }],
    ['another scheme', 'grant_type=refresh_token', { authorization: 'Bearer x' }],
    ['a huge token', `grant_type=refresh_token&refresh_token=${'x'.repeat(50_000)}`, basic()],
    ['more than is read', `grant_type=refresh_token&refresh_token=${'x'.repeat(70_000)}`, basic()],
    ['JSON', '{"grant_type":"refresh_token"}', { ...basic(), 'content-type': 'application/json' }],
    ['another type', 'x', { ...basic(), 'content-type': 'text/plain' }],
    [
      'another character set',
      'grant_type=refresh_token',
      { ...basic(), 'content-type': 'application/x-www-form-urlencoded; charset=utf-99' },
    ],
  ];
  for (const [what, body, headers] of bodies) {
    test(what, async (t) => {
      const world = await openOidcWorld(t);

      for (const path of ['/oidc/token', '/oidc/introspect', '/oidc/revoke', '/oidc/par']) {
        const { status, text } = await post(world, path, body, headers);

        assert.ok(
          (status >= 400 && status < 500) || path === '/oidc/revoke',
          `${path} answers ${status}: ${text}`,
        );
        assert.ok(status < 500);
        assert.equal(/\n\s+at |node_modules|\.js:\d|\.ts:\d/.test(text), false, text);
      }
    });
  }

  test('authorization requests too', async (t) => {
    const world = await openOidcWorld(t);
    const odd = [
      authUrl(world, [['client_id', 'notes']]),
      authUrl(world, [['redirect_uri', 'http://evil.test/']]),
      authUrl(world, [
        ['state', 'a'],
        ['state', 'b'],
      ]),
      authUrl(world, { client_id: '__proto__' }),
      authUrl(world, { client_id: 'x'.repeat(5_000) }),
      authUrl(world, { client_id: '(absent)' }),
      authUrl(world, { client_id: '<script>alert(1)</script>' }),
      authUrl(world, { scope: '"\\' }),
      authUrl(world, { claims: '{"id_token":{"sub":{"value":"per_x"}}}' }),
      world.url('/oidc/auth?%E0%A4%A'),
      world.url('/oidc/auth?client_id[]=wiki'),
      world.url('/oidc/auth/'),
      world.url('/oidc/auth/..%2ftoken'),
      world.url('/oidc/auth/nothing'),
      world.url(`/oidc/auth/${'x'.repeat(4_000)}`),
      world.url('/oidc//evil.test/'),
      world.url('/oidc/%2e%2e/x'),
    ];
    for (const url of odd) {
      const { status, place, page } = await outcome(world, url);

      assert.ok(status < 500, `${url.slice(0, 120)} answers ${status}`);
      assert.ok(
        !place || place.href.startsWith(CALLBACK) || place.pathname.startsWith('/login/request/'),
        String(place),
      );
      assert.equal(page.html.includes('<script>alert'), false);
      assert.equal(/\n\s+at |node_modules|\.js:\d/.test(page.html), false);
    }
  });

  test('very long and very many parameters end soon', async (t) => {
    const world = await openOidcWorld(t);
    const many = Array.from({ length: 300 }, (_, index) => [`p${index}`, 'x'] as [string, string]);

    const started = performance.now();
    const answers = await Promise.all([
      outcome(world, authUrl(world, many)),
      outcome(world, authUrl(world, { state: 's'.repeat(8_000) })),
      outcome(
        world,
        authUrl(world, { scope: Array.from({ length: 800 }, (_, index) => `s${index}`).join(' ') }),
      ),
      post(world, '/oidc/token', many.map((pair) => pair.join('=')).join('&'), basic()),
    ]);

    assert.ok(answers.every(({ status }) => status < 500));
    assert.ok(performance.now() - started < 5_000);
  });
});

test('a made-up session cookie of the library is nothing', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const page = await world.browser().fetch(authUrl(world, {}), 'GET', {
    cookie: 'vestibule-oidc-session=made-up; vestibule-oidc-resume=made-up; vestibule-oidc-request=made-up',
  });

  assert.match(page.headers['location'] ?? '', /^\/login\/request\/oidc\//);
  assert.equal(String(page.headers['set-cookie']).includes('oidc-session'), false);
});

test('a person’s access that ends while the code is on its way ends the code', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki', [], addMs(world.clock.now(), 60 * SECOND));
  const { exchange } = await signOn(world);
  world.clock.advance(46 * SECOND);

  await assert.rejects(exchange(), { error: 'invalid_grant' });
});
