import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { X509CertificateGenerator } from '@peculiar/x509';
import { bareCertificate, publicKeyOf } from '../../src/saml/index.ts';

type Keys = Parameters<typeof X509CertificateGenerator.createSelfSigned>[0]['keys'];
const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

/** Certificates of one key whose lengths take every remainder that base64 and its lines know. */
async function ofManyLengths(): Promise<string[]> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as unknown as Keys;
  const names = Array.from({ length: 48 }, (_, length) => `CN=${'x'.repeat(length + 1)}`);
  return Promise.all(
    names.map(async (name) => {
      const certificate = await X509CertificateGenerator.createSelfSigned({
        serialNumber: '01',
        name,
        notBefore: new Date('2026-01-01T00:00:00Z'),
        notAfter: new Date('2036-01-01T00:00:00Z'),
        signingAlgorithm: ALGORITHM,
        keys,
      });
      return certificate.toString('pem');
    }),
  );
}

test('a certificate in metadata is read whatever its length', async () => {
  const certificates = await ofManyLengths();

  const bare = certificates.map(bareCertificate);
  assert.ok(bare.some((text) => text.length % 64 === 0)); // One whose last line is full, as 1 in 16 is.
  assert.deepEqual(
    bare.filter((text) => !publicKeyOf(text)).map((text) => text.length),
    [],
  );
});

test('a certificate in metadata is read however its lines are broken', async () => {
  const certificates = await ofManyLengths();

  for (const pem of certificates) {
    const bare = bareCertificate(pem);
    const wrapped = [
      pem,
      bare.replace(/(.{64})/g, '$1\n'),
      `\n${bare.replace(/(.{76})/g, '$1\r\n')}\n`,
      bare.replace(/(.{64})/g, '\n      $1'),
    ];
    assert.deepEqual(
      wrapped.map((text) => publicKeyOf(text)?.asymmetricKeyType),
      ['rsa', 'rsa', 'rsa', 'rsa'],
    );
  }
});

test('of a file with several certificates and words around them, the first one is meant, whoever asks', async () => {
  const [first = '', second = ''] = await ofManyLengths();
  const file = `Bag Attributes\n    friendlyName: wiki\nsubject=CN = x\n${first}\n${second}\nthe end\n`;

  assert.equal(bareCertificate(file), bareCertificate(first));
  assert.ok(publicKeyOf(bareCertificate(file))?.equals(publicKeyOf(file) ?? assert.fail()));
  assert.equal(bareCertificate(bareCertificate(first)), bareCertificate(first));
});

test('what is no certificate has no key', () => {
  assert.equal(publicKeyOf(''), undefined);
  assert.equal(publicKeyOf('bm8gY2VydGlmaWNhdGU='), undefined);
  assert.equal(publicKeyOf('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), undefined);
});
