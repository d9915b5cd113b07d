import assert from 'node:assert/strict';
import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { type JWTPayload, SignJWT } from 'jose';
import { verifyIdToken } from '../../src/federation/oidc/id-token.ts';

/** Our own verification alone, because openid-client checks much of it too and would hide a gap. */
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = new Date('2026-03-02T09:00:00Z');
const seconds = now.getTime() / 1000;
const good = { iss: 'https://op.example', aud: 'v', sub: 's', nonce: 'n', iat: seconds, exp: seconds + 60 };

const sign = (payload: JWTPayload, alg = 'RS256') =>
  new SignJWT(payload).setProtectedHeader({ alg }).sign(privateKey);

const verify = (token: string, key = publicKey) =>
  verifyIdToken(token, () => key as never, {
    issuer: 'https://op.example',
    clientId: 'v',
    nonce: 'n',
    algorithms: ['RS256'],
    now,
    toleranceSeconds: 60,
  });

test('a good ID token is accepted', async () => {
  assert.equal((await verify(await sign(good))).sub, 's');
  assert.equal((await verify(await sign({ ...good, aud: ['v', 'w'], azp: 'v' }))).sub, 's');
});

for (const [title, change, code] of [
  ['issuer', { iss: 'https://evil.example' }, 'federation.wrong_issuer'],
  ['audience', { aud: 'w' }, 'federation.wrong_audience'],
  ['nonce', { nonce: 'x' }, 'federation.wrong_transaction'],
  ['end', { exp: seconds - 60 }, 'federation.expired'],
  ['start', { nbf: seconds + 61 }, 'federation.expired'],
  ['time of issue', { iat: seconds + 61 }, 'federation.expired'],
  ['authorized party', { azp: 'w' }, 'federation.wrong_audience'],
  ['missing subject', { sub: '' }, 'federation.upstream_misbehaved'],
] as const) {
  test(`another ${title} is refused`, async () => {
    const token = await sign({ ...good, ...change } as JWTPayload);

    await assert.rejects(verify(token), { code });
  });
}

test('only the algorithms of the connection are accepted', async () => {
  const secret = createSecretKey(Buffer.alloc(32, 1));
  const mac = await new SignJWT(good).setProtectedHeader({ alg: 'HS256' }).sign(secret);

  await assert.rejects(verify(await sign(good, 'RS512')), { code: 'federation.algorithm_refused' });
  await assert.rejects(verify(mac, secret as never), { code: 'federation.algorithm_refused' });
});
