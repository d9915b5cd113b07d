import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser, readForm } from './client/browser.ts';
import {
  answerOf,
  authorizationUrl,
  broker,
  CALLBACK,
  redeem,
  SIGNED_OUT,
  signIn,
  type TokenAnswer,
  tokensFor,
} from './client/otds.ts';
import { send, sendForm } from './client/request.ts';

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

test('a person signs in with the code flow and the ID token verifies through discovery and JWKS', async () => {
  const discovery = (
    await send(sandbox.url('otds', '/otdsws/.well-known/openid-configuration'))
  ).json() as Record<string, string>;
  const jwks = (await send(String(discovery['jwks_uri']))).json() as Parameters<typeof createLocalJWKSet>[0];

  const back = await signIn(browser, authorizationUrl(sandbox), 'mira');
  const answer = answerOf(back);
  const tokens = (await redeem(sandbox, answer['code'] ?? '')).json() as TokenAnswer;
  const { payload, protectedHeader } = await jwtVerify(tokens.id_token ?? '', createLocalJWKSet(jwks), {
    issuer: sandbox.url('otds', '/otdsws'),
    audience: 'vestibule',
    algorithms: ['RS256'],
    currentDate: clock.now(),
  });

  assert.equal(answer['state'], 'st-1');
  assert.equal(jwks.keys.length, 2);
  assert.equal(protectedHeader.alg, 'RS256');
  assert.equal(payload.sub, sandbox.people.find('mira')?.uuid);
  assert.equal(payload['nonce'], 'no-1');
  assert.equal(payload['preferred_username'], 'mira');
  assert.equal(payload['email'], 'mira@halden.example');
  assert.equal(payload['region'], 'EMEA');
  assert.deepEqual(payload['grp'], ['merchandising@staff']);
  assert.equal(payload['auth_time'], clock.now().getTime() / 1_000);
});

test('the login page has the fields of OTDS 23.4', async () => {
  const { fields, action } = readForm(await browser.open(authorizationUrl(sandbox)));

  assert.equal(action, sandbox.url('otds', '/otdsws/login'));
  assert.deepEqual(Object.keys(fields), [
    'otds_username',
    'otds_password',
    'otdscsrf',
    'RFA',
    'fragment',
    'authhandler',
  ]);
});

test('a wrong password, an unknown person and a disabled person stay on the login form', async () => {
  for (const [login, password] of [
    ['mira', 'wrong'],
    ['nobody', 'halden-demo'],
    ['lena', 'halden-demo'],
  ] as const) {
    const page = await signIn(browser, authorizationUrl(sandbox), login, password);

    assert.equal(page.status, 200, login);
    assert.match(page.body, /class="problem"/);
    assert.match(page.body, new RegExp(`value="${login}"`));
  }
});

test('the login name is taken as login, login@partition or mail, in any case', async () => {
  for (const login of ['MIRA', 'mira@staff', 'Mira@Halden.Example']) {
    const page = await signIn(new Browser(), authorizationUrl(sandbox), login);

    assert.ok(answerOf(page)['code'], login);
  }
});

test('a second request in the same browser needs no password', async () => {
  await signIn(browser, authorizationUrl(sandbox), 'mira');

  const page = await browser.open(authorizationUrl(sandbox, { state: 'st-2' }));

  assert.equal(answerOf(page)['state'], 'st-2');
  assert.ok(answerOf(page)['code']);
});

test('prompt=none without a session answers login_required', async () => {
  const page = await browser.open(authorizationUrl(sandbox, { prompt: 'none' }));

  assert.deepEqual(answerOf(page), { error: 'login_required', state: 'st-1' });
});

test('prompt=none with a session answers with a code', async () => {
  await signIn(browser, authorizationUrl(sandbox), 'mira');

  const page = await browser.open(authorizationUrl(sandbox, { prompt: 'none' }));

  assert.ok(answerOf(page)['code']);
});

test('prompt=login asks again in a live session, and once only', async () => {
  await signIn(browser, authorizationUrl(sandbox), 'mira');

  const asked = await browser.open(authorizationUrl(sandbox, { prompt: 'login' }));
  const back = await browser.submit(asked, { otds_username: 'noah', otds_password: 'halden-demo' });
  const reloaded = await browser.open(back.url);

  assert.equal(asked.status, 200);
  assert.ok(answerOf(back)['code']);
  assert.equal(reloaded.status, 200);
});

test('max_age asks again when the session is older', async () => {
  await signIn(browser, authorizationUrl(sandbox), 'mira');
  clock.advance(61_000);

  const young = await browser.open(authorizationUrl(sandbox, { max_age: '120' }));
  const old = await browser.open(authorizationUrl(sandbox, { max_age: '60' }));

  assert.ok(answerOf(young)['code']);
  assert.equal(old.status, 200);
});

test('the session of a person who was disabled meanwhile is worth nothing', async () => {
  await signIn(browser, authorizationUrl(sandbox), 'mira');
  sandbox.people.change('mira', { disabled: true });

  const page = await browser.open(authorizationUrl(sandbox, { prompt: 'none' }));

  assert.equal(answerOf(page)['error'], 'login_required');
});

test('an unregistered redirect address gets an HTML error without a redirect', async () => {
  for (const uri of [
    `${CALLBACK}/`,
    `${CALLBACK}?x=1`,
    'http://evil.example/',
    CALLBACK.replace('http', 'https'),
  ]) {
    const page = await browser.visit(authorizationUrl(sandbox, { redirect_uri: uri }));

    assert.equal(page.status, 400);
    assert.equal(page.headers.location, undefined);
    assert.match(page.headers['content-type'] ?? '', /text\/html/);
  }
});

test('an unknown client gets an HTML error, and /authorize does not exist', async () => {
  const unknown = await browser.visit(authorizationUrl(sandbox, { client_id: 'stranger' }));
  const missing = await browser.visit(authorizationUrl(sandbox, {}, '/otdsws/oauth2/authorize'));

  assert.equal(unknown.status, 400);
  assert.equal(missing.status, 404);
});

test('a login form that was sent without its page is not believed', async () => {
  const page = await browser.open(authorizationUrl(sandbox));
  const { action, fields } = readForm(page);

  const forged = await sendForm(action, { ...fields, otds_username: 'mira', otds_password: 'halden-demo' });
  const elsewhere = Buffer.from(JSON.stringify({ forwardAddress: '//evil.example/' })).toString('base64url');
  const away = await browser.visit(action, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...fields, RFA: `e30.${elsewhere}.` }).toString(),
  });

  assert.equal(forged.headers.location, undefined);
  assert.match(forged.body, /page has expired/);
  assert.equal(away.status, 400);
});

test('logout ends the session and returns only to a registered address', async () => {
  await tokensFor(sandbox, browser, 'mira');
  const url = sandbox.url('otds', `/otdsws/logout?state=s&post_logout_redirect_uri=`);

  const away = await browser.visit(`${url}${encodeURIComponent('http://evil.example/')}`);
  const back = await browser.visit(`${url}${encodeURIComponent(SIGNED_OUT)}`);
  sandbox.system('otds').turn({ logoutRedirect: 'ignore' });
  const ignored = await browser.visit(`${url}${encodeURIComponent(SIGNED_OUT)}`);
  const after = await browser.open(authorizationUrl(sandbox, { prompt: 'none' }));

  assert.equal(away.headers.location, undefined);
  assert.equal(back.headers.location, `${SIGNED_OUT}?state=s`);
  assert.equal(ignored.status, 200);
  assert.equal(answerOf(after)['error'], 'login_required');
});

test('form_post and the old implicit login answer with a form that needs no inline script', async () => {
  await signIn(browser, authorizationUrl(sandbox), 'mira');

  const code = await browser.open(authorizationUrl(sandbox, { response_mode: 'form_post' }));
  const implicit = await browser.open(
    authorizationUrl(sandbox, { response_type: 'id_token', response_mode: 'form_post' }, '/otdsws/login'),
  );

  assert.equal(readForm(code).action, CALLBACK);
  assert.ok(readForm(code).fields['code']);
  assert.doesNotMatch(code.body, /<script(?![^>]*src=)/);
  assert.equal(decodeJwt(readForm(implicit).fields['id_token'] ?? '')['nonce'], 'no-1');
});
