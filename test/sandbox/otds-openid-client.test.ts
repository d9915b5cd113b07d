import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import * as client from 'openid-client';
import { systemClock } from '../../src/base/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { Browser } from './client/browser.ts';
import { broker, CALLBACK, signIn } from './client/otds.ts';
import { send } from './client/request.ts';

// An implementation that knows nothing of the simulator judges it. It reads the system's clock, so the sandbox does too.
let sandbox: Sandbox;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock: systemClock, broker, only: ['otds'] });
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

const loopbackFetch: client.CustomFetch = async (url, { method, headers, body }) => {
  const text = typeof body === 'string' || body instanceof URLSearchParams ? body.toString() : undefined;
  const reply = await send(url, { method, headers, ...(text !== undefined && { body: text }) });
  return new Response(reply.body, {
    status: reply.status,
    headers: { 'content-type': reply.headers['content-type'] ?? '' },
  });
};

function discover(authentication: client.ClientAuth): Promise<client.Configuration> {
  return client.discovery(new URL(sandbox.url('otds', '/otdsws')), 'vestibule', undefined, authentication, {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: loopbackFetch,
  });
}

for (const [name, method] of [
  ['post', client.ClientSecretPost],
  ['Basic', client.ClientSecretBasic],
] as const) {
  test(`openid-client signs in, reads userinfo, refreshes and revokes with ${name}`, async () => {
    const config = await discover(method(String(broker.clientSecret)));
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid otds:groups',
      state: 'state',
      nonce: 'nonce',
      max_age: '600',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });

    const back = await signIn(new Browser(), url.href, 'mira');
    const tokens = await client.authorizationCodeGrant(config, new URL(back.headers.location ?? ''), {
      pkceCodeVerifier,
      expectedState: 'state',
      expectedNonce: 'nonce',
      maxAge: 600,
    });
    const subject = tokens.claims()?.sub ?? '';
    const info = await client.fetchUserInfo(config, tokens.access_token, subject);
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    await client.tokenRevocation(config, refreshed.access_token);

    assert.equal(subject, sandbox.people.find('mira')?.uuid);
    assert.deepEqual(info['grp'], ['merchandising@staff']);
    await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, subject));
  });
}

test('openid-client refuses every hostile ID token', async () => {
  const config = await discover(client.ClientSecretPost(String(broker.clientSecret)));
  client.enableNonRepudiationChecks(config);
  for (const positions of [
    { audOverride: 'someone-else' },
    { nonceOverride: 'other' },
    { nonceOverride: '' },
    { signature: 'unknown-key' },
    { signature: 'none' },
    { signature: 'hs256-client-secret' },
    { signature: 'hs256-public-key' },
    { signature: 'broken' },
    { issuerOverride: 'https://issuer.example' },
  ]) {
    sandbox.reset();
    sandbox.system('otds').turn(positions);
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid',
      nonce: 'nonce',
    });
    const back = await signIn(new Browser(), url.href, 'mira');

    await assert.rejects(
      client.authorizationCodeGrant(config, new URL(back.headers.location ?? ''), { expectedNonce: 'nonce' }),
      JSON.stringify(positions),
    );
  }
});
