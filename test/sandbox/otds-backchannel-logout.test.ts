import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser } from './client/browser.ts';
import { broker, tokensFor } from './client/otds.ts';
import { send } from './client/request.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let receiver: Server;
let tokens: string[];

before(async () => {
  receiver = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    req.on('end', () => {
      tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      res.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const backchannelLogoutUri = `http://sso.localhost:${port}/login/otds/backchannel-logout`;
  sandbox = await startSandbox({
    port: 0,
    clock,
    broker: { ...broker, backchannelLogoutUri },
    only: ['otds'],
  });
});
after(async () => {
  await sandbox[Symbol.asyncDispose]();
  receiver.close();
});
beforeEach(() => {
  sandbox.reset();
  tokens = [];
});

/** Signs mira in and out again. */
async function comeAndGo(positions: Readonly<Record<string, unknown>>): Promise<JWTPayload> {
  sandbox.system('otds').turn(positions);
  const browser = new Browser();
  const { id_token: idToken = '' } = await tokensFor(sandbox, browser, 'mira');
  await browser.visit(sandbox.url('otds', '/otdsws/logout'));
  return decodeJwt(idToken);
}

test('logout tells nobody unless the switch is on', async () => {
  const claims = await comeAndGo({});

  assert.deepEqual(tokens, []);
  assert.equal(claims['sid'], undefined);
});

test('the logout token verifies and names subject and session of the ID token', async () => {
  const claims = await comeAndGo({ backchannelLogout: true });
  const jwks = (await send(sandbox.url('otds', '/otdsws/oauth2/jwks'))).json();

  const { payload, protectedHeader } = await jwtVerify(
    tokens[0] ?? '',
    createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0]),
    { audience: 'vestibule', issuer: String(claims.iss), currentDate: clock.now() },
  );

  assert.equal(protectedHeader.typ, 'logout+jwt');
  assert.deepEqual([payload.sub, payload['sid']], [claims.sub, claims['sid']]);
  assert.deepEqual(payload['events'], { 'http://schemas.openid.net/event/backchannel-logout': {} });
  assert.ok(payload.jti);
  assert.deepEqual(sandbox.system('otds').state()['logoutReplies'], [200]);
});

test('hostile logout tokens are about nobody, lack the event, carry a nonce, repeat, or are of another type', async () => {
  const logoutClaims = async (logoutToken: string): Promise<JWTPayload> => {
    await comeAndGo({ backchannelLogout: true, logoutToken });
    return decodeJwt(tokens.at(-1) ?? '');
  };

  const sidOnly = await logoutClaims('sid-only');
  const nobody = await logoutClaims('nobody');
  assert.deepEqual([sidOnly.sub, typeof sidOnly['sid']], [undefined, 'string']);
  assert.deepEqual([nobody.sub, nobody['sid']], [undefined, undefined]);
  assert.equal((await logoutClaims('no-event'))['events'], undefined);
  assert.equal((await logoutClaims('nonce'))['nonce'], 'not-allowed');
  assert.equal((await logoutClaims('repeated')).jti, (await logoutClaims('repeated')).jti);
  await logoutClaims('wrong-type');
  assert.equal(decodeProtectedHeader(tokens.at(-1) ?? '').typ, 'JWT');
});
