import assert from 'node:assert/strict';
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import type { JWTPayload } from 'jose';
import { ManualClock } from '../support/manual-clock.ts';
import { OpenIdProvider } from '../support/openid-provider.ts';
import { isSignedIn } from '../support/saml-attack.ts';
import { startWorld, type World } from '../support/world.ts';

// Published ways to pass something else for an ID token, over HTTP at a running broker: each comes with a code of this very
// sign-in, from the token endpoint itself. `test/federation/oidc-hostile` says which check refuses what.

const VICTIM = 's-victim';
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const base64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Any header over any payload, as texts, so that nothing in between tidies them. */
function signed(header: unknown, payload: unknown, key: KeyObject = own.privateKey): string {
  const input = `${base64(header)}.${base64(payload)}`;
  return `${input}.${createSign('sha256').update(input).sign(key).toString('base64url')}`;
}

type Forgery = (payload: JWTPayload, genuine: KeyObject, provider: OpenIdProvider) => string;
const ownJwk = { ...own.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' };
const head = (more: object = {}) => ({ alg: 'RS256', kid: 'k1', ...more });

const FORGERIES: Readonly<Record<string, Forgery>> = {
  'alg none, in capitals': (p) => `${base64({ alg: 'NONE' })}.${base64(p)}.`,
  'alg none, with the genuine signature': (p, key) =>
    `${base64({ alg: 'none' })}.${base64(p)}.${signed(head(), p, key).split('.')[2]}`,
  'no algorithm': (p, key) => signed({ kid: 'k1' }, p, key),
  'an algorithm in small letters': (p, key) => signed(head({ alg: 'rs256' }), p, key),
  'an algorithm as a list': (p, key) => signed(head({ alg: ['RS256'] }), p, key),
  'a second algorithm in one header': (p) =>
    `${base64('{"alg":"RS256","kid":"k1","alg":"none"}')}.${base64(p)}.`,
  'HS256 with nothing as secret': (p) => {
    const input = `${base64({ alg: 'HS256', kid: 'k1' })}.${base64(p)}`;
    return `${input}.${createHmac('sha256', '').update(input).digest('base64url')}`;
  },
  'HS256 with the modulus as secret': (p, key) => {
    const input = `${base64({ alg: 'HS256', kid: 'k1' })}.${base64(p)}`;
    const { n = '' } = key.export({ format: 'jwk' });
    return `${input}.${createHmac('sha256', Buffer.from(n, 'base64url')).update(input).digest('base64url')}`;
  },
  'a key of its own by jwk': (p) => signed(head({ jwk: ownJwk }), p),
  'a key of its own by jku': (p, _key, provider) => signed(head({ jku: `${provider.issuer}/own-jwks` }), p),
  'a key of its own by x5u': (p, _key, provider) => signed(head({ x5u: `${provider.issuer}/own-jwks` }), p),
  'a key of its own by x5c': (p) => signed(head({ x5c: ['MIIB'] }), p),
  'a key id that is a path': (p) => signed(head({ kid: '../../../../dev/null' }), p),
  'a key id that asks a database': (p) => signed(head({ kid: "k1' UNION SELECT 'x" }), p),
  'a key id that every object has': (p) => signed(head({ kid: '__proto__' }), p),
  'an extension that must be understood': (p, key) => signed(head({ crit: ['exp'], exp: 1 }), p, key),
  'a payload that is not encoded': (p, key) => signed(head({ b64: false, crit: ['b64'] }), p, key),
  'nothing for a signature': (p, key) => `${signed(head(), p, key).split('.').slice(0, 2).join('.')}.`,
  'another part': (p, key) => `${signed(head(), p, key)}.x`,
  'another payload of the same signature': (p, key) => {
    const [first, , last] = signed(head(), p, key).split('.');
    return `${first}.${base64({ ...p, sub: 's-another' })}.${last}`;
  },
  'JSON instead of its compact form': (p, key) => {
    const [first, payload, signature] = signed(head(), p, key).split('.');
    return JSON.stringify({ protected: first, payload, signature });
  },
  'a payload that is no object': (_p, key) => signed(head(), [1], key),
  'a payload that is text': (_p, key) => signed(head(), '"x"', key),
  'a payload with a second issuer': (p, key) =>
    signed(head(), `${JSON.stringify(p).slice(0, -1)},"iss":"https://another.example"}`, key),
  'a payload with a second audience': (p, key) =>
    signed(head(), `${JSON.stringify(p).slice(0, -1)},"aud":"another"}`, key),
  'an audience within text': (p, key) => signed(head(), { ...p, aud: 'vestibule another' }, key),
  'an audience of an object': (p, key) => signed(head(), { ...p, aud: { 0: 'vestibule' } }, key),
  'an issuer with a slash behind it': (p, key) => signed(head(), { ...p, iss: `${p.iss}/` }, key),
  'an issuer in capitals': (p, key) => signed(head(), { ...p, iss: String(p.iss).toUpperCase() }, key),
  'an issuer as a list': (p, key) => signed(head(), { ...p, iss: [p.iss] }, key),
  'no subject': (p, key) => signed(head(), { ...p, sub: undefined }, key),
  'a subject that is a list': (p, key) => signed(head(), { ...p, sub: [VICTIM] }, key),
  'no end': (p, key) => signed(head(), { ...p, exp: undefined }, key),
  'an end as text': (p, key) => signed(head(), { ...p, exp: '99999999999' }, key),
  'an empty nonce': (p, key) => signed(head(), { ...p, nonce: '' }, key),
  'a nonce as a list': (p, key) => signed(head(), { ...p, nonce: [p['nonce']] }, key),
  'a logout token': (p, key) =>
    signed(head({ typ: 'logout+jwt' }), { ...p, nonce: undefined, events: {}, jti: '1' }, key),
  'an access token': (p, key) =>
    signed(head({ typ: 'at+jwt' }), { ...p, nonce: undefined, client_id: 'vestibule' }, key),
  'a megabyte': (p, key) => signed(head(), { ...p, pad: 'x'.repeat(1_100_000) }, key),
};

suite('what is no ID token of this sign-in', () => {
  let provider: OpenIdProvider;
  let world: World;
  before(async () => {
    const clock = new ManualClock(new Date());
    provider = await OpenIdProvider.start(clock);
    provider.behaviour.claims = { sub: VICTIM, email: 'victim@op.example', preferred_username: 'victim' };
    world = await startWorld({
      clock,
      configure(config) {
        config.limits = { beginsPerMinute: 10_000, entriesPerMinute: 10_000 };
        config.connections.push({
          ...{
            id: 'op',
            preset: 'oidc',
            issuer: provider.issuer,
            clientId: 'vestibule',
            clientSecret: 'top-secret',
          },
        });
      },
    });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  async function signIn(forge?: Forgery, change = (answer: URLSearchParams) => answer.toString()) {
    const [key] = provider.keys;
    if (!key) throw new Error('no key');
    if (forge) provider.behaviour.forgeIdToken = async (payload) => forge(payload, key.privateKey, provider);
    else delete provider.behaviour.forgeIdToken;
    const browser = world.browser();
    const { headers } = await browser.fetch(`${world.origin}/login?connection=op`);
    const answer = provider.authorize(new URL(String(headers['location'])));
    return { browser, page: await browser.open(`${world.origin}/login/op/callback?${change(answer)}`) };
  }

  for (const [title, forge] of Object.entries(FORGERIES)) {
    test(`signs nobody in: ${title}`, async () => {
      const asked = provider.requests.length;
      const { browser, page } = await signIn(forge);

      assert.equal(isSignedIn(browser), false);
      assert.ok([400, 403, 502, 503].includes(page.status), `${page.status} ${page.text.slice(0, 200)}`);
      assert.doesNotMatch(page.html, /victim|eyJ|went wrong on our side|\bat .*\.[jt]s:\d/);
      assert.ok(
        !provider.requests.slice(asked).includes('/own-jwks'),
        'no key is fetched on the word of a token',
      );
    });
  }

  const ANSWERS: Readonly<Record<string, (answer: URLSearchParams) => string>> = {
    'no code': (answer) => `state=${answer.get('state')}`,
    'two codes': (answer) => `${answer}&code=x`,
    'two states': (answer) => `${answer}&state=x`,
    'another code': (answer) => `state=${answer.get('state')}&code=x`,
    'an ID token from the browser': (answer) =>
      `state=${answer.get('state')}&id_token=${signed(head(), { sub: VICTIM })}`,
    'a token from the browser': (answer) => `state=${answer.get('state')}&access_token=x&token_type=bearer`,
    'another issuer': (answer) => `${answer}&iss=https%3A%2F%2Fevil.example`,
    'an error beside the code': (answer) => `${answer}&error=access_denied`,
    'an answer as a token': (answer) =>
      `state=${answer.get('state')}&response=${signed(head(), { code: 'x' })}`,
  };
  for (const [title, change] of Object.entries(ANSWERS)) {
    test(`signs nobody in: an answer with ${title}`, async () => {
      const { browser, page } = await signIn(undefined, change);

      assert.equal(isSignedIn(browser), false);
      assert.ok(page.status >= 400 && page.status < 600 && page.status !== 500, String(page.status));
      assert.doesNotMatch(page.html, /evil|victim|eyJ/);
    });
  }

  test('while the genuine one does', async () => {
    assert.equal(isSignedIn((await signIn()).browser), true);
    assert.equal(isSignedIn((await signIn((p, key) => signed(head(), p, key))).browser), true);
  });
});
