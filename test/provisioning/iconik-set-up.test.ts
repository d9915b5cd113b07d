import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { SetUp, SetUpAnswer } from '../../src/provisioning/connector/connector.ts';
import { background, type IconikWorld, startIconik, type WorldOptions } from './iconik-world.ts';

const CERTIFICATE = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .publicKey.export({ format: 'der', type: 'spki' })
  .toString('base64');
const ENTITY = 'https://sso.halden.example/saml/metadata';

function metadata(entityId = ENTITY, certificate = CERTIFICATE): SetUp {
  const bindings = 'urn:oasis:names:tc:SAML:2.0:bindings';
  const xml = `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">
    <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
      <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
        <ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
      <md:SingleLogoutService Binding="${bindings}:HTTP-Redirect" Location="https://sso.halden.example/saml/slo"/>
      <md:SingleSignOnService Binding="${bindings}:HTTP-POST" Location="https://sso.halden.example/saml/sso"/>
    </md:IDPSSODescriptor></md:EntityDescriptor>`;
  return { metadata: xml, entityId: ENTITY };
}

const TRUST = { domains: ['halden.example'], groupMappings: { 'media-editors': 'Editors' } };

async function unset(
  options: WorldOptions = { settings: { identityProvider: TRUST } },
): Promise<IconikWorld> {
  const world = await startIconik({ ...options, prepare: false });
  world.act('remove-identity-providers', {});
  await world.prepare();
  return world;
}

function setUp(world: IconikWorld, wanted = metadata()): Promise<SetUpAnswer> {
  return world.target.setUp?.(wanted, background()) ?? assert.fail();
}

test('the domain trusts us, our mail domains come here, and group names are mapped; twice changes nothing', async () => {
  await using world = await unset();

  const first = await setUp(world);
  const second = await setUp(world);

  const publicId = world.state().serviceProviders[0]?.public_id;
  const at = (what: string): string =>
    world.sandbox.url('iconik', `/API/auth/v1/auth/saml/${what}/${publicId}/`);
  const addresses = { metadataUrl: at('metadata'), startUrl: at('sso') };
  assert.deepEqual(first, {
    ...{ outcome: 'done', addresses },
    changes: [
      'The identity provider "Vestibule" was added.',
      'People with addresses of halden.example now sign in through "Vestibule".',
      'The group name "media-editors" of our assertions now means "Editors".',
    ],
  });
  assert.deepEqual(second, { outcome: 'done', changes: [], addresses });
  const [provider, ...others] = world.state().serviceProviders;
  assert.equal(others.length, 0);
  assert.deepEqual(provider?.domains, ['halden.example']);
  assert.equal(provider?.settings?.['idp_entity_id'], ENTITY);
  assert.deepEqual(
    [provider?.settings?.['want_assertions_signed'], provider?.settings?.['want_messages_signed']],
    [true, true],
  );
});

test('a new certificate is taken over in place, and the change is told', async () => {
  await using world = await unset();
  await setUp(world);
  const before = world.state().serviceProviders[0]?.id;

  const rotated = CERTIFICATE.replace('MIIB', 'MIIC');
  const fingerprint = new RegExp(
    createHash('sha256').update(Buffer.from(rotated, 'base64')).digest('hex').toUpperCase(),
  );

  const answer = await setUp(world, metadata(ENTITY, rotated));
  const again = await setUp(world, metadata(ENTITY, rotated));

  assert.ok(answer.outcome === 'done' && again.outcome === 'done');
  const [change = '', ...others] = answer.changes;
  assert.match(
    change,
    /^The identity provider "Vestibule" was brought up to date: signing certificate \(idp_x509cert\)\./,
  );
  assert.match(change.replaceAll(':', ''), fingerprint);
  assert.deepEqual([others, again.changes], [[], []]);
  assert.deepEqual(
    world.state().serviceProviders.map(({ id }) => id),
    [before],
  );
});

test('weaker checks that somebody set by hand are made strict again', async () => {
  await using world = await unset();
  await setUp(world);
  const settings = world.state().serviceProviders[0]?.settings ?? assert.fail();
  Object.assign(settings, { want_messages_signed: false });

  const answer = await setUp(world);

  assert.match(answer.outcome === 'done' ? (answer.changes[0] ?? '') : '', /want_messages_signed/);
});

test('addresses that moved are told, under the same entry', async () => {
  await using world = await unset();
  await setUp(world);
  const before = world.state().serviceProviders[0]?.id;
  const moved = (text: string): string => text.replaceAll('sso.halden.example', 'login.halden.example');
  const { metadata: xml, entityId } = metadata();

  const answer = await setUp(world, { metadata: moved(xml), entityId: moved(entityId) });

  assert.deepEqual(answer.outcome === 'done' && answer.changes, [
    'The identity provider "Vestibule" was brought up to date: entity id (idp_entity_id), sign-in address (idp_sso_post_url), sign-out address (idp_sls_redirect_url).',
  ]);
  assert.deepEqual(
    world.state().serviceProviders.map(({ id }) => id),
    [before],
  );
});

test('another certificate that is trusted beside ours, and an address that we left, do not stay', async () => {
  await using world = await unset();
  const { metadata: xml, entityId } = metadata();
  await setUp(world);
  const settings = world.state().serviceProviders[0]?.settings ?? assert.fail();
  Object.assign(settings, { cert_fingerprint: 'AB:CD' });

  const answer = await setUp(world, {
    metadata: xml.replace(/<md:SingleLogoutService[^>]*>/, ''),
    entityId,
  });

  assert.match(answer.outcome === 'done' ? (answer.changes[0] ?? '') : '', /sign-out address .*fingerprint/);
  const after = world.state().serviceProviders[0]?.settings ?? {};
  assert.deepEqual([after['cert_fingerprint'], after['idp_sls_redirect_url']], [undefined, undefined]);
});

test('a mapping that means another group is replaced', async () => {
  await using world = await unset();
  world.act('map-group', { name: 'media-editors', group: 'Reviewers' });

  await setUp(world);
  const again = await setUp(world);

  const editors = world.state().groups.find(({ name }) => name === 'Editors')?.id;
  assert.deepEqual(world.state().mappings, [{ name: 'media-editors', group_id: editors }]);
  assert.deepEqual(again.outcome === 'done' && again.changes, []);
});

test('new users are bound to us, and cannot be promised before we are set up', async () => {
  await using world = await unset();
  const person = world.person();
  const image = world.desire(person, 'editor');
  const early = world.target.unresolved(image);
  await setUp(world);
  const late = world.target.unresolved(image);
  const account = await world.create(person, 'editor');

  const { answers } = await world.apply(account, image);

  assert.deepEqual([early, late], [['identity provider Vestibule'], []]);
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['written'],
  );
  assert.equal(world.user(person.mail ?? '').identity_provider_id, world.state().serviceProviders[0]?.id);
});

test('a missing identity provider is a problem only where users are bound to it', async () => {
  const problemsWith = async (identityProvider: object): Promise<readonly string[]> => {
    await using world = await unset({ settings: { identityProvider } });
    return (await world.prepare()).problems.map(({ path }) => path);
  };

  assert.deepEqual(await problemsWith(TRUST), ['identityProvider.name']);
  assert.deepEqual(await problemsWith({ ...TRUST, bindUsers: false }), []);
});

test('a user whose binding somebody took away is bound again before entry', async () => {
  await using world = await unset();
  await setUp(world);
  const person = world.person();
  const image = world.desire(person, 'editor');
  const { account } = await world.apply(await world.create(person, 'editor'), image);
  await world.call('DELETE', `/users/v1/users/${account.externalId}/saml/`);

  const { answers } = await world.apply(account, image);
  const { answers: none } = await world.apply(account, image);

  assert.equal(world.target.fields['signOn']?.kind, 'exclusive');
  assert.deepEqual([answers.map(({ outcome }) => outcome), none], [['written'], []]);
});

const REFUSALS: readonly (readonly [string, WorldOptions, SetUp, RegExp])[] = [
  ['nothing in the configuration', {}, metadata(), /says nothing about identityProvider/],
  [
    'metadata that is none',
    { settings: { identityProvider: TRUST } },
    { metadata: '<x/>', entityId: ENTITY },
    /cannot read our metadata/,
  ],
  [
    'metadata of somebody else',
    { settings: { identityProvider: TRUST } },
    metadata('https://evil.example'),
    /another entity id/,
  ],
  [
    'a mapping to no group',
    { settings: { identityProvider: { groupMappings: { x: 'Nobody' } } } },
    metadata(),
    /no group "Nobody"/,
  ],
];
for (const [name, options, wanted, expected] of REFUSALS) {
  test(`${name} is refused with what to do`, async () => {
    await using world = await unset(options);

    const answer = await setUp(world, wanted);

    assert.ok(answer.outcome === 'refused');
    assert.match(answer.detail, expected);
  });
}

test('a mail domain that belongs to another identity provider is never taken from it', async () => {
  await using world = await unset();
  const okta = {
    name: 'Okta',
    idp_entity_id: 'https://okta.example',
    idp_sso_post_url: 'https://okta.example/sso',
  };
  const settings = { ...okta, idp_x509cert: CERTIFICATE };
  await world.call('POST', '/auth/v1/auth/saml/idp/', { type: 'GENERIC', settings });
  const [other] = world.state().serviceProviders;
  const { systemDomainId: system_domain_id } = (
    world.iconik.state() as { credentials: { systemDomainId: string } }
  ).credentials;
  const binding = { domain: 'halden.example', identity_provider_id: other?.id, system_domain_id };
  assert.equal(await world.call('POST', '/auth/v1/auth/saml/domains/', binding), 201);

  const answer = await setUp(world);

  assert.ok(answer.outcome === 'refused' && /belong to another identity provider/.test(answer.detail));
  assert.deepEqual(world.state().serviceProviders.find(({ id }) => id === other?.id)?.domains, [
    'halden.example',
  ]);
});

for (const cut of [0, 1, 2, 3, 4, 5, 6]) {
  test(`a set-up that breaks off after request ${cut} ends right when it is run again`, async () => {
    await using world = await unset();
    world.iconik.fail({ kind: 'slow', ms: 0, times: Math.max(1, cut) }, { kind: 'lost-reply', times: 1 });

    await setUp(world);
    world.iconik.fail();
    const again = await setUp(world);
    const last = await setUp(world);

    assert.equal(again.outcome, 'done');
    assert.deepEqual(last.outcome === 'done' && last.changes, []);
    assert.equal(world.state().serviceProviders.length, 1);
  });
}
