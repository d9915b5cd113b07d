import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import * as client from 'openid-client';
import { addMs, HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import {
  applicationOf,
  followOut,
  meetAtRead,
  openOidcWorld,
  SECRET,
  signOn,
  startRequest,
  TestKeys,
} from './oidc-world.ts';

const REFUSED = { name: 'ResponseBodyError', error: 'invalid_grant' };

for (const keyValue of ['memory', 'redis'] as const) {
  suite(`trap 1, with ${keyValue}`, () => {
    test('of ten parallel exchanges of one code in two processes, one gets tokens', async (t) => {
      const world = await openOidcWorld(t, { keyValue });
      world.people.allow('mira', 'wiki');
      const { started, answer } = await signOn(world);
      const body = new URLSearchParams({
        ...{ grant_type: 'authorization_code', code: answer.searchParams.get('code') ?? '' },
        ...{ redirect_uri: started.redirectUri, code_verifier: started.verifier },
      });

      const answers = await inTwoProcesses(t, world, body, 10);

      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      const others = answers.filter(({ status }) => status !== 200);
      assert.ok(others.every(({ status, body: { error } }) => status === 400 && error === 'invalid_grant'));
    });

    test('of ten parallel refreshes with one token in two processes, one gets tokens', async (t) => {
      const world = await openOidcWorld(t, { keyValue });
      world.people.allow('mira', 'wiki');
      const { exchange } = await signOn(world);
      const { refresh_token } = await exchange();
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh_token ?? '' });

      const answers = await inTwoProcesses(t, world, body, 10);

      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    });

    test('of ten parallel ways back with one answered request, one gets a code', async (t) => {
      const world = await openOidcWorld(t, { keyValue });
      world.people.allow('mira', 'wiki');
      world.login.signInAs = 'mira';
      const { url } = await startRequest(await applicationOf(world));
      const browser = world.browser();
      const paused = browser.pauseAt((place) => /^\/oidc\/auth\/./.test(place.pathname));
      await browser.open(url.href);
      const back = paused();
      meetAtRead(world, ':Interaction:', 10);

      const pages = await Promise.all(Array.from({ length: 10 }, () => browser.fetch(back)));

      const codes = pages.filter(({ headers }) => headers['location']?.includes('code='));
      assert.equal(codes.length, 1);
    });
  });
}

test('trap 1: a code that comes again later ends all that came of it', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const { configuration, exchange } = await signOn(world);
  const { refresh_token } = await exchange();

  world.clock.advance(3 * SECOND);
  await assert.rejects(exchange(), REFUSED);

  await assert.rejects(client.refreshTokenGrant(configuration, refresh_token ?? ''), REFUSED);
});

test('trap 1: a refresh token that comes again later ends the whole grant', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const { configuration, exchange } = await signOn(world);
  const first = (await exchange()).refresh_token ?? '';
  const second = (await client.refreshTokenGrant(configuration, first)).refresh_token ?? '';
  assert.notEqual(second, first);

  world.clock.advance(3 * SECOND);
  await assert.rejects(client.refreshTokenGrant(configuration, first), REFUSED);

  await assert.rejects(client.refreshTokenGrant(configuration, second), REFUSED);
});

test('trap 1: the same request sent twice in one moment is refused once, and ends nothing', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const { configuration, exchange } = await signOn(world);
  const { refresh_token } = await exchange();

  world.clock.advance(SECOND);
  await assert.rejects(exchange(), REFUSED);

  assert.ok((await client.refreshTokenGrant(configuration, refresh_token ?? '')).access_token);
});

suite('trap 2: a refused refresh does not burn the token', () => {
  test('when a store is asked for that the person lacks, or that the grant is not for', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'store-emea', ['catalog:read']);
    world.people.allow('mira', 'store-na', ['catalog:read']);
    const resource = 'urn:vestibule:store-emea';
    const { configuration, exchange } = await signOn(world, {
      parameters: { resource, scope: 'openid catalog:read' },
    });
    const token = (await exchange()).refresh_token ?? '';

    for (const other of ['urn:vestibule:store-na', 'urn:vestibule:wiki', 'urn:vestibule:nothing', 'no uri']) {
      await assert.rejects(client.refreshTokenGrant(configuration, token, { resource: other }), {
        error: 'invalid_target',
      });
    }
    const twice = new URLSearchParams([
      ['resource', resource],
      ['resource', 'urn:vestibule:store-na'],
    ]);
    await assert.rejects(client.refreshTokenGrant(configuration, token, twice), { error: 'invalid_target' });

    const refreshed = await client.refreshTokenGrant(configuration, token, { resource });
    assert.equal(decodeJwt(refreshed.access_token).aud, resource);
  });

  test('when the store is lost for a while', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    world.people.allow('mira', 'store-emea', ['catalog:read']);
    const resource = 'urn:vestibule:store-emea';
    const { configuration, exchange } = await signOn(world, {
      parameters: { resource, scope: 'openid catalog:read' },
    });
    const token = (await exchange()).refresh_token ?? '';

    world.people.forbid('mira', 'store-emea');
    await assert.rejects(client.refreshTokenGrant(configuration, token), {
      error: 'invalid_target',
      error_description: 'No rule lets you into store-emea.',
    });
    world.people.allow('mira', 'store-emea', ['catalog:read']);

    assert.ok((await client.refreshTokenGrant(configuration, token)).refresh_token);
  });

  test('when the application is lost for a while, and the reason is told', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { configuration, exchange } = await signOn(world);
    const token = (await exchange()).refresh_token ?? '';

    world.people.forbid('mira', 'wiki');
    await assert.rejects(client.refreshTokenGrant(configuration, token), {
      error: 'invalid_grant',
      error_description: 'No rule lets you into wiki.',
    });
    world.people.allow('mira', 'wiki');

    assert.ok((await client.refreshTokenGrant(configuration, token)).access_token);
  });
});

suite('trap 3: lifetimes follow the end of the access', () => {
  test('access token, ID token and grant end before access does, verifiers’ tolerance included', async (t) => {
    const world = await openOidcWorld(t);
    world.clock.set(new Date());
    const ends = addMs(world.clock.now(), 2 * MINUTE);
    world.people.allow('mira', 'wiki', [], ends);
    world.people.allow('mira', 'store-emea', ['catalog:read']);
    const resource = 'urn:vestibule:store-emea';
    const { exchange } = await signOn(world, { parameters: { resource, scope: 'openid catalog:read' } });

    // The library dates tokens by the machine's clock, which went on meanwhile.
    world.clock.set(new Date());
    const tokens = await exchange();

    const latest = Math.floor(ends.getTime() / SECOND) - 15;
    const access = decodeJwt(tokens.access_token);
    assert.ok((access.exp ?? 0) <= latest, 'the access token ends in time');
    assert.ok((access.exp ?? 0) > latest - 20, 'and not long before');
    assert.ok((tokens.claims()?.exp ?? 0) <= latest, 'the ID token ends in time');
    const rows = await world.db
      .withTables<{
        issuing_oidc_grant: { expires_at: Date };
        issuing_oidc_refresh_token: { expires_at: Date };
      }>()
      .selectFrom('issuing_oidc_grant')
      .innerJoin('issuing_oidc_refresh_token', (join) => join.onTrue())
      .select(['issuing_oidc_grant.expires_at as grant', 'issuing_oidc_refresh_token.expires_at as token'])
      .execute();
    assert.equal(rows.length, 1);
    assert.ok(
      rows.every(
        ({ grant, token }) => grant <= addMs(ends, -15 * SECOND) && token <= addMs(ends, -15 * SECOND),
      ),
    );
  });

  test('what would end within the tolerance is not given at all', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki', [], addMs(world.clock.now(), 10 * SECOND));

    const { answer } = await signOn(world);

    assert.equal(answer.searchParams.get('error'), 'access_denied');
  });

  test('nothing outlives the session', async (t) => {
    const world = await openOidcWorld(t);
    world.people.allow('mira', 'wiki');
    const { configuration, exchange } = await signOn(world);
    const token = (await exchange()).refresh_token ?? '';
    world.clock.advance(8 * HOUR - 14 * SECOND);

    await assert.rejects(client.refreshTokenGrant(configuration, token), REFUSED);
  });
});

suite('trap 4: outgoing requests go through the guarded client', () => {
  const withJwks = async (t: Parameters<typeof openOidcWorld>[0], host: string, outboundAllow: string[]) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] };
    let asked = 0;
    const server = createServer((_req, res) => {
      asked += 1;
      res.setHeader('content-type', 'application/json').end(JSON.stringify(jwks));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const jwksUri = `http://${host}:${port}/jwks`;
    const world = await openOidcWorld(t, {
      outboundAllow,
      parties: { wiki: { tokenEndpointAuthMethod: 'private_key_jwt', clientSecrets: [], jwksUri } },
    });
    world.people.allow('mira', 'wiki');
    const configuration = await applicationOf(world, 'wiki', {
      auth: client.PrivateKeyJwt({ key: privateKey, kid: 'one' }),
    });
    return { world, configuration, asked: () => asked };
  };

  test('keys of an application on a loopback host of the sandbox are found', async (t) => {
    const { world, configuration, asked } = await withJwks(t, 'keys.localhost', []);

    const { exchange } = await signOn(world, { configuration });

    assert.ok((await exchange()).access_token);
    assert.equal(asked(), 1);
  });

  test('as ones that a stranger named, and no redirect is followed to another', async (t) => {
    const { world, configuration } = await withJwks(t, 'keys.localhost', []);
    const fetchFor = t.mock.method(world.http, 'fetchFor');

    await (await signOn(world, { configuration })).exchange();

    assert.deepEqual(
      fetchFor.mock.calls.map(({ arguments: [, trust] }) => trust),
      ['foreign'],
    );
  });

  test('a link-local address is never asked, whatever is allowed', async (t) => {
    const { world, configuration, asked } = await withJwks(t, '169.254.169.254', ['169.254.169.254']);

    const { exchange } = await signOn(world, { configuration });

    await assert.rejects(exchange(), { error: 'invalid_client' });
    assert.equal(asked(), 0);
  });
});

suite('trap 5: no URL of ours comes from the sender', () => {
  const forged: readonly (readonly [string, Record<string, string>])[] = [
    ['Host', { host: 'evil.test' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.test' }],
    ['X-Forwarded-Proto', { 'x-forwarded-proto': 'https' }],
    ['Forwarded', { forwarded: 'host=evil.test;proto=https' }],
    ['X-Forwarded-Host and -Proto', { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' }],
    ['X-Forwarded-Prefix', { 'x-forwarded-prefix': '/evil' }],
  ];
  for (const [what, headers] of forged) {
    test(`a forged ${what} does not show in discovery`, async (t) => {
      const world = await openOidcWorld(t);

      const honest = await raw(world, '/oidc/.well-known/openid-configuration');
      const answered = await raw(world, '/oidc/.well-known/openid-configuration', headers);

      assert.equal(answered.body, honest.body);
      assert.equal(answered.body.includes('evil'), false);
      const { issuer, token_endpoint } = JSON.parse(answered.body);
      assert.equal(issuer, `${world.publicUrl.origin}/oidc`);
      assert.equal(token_endpoint, `${world.publicUrl.origin}/oidc/token`);
    });
  }

  test('a request line that names another host does not show in discovery', async (t) => {
    const world = await openOidcWorld(t);

    const { body } = await raw(world, 'http://evil.test/oidc/.well-known/openid-configuration');

    assert.equal(body.includes('evil'), false);
    assert.equal(JSON.parse(body).jwks_uri, `${world.publicUrl.origin}/oidc/jwks`);
  });

  test('nor does it move the way back of a sign-in', async (t) => {
    const world = await openOidcWorld(t);
    const { url } = await startRequest(await applicationOf(world));
    const page = await raw(world, `${url.pathname}${url.search}`, {
      'x-forwarded-host': 'evil.test',
      host: 'evil.test',
    });

    const handle = page.headers['location']?.split('/').at(-1) ?? '';
    const request = await world.provider.requests.find(handle);
    assert.ok(request && !('gone' in request));
    const answer = await world.provider.requests.refuse(request, 'cancelled');

    assert.equal(answer.kind === 'redirect' && answer.location.host, world.publicUrl.host);
  });
});

test('trap 6: the page of form_post may post to the application, and to nobody else', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  world.login.signInAs = 'mira';
  const { url, state } = await startRequest(await applicationOf(world), { response_mode: 'form_post' });

  const page = await world.browser().open(url.href);

  const policy = page.headers['content-security-policy'] ?? '';
  assert.equal(page.status, 200);
  assert.match(policy, /form-action 'self' http:\/\/wiki\.localhost(?:;|$)/);
  assert.equal(/unsafe|sha256/.test(policy), false, 'no inline script');
  assert.equal(/<script(?![^>]*\bsrc=)/.test(page.html), false);
  const [form] = page.forms;
  assert.equal(form?.action, 'http://wiki.localhost/callback');
  assert.equal(form?.fields['state'], state);
  assert.equal(form?.fields['iss'], world.issuerUrl);
  assert.ok(form?.fields['code']);
});

test('trap 6: an error by form_post goes the same way, with its text unharmed', async (t) => {
  const world = await openOidcWorld(t);
  world.login.signInAs = 'mira';
  const state = `"><script>'&`;
  const { url } = await startRequest(await applicationOf(world), { response_mode: 'form_post', state });

  const page = await world.browser().open(url.href);

  assert.equal(page.forms[0]?.fields['error'], 'access_denied');
  assert.equal(page.html.includes(state), false, 'escaped in the page');
  assert.equal(decode(page.forms[0]?.fields['state'] ?? ''), state);
});

test('trap 7: a first party is not asked for consent, and refreshes without offline_access', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki', ['catalog:read']);
  const { browser, answer, exchange, configuration } = await signOn(world, {
    parameters: { scope: 'openid offline_access catalog:read', prompt: 'consent' },
  });

  assert.ok(answer.searchParams.get('code'));
  assert.equal(
    browser.visited.some((place) => place.includes('consent')),
    false,
  );
  const tokens = await exchange();
  assert.ok(tokens.refresh_token);
  assert.equal(tokens.scope, 'openid catalog:read');
  assert.ok((await client.refreshTokenGrant(configuration, tokens.refresh_token)).access_token);
});

test('trap 7: who names offline_access again at a refresh is answered, and gets no more than before', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki', ['catalog:read']);
  const scope = 'openid offline_access catalog:read';
  const { exchange, configuration } = await signOn(world, { parameters: { scope } });
  const { refresh_token: first = '' } = await exchange();

  const tokens = await client.refreshTokenGrant(configuration, first, { scope });

  assert.equal(tokens.scope, 'openid catalog:read');
  const again = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? first);
  assert.equal(again.scope, 'openid catalog:read', 'nor without naming scopes');
  await assert.rejects(
    client.refreshTokenGrant(configuration, again.refresh_token ?? first, { scope: `${scope} profile` }),
    { error: 'invalid_scope' },
    'what was never granted stays refused (RFC 6749 6)',
  );
});

test('trap 7: whoever is not set to refresh gets no refresh token', async (t) => {
  const world = await openOidcWorld(t, { parties: { wiki: { refreshTokens: false } } });
  world.people.allow('mira', 'wiki');
  const { exchange } = await signOn(world, {
    parameters: { scope: 'openid offline_access', prompt: 'consent' },
  });

  assert.equal((await exchange()).refresh_token, undefined);
});

test('trap 8: the metadata is at the place of RFC 8414 too', async (t) => {
  const world = await openOidcWorld(t);

  const { body } = await raw(world, '/.well-known/oauth-authorization-server/oidc', { host: 'evil.test' });

  assert.deepEqual(
    JSON.parse(body),
    JSON.parse((await raw(world, '/oidc/.well-known/openid-configuration')).body),
  );
  const found = await client.discovery(new URL(world.issuerUrl), 'wiki', SECRET, undefined, {
    algorithm: 'oauth2',
    execute: [client.allowInsecureRequests],
    [client.customFetch]: world.fetch as client.CustomFetch,
  });
  assert.equal(found.serverMetadata().issuer, world.issuerUrl);
});

suite('trap: keys are fixed when an instance is made', () => {
  test('rotation fails no request and loses no sign-in', async (t) => {
    const keys = new TestKeys();
    const world = await openOidcWorld(t, { keys });
    world.people.allow('mira', 'wiki');
    const { configuration, exchange, browser } = await signOn(world);
    const before = await exchange();
    const kid = async () => {
      const { body } = await raw(world, '/oidc/jwks');
      return (JSON.parse(body) as { keys: { kid: string; alg: string; d?: string }[] }).keys;
    };
    const old = await kid();

    let isOver = false;
    const traffic = (async () => {
      const statuses: number[] = [];
      while (!isOver) statuses.push((await raw(world, '/oidc/.well-known/openid-configuration')).status);
      return statuses;
    })();
    await keys.rotate('oidc-rs256');
    await keys.rotate('oidc-es256');
    await world.provider.reload();
    isOver = true;

    assert.deepEqual([...new Set(await traffic)], [200]);
    const now = await kid();
    assert.ok(
      old.every((key) => now.some(({ kid: id }) => id === key.kid)),
      'old keys stay published',
    );
    assert.ok(
      now.every((key) => !('d' in key) && !('p' in key)),
      'and only their public part',
    );
    const refreshed = await client.refreshTokenGrant(configuration, before.refresh_token ?? '');
    assert.notEqual(headerOf(refreshed.id_token).kid, headerOf(before.id_token).kid);
    assert.equal(headerOf(refreshed.id_token).kid, old.filter(({ alg }) => alg === 'RS256')[1]?.kid);
    const again = await followOut(world, browser, (await startRequest(configuration)).url);
    assert.ok(again.searchParams.get('code'));
  });
});

test('trap: a changed registration counts at the next request', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const there = 'http://wiki.localhost/elsewhere';
  const { url } = await startRequest(await applicationOf(world), { redirect_uri: there });
  assert.equal((await world.browser().open(url.href)).status, 400);

  world.register({
    wiki: { redirectUris: ['http://wiki.localhost/callback', there], claims: { team: 'person.region' } },
  });

  const { exchange } = await signOn(world, { parameters: { redirect_uri: there } });
  assert.equal((await exchange()).claims()?.['team'], 'EMEA');
});

test('trap: revoking one token ends every token of the grant', async (t) => {
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  for (const kind of ['access_token', 'refresh_token'] as const) {
    const { configuration, exchange } = await signOn(world);
    const tokens = await exchange();

    await client.tokenRevocation(configuration, tokens[kind] ?? '');

    await assert.rejects(client.refreshTokenGrant(configuration, tokens.refresh_token ?? ''), REFUSED);
    assert.equal((await client.tokenIntrospection(configuration, tokens.access_token)).active, false);
    await assert.rejects(
      client.fetchUserInfo(configuration, tokens.access_token, tokens.claims()?.sub ?? ''),
    );
    const grants = world.db.withTables<{ issuing_oidc_grant: { id: string } }>();
    assert.deepEqual(await grants.selectFrom('issuing_oidc_grant').select('id').execute(), []);
  }
});

test('trap: the library prints no warning or notice', async (t) => {
  const printed: string[] = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    t.mock.method(console, method, (...parts: unknown[]) => void printed.push(parts.join(' ')));
  }
  const write = t.mock.method(process.stderr, 'write', () => true);
  const world = await openOidcWorld(t);
  world.people.allow('mira', 'wiki');
  const { configuration, exchange } = await signOn(world);
  const tokens = await exchange();
  await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
  await client.fetchUserInfo(configuration, tokens.access_token, tokens.claims()?.sub ?? '');
  await client.tokenIntrospection(configuration, tokens.access_token);
  await client.tokenRevocation(configuration, tokens.access_token);
  await raw(world, '/oidc/jwks', { origin: 'http://spa.localhost' });
  await raw(world, '/oidc/userinfo', { origin: 'http://spa.localhost' });
  await raw(world, '/oidc/auth?client_id=nobody');

  assert.deepEqual(printed, []);
  const texts = write.mock.calls.map(({ arguments: [text] }) => String(text));
  assert.deepEqual(
    texts.filter((text) => text.includes('oidc-provider')),
    [],
  );
});

type Answered = { readonly status: number; readonly body: { readonly error?: string } };

async function inTwoProcesses(
  t: Parameters<typeof openOidcWorld>[0],
  world: Awaited<ReturnType<typeof openOidcWorld>>,
  body: URLSearchParams,
  count: number,
): Promise<Answered[]> {
  const other = createServer(world.serve(await world.open()));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    other.closeAllConnections();
    return new Promise((resolve) => other.close(resolve));
  });
  const ports = [Number(world.publicUrl.port), (other.address() as AddressInfo).port];
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const response = await fetch(`http://127.0.0.1:${ports[index % 2]}/oidc/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`wiki:${encodeURIComponent(SECRET)}`).toString('base64')}`,
        },
        body,
      });
      return { status: response.status, body: (await response.json()) as Answered['body'] };
    }),
  );
}

/** A request as it goes over the wire, with any Host and request line. */
function raw(
  world: { readonly publicUrl: URL },
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, string>; body: string }> {
  return new Promise((resolve, reject) => {
    const { port, host } = world.publicUrl;
    httpRequest({ host: '127.0.0.1', port, path, headers: { host, ...headers } }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers as Record<string, string>,
          body: Buffer.concat(parts).toString(),
        }),
      );
    })
      .on('error', reject)
      .end();
  });
}

function headerOf(jwt: string | undefined): { kid?: string } {
  return JSON.parse(Buffer.from(jwt?.split('.')[0] ?? '', 'base64url').toString());
}

function decode(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
