import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Problem } from '../../src/base/index.ts';
import {
  checkSamlParties,
  checkSamlParty,
  createClaimEnvironment,
  samlKinds,
  samlSettingsOf,
} from '../../src/issuing/index.ts';
import { jsonSchemaOf } from '../../src/platform/config/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeSigningKey } from '../support/saml-idp.ts';
import { delivered } from './saml-service-provider.ts';
import { asRelyingParty, openIdpWorld, signOn, wiki } from './saml-world.ts';

const clock = new ManualClock();
const [key, elliptic] = await Promise.all([makeSigningKey(), makeSigningKey('ec')]);

function problemsOf(config: object, allowInsecureLoopback = false): readonly Problem[] {
  const environment = createClaimEnvironment({ region: 'string' }, {});
  return checkSamlParty(asRelyingParty(config), { environment, allowInsecureLoopback, now: clock.now() });
}

function metadata(more = ''): string {
  const bare = key.certificatePem.replace(/-----[A-Z ]+-----|\s/g, '');
  return (
    '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"' +
    ` entityID="https://wiki.example/sp"${more}><md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
    `<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
    '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://wiki.example/acs" index="0"/>' +
    '</md:SPSSODescriptor></md:EntityDescriptor>'
  );
}

/** Only what metadata does not say. */
function byMetadata(xml: string, more: object = {}): object {
  return { id: 'wiki', kind: 'saml', metadata: xml, roles: [{ id: 'reader' }], ...more };
}

test('a good configuration has no problems, by hand or by metadata', () => {
  assert.deepEqual(problemsOf(wiki(key)), []);
  assert.deepEqual(problemsOf(byMetadata(metadata())), []);
});

suite('a problem is named with its path and what to do', () => {
  const cases: readonly (readonly [string, object, string, RegExp])[] = [
    ['no source of trust', wiki(key, { acs: [] }), 'metadataUrl', /exactly one source/],
    ['two sources of trust', wiki(key, { metadata: metadata() }), 'metadataUrl', /exactly one source/],
    ['no entity id', wiki(key, { entityId: undefined }), 'entityId', /missing; set/],
    ['plain http', wiki(key, { acs: [{ url: 'http://wiki.example/acs' }] }), 'acs[0].url', /use https/],
    [
      'two addresses of one index',
      wiki(key, {
        acs: [
          { url: 'https://a.example', index: 1 },
          { url: 'https://b.example', index: 1 },
        ],
      }),
      'acs[1].index',
      /used twice/,
    ],
    [
      'two defaults',
      wiki(key, {
        acs: [
          { url: 'https://a.example', default: true },
          { url: 'https://b.example', default: true },
        ],
      }),
      'acs',
      /only one/,
    ],
    [
      'something that is no certificate',
      wiki(key, { certificates: [{ certificate: 'x' }] }),
      'certificates[0].certificate',
      /not a certificate/,
    ],
    [
      'signed requests without a certificate',
      wiki(key, { certificates: [], wantAuthnRequestsSigned: true }),
      'certificates',
      /missing; signed requests/,
    ],
    [
      'encryption without a certificate',
      wiki(key, { certificates: [], encrypt: 'aes256-gcm' }),
      'encryptionCertificate',
      /missing; set/,
    ],
    [
      'encryption to an elliptic curve',
      wiki(key, { encryptionCertificate: elliptic.certificatePem, encrypt: 'aes256-gcm' }),
      'encryptionCertificate',
      /RSA/,
    ],
    [
      'encryption that metadata has no certificate for',
      byMetadata(metadata(), { encrypt: 'aes256-gcm' }),
      'encrypt',
      /no certificate to encrypt for/,
    ],
    [
      'a transient name that is to be something',
      wiki(key, { nameId: { format: 'transient', value: 'person.mail' } }),
      'nameId.value',
      /made by us for each session; remove/,
    ],
    ['metadata that is no metadata', byMetadata('<x/>'), 'metadata', /not SAML metadata; export/],
    [
      'metadata that is over',
      byMetadata(metadata(' validUntil="2026-01-01T00:00:00Z"')),
      'metadata',
      /no longer valid/,
    ],
    [
      'metadata of somebody else',
      byMetadata(metadata(), { entityId: 'https://other.example' }),
      'metadata',
      /another entity/,
    ],
    [
      'certificates beside metadata',
      byMetadata(metadata(), { certificates: [{ certificate: key.certificatePem }] }),
      'certificates',
      /come from the metadata/,
    ],
    [
      'a name that is not known',
      wiki(key, { nameId: { value: 'person.badge' } }),
      'nameId.value',
      /person\.badge is not known/,
    ],
    [
      'a name that is no text',
      wiki(key, { nameId: { value: 'person.groups' } }),
      'nameId.value',
      /must be a string/,
    ],
    [
      'a name that moves with time',
      wiki(key, { nameId: { value: 'string(now)' } }),
      'nameId.value',
      /column/,
    ],
    [
      'an attribute that is no text',
      wiki(key, { attributes: [{ name: 'a', value: '1 == 1' }] }),
      'attributes[0].value',
      /must be a string/,
    ],
    [
      'an attribute twice',
      wiki(key, {
        attributes: [
          { name: 'a', value: '"x"' },
          { name: 'a', value: '"y"' },
        ],
      }),
      'attributes[1].name',
      /used twice/,
    ],
    [
      'a parameter without start',
      wiki(key, { startUrlParameter: 'RelayState' }),
      'startUrlParameter',
      /no startUrl/,
    ],
    [
      'a landing place beside a start',
      wiki(key, { startUrl: 'https://wiki.example/sso', relayState: '/x' }),
      'relayState',
      /unsolicited/,
    ],
  ];
  for (const [what, config, path, message] of cases) {
    test(what, () => {
      const problems = problemsOf(config);

      assert.deepEqual(
        problems.map((problem) => problem.path),
        [path],
      );
      assert.match(problems[0]?.message ?? '', message);
    });
  }

  test('http is for loopback, when the configuration says so', () => {
    const config = wiki(key, { acs: [{ url: 'http://wiki.localhost:8080/acs' }] });

    assert.deepEqual(problemsOf(config, true), []);
    assert.equal(problemsOf(config, false).length, 1);
  });

  test('one entity id for two relying parties', () => {
    const parties = [wiki(key), wiki(key, { id: 'forum' })].map(asRelyingParty);

    assert.deepEqual(
      checkSamlParties(parties).map(({ path }) => path),
      ['relyingParties[1].entityId'],
    );
  });
});

test('every setting of every kind is explained', () => {
  for (const { kind, access } of samlKinds) {
    const { properties } = jsonSchemaOf(access, kind) as {
      properties: Record<string, { description?: string }>;
    };
    const silent = Object.entries(properties).filter(([, { description }]) => !description);

    assert.deepEqual(
      silent.map(([name]) => `${kind}.${name}`),
      [],
    );
  }
});

suite('iconik', () => {
  const config = (more: object = {}): object => ({
    id: 'iconik',
    kind: 'iconik',
    entityId: 'https://app.iconik.io/API/auth/v1/auth/saml/metadata/x/',
    acs: [{ url: 'https://app.iconik.io/API/auth/v1/auth/saml/acs/x/' }],
    roles: [{ id: 'editors', group: 'Media Editors' }, { id: 'viewers' }],
    ...more,
  });

  test('gets mail, names and groups, response and assertion signed, nothing encrypted', async () => {
    await using world = await openIdpWorld(() => [config()]);
    const roles = [
      { id: 'editors', because: [] },
      { id: 'viewers', because: [] },
    ];
    const entitlement = { relyingParty: 'iconik', roles, scopes: [] };
    const { xml } = delivered((await world.idp.issuer.issue(signOn(world, { entitlement }))).answer);
    const attributes = [...xml.matchAll(/<saml:Attribute Name="([^"]*)"[^>]*>(.*?)<\/saml:Attribute>/g)].map(
      ([, name, inner = '']) => [name, [...inner.matchAll(/>([^<]+)</g)].map(([, value]) => value)],
    );

    assert.match(xml, /nameid-format:emailAddress">mira@halden\.example</);
    assert.deepEqual(attributes, [
      ['email', ['mira@halden.example']],
      ['first_name', ['Mira']],
      ['last_name', ['Lindqvist']],
      ['groups', ['Media Editors', 'viewers']],
    ]);
    assert.equal(xml.match(/<ds:Signature /g)?.length, 2);
  });

  test('lets attributes have other names, and starts at its own page when that is known', () => {
    const settings = samlSettingsOf(
      asRelyingParty(
        config({ attributeNames: { groups: 'Group' }, startUrl: 'https://app.iconik.io/start' }),
      ),
    );

    assert.deepEqual(
      settings?.attributes.map(({ name }) => name),
      ['email', 'first_name', 'last_name', 'Group'],
    );
    assert.equal(settings?.startUrl, 'https://app.iconik.io/start');
    assert.equal(settings?.requestedAuthnContext, 'ignore');
  });

  test('refuses somebody without a mail address, because that is the name there', async () => {
    await using world = await openIdpWorld(() => [config()]);
    const { mail: _none, ...person } = signOn(world).person;

    await assert.rejects(world.idp.issuer.issue(signOn(world, { person })), { code: 'issuing.no_name_id' });
  });

  test('has no problems as it is shown here', () => {
    assert.deepEqual(problemsOf(config()), []);
  });
});

suite('salesforce', () => {
  const config = (more: object = {}): object => ({
    id: 'crm',
    kind: 'salesforce',
    entityId: 'https://halden.my.salesforce.com',
    acs: [{ url: 'https://halden.my.salesforce.com?so=00D000000000001' }],
    roles: [{ id: 'sales' }],
    ...more,
  });

  test('gets our person id as Federation ID, at the address of its configuration, and the methods of the sign-in', async () => {
    await using world = await openIdpWorld(() => [config()]);
    const session = { ...signOn(world).session, amr: ['pwd', 'otp', 'mfa'] };
    const { xml, action } = delivered((await world.idp.issuer.issue(signOn(world, { session }))).answer);

    assert.match(xml, /<saml:NameID Format="[^"]*unspecified">per_0{26}</);
    assert.match(xml, / Recipient="https:\/\/halden\.my\.salesforce\.com\?so=00D000000000001"/);
    assert.match(xml, / Destination="https:\/\/halden\.my\.salesforce\.com\?so=00D000000000001"/);
    assert.equal(action, 'https://halden.my.salesforce.com/?so=00D000000000001');
    assert.match(xml, /Name="amr"[^>]*>(<saml:AttributeValue>(pwd|otp|mfa)<\/saml:AttributeValue>){3}</);
  });

  test('gets no method that nobody used: without any there is no attribute', async () => {
    await using world = await openIdpWorld(() => [config()]);
    const session = { ...signOn(world).session, amr: [] };
    const { xml } = delivered((await world.idp.issuer.issue(signOn(world, { session }))).answer);

    assert.doesNotMatch(xml, /AttributeStatement|mfa/);
  });

  test('gets no attributes of its own provisioning unless asked, and never IsActive (R5.5)', () => {
    const provisioning = { attributes: [{ name: 'User.Email', value: 'person.mail' }] };
    const opening = { attributes: [{ name: 'User.IsActive', value: '"true"' }] };

    assert.deepEqual(
      samlSettingsOf(asRelyingParty(config()))?.attributes.map(({ name }) => name),
      ['amr'],
    );
    assert.deepEqual(problemsOf(config(provisioning)), []);
    assert.match(problemsOf(config(opening))[0]?.message ?? '', /never sent/);
  });
});
