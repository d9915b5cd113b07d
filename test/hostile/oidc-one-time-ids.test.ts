import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openOidcWorld } from '../issuing/oidc-world.ts';

// An id that is good once is good once for each application. One that could spend the ids of another would keep it from
// its tokens, wherever these ids can be guessed: some libraries count.

const { publicKey, privateKey } = await generateKeyPair('ES256');
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] };
const keyed = { tokenEndpointAuthMethod: 'private_key_jwt', clientSecrets: [], refreshTokens: true, jwks };

test('no application uses up the ids of another one, however its own name begins', async (t) => {
  const names = ['wiki', 'wiki2', 'r'];
  const world = await openOidcWorld(t, { parties: Object.fromEntries(names.map((id) => [id, keyed])) });
  const now = Math.floor(Date.now() / 1000);
  const signed = (claims: object): Promise<string> =>
    new SignJWT({ aud: world.issuerUrl, iat: now, exp: now + 60, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(privateKey);
  /** Asks with an assertion of this id; `invalid_grant` means that it was believed. */
  const ask = async (id: string, jti: string): Promise<unknown> => {
    const body = new URLSearchParams({
      ...{ grant_type: 'refresh_token', refresh_token: 'made-up' },
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signed({ iss: id, sub: id, jti }),
    });
    const answer = await world.fetch(world.url('/oidc/token'), { method: 'POST', body });
    return ((await answer.json()) as { error: unknown }).error;
  };
  const begin = async (id: string, jti: string): Promise<void> => {
    const request = await signed({
      ...{ iss: id, client_id: id, redirect_uri: `http://${id}.localhost/callback`, jti },
      ...{ response_type: 'code', scope: 'openid', code_challenge_method: 'S256' },
      code_challenge: 'x'.repeat(43),
    });
    const url = new URL(world.url('/oidc/auth'));
    url.search = new URLSearchParams({ client_id: id, request }).toString();
    const { headers } = await world.browser().fetch(url.href);
    assert.match(String(headers['location']), /\/login\/request\/oidc\//);
  };

  assert.equal(await ask('wiki', '2-1'), 'invalid_grant');
  assert.equal(await ask('wiki2', '-1'), 'invalid_grant');
  assert.equal(await ask('wiki2', '-1'), 'invalid_client', 'but each only once');

  for (const jti of ['equest object of wiki1', 'equest object of wiki\n1']) await ask('r', jti);
  await begin('wiki', '1');
});
