import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { HOUR, HttpUnavailable } from '../../src/base/index.ts';
import { type OidcWorld, openOidcWorld, signOn, TestKeys } from './oidc-world.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** An application that can be told, and remembers what it was. */
async function listening(t: TestContext, status = 200) {
  const told: URLSearchParams[] = [];
  const server = createServer((req, res) => {
    const parts: Buffer[] = [];
    req.on('data', (part: Buffer) => parts.push(part));
    req.on('end', () => {
      told.push(new URLSearchParams(Buffer.concat(parts).toString()));
      res.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { told, url: `http://wiki.localhost:${port}/logout` };
}

function keysOf(world: OidcWorld) {
  return createRemoteJWKSet(new URL(`${world.issuerUrl}/jwks`), { [customFetch]: world.fetch });
}

suite('back-channel logout', () => {
  for (const idTokenAlg of ['RS256', 'ES256', 'EdDSA']) {
    test(`tells the application which session is over, signed with ${idTokenAlg}`, async (t) => {
      const wiki = await listening(t);
      const world = await openOidcWorld(t, {
        parties: { wiki: { backchannelLogoutUri: wiki.url, idTokenAlg } },
      });
      world.people.allow('mira', 'wiki');
      const whom = { sub: world.people.id('mira'), sid: 'the-session' };

      assert.equal(await world.provider.backchannelLogout('wiki', whom), 'confirmed');

      const token = wiki.told[0]?.get('logout_token') ?? '';
      const options = {
        issuer: world.issuerUrl,
        audience: 'wiki',
        typ: 'logout+jwt',
        algorithms: [idTokenAlg],
      };
      const { payload } = await jwtVerify(token, keysOf(world), options);
      assert.equal(payload.sub, whom.sub);
      assert.equal(payload['sid'], whom.sid);
      assert.deepEqual(payload['events'], { [EVENT]: {} });
      assert.ok(payload.jti);
      assert.equal('nonce' in payload, false);
      assert.ok((payload.exp ?? 0) - (payload.iat ?? 0) <= 120);
    });
  }

  test('names the session by the sid of the ID token', async (t) => {
    const wiki = await listening(t);
    const world = await openOidcWorld(t, { parties: { wiki: { backchannelLogoutUri: wiki.url } } });
    world.people.allow('mira', 'wiki');
    const { exchange, browser } = await signOn(world);
    const sid = String((await exchange()).claims()?.['sid']);
    const again = await (await signOn(world, { browser })).exchange();
    assert.equal(again.claims()?.['sid'], sid, 'the same session has the same name');
    const logout = world.provider.partyLogout('wiki');

    assert.ok(logout.kind === 'back-channel');
    assert.equal(await logout.tell({ handle: sid, subject: 'per_1', details: {} }), 'confirmed');

    const [, payload = ''] = (wiki.told[0]?.get('logout_token') ?? '').split('.');
    assert.equal(JSON.parse(Buffer.from(payload, 'base64url').toString()).sid, sid);
  });

  test('says what was answered, and throws when nothing was', async (t) => {
    const wiki = await listening(t, 400);
    const world = await openOidcWorld(t, {
      parties: {
        wiki: { backchannelLogoutUri: wiki.url },
        spa: { backchannelLogoutUri: 'http://spa.localhost:9/logout' },
      },
    });
    const whom = { sub: 'per_1', sid: 'one' };

    assert.equal(await world.provider.backchannelLogout('wiki', whom), 'refused');
    assert.equal(await world.provider.backchannelLogout('notes', whom), 'not-supported');
    await assert.rejects(world.provider.backchannelLogout('spa', whom), HttpUnavailable);
  });

  test('a redirect is not followed, and no confirmation', async (t) => {
    const wiki = await listening(t, 302);
    const world = await openOidcWorld(t, { parties: { wiki: { backchannelLogoutUri: wiki.url } } });

    assert.equal(await world.provider.backchannelLogout('wiki', { sub: 'per_1', sid: 'one' }), 'refused');
    assert.equal(wiki.told.length, 1);
  });

  test('says what may still work where nobody can be told', async (t) => {
    const world = await openOidcWorld(t, { parties: { wiki: { accessTokenFormat: 'jwt' } } });

    const logout = world.provider.partyLogout('wiki');

    assert.equal(logout.kind, 'none');
    assert.match(logout.residual ?? '', /up to 5 minutes/);
    assert.deepEqual(world.provider.partyLogout('nobody'), { kind: 'none' });
  });
});

suite('an ID token as hint', () => {
  const withToken = async (t: TestContext, keys?: TestKeys) => {
    const world = await openOidcWorld(t, keys ? { keys } : {});
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'store-emea', ['catalog:read']);
    const signedOn = await signOn(world);
    const tokens = await signedOn.exchange();
    return { world, tokens, ...signedOn };
  };

  test('says whose it is, also long after its end', async (t) => {
    const { world, tokens } = await withToken(t);
    world.clock.advance(100 * HOUR);

    assert.deepEqual(await world.provider.verifyIdTokenHint(tokens.id_token ?? ''), {
      sub: world.people.id('mira'),
      sid: tokens.claims()?.['sid'],
      aud: 'wiki',
    });
  });

  test('counts while its key is published, and no longer', async (t) => {
    const keys = new TestKeys();
    const { world, tokens } = await withToken(t, keys);
    await keys.rotate('oidc-rs256');
    await world.provider.reload();
    assert.ok(await world.provider.verifyIdTokenHint(tokens.id_token ?? ''));

    await keys.rotate('oidc-rs256', { forget: true });
    await world.provider.reload();

    assert.equal(await world.provider.verifyIdTokenHint(tokens.id_token ?? ''), undefined);
  });

  test('nothing else of ours stands in for one', async (t) => {
    const { world, browser, tokens } = await withToken(t);
    const parameters = { resource: 'urn:vestibule:store-emea', scope: 'openid catalog:read' };
    const access = (await (await signOn(world, { browser, parameters })).exchange()).access_token;
    assert.equal(decodeProtectedHeader(access).typ, 'at+jwt');
    const logout = await world.provider.signLogoutToken('wiki', { sub: 'per_1', sid: 'one' });

    for (const hint of [access, logout, tokens.access_token, '', 'a.b.c', 'x'.repeat(20_000)]) {
      assert.equal(await world.provider.verifyIdTokenHint(hint), undefined);
    }
  });

  test('nothing that others made or changed counts', async (t) => {
    const { world, tokens } = await withToken(t);
    const [header = '', payload = '', signature = ''] = (tokens.id_token ?? '').split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const publicKeys = (await world.keys.issuingKeys('oidc-rs256')).map(({ publicKey }) =>
      Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })),
    );
    const confused = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(publicKeys[0] ?? Buffer.alloc(32));

    for (const forged of [
      `${encode({ alg: 'none' })}.${payload}.`,
      `${header}.${encode({ ...claims, sub: 'per_other' })}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
      confused,
    ]) {
      assert.equal(await world.provider.verifyIdTokenHint(forged), undefined);
    }
  });
});

test('after signing out the browser is sent to registered places only', async (t) => {
  const world = await openOidcWorld(t, {
    parties: { wiki: { postLogoutRedirectUris: ['http://wiki.localhost/bye'] } },
  });

  assert.equal(world.provider.isPostLogoutRedirect('wiki', 'http://wiki.localhost/bye'), true);
  for (const uri of [
    'http://wiki.localhost/bye/',
    'http://wiki.localhost/bye?x',
    'http://wiki.localhost:80/bye',
    '',
  ]) {
    assert.equal(world.provider.isPostLogoutRedirect('wiki', uri), false, uri);
  }
  assert.equal(world.provider.isPostLogoutRedirect('notes', 'http://wiki.localhost/bye'), false);
});

test('the end-session endpoint is ours, and the library’s own pages are closed', async (t) => {
  const world = await openOidcWorld(t);
  for (const path of [
    '/oidc/session/end',
    '/oidc/unused',
    '/oidc/unused/confirm',
    '/oidc/interaction/x',
    '/oidc/reg',
  ]) {
    const answer = await world.fetch(world.url(path), { method: path.endsWith('confirm') ? 'POST' : 'GET' });
    assert.ok([403, 404].includes(answer.status), `${path} answers ${answer.status}`);
  }
});
