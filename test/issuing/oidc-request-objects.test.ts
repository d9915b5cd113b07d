import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as client from 'openid-client';
import { applicationOf, followOut, openOidcWorld, startRequest } from './oidc-world.ts';

// RFC 9101: requests that the application signed, by value.

const [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
const jwks = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'ES256' }] };

async function openSigned(t: TestContext, more: object = {}) {
  const keyed = { tokenEndpointAuthMethod: 'private_key_jwt', clientSecrets: [], jwks, ...more };
  const world = await openOidcWorld(t, { parties: { wiki: keyed } });
  world.people.allow('mira', 'wiki');
  world.login.signInAs = 'mira';
  const configuration = await applicationOf(world, 'wiki', {
    auth: client.PrivateKeyJwt({ key: own.privateKey, kid: 'one' }),
  });
  return { world, configuration };
}

type Signed = Awaited<ReturnType<typeof openSigned>>;

async function authorize(
  { world, configuration }: Signed,
  url: URL,
  started: Awaited<ReturnType<typeof startRequest>>,
) {
  const answer = await followOut(world, world.browser(), url);
  if (answer.searchParams.has('error')) return answer.searchParams.get('error');
  const tokens = await client.authorizationCodeGrant(configuration, answer, {
    ...{ expectedState: started.state, expectedNonce: started.nonce, pkceCodeVerifier: started.verifier },
  });
  return tokens.claims()?.sub;
}

/** A request object made by hand: what a careful library would not send. */
async function handMade(
  { world, configuration }: Signed,
  claims: object,
  header: object = {},
  key = own.privateKey,
): Promise<URL> {
  const started = await startRequest(configuration);
  const now = Math.floor(Date.now() / 1000);
  const request = await new SignJWT({
    ...Object.fromEntries(started.url.searchParams),
    ...{ iss: 'wiki', aud: world.issuerUrl, iat: now, exp: now + 300 },
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
    .sign(key);
  const url = new URL(world.url('/oidc/auth'));
  url.search = new URLSearchParams({ client_id: 'wiki', request }).toString();
  return url;
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

async function errorOf(signed: Signed, url: URL): Promise<string> {
  const page = await signed.world.browser().fetch(url.href);
  const { location } = page.headers;
  const error =
    location === undefined
      ? undefined
      : new URL(String(location), signed.world.publicUrl).searchParams.get('error');
  return error ?? `${page.status} ${/issuing\.oidc_\w+/.exec(page.html)?.[0] ?? ''}`;
}

suite('a signed request', () => {
  test('of openid-client is taken', async (t) => {
    const signed = await openSigned(t);
    const started = await startRequest(signed.configuration);
    const url = await client.buildAuthorizationUrlWithJAR(signed.configuration, started.url.searchParams, {
      key: own.privateKey,
      kid: 'one',
    });

    assert.equal(await authorize(signed, url, started), signed.world.people.id('mira'));
  });

  test('may be pushed', async (t) => {
    const signed = await openSigned(t, { requirePar: true, requireSignedRequests: true });
    const started = await startRequest(signed.configuration);
    const jar = await client.buildAuthorizationUrlWithJAR(signed.configuration, started.url.searchParams, {
      key: own.privateKey,
      kid: 'one',
    });
    const url = await client.buildAuthorizationUrlWithPAR(signed.configuration, jar.searchParams);

    assert.equal(await authorize(signed, url, started), signed.world.people.id('mira'));
  });

  test('says everything: what stands beside it counts for nothing', async (t) => {
    const signed = await openSigned(t);
    const started = await startRequest(signed.configuration);
    const url = await client.buildAuthorizationUrlWithJAR(signed.configuration, started.url.searchParams, {
      key: own.privateKey,
      kid: 'one',
    });
    url.searchParams.set('nonce', 'of somebody else');
    url.searchParams.set('redirect_uri', 'https://evil.example/callback');

    assert.equal(await authorize(signed, url, started), signed.world.people.id('mira'));
  });

  const refused: readonly (readonly [string, (signed: Signed) => Promise<URL>])[] = [
    ['of another key', (signed) => handMade(signed, {}, {}, other.privateKey)],
    ['that is a client assertion', (signed) => handMade(signed, { sub: 'wiki' })],
    ['of another type', (signed) => handMade(signed, {}, { typ: 'dpop+jwt' })],
    ['that holds another one', (signed) => handMade(signed, { request: 'x' })],
    ['of another application', (signed) => handMade(signed, { client_id: 'notes' })],
    ['without an end', (signed) => handMade(signed, { exp: undefined })],
    ['whose end is no time', (signed) => handMade(signed, { exp: 'soon' })],
    ['that is over', (signed) => handMade(signed, { exp: inSeconds(-60), iat: inSeconds(-120) })],
    ['that is good for more than an hour', (signed) => handMade(signed, { exp: inSeconds(3_700) })],
    [
      'that is good for more than an hour, as it says itself',
      (signed) => handMade(signed, { nbf: inSeconds(-3_600), exp: inSeconds(300) }),
    ],
    [
      'that was made long ago to be good now',
      (signed) => handMade(signed, { iat: inSeconds(-4_000), exp: inSeconds(60) }),
    ],
    [
      'that is good from later on',
      (signed) => handMade(signed, { nbf: inSeconds(600), exp: inSeconds(900) }),
    ],
    [
      'that moves its hour into the future',
      (signed) => handMade(signed, { iat: inSeconds(86_400), exp: inSeconds(88_000) }),
    ],
    ['for nobody', (signed) => handMade(signed, { aud: undefined })],
    ['for somebody else', (signed) => handMade(signed, { aud: 'https://other.example' })],
    ['of nobody', (signed) => handMade(signed, { iss: undefined })],
    ['of another issuer', (signed) => handMade(signed, { iss: 'notes' })],
    [
      'that nobody signed',
      async (signed) => {
        const url = await handMade(signed, {});
        const [, payload] = (url.searchParams.get('request') ?? '').split('.');
        const none = Buffer.from('{"alg":"none"}').toString('base64url');
        url.searchParams.set('request', `${none}.${payload}.`);
        return url;
      },
    ],
  ];
  for (const [what, make] of refused) {
    test(`${what} is refused`, async (t) => {
      const signed = await openSigned(t);

      assert.match(await errorOf(signed, await make(signed)), /invalid_request_object/);
    });
  }

  test('is good for several audiences if we are one of them, and without an id as often as it is sent', async (t) => {
    const signed = await openSigned(t);
    const url = await handMade(signed, { aud: ['https://other.example', signed.world.issuerUrl] });

    assert.match(await errorOf(signed, url), /^303/);
    assert.match(await errorOf(signed, url), /^303/);
  });

  test('with an id is good once, also when it comes twice at a time', async (t) => {
    const signed = await openSigned(t);
    const url = await handMade(signed, { jti: 'one' });

    const answers = await Promise.all([1, 2, 3, 4].map(() => errorOf(signed, url)));

    assert.equal(answers.filter((answer) => answer.startsWith('303')).length, 1);
    assert.equal(answers.filter((answer) => answer === 'invalid_request_object').length, 3);
    assert.match(await errorOf(signed, await handMade(signed, { jti: 'two' })), /^303/);
  });

  test('with an id is good once, pushed or not', async (t) => {
    const signed = await openSigned(t);
    const url = await handMade(signed, { jti: 'one' });
    const pushed = await client.buildAuthorizationUrlWithPAR(signed.configuration, url.searchParams);

    assert.match(await errorOf(signed, url), /invalid_request_object/);
    await assert.rejects(
      client.buildAuthorizationUrlWithPAR(signed.configuration, url.searchParams),
      (error: { error?: string }) => error.error === 'invalid_request_object',
    );
    assert.match(await errorOf(signed, pushed), /^303/);
  });

  test('of a stranger uses up no id', async (t) => {
    const signed = await openSigned(t);

    await errorOf(signed, await handMade(signed, { jti: 'one' }, {}, other.privateKey));

    assert.match(await errorOf(signed, await handMade(signed, { jti: 'one' })), /^303/);
  });

  test('that is refused for another reason uses up no id', async (t) => {
    const signed = await openSigned(t);

    assert.match(
      await errorOf(signed, await handMade(signed, { jti: 'one', scope: 'openid', max_age: '-1' })),
      /invalid_request/,
    );

    assert.match(await errorOf(signed, await handMade(signed, { jti: 'one' })), /^303/);
  });

  test('is demanded where it is registered', async (t) => {
    const signed = await openSigned(t, { requireSignedRequests: true });
    const { url } = await startRequest(signed.configuration);

    assert.match(await errorOf(signed, url), /invalid_request/);
  });

  test('of an application without keys is refused', async (t) => {
    const world = await openOidcWorld(t);
    const configuration = await applicationOf(world);
    const url = await handMade({ world, configuration }, {});

    assert.match(await errorOf({ world, configuration }, url), /invalid_request_object/);
  });
});

test('discovery says what is taken, and that nothing is fetched', async (t) => {
  const world = await openOidcWorld(t);
  const found = (await (
    await world.fetch(`${world.issuerUrl}/.well-known/openid-configuration`)
  ).json()) as Record<string, unknown>;

  assert.equal(found['request_parameter_supported'], true);
  assert.equal(found['request_uri_parameter_supported'], false);
  assert.equal(found['claims_parameter_supported'], true);
  const algorithms = found['request_object_signing_alg_values_supported'] as string[];
  assert.ok(!algorithms.includes('none') && !algorithms.some((name) => name.startsWith('HS')));
});
