import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import * as client from 'openid-client';
import { applicationOf, followOut, type OidcWorld, openOidcWorld, SECRET } from './oidc-world.ts';

// RFC 9700 2.1.1: a confidential application may lean on the nonce in place of PKCE; nobody else, and nobody unasked.

const CALLBACK = 'http://wiki.localhost/callback';
const VERIFIER = 'v'.repeat(43);
const PLAIN: Readonly<Record<string, string>> = {
  ...{ response_type: 'code', redirect_uri: CALLBACK, scope: 'openid profile', state: 'st' },
};

async function openWorld(t: TestContext, wiki: object = { pkce: 'nonce-instead' }): Promise<OidcWorld> {
  const world = await openOidcWorld(t, { parties: { wiki } });
  world.people.allow('mira', 'wiki', ['catalog:read']);
  world.people.allow('mira', 'notes');
  world.people.allow('mira', 'spa');
  world.login.signInAs = 'mira';
  return world;
}

/** Where the application gets its answer, as a library of 2021 asks for it. */
async function ask(world: OidcWorld, more: Record<string, string>, id = 'wiki'): Promise<URL> {
  const redirect = { redirect_uri: `http://${id}.localhost/callback` };
  const query = new URLSearchParams({ ...PLAIN, client_id: id, ...redirect, ...more });
  return followOut(world, world.browser(), new URL(world.url(`/oidc/auth?${query}`)));
}

async function redeem(world: OidcWorld, answer: URL, more: Record<string, string> = {}) {
  const response = await world.fetch(world.url('/oidc/token'), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: basic() },
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', redirect_uri: CALLBACK },
      ...{ code: answer.searchParams.get('code') ?? '', ...more },
    }).toString(),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function basic(): string {
  return `Basic ${Buffer.from(`wiki:${encodeURIComponent(SECRET)}`).toString('base64')}`;
}

async function challenge(): Promise<Record<string, string>> {
  return {
    code_challenge: await client.calculatePKCECodeChallenge(VERIFIER),
    code_challenge_method: 'S256',
  };
}

suite('an application whose library cannot send a challenge', () => {
  test('signs people in by its nonce, which the ID token shows', async (t) => {
    const world = await openWorld(t);

    const { status, body } = await redeem(world, await ask(world, { nonce: 'n-1' }));

    assert.equal(status, 200);
    const [, payload = ''] = String(body['id_token']).split('.');
    assert.equal(JSON.parse(Buffer.from(payload, 'base64url').toString())['nonce'], 'n-1');
  });

  test('does so with a pushed request as well', async (t) => {
    const world = await openWorld(t);
    const configuration = await applicationOf(world);
    const pushed = await client.buildAuthorizationUrlWithPAR(configuration, { ...PLAIN, nonce: 'n-1' });

    const answer = await followOut(world, world.browser(), pushed);

    assert.equal((await redeem(world, answer)).status, 200);
    await assert.rejects(client.buildAuthorizationUrlWithPAR(configuration, PLAIN), {
      error: 'invalid_request',
    });
  });

  const refused: readonly (readonly [string, Record<string, string>])[] = [
    ['no nonce', {}],
    ['an empty nonce', { nonce: '' }],
    ['a nonce that no ID token brings back', { nonce: 'n-1', scope: 'profile' }],
    ['a challenge without its method', { nonce: 'n-1', code_challenge: 'c'.repeat(43) }],
    ['a method without its challenge', { nonce: 'n-1', code_challenge_method: 'S256' }],
  ];
  for (const [what, more] of refused) {
    test(`is refused with ${what}`, async (t) => {
      const world = await openWorld(t);

      const answer = await ask(world, more);

      assert.equal(answer.searchParams.get('error'), 'invalid_request');
      assert.equal(answer.searchParams.get('code'), null);
    });
  }

  test('hears what it may send in place of the challenge', async (t) => {
    const world = await openWorld(t);

    const answer = await ask(world, {});

    assert.match(answer.searchParams.get('error_description') ?? '', /code_challenge .* nonce .* openid/);
  });
});

suite('nobody is talked out of PKCE', () => {
  test('a code that was asked for with a challenge wants its verifier, nonce or not', async (t) => {
    const world = await openWorld(t);
    const asked = { nonce: 'n-1', ...(await challenge()) };

    for (const stripped of [{}, { code_verifier: '' }, { code_verifier: 'w'.repeat(43) }]) {
      const { status, body } = await redeem(world, await ask(world, asked), stripped);
      assert.deepEqual([status, body['error']], [400, 'invalid_grant']);
    }
    const proven = await redeem(world, await ask(world, asked), { code_verifier: VERIFIER });
    assert.equal(proven.status, 200);
  });

  test('a verifier for a code that was asked for without a challenge is refused (RFC 9700 4.8.2)', async (t) => {
    const world = await openWorld(t);

    const { body } = await redeem(world, await ask(world, { nonce: 'n-1' }), { code_verifier: VERIFIER });

    assert.equal(body['error'], 'invalid_grant');
  });

  test('an application that says nothing needs it', async (t) => {
    const world = await openWorld(t);

    const answer = await ask(world, { nonce: 'n-1' }, 'notes');

    assert.equal(answer.searchParams.get('error'), 'invalid_request');
  });

  test('a public one needs it, whatever stands in its settings', async (t) => {
    const world = await openOidcWorld(t, { parties: { spa: { pkce: 'nonce-instead' } } });
    world.people.allow('mira', 'spa');
    world.login.signInAs = 'mira';

    const answer = await ask(world, { nonce: 'n-1' }, 'spa');

    assert.equal(answer.searchParams.get('error'), 'invalid_request');
  });
});
