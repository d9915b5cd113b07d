import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { decodeJwt } from 'jose';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser } from './client/browser.ts';
import {
  answerOf,
  askForToken,
  authorizationUrl,
  broker,
  redeem,
  signIn,
  type TokenAnswer,
  tokensFor,
} from './client/otds.ts';
import { type Reply, send, sendForm, sendJson } from './client/request.ts';

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

const errorOf = (reply: Reply): string => `${reply.status} ${(reply.json() as { error?: string }).error}`;

async function codeFor(login: string): Promise<string> {
  return answerOf(await signIn(browser, authorizationUrl(sandbox), login))['code'] ?? '';
}

function userinfo(token: string): Promise<Reply> {
  return send(sandbox.url('otds', '/otdsws/oauth2/userinfo'), {
    headers: { authorization: `Bearer ${token}` },
  });
}

function basic(secret: string): string {
  return `Basic ${Buffer.from(`vestibule:${encodeURIComponent(secret)}`).toString('base64')}`;
}

test('a code works once, and its second use revokes what the first one gave', async () => {
  const code = await codeFor('mira');
  const first = (await redeem(sandbox, code)).json() as TokenAnswer;
  const before = await userinfo(first.access_token);

  const second = await redeem(sandbox, code);
  const after = await userinfo(first.access_token);

  assert.equal(before.status, 200);
  assert.equal(errorOf(second), '400 invalid_grant');
  assert.equal(after.status, 401);
});

test('a code is refused after its time, with another redirect address, verifier or client secret', async () => {
  const wrongAddress = await redeem(sandbox, await codeFor('mira'), {
    redirect_uri: 'http://sso.localhost/',
  });
  const wrongVerifier = await redeem(sandbox, await codeFor('mira'), { code_verifier: 'wrong' });
  const noVerifier = await redeem(sandbox, await codeFor('mira'), { code_verifier: undefined });
  const wrongSecret = await redeem(sandbox, await codeFor('mira'), { client_secret: 'wrong' });
  const late = await codeFor('mira');
  clock.advance(60_000);

  assert.equal(errorOf(wrongAddress), '400 invalid_grant');
  assert.equal(errorOf(wrongVerifier), '400 invalid_grant');
  assert.equal(errorOf(noVerifier), '400 invalid_grant');
  assert.equal(errorOf(wrongSecret), '401 invalid_client');
  assert.equal(errorOf(await redeem(sandbox, late)), '400 invalid_grant');
});

test('client credentials arrive as form fields or by Basic, as the site allows', async () => {
  const url = sandbox.url('otds', '/otdsws/oauth2/token');
  const byPost = async (): Promise<number> =>
    (await askForToken(sandbox, { grant_type: 'client_credentials' })).status;
  const byBasic = async (): Promise<number> => {
    const headers = { authorization: basic(String(broker.clientSecret)) };
    return (await sendForm(url, { grant_type: 'client_credentials' }, headers)).status;
  };

  assert.deepEqual([await byPost(), await byBasic()], [200, 200]);
  sandbox.system('otds').turn({ clientAuthentication: 'post' });
  assert.deepEqual([await byPost(), await byBasic()], [200, 401]);
  sandbox.system('otds').turn({ clientAuthentication: 'basic' });
  assert.deepEqual([await byPost(), await byBasic()], [401, 200]);
});

test('client_credentials gives no refresh token and stands for the client', async () => {
  const tokens = (await askForToken(sandbox, { grant_type: 'client_credentials' })).json() as TokenAnswer;

  assert.equal(tokens.refresh_token, undefined);
  assert.equal(tokens.id_token, undefined);
  assert.equal(decodeJwt(tokens.access_token).sub, 'vestibule@OAuthClients');
  assert.equal((await userinfo(tokens.access_token)).status, 401);
});

test('the password grant and impersonation work for enabled people, impersonation not with a resource', async () => {
  const byPassword = (login: string, password: string): Promise<Reply> =>
    askForToken(sandbox, { grant_type: 'password', username: login, password, scope: 'openid' });
  const actAs = (login: string, scope: string): Promise<Reply> =>
    askForToken(sandbox, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: `${login}@staff`,
      subject_token_type: 'urn:opentext.com:oauth:string:user_id',
      scope,
    });

  assert.equal((await byPassword('mira', 'halden-demo')).status, 200);
  assert.equal(errorOf(await byPassword('mira', 'wrong')), '400 invalid_grant');
  assert.equal(errorOf(await byPassword('lena', 'halden-demo')), '400 invalid_grant');
  assert.equal((await actAs('mira', 'openid')).status, 200);
  assert.equal(errorOf(await actAs('mira', 'resource:x')), '400 access_denied');
  assert.equal(errorOf(await actAs('lena', 'openid')), '400 invalid_grant');
});

test('refresh tokens rotate, stay, or do not exist', async () => {
  const refresh = (token: string | undefined): Promise<Reply> =>
    askForToken(sandbox, { grant_type: 'refresh_token', refresh_token: token ?? '' });
  const first = await tokensFor(sandbox, browser, 'mira');

  const rotated = (await refresh(first.refresh_token)).json() as TokenAnswer;
  const replayed = await refresh(first.refresh_token);
  sandbox.system('otds').turn({ refreshTokens: 'reuse' });
  const kept = (await refresh(rotated.refresh_token)).json() as TokenAnswer;
  const again = await refresh(rotated.refresh_token);
  sandbox.system('otds').turn({ refreshTokens: 'none' });
  const none = await tokensFor(sandbox, new Browser(), 'mira');

  assert.notEqual(rotated.refresh_token, first.refresh_token);
  assert.equal(errorOf(replayed), '400 invalid_grant');
  assert.equal(kept.refresh_token, rotated.refresh_token);
  assert.equal(again.status, 200);
  assert.equal(none.refresh_token, undefined);
});

test('a refreshed ID token keeps subject and time of sign-in and has no nonce', async () => {
  const first = await tokensFor(sandbox, browser, 'mira');
  clock.advance(5_000);
  const next = (
    await askForToken(sandbox, { grant_type: 'refresh_token', refresh_token: first.refresh_token })
  ).json() as TokenAnswer;

  const [before, after] = [decodeJwt(first.id_token ?? ''), decodeJwt(next.id_token ?? '')];
  assert.deepEqual(
    [after.sub, after['auth_time'], after['nonce']],
    [before.sub, before['auth_time'], undefined],
  );
});

test('the refresh grant fails for a disabled person, or works until expiry', async () => {
  const refresh = (token: string | undefined): Promise<Reply> =>
    askForToken(sandbox, { grant_type: 'refresh_token', refresh_token: token ?? '' });
  const { refresh_token: token } = await tokensFor(sandbox, browser, 'mira');
  sandbox.people.change('mira', { disabled: true });

  assert.equal(errorOf(await refresh(token)), '400 invalid_grant');
  sandbox.system('otds').turn({ refreshWhenDisabled: 'allow' });
  assert.equal((await refresh(token)).status, 200);
});

test('a refresh shows what has changed about the person', async () => {
  const { refresh_token: token } = await tokensFor(sandbox, browser, 'mira');
  sandbox.people.change('mira', { region: 'NA', groups: ['media@staff'], login: 'mira.lindqvist' });

  const next = (
    await askForToken(sandbox, { grant_type: 'refresh_token', refresh_token: token })
  ).json() as TokenAnswer;
  const claims = decodeJwt(next.id_token ?? '');

  assert.deepEqual(
    [claims['region'], claims['grp'], claims['preferred_username']],
    ['NA', ['media@staff'], 'mira.lindqvist'],
  );
});

test('userinfo answers until the token expires or is revoked, and tokeninfo says 410 then', async () => {
  const info = (token: string): Promise<Reply> =>
    sendJson('POST', sandbox.url('otds', '/otdsws/rest/authentication/oauth/tokeninfo'), { token });
  const tokens = await tokensFor(sandbox, browser, 'mira');
  const alive = [(await userinfo(tokens.access_token)).status, (await info(tokens.access_token)).status];

  await sendForm(sandbox.url('otds', '/otdsws/oauth2/revoke'), {
    client_id: 'vestibule',
    client_secret: String(broker.clientSecret),
    token: tokens.access_token,
  });
  const revoked = [(await userinfo(tokens.access_token)).status, (await info(tokens.access_token)).status];
  const next = await tokensFor(sandbox, browser, 'mira');
  clock.advance(1_000_000);

  assert.deepEqual(alive, [200, 200]);
  assert.deepEqual(revoked, [401, 410]);
  assert.equal((await userinfo(next.access_token)).status, 401);
});

test('a stranger cannot revoke, and an unknown token is no error', async () => {
  const url = sandbox.url('otds', '/otdsws/oauth2/revoke');
  const credentials = { client_id: 'vestibule', client_secret: String(broker.clientSecret) };

  assert.equal((await sendForm(url, { token: 'x' })).status, 401);
  assert.equal((await sendForm(url, { ...credentials, token: 'x' })).status, 200);
});

test('unknown grant types, repeated parameters and JSON bodies are refused; the hosted service reads JSON', async () => {
  const url = sandbox.url('otds', '/otdsws/oauth2/token');
  const body = {
    grant_type: 'client_credentials',
    client_id: 'vestibule',
    client_secret: broker.clientSecret,
  };

  const unknown = await askForToken(sandbox, { grant_type: 'magic' });
  const inherited = await askForToken(sandbox, { grant_type: 'constructor' });
  const twice = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=a&grant_type=b',
  });
  const json = await sendJson('POST', url, body);
  sandbox.system('otds').turn({ jsonTokenRequests: true });
  const hosted = await sendJson('POST', url, body);

  assert.equal(errorOf(unknown), '400 unsupported_grant_type');
  assert.equal(errorOf(inherited), '400 unsupported_grant_type');
  assert.equal(errorOf(twice), '400 invalid_request');
  assert.equal(errorOf(json), '400 invalid_request');
  assert.equal(hosted.status, 200);
});

test('the old login address also answers token requests', async () => {
  const reply = await askForToken(sandbox, { grant_type: 'client_credentials' }, '/otdsws/login');

  assert.equal(reply.status, 200);
});
