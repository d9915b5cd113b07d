import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CALLBACK, openByHand } from './oidc-by-hand.ts';
import { applicationOf, followOut, startRequest } from './oidc-world.ts';

// What the profiles of the OpenID Foundation's suite (basic, config, form post) and the specifications below ask of a
// provider, where no other file has it: OpenID Connect Core 1.0, RFC 6749, 6750, 7636, 9126, 9207.

const LOCALES: readonly (readonly [string, string])[] = [
  ['ui_locales', 'de-AT fr'],
  ['claims_locales', 'de'],
  ['display', 'popup'],
  ['unheard_of', '1'],
];

suite('an authorization request', () => {
  const long = 'x'.repeat(501);
  const acr = (part: string, wanted: object) =>
    ['claims', JSON.stringify({ [part]: { acr: wanted } })] as const;
  const cases: readonly (readonly [
    title: string,
    parameters: readonly (readonly [string, string])[],
    outcome: string,
  ])[] = [
    ['without a nonce goes on, as Core 3.1.2.1 lets it', [], 'login'],
    ['with languages, a display and what nobody knows goes on', LOCALES, 'login'],
    ['with a display that nobody knows goes on', [['display', 'hologram']], 'login'],
    [
      'with PKCE in clear is refused (RFC 9700 2.1.1)',
      [['code_challenge_method', 'plain']],
      'invalid_request',
    ],
    ['whose challenge is too short is refused (RFC 7636 4.2)', [['code_challenge', 'x']], 'invalid_request'],
    [
      'with a foreign request_uri is refused',
      [['request_uri', 'https://evil.example/r']],
      'request_uri_not_supported',
    ],
    [
      'with a pushed request that never was is refused',
      [['request_uri', 'urn:ietf:params:oauth:request_uri:x']],
      'invalid_request_uri',
    ],
    ['with registration in it is refused', [['registration', '{}']], 'registration_not_supported'],
    ['for an answer in no form is refused', [['response_type', 'none']], 'unsupported_response_type'],
    ['with state twice is refused', twice('state', 'a', 'b'), 'invalid_request'],
    ['with nonce twice is refused, equal or not', twice('nonce', 'a', 'a'), 'invalid_request'],
    ['with scope twice is refused', twice('scope', 'openid', 'openid'), 'invalid_request'],
    ['with its client twice stays here', twice('client_id', 'wiki', 'wiki'), 'page'],
    ['with its redirect URI twice stays here', twice('redirect_uri', CALLBACK, CALLBACK), 'page'],
    ['with an unknown prompt is refused', [['prompt', 'dance']], 'invalid_request'],
    ['for an account to be made is refused, as discovery says', [['prompt', 'create']], 'invalid_request'],
    ['for no page and a login is refused', [['prompt', 'none login']], 'invalid_request'],
    ['for no page and consent is refused', [['prompt', 'none consent']], 'invalid_request'],
    ['for consent and another account goes on', [['prompt', 'consent select_account']], 'login'],
    ['for a proof of less than no age is refused', [['max_age', '-1']], 'invalid_request'],
    ['for a proof of an age that is no number is refused', [['max_age', 'x']], 'invalid_request'],
    ['with a hint that is no ID token is refused', [['id_token_hint', 'a.b.c']], 'invalid_request'],
    ['for its answer in a fragment is refused', [['response_mode', 'fragment']], 'invalid_request'],
    [
      'for its answer in an unknown way is refused',
      [['response_mode', 'web_message']],
      'unsupported_response_mode',
    ],
    ['that is no OpenID request is an OAuth one', [['scope', 'profile']], 'login'],
    [
      'that demands a way of signing in with a name too long to be kept is refused, not eased',
      [acr('id_token', { essential: true, values: [long] })],
      'invalid_request',
    ],
    [
      'that demands one among others that is too long is refused',
      [acr('id_token', { essential: true, values: ['gold', long] })],
      'invalid_request',
    ],
    [
      'that demands one by a single value that is too long is refused',
      [acr('id_token', { essential: true, value: long })],
      'invalid_request',
    ],
    [
      'that demands one that is no text is refused',
      [acr('id_token', { essential: true, values: [{ gold: true }] })],
      'invalid_request',
    ],
    [
      'that demands one of too many is refused',
      [acr('id_token', { essential: true, values: Array.from({ length: 21 }, (_, i) => `a${i}`) })],
      'invalid_request',
    ],
    ['that wishes for such a one goes on', [acr('id_token', { values: ['gold', long] })], 'login'],
    ['that demands any way of signing in goes on', [acr('id_token', { essential: true })], 'login'],
  ];
  for (const [title, parameters, outcome] of cases) {
    test(title, async (t) => {
      const { ask } = await openByHand(t);

      assert.equal(await ask(...parameters), outcome);
    });
  }

  test('that somebody only looks at begins nothing', async (t) => {
    const { world, call } = await openByHand(t);
    const query = new URLSearchParams({ client_id: 'wiki', redirect_uri: CALLBACK, response_type: 'code' });
    const before = world.log.junk;

    const { status, headers } = await call(`/oidc/auth?${query}`, { method: 'HEAD' });

    assert.equal(status, 200);
    assert.equal(headers.get('location'), null);
    assert.equal(headers.get('set-cookie'), null);
    assert.deepEqual([world.events, world.log.junk], [[], before]);
  });

  test('that is on its way back loses nothing by a look', async (t) => {
    const { world } = await openByHand(t);
    const configuration = await applicationOf(world);
    const started = await startRequest(configuration);
    const browser = world.browser();
    const paused = browser.pauseAt((place) => /^\/oidc\/auth\/./.test(place.pathname));
    await browser.open(started.url.href);
    const back = paused();

    const look = await browser.fetch(back, 'HEAD');

    assert.equal(look.headers['location'], undefined);
    assert.equal((await followOut(world, browser, new URL(back))).searchParams.has('code'), true);
  });

  for (const [name, value] of [
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'prefetch'],
    ['x-moz', 'prefetch'],
  ] as const) {
    test(`that a browser fetches before anybody wants it (${name}) begins nothing, and uses up no answer`, async (t) => {
      const { world } = await openByHand(t);
      const started = await startRequest(await applicationOf(world));
      const browser = world.browser();
      const paused = browser.pauseAt((place) => /^\/oidc\/auth\/./.test(place.pathname));
      await browser.open(started.url.href);
      const back = paused();

      for (const url of [started.url.href, back]) {
        const early = await world.fetch(url, { headers: { [name]: value }, redirect: 'manual' });
        assert.equal(early.status, 503);
        assert.equal(early.headers.get('location'), null);
      }

      assert.equal((await followOut(world, browser, new URL(back))).searchParams.has('code'), true);
    });
  }
});

function twice(name: string, first: string, second: string): readonly (readonly [string, string])[] {
  return [
    [name, first],
    [name, second],
  ];
}
