import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser } from './client/browser.ts';
import { answerOf, authorizationUrl, broker, redeem, signIn, type TokenAnswer } from './client/otds.ts';
import { type Reply, send } from './client/request.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let browser: Browser;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, broker, only: ['otds'] });
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => {
  sandbox.reset();
  browser = new Browser();
});

type Positions = Readonly<Record<string, string | number | boolean | null>>;
type Jwks = Parameters<typeof createLocalJWKSet>[0];

const turn = (positions: Positions): void => sandbox.system('otds').turn(positions);

function discovery(base = '/otdsws', headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return send(sandbox.url('otds', `${base}/.well-known/openid-configuration`), { headers });
}

async function idToken(positions: Positions, scope = 'openid otds:groups'): Promise<string> {
  turn(positions);
  const page = await signIn(new Browser(), authorizationUrl(sandbox, { scope }), 'mira');
  const tokens = (await redeem(sandbox, answerOf(page)['code'] ?? '')).json() as TokenAnswer;
  return tokens.id_token ?? '';
}

async function claims(positions: Positions, scope?: string): Promise<JWTPayload> {
  return decodeJwt(await idToken(positions, scope));
}

async function jwks(): Promise<Jwks> {
  return (await send(sandbox.url('otds', '/otdsws/oauth2/jwks'))).json() as Jwks;
}

async function verifies(token: string): Promise<boolean> {
  const keys = createLocalJWKSet(await jwks());
  return jwtVerify(token, keys, { algorithms: ['RS256'], currentDate: clock.now() }).then(
    () => true,
    () => false,
  );
}

test('the server works at every base path, and only there', async () => {
  for (const basePath of [
    '/otdsws',
    '/otds/otdsws',
    '/otdstenant/halden/otdsws',
    '/otdsws/otdstenant/halden',
    '/otdstenant/halden',
    '/tenants/halden',
  ]) {
    turn({ basePath });
    const document = (await discovery(basePath)).json() as Record<string, string>;
    const page = await signIn(
      new Browser(),
      authorizationUrl(sandbox, {}, `${basePath}/oauth2/auth`),
      'mira',
    );

    assert.equal(document['issuer'], sandbox.url('otds', basePath));
    assert.equal(document['token_endpoint'], sandbox.url('otds', `${basePath}/oauth2/token`));
    assert.ok(answerOf(page)['code'], basePath);
  }
  assert.equal((await discovery('/otdsws')).status, 404);
});

test('discovery is at the base, below oauth2, missing, or an HTML page', async () => {
  const seen = async (): Promise<string[]> => {
    const replies = [await discovery(), await discovery('/otdsws/oauth2')];
    return replies.map(({ status, headers }) => `${status} ${headers['content-type']?.split(';')[0]}`);
  };

  assert.deepEqual(await seen(), ['200 application/json', '404 text/html']);
  turn({ discovery: 'oauth2-folder' });
  assert.deepEqual(await seen(), ['404 text/html', '200 application/json']);
  turn({ discovery: 'missing' });
  assert.deepEqual(await seen(), ['404 text/html', '404 text/html']);
  turn({ discovery: 'html' });
  assert.deepEqual(await seen(), ['200 text/html', '200 text/html']);
});

test('discovery leaves token exchange out and follows the switches', async () => {
  const plain = (await discovery()).json() as Record<string, unknown>;
  turn({ pkce: 'ignore', clientAuthentication: 'post', issParameter: true });
  const turned = (await discovery()).json() as Record<string, unknown>;

  assert.equal(JSON.stringify(plain['grant_types_supported']).includes('token-exchange'), false);
  assert.deepEqual(plain['code_challenge_methods_supported'], ['S256', 'plain']);
  assert.equal(turned['code_challenge_methods_supported'], undefined);
  assert.deepEqual(turned['token_endpoint_auth_methods_supported'], ['client_secret_post']);
  assert.equal(turned['authorization_response_iss_parameter_supported'], true);
});

test('the issuer follows forwarded headers, ignores them, or is fixed', async () => {
  const forwarded = { 'x-forwarded-host': 'login.halden.example', 'x-forwarded-proto': 'https' };
  const issuer = async (): Promise<unknown> =>
    ((await discovery('/otdsws', forwarded)).json() as Record<string, unknown>)['issuer'];

  assert.equal(await issuer(), 'https://login.halden.example/otdsws');
  turn({ trustForwardedHeaders: false });
  assert.equal(await issuer(), sandbox.url('otds', '/otdsws'));
  turn({ issuerOverride: 'https://issuer.example' });
  assert.equal(await issuer(), 'https://issuer.example');
  assert.equal((await claims({})).iss, 'https://issuer.example');
});

test('sub is the uuid, the login, or login and partition', async () => {
  assert.equal((await claims({ subject: 'uuid' })).sub, sandbox.people.find('mira')?.uuid);
  assert.equal((await claims({ subject: 'login' })).sub, 'mira');
  assert.equal((await claims({ subject: 'login@partition' })).sub, 'mira@staff');
});

test('groups come only when asked for, and can be missing all the same', async () => {
  assert.deepEqual((await claims({}))['grp'], ['merchandising@staff']);
  assert.equal((await claims({}, 'openid'))['grp'], undefined);
  assert.equal((await claims({ omitGroups: true }))['grp'], undefined);
});

test('mail, custom and authentication claims can be left out', async () => {
  const full = await claims({});
  const bare = await claims({ emailClaim: false, customClaims: false, authenticationClaims: false });

  for (const name of ['email', 'region', 'employeeNumber', 'postalCode', 'auth_time', 'amr']) {
    assert.notEqual(full[name], undefined, name);
    assert.equal(bare[name], undefined, name);
  }
});

test('what else a site keeps comes under its own name, beside what everybody has', async () => {
  sandbox.people.change('mira', { more: { manager: 'ines@halden.example', company: 'Elsewhere' } });

  const told = await claims({});
  const bare = await claims({ customClaims: false });

  assert.deepEqual([told['manager'], told['company']], ['ines@halden.example', 'Halden Group']);
  assert.equal(bare['manager'], undefined);
});

test('PKCE is verified, ignored or demanded', async () => {
  const without = { code_challenge: undefined, code_challenge_method: undefined };
  const attempt = async (change: Readonly<Record<string, undefined>>, verifier: string): Promise<number> => {
    const page = await signIn(new Browser(), authorizationUrl(sandbox, change), 'mira');
    return (await redeem(sandbox, answerOf(page)['code'] ?? '', { code_verifier: verifier })).status;
  };

  assert.deepEqual([await attempt({}, 'wrong'), await attempt(without, 'any')], [400, 200]);
  turn({ pkce: 'ignore' });
  assert.deepEqual([await attempt({}, 'wrong'), await attempt(without, 'any')], [200, 200]);
  turn({ pkce: 'require' });
  const refused = await browser.open(authorizationUrl(sandbox, without));
  assert.equal(answerOf(refused)['error'], 'invalid_request');
});

test('unlisted scopes are ignored or refused', async () => {
  const url = authorizationUrl(sandbox, { scope: 'openid profile email' });

  const ignored = await signIn(browser, url, 'mira');
  turn({ unlistedScopes: 'refuse' });
  const refused = await browser.open(url);

  assert.ok(answerOf(ignored)['code']);
  assert.equal(answerOf(refused)['error'], 'invalid_scope');
});

test('the authorization response names the issuer on demand', async () => {
  const without = await signIn(browser, authorizationUrl(sandbox), 'mira');
  turn({ issParameter: true });
  const named = await browser.open(authorizationUrl(sandbox));

  assert.equal(answerOf(without)['iss'], undefined);
  assert.equal(answerOf(named)['iss'], sandbox.url('otds', '/otdsws'));
});

test('hostile claims: another audience, nonce or no nonce, and another state', async () => {
  assert.equal((await claims({ audOverride: 'someone-else' })).aud, 'someone-else');
  assert.equal((await claims({ nonceOverride: 'other' }))['nonce'], 'other');
  assert.equal((await claims({ nonceOverride: '' }))['nonce'], undefined);
  turn({ stateOverride: 'swapped' });
  assert.equal(answerOf(await signIn(browser, authorizationUrl(sandbox), 'mira'))['state'], 'swapped');
});

test('hostile signatures do not verify although kid or algorithm look right', async () => {
  assert.equal(await verifies(await idToken({})), true);
  for (const signature of ['unknown-key', 'none', 'hs256-client-secret', 'hs256-public-key', 'broken']) {
    const token = await idToken({ signature });

    assert.equal(await verifies(token), false, signature);
  }
  const known = (await jwks()).keys.map(({ kid }) => kid);
  assert.ok(known.includes(decodeProtectedHeader(await idToken({ signature: 'unknown-key' })).kid));
});

test('keys rotate: the next key was published before it signs', async () => {
  const before = await jwks();
  const old = decodeProtectedHeader(await idToken({})).kid;

  sandbox.system('otds').actions?.['rotate-keys']?.run({});
  const token = await idToken({});

  assert.notEqual(decodeProtectedHeader(token).kid, old);
  assert.ok(before.keys.some(({ kid }) => kid === decodeProtectedHeader(token).kid));
  assert.ok(await verifies(token));
});

test('a clock that is off shows in every token', async () => {
  sandbox.system('otds').clock.offsetMs = -3_600_000;

  const { iat = 0, exp = 0 } = await claims({});

  assert.equal(iat, clock.now().getTime() / 1_000 - 3_600);
  assert.ok(exp * 1_000 < clock.now().getTime());
});

test('wrong passwords lock an account where the policy says so', async () => {
  turn({ lockAfterFailures: 2 });
  await signIn(browser, authorizationUrl(sandbox), 'mira', 'wrong');
  await signIn(browser, authorizationUrl(sandbox), 'mira', 'wrong');

  const page = await signIn(browser, authorizationUrl(sandbox), 'mira');

  assert.match(page.body, /locked/);
  assert.equal(sandbox.people.find('mira')?.locked, true);
});

test('codes can be made to work twice', async () => {
  turn({ codeReuse: true });
  const code = answerOf(await signIn(browser, authorizationUrl(sandbox), 'mira'))['code'] ?? '';

  assert.deepEqual([(await redeem(sandbox, code)).status, (await redeem(sandbox, code)).status], [200, 200]);
});
