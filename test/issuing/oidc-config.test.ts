import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import {
  checkMachines,
  checkOidcAccess,
  MachineConfig,
  OidcAccess,
  oidcKind,
} from '../../src/issuing/oidc/index.ts';

const BASE = {
  redirectUris: ['https://wiki.example/callback'],
  clientSecrets: ['secret'],
  roles: [{ id: 'reader' }],
};
const CONTEXT = {
  allowInsecureLoopback: false,
  attributes: { region: 'string' },
  relyingParties: new Set(['wiki', 'store-emea']),
} as const;
const PUBLIC_KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };

function problemsOf(settings: object, context: Partial<typeof CONTEXT> | object = {}): string[] {
  const problems = checkOidcAccess(OidcAccess.parse({ ...BASE, ...settings }), { ...CONTEXT, ...context });
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

test('the least that an application needs is enough', () => {
  assert.deepEqual(problemsOf({}), []);
  const access = OidcAccess.parse(BASE);
  assert.equal(access.accessTokenLifetime, 300_000);
  assert.equal(access.refreshTokens, false);
  assert.equal(access.tokenEndpointAuthMethod, 'client_secret_basic');
});

test('every setting is described', () => {
  for (const [name, schema] of Object.entries({ ...OidcAccess.shape, ...MachineConfig.shape })) {
    if (name === 'roles') continue;
    assert.ok((schema as z.ZodType).description, `${name} has no description`);
  }
  assert.equal(oidcKind.kind, 'oidc');
});

suite('what can not work is said before it is tried', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ redirectUris: ['http://wiki.example/callback'] }, /redirectUris\[0\]: is plain http; use https/],
    [{ redirectUris: ['http://wiki.localhost/callback'] }, /allowInsecureLoopback/],
    [{ redirectUris: ['https://wiki.example/*'] }, /wildcard/],
    [{ redirectUris: ['https://wiki.example/a#b'] }, /fragment/],
    [{ redirectUris: ['https://user:pass@wiki.example/'] }, /user or password/],
    [{ postLogoutRedirectUris: ['http://wiki.example/'] }, /postLogoutRedirectUris\[0\]/],
    [{ initiateLoginUri: 'http://wiki.example/' }, /initiateLoginUri/],
    [{ backchannelLogoutUri: 'http://wiki.example/' }, /backchannelLogoutUri/],
    [{ clientSecrets: [] }, /clientSecrets: missing/],
    [{ tokenEndpointAuthMethod: 'none' }, /a public client has no secret/],
    [
      { tokenEndpointAuthMethod: 'none', clientSecrets: [], pkce: 'nonce-instead' },
      /^pkce: a public client is protected by PKCE alone/,
    ],
    [{ tokenEndpointAuthMethod: 'private_key_jwt' }, /wants jwks or jwksUri/],
    [{ jwks: { keys: [PUBLIC_KEY] } }, /set it to private_key_jwt/],
    [
      { jwks: { keys: [{ ...PUBLIC_KEY, d: 'x' }] }, tokenEndpointAuthMethod: 'private_key_jwt' },
      /holds a private key/,
    ],
    [{ resources: ['store-na'] }, /no relying party has the id store-na/],
    [{ claims: { region: 'person.nothing' } }, /claims\.region/],
    [{ claims: { region: 'now' } }, /claims\.region/],
    [{ claims: { sub: 'person.mail' } }, /claims\.sub: is set by the broker/],
    [{ claims: { amr: 'person.groups' } }, /claims\.amr: is set by the broker/],
    [{ claims: { level: 'size(person.groups)' } }, /a claim is a string or a list<string>/],
  ];
  for (const [settings, expected] of wrong) {
    test(JSON.stringify(settings).slice(0, 90), () => {
      assert.match(problemsOf(settings).join('\n'), expected);
    });
  }

  test('shapes that are no setting at all', () => {
    for (const settings of [
      { redirectUris: [] },
      { redirectUris: ['javascript:alert(1)'] },
      { redirectUris: ['com.example.app:/callback'] },
      { idTokenAlg: 'none' },
      { idTokenAlg: 'HS256' },
      { tokenEndpointAuthMethod: 'client_secret_jwt' },
      { accessTokenLifetime: '11m' },
      { accessTokenLifetime: '1s' },
      { jwks: { keys: [{ kty: 'oct', k: 'x' }] } },
      { resource: 'not a uri' },
      { resource: 'https://api.example/#part' },
      { claims: { 'bad name': 'person.id' } },
      { implicit: true },
    ]) {
      assert.throws(() => OidcAccess.parse({ ...BASE, ...settings }), z.ZodError, JSON.stringify(settings));
    }
  });

  test('loopback over http is fine where that is allowed', () => {
    const settings = { redirectUris: ['http://wiki.localhost:3000/callback', 'http://127.0.0.1/callback'] };

    assert.deepEqual(problemsOf(settings, { allowInsecureLoopback: true }), []);
  });
});

test('machines have one name and one way to prove themselves', () => {
  const machine = (settings: object) =>
    MachineConfig.parse({ id: 'push', scopes: ['scim:write'], ...settings });
  const check = (...machines: MachineConfig[]) =>
    checkMachines(machines, new Set(['wiki'])).map(({ path, message }) => `${path}: ${message}`);

  assert.deepEqual(check(machine({ clientSecrets: ['a', 'b'] })), []);
  assert.match(check(machine({})).join(), /give either clientSecrets or jwks/);
  assert.match(check(machine({ id: 'wiki', clientSecrets: ['a'] })).join(), /\[0\]\.id: wiki is used twice/);
  const twice = machine({ clientSecrets: ['a'] });
  assert.match(check(twice, twice).join(), /\[1\]\.id: push is used twice/);
  assert.match(check(machine({ jwks: { keys: [{ ...PUBLIC_KEY, d: 'x' }] } })).join(), /private key/);
});

test('a secret of the list may stand in a file of its own', () => {
  const { clientSecrets } = OidcAccess.parse({
    ...BASE,
    clientSecrets: [{ secret: 'from a file' }, 'older'],
  });

  assert.deepEqual(
    clientSecrets.map((each) => each.reveal()),
    ['from a file', 'older'],
  );
});

test('secrets do not print', () => {
  const text = JSON.stringify(OidcAccess.parse({ ...BASE, clientSecrets: ['very-secret'] }));

  assert.equal(text.includes('very-secret'), false);
});
