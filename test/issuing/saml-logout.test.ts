import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { suite, test } from 'node:test';
import type { Answer } from '../../src/issuing/index.ts';
import {
  bareCertificate,
  CONTENT_ENCRYPTION,
  type Decryption,
  type Incoming,
  readLogoutMessage,
  receiveMessage,
} from '../../src/saml/index.ts';
import type { SigningKey } from '../support/saml-idp.ts';
import { independentServiceProvider } from './saml-service-provider.ts';
import { ACS, IDP, type IdpWorld, openIdpWorld, SP, signOn, wiki } from './saml-world.ts';

function serviceProviderMetadata({ certificatePem }: SigningKey, use: string): string {
  return (
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${SP}"><md:SPSSODescriptor` +
    ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">' +
    `<md:KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
    `<ds:X509Certificate>${bareCertificate(certificatePem)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>` +
    '</md:KeyDescriptor><md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"' +
    ' Location="https://wiki.example/slo"/><md:AssertionConsumerService index="0"' +
    ` Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${ACS}"/></md:SPSSODescriptor></md:EntityDescriptor>`
  );
}

function incoming(answer: Answer): Incoming {
  if (answer.kind === 'form') return { binding: 'post', fields: answer.fields };
  return { binding: 'redirect', query: answer.location.search.slice(1) };
}

/** Read as a service provider must read it. */
async function readThere(world: IdpWorld, answer: Answer, destination: string, decryption?: Decryption) {
  const keys = [new X509Certificate(world.idpKey.certificatePem).publicKey];
  return await readLogoutMessage(receiveMessage(incoming(answer)), {
    ...{ issuer: IDP, keys, destination: new URL(destination), now: world.clock.now() },
    ...(decryption && { decryption: async () => decryption }),
    ...{ spendOnce: async () => true, closeRequest: async (id) => id === '_theirs' },
  });
}

suite('single logout with applications', () => {
  for (const binding of ['redirect', 'post'] as const) {
    const slo = { url: 'https://wiki.example/slo?x=1', responseUrl: 'https://wiki.example/done', binding };

    test(`by ${binding}: a request names the session as the assertion did`, async () => {
      await using world = await openIdpWorld((spKey) => [wiki(spKey, { slo })]);
      const { party } = await world.idp.issuer.issue(signOn(world));
      assert.ok(party);

      const { messageId, answer } = await world.idp.logout.ask('wiki', party, 'rs');
      const read = await readThere(world, answer, slo.url);

      assert.deepEqual(read, {
        ...{ kind: 'request', id: messageId, relayState: 'rs', sessionIndexes: [party.handle] },
        nameId: { value: party.subject, format: party.details['format'] },
      });
    });

    test(`by ${binding}: an answer goes to the address of answers`, async () => {
      await using world = await openIdpWorld((spKey) => [wiki(spKey, { slo })]);
      const answer = await world.idp.logout.answer('wiki', { requestId: '_theirs', status: 'partial' });

      assert.equal(
        answer.kind === 'form' ? answer.action.href : answer.location.origin,
        binding === 'post' ? slo.responseUrl : 'https://wiki.example',
      );
      assert.deepEqual(await readThere(world, answer, slo.responseUrl), {
        ...{
          kind: 'response',
          inResponseTo: '_theirs',
          status: 'partial',
          codes: ['Success', 'PartialLogout'],
        },
      });
    });
  }

  test('a name is encrypted to an application that is configured so, and is nowhere in clear', async () => {
    const slo = { url: 'https://wiki.example/slo', binding: 'post', soapUrl: 'https://wiki.example/soap' };
    await using world = await openIdpWorld((spKey) => [wiki(spKey, { slo, encryptLogout: 'aes256-gcm' })]);
    const { party } = await world.idp.issuer.issue(signOn(world));
    assert.ok(party);

    const { answer } = await world.idp.logout.ask('wiki', party);

    assert.ok(answer.kind === 'form');
    const xml = Buffer.from(answer.fields['SAMLRequest'] ?? '', 'base64').toString();
    assert.doesNotMatch(xml, new RegExp(`${party.subject}|NameID`));
    const read = await readThere(world, answer, slo.url, {
      ...{ ciphers: CONTENT_ENCRYPTION, privateKeyPems: [world.spKey.privateKeyPem] },
    });
    assert.ok(read.kind === 'request');
    assert.deepEqual(read.nameId, { value: party.subject, format: party.details['format'] });
  });

  test('node-saml decrypts such a name', async (t) => {
    await using world = await openIdpWorld((spKey) => [wiki(spKey, { encryptLogout: 'aes256-gcm' })]);
    t.mock.timers.enable({ apis: ['Date'], now: world.clock.now() });
    const { party } = await world.idp.issuer.issue(signOn(world));
    assert.ok(party);
    const { answer } = await world.idp.logout.ask('wiki', party);
    assert.ok(answer.kind === 'redirect');

    const provider = independentServiceProvider(world);
    const { profile } = await provider.validateRedirectAsync(
      Object.fromEntries(answer.location.searchParams),
      answer.location.search.slice(1),
    );

    assert.equal(profile?.nameID, party.subject);
  });

  test('a name that should be encrypted never leaves in clear instead', async () => {
    const metadata = (spKey: SigningKey) => ({
      ...{ id: 'wiki', kind: 'saml', roles: [{ id: 'reader' }], encryptLogout: 'aes128-gcm' },
      metadata: serviceProviderMetadata(spKey, 'signing'),
    });
    await using world = await openIdpWorld((spKey) => [metadata(spKey)]);
    const { party } = await world.idp.issuer.issue(signOn(world));
    assert.ok(party);

    await assert.rejects(world.idp.logout.ask('wiki', party), { code: 'issuing.saml_no_encryption_key' });
  });

  test('names may be encrypted to every key that we publish, and our metadata shows the one that signs', async () => {
    await using world = await openIdpWorld();
    const { privateKeyPems } = await world.idp.logout.decryption();
    const xml = await world.idp.metadata();
    const shown = /<md:KeyDescriptor use="encryption">.*?<ds:X509Certificate>([^<]*)</.exec(xml)?.[1];

    const publicOf = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'pem' });
    assert.deepEqual(
      privateKeyPems.map(publicOf),
      [world.idpKey, world.nextKey].map(({ certificatePem }) => publicOf(certificatePem)),
    );
    assert.equal(shown, world.idpKey.certificatePem.replace(/-----[A-Z ]+-----|\s/g, ''));
  });

  test('node-saml takes our request', async (t) => {
    await using world = await openIdpWorld();
    t.mock.timers.enable({ apis: ['Date'], now: world.clock.now() });
    const { party } = await world.idp.issuer.issue(signOn(world));
    assert.ok(party);
    const { answer } = await world.idp.logout.ask('wiki', party);
    assert.ok(answer.kind === 'redirect');
    const query = Object.fromEntries(answer.location.searchParams);

    const provider = independentServiceProvider(world);
    const { profile, loggedOut } = await provider.validateRedirectAsync(
      query,
      answer.location.search.slice(1),
    );

    assert.equal(loggedOut, true);
    assert.equal(profile?.nameID, party.subject);
    assert.equal(profile?.sessionIndex, party.handle);
  });

  test('an application without logout service cannot be asked', async () => {
    await using world = await openIdpWorld((spKey) => [wiki(spKey, { slo: undefined })]);

    assert.equal(world.idp.logout.bindingOf('wiki'), undefined);
    assert.equal(world.idp.logout.bindingOf('nobody'), undefined);
    await assert.rejects(
      world.idp.logout.ask('wiki', { handle: '_x', subject: 'per_x', details: {} }),
      TypeError,
    );
  });

  test('a message is matched to its application by entity id, with keys of that one alone', async () => {
    await using world = await openIdpWorld();
    const peer = await world.idp.logout.peerOf(SP);

    assert.equal(peer?.relyingParty, 'wiki');
    assert.deepEqual(
      peer?.keys.map((key) => key.export({ type: 'spki', format: 'pem' })),
      [new X509Certificate(world.spKey.certificatePem).publicKey.export({ type: 'spki', format: 'pem' })],
    );
    assert.equal(await world.idp.logout.peerOf('https://evil.example'), undefined);
    assert.equal(await world.idp.logout.peerOf(''), undefined);
  });
});
