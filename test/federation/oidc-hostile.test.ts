import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportSPKI, type JWTPayload } from 'jose';
import type { OpenIdProvider } from '../support/openid-provider.ts';
import { openOidcWorld, otdsConfig, redirectOf, signIn } from './oidc-world.ts';

type Forgery = (payload: JWTPayload, provider: OpenIdProvider) => Promise<string>;

const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Each forged ID token and the code with which it must be refused. */
const FORGERIES: readonly [title: string, code: string, forge: Forgery][] = [
  ['another issuer', 'federation.wrong_issuer', (p, op) => op.sign({ ...p, iss: 'https://evil.example' })],
  ['another audience', 'federation.wrong_audience', (p, op) => op.sign({ ...p, aud: 'another-client' })],
  [
    'several audiences and no authorized party',
    'federation.wrong_audience',
    (p, op) => op.sign({ ...p, aud: ['vestibule', 'another-client'] }),
  ],
  [
    'another authorized party',
    'federation.wrong_audience',
    (p, op) => op.sign({ ...p, azp: 'another-client' }),
  ],
  ['another nonce', 'federation.wrong_transaction', (p, op) => op.sign({ ...p, nonce: 'x' })],
  ['no nonce', 'federation.upstream_misbehaved', (p, op) => op.sign({ ...p, nonce: undefined as never })],
  ['alg none', 'federation.upstream_misbehaved', async (p) => `${b64({ alg: 'none' })}.${b64(p)}.`],
  [
    'HS256 with the public key as secret',
    'federation.upstream_misbehaved',
    async (p, op) => op.signWithSecret(p, await exportSPKI(op.keys[0]?.publicKey as never)),
  ],
  [
    'HS256 with the client secret',
    'federation.upstream_misbehaved',
    async (p, op) => op.signWithSecret(p, 'top-secret'.repeat(4)),
  ],
  [
    'RS512, which is not on the list',
    'federation.upstream_misbehaved',
    (p, op) => op.sign(p, undefined, { alg: 'RS512' }),
  ],
  ['expiry in the past', 'federation.expired', (p, op) => op.sign({ ...p, exp: op.nowSeconds() - 61 })],
  ['issue in the future', 'federation.expired', (p, op) => op.sign({ ...p, iat: op.nowSeconds() + 3600 })],
  [
    'not before in the future',
    'federation.expired',
    (p, op) => op.sign({ ...p, nbf: op.nowSeconds() + 3600 }),
  ],
  [
    'a key of somebody else under a known key id',
    'federation.signature_invalid',
    async (p, op) => {
      const [own] = op.keys;
      const forged = await op.sign(p, op.rotate('k1'));
      if (own) op.keys = [own];
      return forged;
    },
  ],
  [
    'a changed payload under a good signature',
    'federation.signature_invalid',
    async (p, op) => {
      const [header, , signature] = (await op.sign(p)).split('.');
      return `${header}.${b64({ ...p, sub: 'admin' })}.${signature}`;
    },
  ],
  [
    'a key embedded in the header',
    'federation.signature_invalid',
    async (p, op) => {
      const [own] = op.keys;
      const evil = op.rotate('evil');
      const forged = await op.sign(p, evil, { jwk: evil.publicKey.export({ format: 'jwk' }) });
      if (own) op.keys = [own];
      return forged;
    },
  ],
];

for (const [title, code, forge] of FORGERIES) {
  test(`an ID token with ${title} is refused`, async () => {
    await using world = await openOidcWorld();
    await signIn(world);
    world.provider.behaviour.forgeIdToken = forge;

    await assert.rejects(signIn(world), { code });
  });
}

test('a code works once', async () => {
  await using world = await openOidcWorld();
  const begun = await world.upstream().begin({});
  const params = world.provider.authorize(redirectOf(begun));
  const received = await world.upstream().receive({ kind: 'query', params });
  await world.upstream().finish(received, begun.pending);

  await assert.rejects(world.upstream().finish(received, begun.pending), { code: 'federation.code_refused' });
});

test('a code of one transaction does not work in another', async () => {
  await using world = await openOidcWorld();
  const victim = await world.upstream().begin({});
  const stolen = world.provider.authorize(redirectOf(victim));
  const attacker = await world.upstream().begin({});

  stolen.set('state', attacker.correlation);
  const received = await world.upstream().receive({ kind: 'query', params: stolen });

  await assert.rejects(world.upstream().finish(received, attacker.pending), {
    code: 'federation.code_refused',
  });
});

test('an answer on the callback of another connection is refused', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer),
    otdsConfig(issuer, { id: 'other' }),
  ]);
  const begun = await world.upstream('otds').begin({});
  const params = world.provider.authorize(redirectOf(begun));

  const received = await world.upstream('other').receive({ kind: 'query', params });

  await assert.rejects(world.upstream('other').finish(received, begun.pending), {
    code: 'federation.wrong_transaction',
  });
  assert.ok(!world.provider.requests.includes('/token'));
});

test('an iss parameter of another issuer is a mix-up and spends no code', async () => {
  await using world = await openOidcWorld();

  const mixedUp = signIn(world, { change: (params) => params.set('iss', 'https://evil.example') });

  await assert.rejects(mixedUp, { code: 'federation.wrong_issuer' });
  assert.ok(!world.provider.requests.includes('/token'));
});

test('an error answer of another issuer is refused, not believed', async () => {
  await using world = await openOidcWorld();

  const mixedUp = signIn(world, {
    change: (params) => {
      params.delete('code');
      params.set('error', 'access_denied');
      params.set('iss', 'https://evil.example');
    },
  });

  await assert.rejects(mixedUp, { code: 'federation.wrong_issuer' });
});

test('an announced iss parameter that is missing is refused', async () => {
  await using world = await openOidcWorld();
  world.provider.behaviour.discovery = { authorization_response_iss_parameter_supported: true };

  await assert.rejects(signIn(world), { code: 'federation.wrong_issuer' });
  const good = await signIn(world, { change: (params) => params.set('iss', world.provider.issuer) });

  assert.equal(good.outcome, 'identity');
});

test('the token endpoint is fixed when the sign-in begins', async () => {
  await using world = await openOidcWorld();
  const begun = await world.upstream().begin({});
  const params = world.provider.authorize(redirectOf(begun));
  world.provider.behaviour.discovery = { token_endpoint: `${world.provider.issuer}/elsewhere` };
  await world.upstream().check();

  const received = await world.upstream().receive({ kind: 'query', params });

  await assert.rejects(world.upstream().finish(received, begun.pending), {
    code: 'federation.wrong_transaction',
  });
});

test('the issuer is fixed when the sign-in begins', async () => {
  await using world = await openOidcWorld();
  const begun = await world.upstream().begin({});
  const params = world.provider.authorize(redirectOf(begun));
  world.provider.behaviour.discovery = { issuer: 'https://other.example' };
  world.provider.behaviour.claims['iss'] = 'https://other.example';
  await world.upstream().check();

  const received = await world.upstream().receive({ kind: 'query', params });

  await assert.rejects(world.upstream().finish(received, begun.pending), {
    code: 'federation.wrong_transaction',
  });
});

test('a transaction is not finished by an answer to another state', async () => {
  await using world = await openOidcWorld();
  const [mine, other] = [await world.upstream().begin({}), await world.upstream().begin({})];
  const params = world.provider.authorize(redirectOf(mine));

  const received = await world.upstream().receive({ kind: 'query', params });

  await assert.rejects(world.upstream().finish(received, other.pending), {
    code: 'federation.wrong_transaction',
  });
});

test('userinfo cannot speak for the protocol', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer, { userinfo: 'always', attributes: { level: 'acr', age: 'auth_time' } }),
  ]);
  world.provider.behaviour.claims['auth_time'] = undefined;
  world.provider.behaviour.userinfo = { acr: 'urn:mfa', auth_time: 1 };

  const result = await signIn(world);

  assert.equal(result.outcome, 'identity');
  assert.deepEqual(result.identity.attributes, {});
  assert.equal(result.identity.authnContext, undefined);
});

test('an answer without state, with two, or far too long is refused before anything else', async () => {
  await using world = await openOidcWorld();
  const receive = (text: string) =>
    world.upstream().receive({ kind: 'query', params: new URLSearchParams(text) });

  await assert.rejects(receive('code=x'), { code: 'federation.answer_unsolicited' });
  await assert.rejects(receive('code=x&state=a&state=b'), { code: 'federation.answer_malformed' });
  await assert.rejects(receive('code=x&code=y&state=a'), { code: 'federation.answer_malformed' });
  await assert.rejects(receive(`state=a&code=${'x'.repeat(5000)}`), { code: 'federation.answer_too_large' });
});

test('discovery that names plain http or a private host is refused', async () => {
  await using world = await openOidcWorld();
  world.provider.behaviour.discovery = { token_endpoint: 'http://op.example/token' };
  await assert.rejects(world.upstream().begin({}), { code: 'federation.upstream_misbehaved' });

  await using other = await openOidcWorld();
  other.provider.behaviour.discovery = { jwks_uri: 'https://10.1.2.3/jwks' };
  await assert.rejects(signIn(other), { code: 'federation.upstream_unavailable' });
});
