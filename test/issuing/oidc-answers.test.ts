import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { type OidcWorld, openOidcWorld, SECRET, signOn } from './oidc-world.ts';

async function answerTo(world: OidcWorld, path: string, fields: Record<string, string>) {
  const response = await world.fetch(world.url(path), {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`wiki:${encodeURIComponent(SECRET)}`).toString('base64')}`,
    },
    body: new URLSearchParams(fields).toString(),
  });
  return { response, text: await response.text() };
}

suite('the scope that is said with a token is not empty (RFC 6749 5.1)', () => {
  const EMEA = 'urn:vestibule:store-emea';
  const cases: readonly (readonly [string, object, Record<string, string>])[] = [
    [
      'a signed token of the application for itself',
      { accessTokenFormat: 'jwt' },
      { scope: 'openid profile' },
    ],
    [
      'a token for a store where nothing is given of what was asked for',
      {},
      { resource: EMEA, scope: 'openid profile catalog:write' },
    ],
  ];
  for (const [what, wiki, parameters] of cases) {
    test(`with ${what}`, async (t) => {
      const world = await openOidcWorld(t, { parties: { wiki } });
      world.people.allow('mira', 'wiki');
      world.people.allow('mira', 'store-emea', ['catalog:read']);
      const { exchange, configuration } = await signOn(world, { parameters });

      const tokens = await exchange();
      const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');

      for (const { scope, access_token: token } of [tokens, refreshed]) {
        assert.equal(scope, 'openid profile', 'what was not given is not said');
        assert.equal(decodeJwt(token)['scope'], undefined, 'and the token itself is for nothing there');
      }
    });
  }

  test('and says what is given at the store, where something is', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'store-emea', ['catalog:read']);
    const parameters = { resource: EMEA, scope: 'openid catalog:read catalog:write' };

    const { scope } = await (await signOn(world, { parameters })).exchange();

    assert.equal(scope, 'catalog:read');
  });
});

test('a revocation is answered in a way that every library can read (RFC 7009 2.2)', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const { access_token: known } = await (await signOn(world)).exchange();

  for (const token of [known, known, 'never was']) {
    const { response, text } = await answerTo(world, '/oidc/revoke', { token });

    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    assert.deepEqual(JSON.parse(text), {});
  }
});
