import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as client from 'openid-client';
import { Unavailable } from '../../src/base/index.ts';
import { createLog } from '../../src/platform/log/index.ts';
import { applicationOf, openOidcWorld, SECRET, signOn } from './oidc-world.ts';

suite('every exit is an event, before the answer leaves', () => {
  test('code, refresh and revocation, under the thread of the sign-in', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki', ['catalog:read']);
    const { exchange, configuration } = await signOn(world, { parameters: { scope: 'openid catalog:read' } });
    const tokens = await exchange();
    const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
    await client.tokenRevocation(configuration, refreshed.refresh_token ?? '');

    assert.deepEqual(
      world.events.map(({ type }) => type),
      ['token.issued', 'token.issued', 'token.revoked'],
    );
    const thread = world.people.asked[0]?.thread;
    assert.ok(
      world.events.every((event) => event.thread === world.events[0]?.thread && event.thread !== undefined),
    );
    assert.ok(thread);
    const [issued] = world.events;
    assert.equal(issued?.relyingParty, 'wiki');
    assert.equal(issued?.personId, world.people.id('mira'));
    assert.equal(issued?.facts['grantType'], 'authorization_code');
    assert.deepEqual(issued?.facts['scopes'], ['openid', 'catalog:read']);
    assert.deepEqual(issued?.facts['because'], ['test']);
    assert.equal((issued?.facts['artefacts'] as string[] | undefined)?.length, 2);
  });

  test('a refused request of a known application is one, and junk is only counted', async (t) => {
    const world = await openOidcWorld(t);
    const configuration = await applicationOf(world);
    configuration[client.customFetch] = (url, init) =>
      world.fetch(url, {
        ...init,
        headers: { ...init.headers, 'x-forwarded-for': '192.0.2.1' },
      } as RequestInit);
    await assert.rejects(client.refreshTokenGrant(configuration, 'made-up'));
    assert.deepEqual(
      world.events.map(({ type, facts }) => [type, facts['reason']]),
      [['token.refused', 'invalid_grant: grant request is invalid']],
    );

    await world.fetch(world.url('/oidc/token'), {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'nobody' }),
    });

    assert.equal(world.events.length, 1);
    assert.equal(world.log.junk, 1);
    assert.equal(world.events[0]?.personal?.['address'], '127.0.0.1', 'and nothing that a header claims');
  });

  test('tokens do not leave when the log is away, and neither does a revocation’s answer', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { exchange, configuration } = await signOn(world);
    const before = await exchange();
    world.log.isDown = true;

    const refresh = client.refreshTokenGrant(configuration, before.refresh_token ?? '');
    await assert.rejects(refresh, isUnavailable);
    const { exchange: another } = await signOn(world);
    await assert.rejects(another(), isUnavailable);
    await assert.rejects(client.tokenRevocation(configuration, before.access_token), isUnavailable);
  });
});

test('no secret, code or token reaches a log line or an event', async (t) => {
  const lines: string[] = [];
  const into = { write: (line: string) => void lines.push(line) };
  const world = await openOidcWorld(t, { log: createLog('debug', into) });
  world.people.allow('mira', 'wiki', ['catalog:read']);
  const { exchange, configuration, answer, started } = await signOn(world);
  const tokens = await exchange();
  const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
  await client.fetchUserInfo(configuration, tokens.access_token, tokens.claims()?.sub ?? '');
  await client.tokenIntrospection(configuration, tokens.access_token);
  await assert.rejects(exchange());
  world.log.isDown = true;
  await assert.rejects(client.refreshTokenGrant(configuration, refreshed.refresh_token ?? ''));

  const written = lines.join('') + JSON.stringify(world.events);
  const secrets = [
    ...[SECRET, started.verifier, answer.searchParams.get('code'), tokens.access_token, tokens.refresh_token],
    ...[tokens.id_token, refreshed.access_token, refreshed.refresh_token],
  ];
  assert.ok(lines.length > 0, 'the log was listened to');
  for (const secret of secrets) assert.equal(written.includes(String(secret)), false);
});

test('whoever reads the stores holds no token', async (t) => {
  const world = await openOidcWorld(t, { keyValue: 'memory' });
  const kept: string[] = [];
  const { set, add } = world.keyValue;
  world.keyValue.set = (key, value, ttl) => {
    kept.push(key, value);
    return set(key, value, ttl);
  };
  world.keyValue.add = (key, value, ttl) => {
    kept.push(key, value);
    return add(key, value, ttl);
  };
  world.people.allow('mira', 'wiki');
  const { exchange, answer } = await signOn(world);
  const tokens = await exchange();
  const tables = world.db.withTables<{ issuing_oidc_grant: object; issuing_oidc_refresh_token: object }>();
  const rows = [
    ...(await tables.selectFrom('issuing_oidc_grant').selectAll().execute()),
    ...(await tables.selectFrom('issuing_oidc_refresh_token').selectAll().execute()),
  ];

  const stored = kept.join(' ') + JSON.stringify(rows);
  assert.equal(rows.length, 2);
  assert.ok(kept.length > 4);
  for (const token of [answer.searchParams.get('code'), tokens.access_token, tokens.refresh_token]) {
    assert.equal(stored.includes(String(token)), false);
  }
  assert.equal(stored.includes('mira'), false);
});

test('a dependency that is down is told as that, and never as a refusal', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const { exchange, configuration } = await signOn(world);
  const { refresh_token, access_token } = await exchange();
  const decide = world.people.access.decide;
  world.people.access.decide = async () => {
    throw new Unavailable({ code: 'database.unavailable', publicMessage: 'Away.', system: 'database' });
  };

  await assert.rejects(client.refreshTokenGrant(configuration, refresh_token ?? ''), isUnavailable);
  await assert.rejects(client.tokenIntrospection(configuration, access_token));
  world.people.access.decide = decide;

  assert.ok(
    (await client.refreshTokenGrant(configuration, refresh_token ?? '')).access_token,
    'and burns nothing',
  );
});

function isUnavailable(error: { readonly cause?: unknown }): boolean {
  assert.ok(error.cause instanceof Response);
  return error.cause.status === 503;
}
