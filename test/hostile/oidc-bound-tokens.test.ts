import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { suite, type TestContext, test } from 'node:test';
import { exportJWK, type JWK, SignJWT } from 'jose';
import * as client from 'openid-client';
import { applicationOf, openOidcWorld, signOn } from '../issuing/oidc-world.ts';

// A token that is bound to a key is worth nothing to whoever stole it without the key (RFC 9449): not as a bearer token, not
// with a proof that was made with another key, or by nobody, or for something else.

const ID = 'spa';

async function openBound(t: TestContext) {
  const world = await openOidcWorld(t, { parties: { spa: { requireDpop: true } } });
  world.people.allow('mira', ID);
  const configuration = await applicationOf(world, ID);
  const keys = await client.randomDPoPKeyPair('ES256', { extractable: true });
  const others = await client.randomDPoPKeyPair('ES256', { extractable: true });
  const { answer, started } = await signOn(world, { id: ID, configuration });
  const checks = {
    expectedState: started.state,
    expectedNonce: started.nonce,
    pkceCodeVerifier: started.verifier,
  };
  const exchange = (pair: CryptoKeyPair) =>
    client.authorizationCodeGrant(configuration, answer, checks, undefined, {
      DPoP: client.getDPoPHandle(configuration, pair),
    });
  const tokens = await exchange(keys);
  const url = world.url('/oidc/userinfo');
  const ask = (headers: Record<string, string>) => world.fetch(url, { headers });
  const [jwk, privateJwk, otherJwk] = await Promise.all([
    exportJWK(keys.publicKey),
    exportJWK(keys.privateKey),
    exportJWK(others.publicKey),
  ]);
  const authorization = `DPoP ${tokens.access_token}`;
  let nonce = '';
  const first = await ask({ authorization, dpop: await sign({}, { jwk }, keys.privateKey) });
  nonce = first.headers.get('dpop-nonce') ?? '';

  async function sign(
    claims: object,
    header: object,
    key: CryptoKey | Uint8Array,
    alg = 'ES256',
  ): Promise<string> {
    const payload = {
      ...{
        htm: 'GET',
        htu: url,
        jti: randomBytes(16).toString('hex'),
        iat: Math.floor(Date.now() / 1000),
        nonce,
      },
      ath: createHash('sha256').update(tokens.access_token).digest('base64url'),
      ...claims,
    };
    return new SignJWT(payload).setProtectedHeader({ alg, typ: 'dpop+jwt', ...header }).sign(key);
  }
  return {
    world,
    configuration,
    keys,
    others,
    tokens,
    exchange,
    ask,
    sign,
    url,
    authorization,
    jwk,
    privateJwk,
    otherJwk,
  };
}

const unsigned = (header: object, claims: object): string =>
  `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

suite('a stolen token that is bound to a key', () => {
  test('opens nothing, whatever stands beside it; with its key it does', async (t) => {
    const bound = await openBound(t);
    const { ask, sign, keys, others, jwk, privateJwk, otherJwk, authorization, tokens, url } = bound;
    const proof = (claims: object = {}, header: object = { jwk }) => sign(claims, header, keys.privateKey);
    const secret = randomBytes(32);
    const oct: JWK = { kty: 'oct', k: secret.toString('base64url') };
    const attempts: Readonly<Record<string, Record<string, string>>> = {
      'as a bearer token': { authorization: `Bearer ${tokens.access_token}` },
      'as a bearer token, with a sound proof': {
        authorization: `Bearer ${tokens.access_token}`,
        dpop: await proof(),
      },
      'without a proof': { authorization },
      'with an empty proof': { authorization, dpop: '' },
      'with two proofs': { authorization, dpop: `${await proof()}, ${await proof()}` },
      'with a proof of another key': {
        authorization,
        dpop: await sign({}, { jwk: otherJwk }, others.privateKey),
      },
      'with a proof of another key that names this one': {
        authorization,
        dpop: await sign({}, { jwk }, others.privateKey),
      },
      'with a proof that nobody signed': {
        authorization,
        dpop: unsigned({ alg: 'none', typ: 'dpop+jwt', jwk }, { htm: 'GET', htu: url }),
      },
      'with a shared secret as key': { authorization, dpop: await sign({}, { jwk: oct }, secret, 'HS256') },
      'with the private key in the header': { authorization, dpop: await proof({}, { jwk: privateJwk }) },
      'with no key in the header': { authorization, dpop: await proof({}, {}) },
      'with a proof of another type': { authorization, dpop: await proof({}, { jwk, typ: 'JWT' }) },
      'with a proof of last hour': { authorization, dpop: await proof({ iat: 1, nonce: undefined }) },
      'with a proof without an id': { authorization, dpop: await proof({ jti: undefined }) },
      'with a proof for another token': { authorization, dpop: await proof({ ath: 'AAAA' }) },
      'with a proof for no token': { authorization, dpop: await proof({ ath: undefined }) },
      'with a proof for another method': { authorization, dpop: await proof({ htm: 'get' }) },
      'with a proof for a longer path': { authorization, dpop: await proof({ htu: `${url}/` }) },
      'with a proof for another port': {
        authorization,
        dpop: await proof({ htu: url.replace(/:\d+/, ':1') }),
      },
      'with a proof for another scheme': {
        authorization,
        dpop: await proof({ htu: url.replace('http:', 'https:') }),
      },
      'with a proof for an address that only begins like it': {
        authorization,
        dpop: await proof({ htu: url.replace('/oidc', '.evil.test/oidc') }),
      },
      'with a proof for a person at this address': {
        authorization,
        dpop: await proof({ htu: url.replace('//', '//sso.localhost@evil.test:1/') }),
      },
    };
    for (const [what, headers] of Object.entries(attempts)) {
      const answer = await ask(headers);
      assert.ok(answer.status === 401 || answer.status === 400, `${what}: ${answer.status}`);
      assert.doesNotMatch(await answer.text(), /mira/, what);
    }
    assert.equal((await ask({ authorization, dpop: await proof() })).status, 200);
  });

  test('does not refresh with another key, or with none; with its own it does', async (t) => {
    const { configuration, keys, others, tokens, world } = await openBound(t);
    const refresh = (pair?: CryptoKeyPair) =>
      client.refreshTokenGrant(configuration, tokens.refresh_token ?? '', undefined, {
        ...(pair && { DPoP: client.getDPoPHandle(configuration, pair) }),
      });
    await assert.rejects(refresh(others));
    await assert.rejects(refresh());
    world.clock.advance(10_000);

    assert.ok((await refresh(keys)).access_token);
  });

  test('is not given for a code whose request named another key', async (t) => {
    const { configuration, keys, others, world } = await openBound(t);
    const { answer, started } = await signOn(world, {
      ...{ id: ID, configuration },
      parameters: { dpop_jkt: await client.getDPoPHandle(configuration, keys).calculateThumbprint() },
    });
    const checks = {
      expectedState: started.state,
      expectedNonce: started.nonce,
      pkceCodeVerifier: started.verifier,
    };
    const exchange = (pair: CryptoKeyPair) =>
      client.authorizationCodeGrant(configuration, answer, checks, undefined, {
        DPoP: client.getDPoPHandle(configuration, pair),
      });
    await assert.rejects(exchange(others));
  });
});
