import { randomBytes, webcrypto } from 'node:crypto';
import type { X509CertificateGenerator } from '@peculiar/x509';

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
// The same web crypto keys; the generator's types name the browser's.
type GeneratorKeys = Parameters<typeof X509CertificateGenerator.createSelfSigned>[0]['keys'];
const YEARS_VALID = 10;

/**
 * An RSA-2048 key with a self-signed certificate. SAML peers pin the certificate from our metadata; the dates in
 * it carry no trust, but some products refuse an expired one, so it lasts.
 */
export async function makeCertifiedKey(
  commonName: string,
  now: Date,
): Promise<{ readonly privateKey: Buffer; readonly certificatePem: string }> {
  const x509 = await loadGenerator();
  const keys = await webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
  const publicKey = keys.publicKey as unknown as GeneratorKeys['publicKey'];
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS_VALID);
  const serial = randomBytes(16);
  serial.writeUInt8(serial.readUInt8(0) & 0x7f || 1, 0); // RFC 5280 4.1.2.2: a positive integer
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial.toString('hex'),
    name: `CN=${commonName}`,
    notBefore: now,
    notAfter,
    signingAlgorithm: RSA,
    // RFC 5280 4.1.2.9: a list of extensions is never empty, and strict peers refuse the certificate if it is.
    extensions: [await x509.SubjectKeyIdentifierExtension.create(publicKey)],
    keys: keys as unknown as GeneratorKeys,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { privateKey: Buffer.from(pkcs8), certificatePem: `${certificate.toString('pem')}\n` };
}

/** Certificates are made once in years, and the package has two hundred files. */
async function loadGenerator(): Promise<typeof import('@peculiar/x509')> {
  // It is built on decorators and needs this first.
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}
