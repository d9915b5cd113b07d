import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionConfig, checkConnections } from '../../src/federation/index.ts';

const otds = {
  id: 'otds',
  preset: 'otds',
  baseUrl: 'https://otds.example/otdsws',
  clientId: 'v',
  clientSecret: 's',
};
const saml = {
  id: 'am',
  preset: 'saml',
  metadataUrl: 'https://am.example/metadata',
  subject: { attribute: 'guid' },
};

function problemsOf(configs: object[], allowInsecureLoopback = false): string[] {
  const parsed = configs.map((config) => ConnectionConfig.parse(config));
  return checkConnections(parsed, { allowInsecureLoopback }).map(({ path }) => path);
}

test('the smallest useful connections have no problems', () => {
  const accessManager = {
    id: 'am',
    preset: 'access-manager',
    metadataUrl: 'https://am.example/nidp/saml2/metadata',
  };
  const oidc = { id: 'entra', preset: 'oidc', issuer: 'https://login.example/v2.0', clientId: 'v' };

  assert.deepEqual(problemsOf([otds, accessManager, oidc]), []);
});

test('an unknown setting, preset or bound is an error of the schema', () => {
  assert.equal(ConnectionConfig.safeParse({ ...otds, typo: true }).success, false);
  assert.equal(ConnectionConfig.safeParse({ ...otds, map: { mial: 'email' } }).success, false);
  assert.equal(ConnectionConfig.safeParse({ ...otds, preset: 'ldap' }).success, false);
  assert.equal(ConnectionConfig.safeParse({ ...otds, clockToleranceSeconds: 301 }).success, false);
  assert.equal(ConnectionConfig.safeParse({ ...saml, subject: { nameId: 'transient' } }).success, false);
});

test('a SAML connection without a stable subject is refused', () => {
  assert.deepEqual(problemsOf([{ ...saml, subject: undefined }]), ['connections[0].subject']);
});

test('a subject or shared key that is a mail address or login name is refused, however it is spelt', () => {
  const unstable = [
    'mail',
    'email',
    'uid',
    'userPrincipalName',
    'urn:oid:0.9.2342.19200300.100.1.3',
    '/UserAttribute[@ldap:targetAttribute="mail"]',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  ];
  for (const attribute of unstable) {
    assert.deepEqual(
      problemsOf([{ ...saml, subject: { attribute } }]),
      ['connections[0].subject'],
      attribute,
    );
    assert.deepEqual(
      problemsOf([{ ...saml, sharedKey: { attribute } }]),
      ['connections[0].sharedKey'],
      attribute,
    );
  }
  assert.deepEqual(problemsOf([{ ...otds, subject: { claim: 'preferred_username' } }]), [
    'connections[0].subject',
  ]);
});

test('asking for transient identifiers is refused', () => {
  const nameIdFormat = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';

  assert.deepEqual(problemsOf([{ ...saml, nameIdFormat }]), ['connections[0].nameIdFormat']);
});

test('http is refused, except to loopback hosts where that is allowed', () => {
  const local = { ...otds, baseUrl: 'http://otds.localhost:8090/otdsws' };

  assert.deepEqual(problemsOf([local]), ['connections[0].baseUrl']);
  assert.deepEqual(problemsOf([local], true), []);
  assert.deepEqual(problemsOf([{ ...otds, baseUrl: 'http://otds.example/otdsws' }], true), [
    'connections[0].baseUrl',
  ]);
  const endpoints = {
    authorization: 'https://x.example/a',
    token: 'http://x.example/t',
    jwks: 'https://x.example/j',
  };
  assert.deepEqual(problemsOf([{ ...otds, endpoints, expectedIssuer: 'x' }], true), [
    'connections[0].endpoints.token',
  ]);
});

test('ids are used once, and only one connection is primary', () => {
  assert.deepEqual(problemsOf([otds, { ...otds }]), ['connections[1].id']);
  assert.deepEqual(
    problemsOf([
      { ...otds, primary: true },
      { ...saml, primary: true },
    ]),
    ['connections'],
  );
});

test('trust comes from one source, and certificates are certificates', () => {
  assert.deepEqual(problemsOf([{ ...saml, metadata: '<x/>' }]), ['connections[0].metadataUrl']);
  assert.deepEqual(problemsOf([{ ...saml, metadataUrl: undefined }]), ['connections[0].metadataUrl']);
  assert.deepEqual(problemsOf([{ ...saml, metadataCertificates: [{ certificate: 'x' }] }]), [
    'connections[0].metadataCertificates[0].certificate',
  ]);
  assert.deepEqual(problemsOf([{ ...saml, ssoUrl: 'https://am.example/sso' }]), ['connections[0].ssoUrl']);
});

test('allowed partitions need to know where the partition stands', () => {
  assert.deepEqual(problemsOf([{ ...saml, allowedPartitions: ['staff'] }]), ['connections[0].partition']);
  assert.deepEqual(problemsOf([{ ...otds, allowedPartitions: ['staff'] }]), []);
});

test('a declared attribute cannot take a name that has a meaning of its own', () => {
  assert.deepEqual(problemsOf([{ ...otds, attributes: { sharedKey: 'x', region: 'region' } }]), [
    'connections[0].attributes.sharedKey',
  ]);
});

test('without openid there is no ID token', () => {
  assert.deepEqual(problemsOf([{ ...otds, scopes: ['otds:groups'] }]), ['connections[0].scopes']);
});

test('no client secret is in what is printed of a configuration', () => {
  assert.doesNotMatch(JSON.stringify(ConnectionConfig.parse({ ...otds, clientSecret: 'hush' })), /hush/);
});
