import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, MINUTE, SECOND } from '../../src/base/index.ts';
import type { UpstreamResult } from '../../src/federation/index.ts';
import type { Identity } from '../../src/model/index.ts';
import { openOidcWorld, otdsConfig, redirectOf, signIn } from './oidc-world.ts';

function identityOf(result: UpstreamResult): Identity {
  assert.equal(result.outcome, 'identity');
  return result.identity;
}

test('a sign-in through OTDS becomes an identity with whole group names', async () => {
  await using world = await openOidcWorld();
  Object.assign(world.provider.behaviour.claims, {
    grp: ['merchandising@staff', 'R&D #1@staff', 'merchandising@staff'],
    email: 'mira@halden.example',
    email_verified: true,
    acr: 'urn:mfa',
    amr: ['pwd', 'otp'],
    sid: 'up-session',
  });

  const identity = identityOf(await signIn(world));

  assert.equal(identity.connection, 'otds');
  assert.equal(identity.issuer, world.provider.issuer);
  assert.equal(identity.subject, 'b1c2-uuid');
  assert.equal(identity.login, 'mira@staff');
  assert.equal(identity.mail, 'mira@halden.example');
  assert.equal(identity.mailVerified, true);
  assert.deepEqual(identity.groups, ['merchandising@staff', 'R&D #1@staff']);
  assert.deepEqual(identity.amr, ['pwd', 'otp']);
  assert.equal(identity.authnContext, 'urn:mfa');
  assert.equal(identity.upstreamSession['sid'], 'up-session');
  assert.ok(identity.upstreamSession['idTokenHint']);
  assert.equal(identity.authTime.getTime(), world.clock.now().getTime());
});

test('the request carries PKCE with S256, a nonce, and a state of 256 bits', async () => {
  await using world = await openOidcWorld();

  const begun = await world.upstream().begin({ loginHint: 'mira' });

  const url = redirectOf(begun);
  const get = (name: string) => url.searchParams.get(name);
  assert.equal(get('code_challenge_method'), 'S256');
  assert.equal(get('code_challenge')?.length, 43);
  assert.equal(get('nonce')?.length, 43);
  assert.equal(get('state'), begun.correlation);
  assert.equal(begun.correlation.length, 43);
  assert.equal(get('redirect_uri'), 'http://sso.localhost:8080/login/otds/callback');
  assert.equal(get('scope'), 'openid otds:groups');
  assert.equal(get('login_hint'), 'mira');
  assert.equal(get('prompt'), null);
});

test('a forced sign-in asks for it and a passive one shows nothing', async () => {
  await using world = await openOidcWorld();

  const forced = redirectOf(await world.upstream().begin({ forceLogin: true }));
  const passive = redirectOf(await world.upstream().begin({ passive: true }));

  assert.equal(forced.searchParams.get('prompt'), 'login');
  assert.equal(forced.searchParams.get('max_age'), '0');
  assert.equal(passive.searchParams.get('prompt'), 'none');
});

test('a forced sign-in answered with an old one is refused', async () => {
  await using world = await openOidcWorld();
  world.provider.behaviour.claims['auth_time'] = world.provider.nowSeconds() - 600;

  await assert.rejects(signIn(world, { begin: { forceLogin: true } }), { code: 'federation.not_fresh' });
});

test('a forced sign-in without auth_time is refused, unless the connection says to believe it', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer),
    otdsConfig(issuer, { id: 'trusting', freshWithoutAuthTime: true }),
  ]);
  world.provider.behaviour.claims['auth_time'] = undefined;

  await assert.rejects(signIn(world, { begin: { forceLogin: true } }), { code: 'federation.not_fresh' });
  const believed = await signIn(world, { id: 'trusting', begin: { forceLogin: true } });

  assert.equal(believed.outcome, 'identity');
});

test('the upstream may say no, and a passive try without a session says so', async () => {
  await using world = await openOidcWorld();
  const answerWith = (error: string) => (params: URLSearchParams) => {
    params.delete('code');
    params.set('error', error);
  };

  const denied = await signIn(world, { change: answerWith('access_denied') });
  const passive = await signIn(world, { begin: { passive: true }, change: answerWith('login_required') });
  const other = await signIn(world, { change: answerWith('<script>') });

  assert.equal(denied.outcome === 'refused' && denied.code, 'federation.upstream_denied');
  assert.equal(passive.outcome === 'refused' && passive.code, 'federation.login_required');
  assert.equal(other.outcome === 'refused' && other.code, 'federation.upstream_failed');
  assert.equal(other.outcome === 'refused' && other.detail, 'unknown error');
});

test('claims come from configured names, with fall-backs, and attributes under the declared name', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer, {
      map: { login: ['upn', 'preferred_username'], city: 'address.locality' },
      attributes: { region: 'area', costCentres: 'cc' },
      correlate: { claim: 'preferred_username', attribute: 'userName' },
      sharedKey: { claim: 'employeeNumber' },
    }),
  ]);
  Object.assign(world.provider.behaviour.claims, {
    area: 'EMEA',
    cc: [10, 20],
    employeeNumber: 4711,
    address: { locality: 'Bergen' },
  });

  const identity = identityOf(await signIn(world));

  assert.equal(identity.login, 'mira@staff');
  assert.deepEqual(identity.attributes, {
    region: ['EMEA'],
    costCentres: ['10', '20'],
    correlate: ['mira@staff'],
    sharedKey: ['4711'],
    city: ['Bergen'],
  });
});

test('userinfo adds what the ID token lacks and never replaces what is signed', async () => {
  await using world = await openOidcWorld((issuer) => [otdsConfig(issuer, { userinfo: 'auto' })]);
  world.provider.behaviour.userinfo = {
    email: 'mira@halden.example',
    grp: ['admins@staff'],
    amr: ['hwk'],
  };

  const identity = identityOf(await signIn(world));

  assert.equal(identity.mail, 'mira@halden.example');
  assert.deepEqual(identity.groups, ['merchandising@staff']);
  assert.deepEqual(identity.amr, []);
});

test('userinfo about somebody else refuses the sign-in', async () => {
  await using world = await openOidcWorld((issuer) => [otdsConfig(issuer, { userinfo: 'always' })]);
  world.provider.behaviour.userinfoSubject = 'someone-else';

  await assert.rejects(signIn(world), { code: 'federation.upstream_misbehaved' });
});

test('only people of the allowed partitions get in, and an unknown partition is not allowed', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer, { allowedPartitions: ['staff', 'partners'] }),
  ]);
  const tryAs = async (login: string): Promise<string> => {
    world.provider.behaviour.claims['preferred_username'] = login;
    const result = await signIn(world);
    return result.outcome === 'refused' ? result.code : result.outcome;
  };

  assert.equal(await tryAs('mira@staff'), 'identity');
  assert.equal(await tryAs('mira@corp@partners'), 'identity');
  assert.equal(await tryAs('mira@guests'), 'federation.partition_refused');
  assert.equal(await tryAs('staff'), 'federation.partition_refused');
  assert.equal(await tryAs('mira@staff@guests'), 'federation.partition_refused');
});

test('a subject that is empty, a list or unprintable is no subject', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer, { subject: { claim: 'entryUUID' } }),
  ]);

  for (const value of [undefined, '', ' x', ['a', 'b'], 'a\u0000b', 'x'.repeat(600)]) {
    world.provider.behaviour.claims['entryUUID'] = value;
    const result = await signIn(world);
    assert.equal(result.outcome === 'refused' && result.code, 'federation.subject_missing');
  }
});

test('an older client secret is used until the upstream knows the new one', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer, { clientSecret: 'new', olderClientSecrets: [{ secret: 'top-secret' }] }),
  ]);

  identityOf(await signIn(world));
  world.provider.behaviour.clientSecrets = ['new'];
  identityOf(await signIn(world));

  world.provider.behaviour.clientSecrets = ['neither'];
  await assert.rejects(signIn(world), { code: 'federation.client_refused', status: 502 });
});

test('HTTP Basic client authentication works where it is configured', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer, { clientSecret: 'p@ss: word+%', clientAuthentication: 'client_secret_basic' }),
  ]);
  world.provider.behaviour.clientAuthentication = 'basic';
  world.provider.behaviour.clientSecrets = ['p@ss: word+%'];

  identityOf(await signIn(world));
});

test('an upstream that is down at start stops nothing and works once it is back', async () => {
  await using world = await openOidcWorld();
  world.provider.behaviour.down = true;
  await world.upstreams.start();

  await assert.rejects(world.upstream().begin({}), { code: 'federation.upstream_unavailable', status: 503 });
  assert.equal(world.upstream().health().state, 'unavailable');

  world.provider.behaviour.down = false;
  world.clock.advance(6 * MINUTE);
  identityOf(await signIn(world));
  assert.equal(world.upstream().health().state, 'ok');
});

test('while an upstream is down, many sign-ins do not become many requests', async () => {
  await using world = await openOidcWorld();
  world.provider.behaviour.down = true;

  await Promise.allSettled(Array.from({ length: 20 }, () => world.upstream().begin({})));
  await assert.rejects(world.upstream().begin({}), { code: 'federation.upstream_unavailable' });

  assert.equal(world.provider.requests.length, 1);
});

test('an outage between begin and finish is an outage, not a refusal', async () => {
  await using world = await openOidcWorld();
  const begun = await world.upstream().begin({});
  const params = world.provider.authorize(redirectOf(begun));
  world.provider.behaviour.down = true;

  const received = await world.upstream().receive({ kind: 'query', params });

  await assert.rejects(world.upstream().finish(received, begun.pending), {
    name: 'Unavailable',
    code: 'federation.upstream_unavailable',
  });
});

test('discovery is also found at its second place', async () => {
  await using world = await openOidcWorld();
  world.provider.behaviour.discoveryPaths = ['/oauth2/.well-known/openid-configuration'];

  identityOf(await signIn(world));
});

test('without discovery the usual endpoints serve, if the issuer is configured', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer),
    otdsConfig(issuer, { id: 'explicit', expectedIssuer: issuer }),
  ]);
  world.provider.behaviour.discoveryPaths = [];

  await assert.rejects(world.upstream().begin({}), { code: 'federation.upstream_unavailable' });
  const url = redirectOf(await world.upstream('explicit').begin({}));

  assert.equal(url.pathname, '/oauth2/auth');
});

test('explicit endpoints need no discovery', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig(issuer, {
      expectedIssuer: issuer,
      endpoints: { authorization: `${issuer}/authorize`, token: `${issuer}/token`, jwks: `${issuer}/jwks` },
    }),
  ]);

  identityOf(await signIn(world));

  assert.ok(!world.provider.requests.some((path) => path.includes('well-known')));
});

test('browsers and we may reach the upstream by different names', async () => {
  await using world = await openOidcWorld((issuer) => [
    otdsConfig('https://login.halden.example/otdsws', { backChannelBaseUrl: issuer, expectedIssuer: issuer }),
  ]);

  const begun = await world.upstream().begin({});

  assert.equal(redirectOf(begun).href.split('?')[0], 'https://login.halden.example/otdsws/authorize');
  const params = world.provider.authorize(redirectOf(begun));
  const received = await world.upstream().receive({ kind: 'query', params });
  identityOf(await world.upstream().finish(received, begun.pending));
});

test('a generic connection refuses a discovery document of another issuer, unless it is expected', async () => {
  const generic = (issuer: string, more: object): object => {
    return { preset: 'oidc', issuer, clientId: 'vestibule', clientSecret: 'top-secret', ...more };
  };
  await using world = await openOidcWorld((issuer) => [
    generic(issuer, { id: 'strict' }),
    generic(issuer, { id: 'told', expectedIssuer: 'https://free-text.example' }),
  ]);
  world.provider.behaviour.discovery = { issuer: 'https://free-text.example' };
  world.provider.behaviour.claims['iss'] = 'https://free-text.example';

  await assert.rejects(world.upstream('strict').begin({}), { code: 'federation.wrong_issuer' });
  const identity = identityOf(await signIn(world, { id: 'told' }));

  assert.equal(identity.issuer, 'https://free-text.example');
});

test('a new signing key is picked up when a token names it', async () => {
  await using world = await openOidcWorld();
  identityOf(await signIn(world));
  world.clock.advance(31 * SECOND);
  world.provider.rotate('k2');

  identityOf(await signIn(world));
});

test('tokens with unknown keys cause at most one look at the key set in half a minute', async () => {
  await using world = await openOidcWorld();
  identityOf(await signIn(world));
  world.clock.advance(31 * SECOND);
  world.provider.behaviour.forgeIdToken = (payload, provider) =>
    provider.sign(payload, undefined, { kid: 'nope' });

  for (let i = 0; i < 5; i += 1)
    await assert.rejects(signIn(world), { code: 'federation.signature_invalid' });

  assert.equal(world.provider.requests.filter((path) => path === '/jwks').length, 2);
});

test('keys are read again after an hour even if nobody names a new one', async () => {
  await using world = await openOidcWorld();
  identityOf(await signIn(world));
  world.clock.advance(HOUR);

  identityOf(await signIn(world));

  assert.equal(world.provider.requests.filter((path) => path === '/jwks').length, 2);
});

test('a live check names what keeps people from signing in', async () => {
  await using world = await openOidcWorld();

  assert.deepEqual(await world.upstream().check(), []);
  world.provider.behaviour.down = true;
  const problems = await world.upstream().check();

  assert.equal(problems[0]?.path, 'connections.otds');
});

test('an answer by form_post is read like one by query', async () => {
  await using world = await openOidcWorld((issuer) => [otdsConfig(issuer, { responseMode: 'form_post' })]);
  const begun = await world.upstream().begin({});
  const params = world.provider.authorize(redirectOf(begun));

  const received = await world.upstream().receive({ kind: 'form', fields: Object.fromEntries(params) });

  assert.equal(redirectOf(begun).searchParams.get('response_mode'), 'form_post');
  identityOf(await world.upstream().finish(received, begun.pending));
});
