import assert from 'node:assert/strict';
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { METADATA_LIMITS, parseXml } from '../../src/xml/index.ts';
import { makeSigningKey } from '../support/saml-idp.ts';
import { inlineConfig, openSamlWorld, signIn, upstreamOf } from './saml-world.ts';

// While our service provider changes its key, upstreams know the old one, the new one, or both.

const GCM = 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
const OAEP = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';

test('metadata shows the certificates of all keys, the one that signs first, and one to encrypt for', async () => {
  await using world = await openSamlWorld();
  const next = await makeSigningKey();
  world.spKeys = [world.spKey, next];

  const xml = (await upstreamOf(world.open()).metadataXml?.()) ?? '';

  const descriptors = Array.from(
    parseXml(xml, METADATA_LIMITS).document.getElementsByTagName('md:KeyDescriptor'),
    (element) => {
      const bare = element.getElementsByTagName('ds:X509Certificate')[0]?.textContent ?? '';
      return [
        element.getAttribute('use'),
        new X509Certificate(Buffer.from(bare, 'base64')).fingerprint256,
      ] as const;
    },
  );
  const [active, later] = [world.spKey, next].map(
    ({ certificatePem }) => new X509Certificate(certificatePem).fingerprint256,
  );
  assert.deepEqual(descriptors, [
    ['signing', active],
    ['signing', later],
    ['encryption', active],
  ]);
});

test('metadata says what may sign answers', async () => {
  await using world = await openSamlWorld();

  const xml = (await upstreamOf(world.open()).metadataXml?.()) ?? '';

  assert.match(
    xml,
    /validUntil="[^"]+"><md:Extensions[^>]*><alg:DigestMethod [^>]*Algorithm="[^"]+#sha256">/,
  );
  assert.match(
    xml,
    /<alg:SigningMethod [^>]*Algorithm="[^"]+#rsa-sha256">.*<\/md:Extensions><md:SPSSODescriptor/,
  );
  assert.doesNotMatch(xml, /sha1"/);
});

test('metadata offers no certificate to encrypt for when the connection says so', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open((idp) => [inlineConfig(idp, { offerEncryption: false })]));

  const xml = (await upstream.metadataXml?.()) ?? '';

  assert.match(xml, /<md:KeyDescriptor use="signing">/);
  assert.doesNotMatch(xml, /use="encryption"|EncryptionMethod/);
});

test('requests are signed by the active key alone, and by the new one after the change', async () => {
  await using world = await openSamlWorld();
  const upstream = upstreamOf(world.open());
  const next = await makeSigningKey();

  for (const active of [world.spKey, next]) {
    world.spKeys = [active, active === next ? world.spKey : next];
    const { go } = await upstream.begin({});

    const query = go.url.search.slice(1);
    const [signed = '', signature = ''] = query.split('&Signature=');
    const key = createPublicKey(active.certificatePem);
    assert.ok(
      verify('sha256', Buffer.from(signed), key, Buffer.from(decodeURIComponent(signature), 'base64')),
    );
  }
});

test('an assertion is decrypted with whichever key the upstream knows: active, next or retired', async () => {
  await using world = await openSamlWorld();
  const [next, retired] = await Promise.all([makeSigningKey(), makeSigningKey()]);
  world.spKeys = [world.spKey, next, retired];
  const upstream = upstreamOf(world.open((idp) => [inlineConfig(idp, { wantEncryptedAssertions: true })]));

  for (const { certificatePem } of world.spKeys) {
    const result = await signIn(world, upstream, {
      encrypt: { content: GCM, transport: OAEP, certificatePem },
    });

    assert.equal(result.outcome, 'identity');
  }
});

test('an assertion for a key that is not published any more is refused', async () => {
  await using world = await openSamlWorld();
  const gone = await makeSigningKey();
  world.spKeys = [world.spKey, await makeSigningKey()];
  const upstream = upstreamOf(world.open((idp) => [inlineConfig(idp, { wantEncryptedAssertions: true })]));

  await assert.rejects(
    signIn(world, upstream, {
      encrypt: { content: GCM, transport: OAEP, certificatePem: gone.certificatePem },
    }),
    { code: 'federation.decryption_failed' },
  );
});

test('what the upstream signs with, and until when, is read from its metadata', async () => {
  await using world = await openSamlWorld();
  const certificate = new X509Certificate(world.idp.key.certificatePem);

  const known = await upstreamOf(world.open()).certificates?.();

  assert.deepEqual(known, [{ fingerprint: certificate.fingerprint256, notAfter: certificate.validToDate }]);
});
