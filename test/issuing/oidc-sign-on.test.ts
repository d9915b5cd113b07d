import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { openOidcWorld, signOn } from './oidc-world.ts';

test('a person is signed in to an application with a code, an ID token and userinfo', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');

  const { configuration, exchange } = await signOn(world);
  const tokens = await exchange();

  const claims = tokens.claims();
  assert.equal(claims?.sub, world.people.id('mira'));
  assert.equal(claims?.['acr'], undefined);
  assert.deepEqual(claims?.['amr'], ['pwd']);
  assert.ok(typeof claims?.['sid'] === 'string');
  const userinfo = await client.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? '');
  assert.equal(userinfo.name, 'mira of Halden');
  assert.equal(userinfo.email, undefined, 'the scope email was not asked for');
  assert.ok(tokens.refresh_token);
});

test('a store is named as resource, and the token is for it alone', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  world.people.allow('mira', 'store-emea', ['catalog:read']);

  const { exchange } = await signOn(world, {
    parameters: { resource: 'urn:vestibule:store-emea', scope: 'openid catalog:read catalog:write' },
  });
  const tokens = await exchange();

  const access = decodeJwt(tokens.access_token);
  assert.equal(access.aud, 'urn:vestibule:store-emea');
  assert.equal(access['scope'], 'catalog:read');
  assert.equal(access['client_id'], 'wiki');
  assert.deepEqual(access['roles'], ['reader']);
});
