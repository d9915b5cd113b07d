import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Unavailable } from '../../src/base/index.ts';
import type { IssuingKey } from '../../src/platform/keys/index.ts';
import { applicationOf, openOidcWorld, SECRET, signOn, TestKeys } from './oidc-world.ts';

/** What a store throws when it does not answer. */
function away(system: string): Unavailable {
  return new Unavailable({
    ...{ code: `${system}.unavailable`, system, retryAfterSeconds: 5 },
    publicMessage: 'The service cannot reach its store at the moment. Please try again.',
  });
}

/** Keys that the provider cannot read while `isAway`. */
function keysWithFaults() {
  const keys = new TestKeys();
  const state = { isAway: false, asked: 0 };
  const issuingKeys = async (purpose: IssuingKey['purpose']): Promise<readonly IssuingKey[]> => {
    state.asked += 1;
    if (state.isAway) throw away('database');
    return keys.issuingKeys(purpose);
  };
  const seen = { issuingKeys, onIssuingKeysChange: keys.onIssuingKeysChange };
  return { keys, state, seen: seen as unknown as TestKeys };
}

suite('while a store is away', () => {
  test('a person at the authorization endpoint is told so, and when to try again', async (t) => {
    const world = await openOidcWorld(t);
    const url = new URL((await applicationOf(world)).serverMetadata().authorization_endpoint ?? '');
    const asked = {
      client_id: 'wiki',
      response_type: 'code',
      redirect_uri: 'http://wiki.localhost/callback',
    };
    const pkce = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', scope: 'openid' };
    url.search = new URLSearchParams({ ...asked, ...pkce }).toString();
    t.mock.method(world.keyValue, 'set', () => Promise.reject(away('key_value')));

    const page = await world.browser().fetch(url.href);

    assert.equal(page.status, 503);
    assert.equal(page.headers['retry-after'], '5');
    assert.match(page.text, /cannot reach its store.*try again in 5 seconds/i);
    assert.match(page.text, /key_value\.unavailable/);
  });

  test('an application at the token endpoint hears when to try again', async (t) => {
    const world = await openOidcWorld(t);
    t.mock.method(world.keyValue, 'getMany', () => Promise.reject(away('key_value')));

    const answer = await world.fetch(world.url('/oidc/token'), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`wiki:${encodeURIComponent(SECRET)}`)}` },
      body: new URLSearchParams({
        ...{ grant_type: 'authorization_code', code: 'x'.repeat(43), code_verifier: 'y'.repeat(43) },
        redirect_uri: 'http://wiki.localhost/callback',
      }),
    });

    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('retry-after'), '5');
    assert.equal(((await answer.json()) as { error: string }).error, 'temporarily_unavailable');
  });

  test('changed registrations wait for the keys, and what failed is made up for by the next request', async (t) => {
    const { state, seen } = keysWithFaults();
    const world = await openOidcWorld(t, { keys: seen });
    state.isAway = true;
    world.register({ books: {} });

    const refused = await world.browser().fetch(world.url('/oidc/jwks'));
    state.isAway = false;
    const served = await world.browser().fetch(world.url('/oidc/jwks'));

    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '5');
    assert.equal(served.status, 200);
  });

  test('many who ask wait for one attempt, and not each for one of its own after all others', async (t) => {
    const { state, seen } = keysWithFaults();
    const world = await openOidcWorld(t, { keys: seen });
    const before = state.asked;
    const provider = await world.open();
    const perAttempt = state.asked - before;
    Object.assign(state, { isAway: true, asked: 0 });

    const asked = Array.from({ length: 20 }, () => provider.reload());
    const outcomes = await Promise.allSettled(asked);

    assert.ok(outcomes.every(({ status }) => status === 'rejected'));
    assert.ok(
      state.asked > 0 && state.asked <= perAttempt,
      `${state.asked} for one attempt of ${perAttempt}`,
    );
    state.isAway = false;
    await Promise.all(asked.map(() => provider.reload()));
  });

  test('keys that turned while they could not be read sign from the next request on', async (t) => {
    const { keys, state, seen } = keysWithFaults();
    const world = await openOidcWorld(t, { keys: seen });
    world.people.allow('mira', 'wiki');
    state.isAway = true;
    await keys.rotate('oidc-rs256');
    await assert.rejects(world.provider.reload());
    state.isAway = false;

    const { exchange } = await signOn(world);
    const { id_token: idToken = '' } = await exchange();

    const [active] = await keys.issuingKeys('oidc-rs256');
    const { kid } = JSON.parse(Buffer.from(idToken.split('.')[0] ?? '', 'base64url').toString());
    assert.equal(kid, active?.keyId);
  });
});
