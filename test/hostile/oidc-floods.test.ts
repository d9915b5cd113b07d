import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { leaveFor, openApplication } from '../support/openid-client.ts';
import { startWorld } from '../support/world.ts';

const REDIRECT = 'http://catalog.localhost:9/callback';

// Every authorization request of a stranger is kept for a quarter of an hour, and where it led for a day.

test('authorization requests from one address are limited, by GET and by POST; the way back is not', async () => {
  await using world = await startWorld({
    configure: (config) => {
      config.limits = { beginsPerMinute: 3 };
      config.relyingParties.push({
        ...{ id: 'catalog', kind: 'oidc', title: 'Catalogue', roles: [{ id: 'editor' }] },
        ...{ redirectUris: [REDIRECT], clientSecrets: ['a-secret-of-the-catalogue'] },
      });
    },
  });
  const catalog = await openApplication(world, {
    ...{ id: 'catalog', secret: 'a-secret-of-the-catalogue', redirectUri: REDIRECT },
  });
  const { url } = await leaveFor(catalog);
  const browser = world.browser();
  const statuses: number[] = [];
  for (let count = 0; count < 5; count += 1) statuses.push((await browser.fetch(url.href)).status);

  assert.deepEqual(statuses, [303, 303, 303, 429, 429]);
  assert.equal((await browser.fetch(`${world.origin}/oidc/auth/nothing`)).status, 400);
  assert.equal((await browser.fetch(`${world.origin}/oidc/jwks`)).status, 200);
  for (const other of [
    '/oidc/AUTH',
    '/oidc/auth/',
    '/oidc//auth',
    '/oidc/%61uth',
    '/oidc/x/../auth',
    '/oidc/./auth',
  ]) {
    const { status } = await browser.fetch(url.href.replace('/oidc/auth', other));
    assert.ok(status === 404 || status === 429, `${other} ${status}`);
  }
  world.clock.advance(MINUTE);
  assert.equal((await browser.fetch(url.href)).status, 303);
});

test('pushed requests from one address are limited', async () => {
  await using world = await startWorld({
    configure: (config) => {
      config.limits = { beginsPerMinute: 3 };
    },
  });
  const push = () =>
    fetch(`http://127.0.0.1:${new URL(world.origin).port}/oidc/par`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: 'client_id=wiki',
    });
  const statuses: number[] = [];
  for (let count = 0; count < 5; count += 1) statuses.push((await push()).status);

  assert.deepEqual(statuses.slice(3), [429, 429]);
  assert.ok(!statuses.slice(0, 3).includes(429));
  world.clock.advance(MINUTE);
  assert.notEqual((await push()).status, 429);
});
