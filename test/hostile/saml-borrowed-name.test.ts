import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACS, openIdpWorld, SP, signOn, wiki } from '../issuing/saml-world.ts';

// Whoever publishes the metadata of one application must not be able to have assertions made for another one: people
// who may enter the first would enter the second with them.

const forum = (entityId: string): object => ({
  id: 'forum',
  kind: 'saml',
  metadata:
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
    '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
    '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"' +
    ` Location="${ACS}" index="0"/></md:SPSSODescriptor></md:EntityDescriptor>`,
  roles: [{ id: 'reader' }],
});

test('metadata that takes the name and the address of another application gets no assertion for it', async () => {
  await using world = await openIdpWorld((spKey) => [wiki(spKey), forum(SP)]);

  await assert.rejects(world.idp.issuer.issue(signOn(world, { relyingParty: world.party('forum') })), {
    code: 'issuing.saml_metadata_unavailable',
  });
  assert.ok(await world.idp.issuer.issue(signOn(world)), 'the one whose name it is configured to be goes on');
});

test('of two that show one name neither is believed', async () => {
  await using world = await openIdpWorld(() => [forum(SP), { ...forum(SP), id: 'copy' }]);
  for (const id of ['forum', 'copy']) {
    await assert.rejects(world.idp.issuer.issue(signOn(world, { relyingParty: world.party(id) })), {
      code: 'issuing.saml_metadata_unavailable',
    });
  }
});

test('a name of its own is believed', async () => {
  await using world = await openIdpWorld((spKey) => [wiki(spKey), forum('https://forum.example/sp')]);

  assert.ok(await world.idp.issuer.issue(signOn(world, { relyingParty: world.party('forum') })));
});

test('what is registered over the API does not take the name that an application of the file learns by metadata', async () => {
  const name = 'https://forum.example/sp';
  const thief = {
    ...{ id: 'thief', kind: 'saml', origin: 'api', entityId: name, acs: [{ url: ACS }] },
    ...{ nameId: { value: '"somebody-else"' }, roles: [{ id: 'reader' }] },
  };
  await using world = await openIdpWorld(() => [forum(name), thief]);

  await assert.rejects(world.idp.issuer.issue(signOn(world, { relyingParty: world.party('thief') })), {
    code: 'issuing.saml_metadata_unavailable',
  });
  assert.ok(await world.idp.issuer.issue(signOn(world, { relyingParty: world.party('forum') })));
});
