import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { suite, type TestContext, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import * as client from 'openid-client';
import { addMs, MINUTE, SECOND, type SessionId, Unavailable } from '../../src/base/index.ts';
import { applicationOf, type OidcWorld, openOidcWorld, SECRET, signOn } from './oidc-world.ts';

// RFC 7662 about signed access tokens: whoever checks one by its signature alone learns of an early end when it expires,
// whoever asks learns of it at once (R3.4).

const EMEA = 'urn:vestibule:store-emea';

/** A token of `wiki` for a store, and all around it. */
async function holdToken(t: TestContext, parties: object = {}) {
  const world = await openOidcWorld(t, { parties: { ...parties, crm: { clientSecrets: [SECRET] } } });
  world.people.allow('mira', 'wiki');
  world.people.allow('mira', 'store-emea', ['catalog:read', 'orders:read']);
  const scope = 'openid catalog:read orders:read';
  const held = await signOn(world, { parameters: { resource: EMEA, scope } });
  const tokens = await held.exchange();
  const session = held.browser.cookie('sso.localhost', 'test-session') as SessionId;
  const ask = (token = tokens.access_token) => client.tokenIntrospection(held.configuration, token);
  return { world, session, tokens, ask, ...held };
}

/** The token, said anew with other claims. */
async function resigned(
  token: string,
  changes: JWTPayload,
  key: { readonly keyId: string; readonly privateKey: KeyObject },
  typ = 'at+jwt',
): Promise<string> {
  const payload = { ...decodeJwt(token), ...changes };
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: key.keyId, typ }).sign(key.privateKey);
}

async function ourKey(world: OidcWorld) {
  const [active] = await world.keys.issuingKeys('oidc-es256');
  if (!active) throw new Error('no key');
  return active;
}

suite('a signed access token that counts', () => {
  test('is active, and says what it is good for', async (t) => {
    const { world, tokens, ask } = await holdToken(t);

    const answer = await ask();

    const { exp, iat, jti } = decodeJwt(tokens.access_token);
    assert.deepEqual(
      { ...answer },
      {
        ...{ active: true, sub: world.people.id('mira'), client_id: 'wiki', aud: EMEA, iss: world.issuerUrl },
        ...{ scope: 'catalog:read orders:read', token_type: 'Bearer', exp, iat, jti },
        ...{ relying_party: 'store-emea', roles: ['reader'], amr: ['pwd'] },
        auth_time: answer['auth_time'],
      },
    );
  });

  test('is so for the application that it is for, and for no third one', async (t) => {
    const world = await openOidcWorld(t, {
      parties: {
        wiki: { resources: ['api'] },
        api: { clientSecrets: [SECRET], accessTokenFormat: 'jwt' },
        crm: { clientSecrets: [SECRET] },
      },
    });
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'api', ['catalog:read']);
    const parameters = { resource: 'urn:vestibule:api', scope: 'openid catalog:read' };
    const { access_token: token } = await (await signOn(world, { parameters })).exchange();
    const asked = async (id: string) => client.tokenIntrospection(await applicationOf(world, id), token);

    assert.equal((await asked('wiki')).active, true);
    assert.equal((await asked('api')).active, true);
    assert.deepEqual({ ...(await asked('crm')) }, { active: false });
  });

  test('is nothing to a public application, and nothing without a proof of who asks', async (t) => {
    const { world, tokens } = await holdToken(t);
    const post = (fields: Record<string, string>) =>
      world.fetch(world.url('/oidc/introspect'), {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token: tokens.access_token, ...fields }).toString(),
      });

    const publicly = await post({ client_id: 'spa' });
    assert.deepEqual([publicly.status, await publicly.json()], [200, { active: false }]);
    for (const nobody of [{}, { client_id: 'wiki' }, { client_id: 'wiki', client_secret: 'guessed' }]) {
      const refused = await post(nobody as Record<string, string>);
      assert.ok(refused.status === 400 || refused.status === 401);
      assert.equal(((await refused.json()) as { active?: boolean }).active, undefined);
    }
  });

  test('is nothing to a public application, though it be its own', async (t) => {
    const world = await openOidcWorld(t, { parties: { spa: { accessTokenFormat: 'jwt' } } });
    world.people.allow('mira', 'spa');
    const { exchange, configuration } = await signOn(world, { id: 'spa' });
    const { access_token: token } = await exchange();

    assert.deepEqual({ ...(await client.tokenIntrospection(configuration, token)) }, { active: false });
  });

  test('that is bound to a key is no bearer token', async (t) => {
    const { world, tokens, ask } = await holdToken(t);
    const bound = await resigned(tokens.access_token, { cnf: { jkt: 'thumbprint' } }, await ourKey(world));

    const { token_type: type, cnf } = await ask(bound);

    assert.deepEqual([type, cnf], ['DPoP', { jkt: 'thumbprint' }]);
  });

  test('is answered as JSON, whatever is accepted', async (t) => {
    const { world, tokens } = await holdToken(t);

    const response = await world.fetch(world.url('/oidc/introspect'), {
      method: 'POST',
      headers: {
        ...{ accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
        authorization: `Basic ${Buffer.from(`wiki:${encodeURIComponent(SECRET)}`).toString('base64')}`,
      },
      body: new URLSearchParams({ token: tokens.access_token }).toString(),
    });

    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    assert.match(response.headers.get('cache-control') ?? '', /no-store/);
    assert.equal(((await response.json()) as { active: boolean }).active, true);
  });
});

suite('a signed access token whose access ended before its time', () => {
  const ends: readonly (readonly [string, (held: Awaited<ReturnType<typeof holdToken>>) => unknown])[] = [
    ['because a rule took the application away', ({ world }) => world.people.forbid('mira', 'wiki')],
    ['because a rule took the store away', ({ world }) => world.people.forbid('mira', 'store-emea')],
    ['because the session is over', ({ world, session }) => world.people.sessions.delete(session)],
    [
      'because its grant was ended',
      ({ world, session }) => world.provider.endGrantsOfSession(session, 'signed out'),
    ],
    [
      'because the person’s gate closed',
      ({ world }) => world.gates.close(world.people.id('mira'), world.clock.now()),
    ],
    ['because the person was erased', ({ world }) => world.ring.destroy(world.people.id('mira'))],
    [
      'because the application may not send to this store any more',
      ({ world }) => world.register({ wiki: { resources: [] } }),
    ],
  ];
  for (const [why, end] of ends) {
    test(`is not active ${why}`, async (t) => {
      const held = await holdToken(t);
      assert.equal((await held.ask()).active, true);

      await end(held);

      assert.deepEqual({ ...(await held.ask()) }, { active: false });
    });
  }

  test('is refused under the thread of its sign-in', async (t) => {
    const { world, ask } = await holdToken(t);
    world.people.forbid('mira', 'wiki');

    await ask();

    const [issued] = world.events;
    const refused = world.events.at(-1);
    assert.deepEqual(
      [refused?.type, refused?.code, refused?.facts['grantType'], refused?.personId],
      ['token.refused', 'policy.no_rule', 'introspection', world.people.id('mira')],
    );
    assert.equal(refused?.thread, issued?.thread);
  });

  test('says only what is left of it', async (t) => {
    const { world, ask } = await holdToken(t);
    const soon = addMs(world.clock.now(), MINUTE);
    world.people.allow('mira', 'store-emea', ['orders:read'], soon);

    const { active, scope, exp = 0 } = await ask();

    assert.deepEqual([active, scope], [true, 'orders:read']);
    assert.ok(exp * SECOND <= soon.getTime(), 'and ends with it');
  });

  test('and neither does an opaque one say more', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki', ['catalog:read', 'orders:read']);
    const parameters = { scope: 'openid catalog:read orders:read' };
    const { exchange, configuration } = await signOn(world, { parameters });
    const { access_token: token } = await exchange();
    const soon = addMs(world.clock.now(), MINUTE);
    world.people.allow('mira', 'wiki', ['orders:read'], soon);

    const { active, scope, exp = 0 } = await client.tokenIntrospection(configuration, token);

    assert.deepEqual([active, scope], [true, 'openid orders:read']);
    assert.ok(exp * SECOND <= soon.getTime());
  });

  test('is not known to be over or not while what decides is away: that is said, and nothing else', async (t) => {
    const { world, ask } = await holdToken(t);
    const away = new Unavailable({
      ...{ code: 'directory.away', publicMessage: 'away', system: 'directory', retryAfterSeconds: 7 },
    });
    (world.people.access as { decide: unknown }).decide = async () => {
      throw away;
    };

    await assert.rejects(ask(), (error: { cause?: Response; status?: number }) => {
      assert.equal(error.status ?? error.cause?.status, 503);
      return true;
    });
  });
});

suite('what is no such token of ours is not active', () => {
  const forgeries: readonly (readonly [string, (token: string, world: OidcWorld) => Promise<string>])[] = [
    [
      'a changed one',
      async (token) => {
        const [header, , signature] = token.split('.');
        const payload = { ...decodeJwt(token), scope: 'catalog:write' };
        return [header, Buffer.from(JSON.stringify(payload)).toString('base64url'), signature].join('.');
      },
    ],
    [
      'one that nobody signed',
      async (token) => `${encoded({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1]}.`,
    ],
    ['one without its signature', async (token) => token.replace(/\.[^.]+$/, '.')],
    [
      'one signed by another key under the name of ours',
      async (token) => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return resigned(token, {}, { keyId: decodeProtectedHeader(token).kid ?? '', privateKey });
      },
    ],
    [
      'one of another issuer',
      async (token, world) => resigned(token, { iss: 'https://other.example' }, await ourKey(world)),
    ],
    [
      'one that is over',
      async (token, world) =>
        resigned(token, { exp: Math.floor(world.clock.now().getTime() / SECOND) - 1 }, await ourKey(world)),
    ],
    [
      'one without an end',
      async (token, world) => resigned(token, { exp: undefined } as never, await ourKey(world)),
    ],
    ['one of another kind', async (token, world) => resigned(token, {}, await ourKey(world), 'logout+jwt')],
    [
      'one of another person',
      async (token, world) => resigned(token, { sub: world.people.id('noah') }, await ourKey(world)),
    ],
    [
      'one for another store',
      async (token, world) => resigned(token, { aud: 'urn:vestibule:store-na' }, await ourKey(world)),
    ],
    [
      'one of another application',
      async (token, world) => resigned(token, { client_id: 'notes' }, await ourKey(world)),
    ],
    [
      'one that hangs on nothing',
      async (token, world) => resigned(token, { grant_id: undefined }, await ourKey(world)),
    ],
    [
      'one that hangs on what never was',
      async (token, world) => resigned(token, { grant_id: 'x'.repeat(43) }, await ourKey(world)),
    ],
    ['an endless one', async (token) => `${token}${'A'.repeat(20_000)}`],
  ];
  for (const [what, forge] of forgeries) {
    test(what, async (t) => {
      const { world, tokens, ask } = await holdToken(t);

      const answer = await ask(await forge(tokens.access_token, world));

      assert.deepEqual({ ...answer }, { active: false });
    });
  }

  test('one that says it was given to whoever asks', async (t) => {
    const { world, tokens } = await holdToken(t);
    const claimed = await resigned(tokens.access_token, { client_id: 'notes' }, await ourKey(world));

    const answer = await client.tokenIntrospection(await applicationOf(world, 'notes'), claimed);

    assert.deepEqual({ ...answer }, { active: false });
  });

  test('an ID token', async (t) => {
    const { tokens, ask } = await holdToken(t);

    assert.deepEqual({ ...(await ask(tokens.id_token ?? '')) }, { active: false });
  });

  test('once its time is up', async (t) => {
    const { world, ask } = await holdToken(t);

    world.clock.advance(5 * MINUTE);

    assert.deepEqual({ ...(await ask()) }, { active: false });
  });
});

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
