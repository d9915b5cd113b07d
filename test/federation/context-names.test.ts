import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { ConnectionConfig, checkConnections } from '../../src/federation/index.ts';
import { openOidcWorld, otdsConfig, PERSON, redirectOf, signIn as signInByOidc } from './oidc-world.ts';
import { inlineConfig, openSamlWorld, signIn, upstreamOf } from './saml-world.ts';

// Upstreams have names of their own for ways of signing in; applications know others. The operator says which are the
// same, and then both sides read the words that they know.

const MFA = 'https://refeds.org/profile/mfa';
const NAMES = { 'name/password/uri': MFA, 'urn:site:card': MFA, '2': MFA };
const ASKED = { comparison: 'exact', classes: [MFA, 'urn:other'] } as const;

test('of a SAML upstream: what it says is read in our words, what we ask in its own', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(
    world.open((idp) => [inlineConfig(idp, { authnContextNames: NAMES, authnContexts: ['urn:site:card'] })]),
  );

  const result = await signIn(world, upstream);
  const { go } = await upstream.begin({ context: ASKED });

  assert.ok(result.outcome === 'identity' && go.kind === 'redirect');
  assert.equal(result.identity.authnContext, MFA);
  assert.deepEqual(upstream.authnContexts, [MFA]);
  const request = inflateRawSync(
    Buffer.from(go.url.searchParams.get('SAMLRequest') ?? '', 'base64'),
  ).toString();
  const asked = [...request.matchAll(/AuthnContextClassRef[^>]*>([^<]+)</g)].map(([, name]) => name);
  assert.deepEqual(asked.sort(), ['2', 'name/password/uri', 'urn:other', 'urn:site:card']);
});

test('of an OpenID provider too; a name that nobody translated stays', async () => {
  await using world = await openOidcWorld((issuer) => [otdsConfig(issuer, { authnContextNames: NAMES })]);
  for (const [acr, read] of [
    ['2', MFA],
    ['1', '1'],
    ['constructor', 'constructor'],
  ] as const) {
    world.provider.behaviour.claims = { ...PERSON, acr };
    const result = await signInByOidc(world);
    assert.ok(result.outcome === 'identity');
    assert.equal(result.identity.authnContext, read);
  }

  const begun = await world.upstream().begin({ context: { comparison: 'exact', classes: [MFA] } });
  const asked = redirectOf(begun).searchParams.get('acr_values')?.split(' ');
  assert.deepEqual(asked?.sort(), ['2', 'name/password/uri', 'urn:site:card']);
});

const CLASSES = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
const [NOTHING, PASSWORD, CARD] = [`${CLASSES}unspecified`, `${CLASSES}Password`, `${CLASSES}Smartcard`];

function problemsOf(authnContextNames: Record<string, string>): string[] {
  const config = ConnectionConfig.parse(otdsConfig('https://otds.example', { authnContextNames }));
  return checkConnections([config], { allowInsecureLoopback: false }).map(
    ({ path, message }) => `${path} ${message}`,
  );
}

test('what says nothing about a sign-in is given no name that promises something', () => {
  for (const theirs of [NOTHING, '0']) {
    for (const ours of [MFA, PASSWORD, 'urn:site:card']) {
      const [problem = '', ...more] = problemsOf({ [theirs]: ours });
      assert.match(problem, /^connections\[0\]\.authnContextNames\..+ says nothing about the sign-in/);
      assert.deepEqual(more, []);
    }
  }
  assert.deepEqual(problemsOf({ 0: NOTHING }), []);
});

test('what is known to be weaker is given no name of what is known to be stronger', () => {
  const [problem = '', ...more] = problemsOf({ [PASSWORD]: MFA, [CARD]: MFA, 'urn:site:card': CARD });

  assert.ok(
    problem.startsWith(`connections[0].authnContextNames.${PASSWORD} is a weaker way of signing in than`),
  );
  assert.ok(problem.includes(MFA));
  assert.deepEqual(more, []);
  assert.deepEqual(problemsOf({ [MFA]: `${CLASSES}TimeSyncToken`, [PASSWORD]: PASSWORD, [CARD]: 'x' }), []);
});
