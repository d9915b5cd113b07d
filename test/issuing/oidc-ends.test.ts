import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as client from 'openid-client';
import { addMs, HOUR, MINUTE, SECOND, type SessionId } from '../../src/base/index.ts';
import { purgeEndedGrants } from '../../src/issuing/oidc/index.ts';
import {
  applicationOf,
  followOut,
  type OidcWorld,
  openOidcWorld,
  signOn,
  startRequest,
} from './oidc-world.ts';

type SignedOn = Awaited<ReturnType<typeof signOn>>;

/** A code that was not spent yet, and all that comes of another one. */
async function holdEverything(world: OidcWorld) {
  world.people.allow('mira', 'wiki', ['catalog:read']);
  const first = await signOn(world, { parameters: { scope: 'openid catalog:read' } });
  const tokens = await first.exchange();
  const pending = await signOn(world, { browser: first.browser });
  const session = first.browser.cookie('sso.localhost', 'test-session') as SessionId;
  return { ...first, tokens, pending, session };
}

/** None of it opens anything any more, and each refusal is an event under the thread of its sign-in. */
async function assertDead(
  { configuration }: SignedOn,
  tokens: Awaited<ReturnType<SignedOn['exchange']>>,
  pending: SignedOn,
): Promise<void> {
  await assert.rejects(pending.exchange(), { error: 'invalid_grant' });
  await assert.rejects(client.refreshTokenGrant(configuration, tokens.refresh_token ?? ''), {
    error: 'invalid_grant',
  });
  await assert.rejects(
    client.fetchUserInfo(configuration, tokens.access_token, tokens.claims()?.sub ?? ''),
    (error: { cause?: { status?: number }; status?: number }) =>
      (error.status ?? error.cause?.status ?? 401) === 401,
  );
  for (const token of [tokens.access_token, tokens.refresh_token ?? '']) {
    assert.equal((await client.tokenIntrospection(configuration, token)).active, false);
  }
}

suite('when access ends early, code, refresh, userinfo and introspection refuse at once', () => {
  test('because policy says no now', async (t) => {
    const world = await openOidcWorld(t);
    const { tokens, pending, ...held } = await holdEverything(world);

    world.people.forbid('mira', 'wiki');

    await assertDead(held, tokens, pending);
    const refused = world.events.filter(({ type }) => type === 'token.refused');
    assert.deepEqual(
      refused.map(({ facts }) => facts['grantType']),
      ['authorization_code', 'refresh_token', 'userinfo', 'introspection', 'introspection'],
    );
    assert.ok(
      refused.every(
        ({ code, personId }) => code === 'policy.no_rule' && personId === world.people.id('mira'),
      ),
    );
    assert.ok(refused.every(({ facts }) => facts['reason'] === 'No rule lets you into wiki.'));
  });

  test('because the session is over', async (t) => {
    const world = await openOidcWorld(t);
    const { tokens, pending, session, ...held } = await holdEverything(world);

    world.people.sessions.delete(session);

    await assertDead(held, tokens, pending);
  });

  test('because the grants of the session were ended', async (t) => {
    const world = await openOidcWorld(t);
    const { tokens, pending, session, ...held } = await holdEverything(world);

    const ended = await world.provider.endGrantsOfSession(session, 'signed out');

    assert.deepEqual(
      ended.map(({ client: id, store }) => [id, store]),
      [
        ['wiki', 'wiki'],
        ['wiki', 'wiki'],
      ],
    );
    await assertDead(held, tokens, pending);
    const revoked = world.events.filter(({ type }) => type === 'token.revoked');
    assert.equal(revoked.length, 2);
    assert.ok(revoked.every(({ thread }) => ended.some((grant) => grant.thread === thread)));
    assert.deepEqual(await world.provider.endGrantsOfSession(session, 'signed out'), [], 'safe to repeat');
  });

  test('because all access of the person was ended, and of nobody else', async (t) => {
    const world = await openOidcWorld(t);
    const { tokens, pending, ...held } = await holdEverything(world);
    world.people.allow('noah', 'wiki');
    const noah = await signOn(world, { as: 'noah' });
    const other = await noah.exchange();

    const ended = await world.provider.endGrantsOfPerson(world.people.id('mira'), 'killed');

    assert.equal(ended.length, 2);
    await assertDead(held, tokens, pending);
    assert.ok((await client.refreshTokenGrant(noah.configuration, other.refresh_token ?? '')).access_token);
  });

  test('because the person’s gate closed, before anything else was ended', async (t) => {
    const world = await openOidcWorld(t);
    const { tokens, pending, browser, ...held } = await holdEverything(world);
    world.clock.advance(SECOND);

    await world.gates.close(world.people.id('mira'), world.clock.now());

    await assertDead({ ...held, browser }, tokens, pending);
    world.clock.advance(SECOND);
    const after = await signOn(world, { browser });
    assert.ok((await after.exchange()).access_token, 'what is made after it counts');
  });

  for (const [what, offMs] of [
    ['behind', -HOUR],
    ['ahead', HOUR],
  ] as const) {
    test(`because the gate closed, by a process whose clock is an hour ${what}`, async (t) => {
      const world = await openOidcWorld(t);
      const { tokens, pending, browser, ...held } = await holdEverything(world);

      await world.gates.close(world.people.id('mira'), addMs(world.clock.now(), offMs));

      await assertDead({ ...held, browser }, tokens, pending);
      const after = await signOn(world, { browser });
      assert.ok((await after.exchange()).access_token, 'what is made after it counts');
    });
  }

  test('because the person was erased', async (t) => {
    const world = await openOidcWorld(t);
    const { tokens, pending, ...held } = await holdEverything(world);

    await world.ring.destroy(world.people.id('mira'));

    await assertDead(held, tokens, pending);
  });

  test('and the gate never moves back', async (t) => {
    const world = await openOidcWorld(t);
    const mira = world.people.id('mira');
    const late = addMs(world.clock.now(), HOUR);
    assert.equal(await world.gates.notBefore(mira), undefined);
    await world.gates.close(mira, late);

    await world.gates.close(mira, world.clock.now());

    assert.deepEqual(await world.gates.notBefore(mira), late);
  });
});

suite('what a token says is as long as it is true', () => {
  test('a refresh leaves out a scope that was lost since', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki', ['catalog:read', 'orders:read']);
    const parameters = { scope: 'openid catalog:read orders:read' };
    const { exchange, configuration } = await signOn(world, { parameters });
    const tokens = await exchange();
    assert.equal(tokens.scope, 'openid catalog:read orders:read');

    world.people.allow('mira', 'wiki', ['orders:read']);
    const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');

    assert.equal(refreshed.scope, 'openid orders:read');
  });

  test('a refresh for a store leaves out a scope that was lost since', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'store-emea', ['catalog:read', 'orders:read']);
    const parameters = { resource: 'urn:vestibule:store-emea', scope: 'openid catalog:read orders:read' };
    const { exchange, configuration } = await signOn(world, { parameters });
    const tokens = await exchange();

    world.people.allow('mira', 'store-emea', ['orders:read']);
    const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');

    assert.equal(refreshed.scope, 'orders:read');
  });

  test('an opaque access token is over with the end of the access', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki', [], addMs(world.clock.now(), 2 * MINUTE));
    const { exchange, configuration } = await signOn(world);
    const { access_token } = await exchange();
    assert.equal((await client.tokenIntrospection(configuration, access_token)).active, true);

    world.clock.advance(2 * MINUTE - 14 * SECOND);

    assert.equal((await client.tokenIntrospection(configuration, access_token)).active, false);
  });
});

suite('a store is never another store (R8.4)', () => {
  test('one application in two tabs holds two grants, each for its own store', async (t) => {
    const world = await openOidcWorld(t);
    for (const store of ['store-emea', 'store-na']) world.people.allow('mira', store, ['catalog:read']);
    world.people.allow('mira', 'wiki');
    const browser = world.browser();
    const tab = (store: string) =>
      signOn(world, {
        browser,
        parameters: { resource: `urn:vestibule:${store}`, scope: 'openid catalog:read' },
      });
    const [emea, na] = [await tab('store-emea'), await tab('store-na')];
    const [inEmea, inNa] = [await emea.exchange(), await na.exchange()];

    const audiences = [inEmea, inNa].map(({ access_token }) => audienceOf(access_token));
    assert.deepEqual(audiences, ['urn:vestibule:store-emea', 'urn:vestibule:store-na']);
    const refreshed = await client.refreshTokenGrant(emea.configuration, inEmea.refresh_token ?? '');
    assert.equal(audienceOf(refreshed.access_token), 'urn:vestibule:store-emea');

    world.people.forbid('mira', 'store-emea');
    await assert.rejects(client.refreshTokenGrant(emea.configuration, refreshed.refresh_token ?? ''), {
      error: 'invalid_target',
    });
    assert.ok((await client.refreshTokenGrant(na.configuration, inNa.refresh_token ?? '')).access_token);
  });

  test('a store that was taken from the application is refused at the next refresh', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'store-emea', ['catalog:read']);
    const parameters = { resource: 'urn:vestibule:store-emea', scope: 'openid catalog:read' };
    const { exchange, configuration } = await signOn(world, { parameters });
    const { refresh_token } = await exchange();

    world.register({ wiki: { resources: ['store-na'] } });

    await assert.rejects(client.refreshTokenGrant(configuration, refresh_token ?? ''), {
      error: 'invalid_target',
    });
    world.register({});
    assert.ok((await client.refreshTokenGrant(configuration, refresh_token ?? '')).access_token, 'not burnt');
  });

  test('a store that the person lacks, or the application may not name, is refused', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'store-outlet', ['catalog:read']);
    for (const store of ['store-emea', 'store-outlet', 'nowhere']) {
      const { answer } = await signOn(world, { parameters: { resource: `urn:vestibule:${store}` } }).catch(
        async () => ({ answer: await refusedAt(world, `urn:vestibule:${store}`) }),
      );

      assert.equal(answer.searchParams.get('error'), 'invalid_target', store);
      assert.equal(answer.searchParams.get('code'), null);
    }
  });
});

async function refusedAt(world: OidcWorld, resource: string): Promise<URL> {
  const { url } = await startRequest(await applicationOf(world), { resource });
  return followOut(world, world.browser(), url);
}

function audienceOf(jwt: string): unknown {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).aud;
}

test('what is over is forgotten, so much at a time, and its tokens with it', async (t) => {
  const world = await openOidcWorld(t);
  await holdEverything(world);
  assert.equal(await purgeEndedGrants(world.db, world.clock.now(), 100), 0);

  world.clock.advance(9 * HOUR);

  assert.equal(await purgeEndedGrants(world.db, world.clock.now(), 1), 1);
  assert.equal(await purgeEndedGrants(world.db, world.clock.now(), 100), 1);
  const tokens = world.db.withTables<{ issuing_oidc_refresh_token: { id: string } }>();
  assert.deepEqual(await tokens.selectFrom('issuing_oidc_refresh_token').select('id').execute(), []);
});
