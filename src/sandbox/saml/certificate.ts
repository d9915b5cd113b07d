import { createHash, type KeyObject, webcrypto } from 'node:crypto';
import type { Keys } from '../keys.ts';

export type Certified = { readonly privateKey: KeyObject; readonly certificatePem: string };

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

/** A self-signed certificate over the sandbox's key of this name. The same key always gets the same certificate. */
export async function certify(keys: Keys, name: string, host: string): Promise<Certified> {
  // Loaded when first needed: the package and its metadata shim cost 120 ms, a quarter of the start's budget.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const privateKey = await keys.rsa(name);
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const pair = await importPair(pkcs8);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: createHash('sha256').update(name).update(pkcs8).digest('hex').slice(0, 30),
      name: `CN=${host} ${name}, O=Halden Group`,
      // Fixed, so that a kept key gives the same certificate after a restart; RSA PKCS #1 v1.5 is deterministic.
      notBefore: new Date('2024-01-01T00:00:00Z'),
      notAfter: new Date('2044-01-01T00:00:00Z'),
      signingAlgorithm: ALGORITHM,
      keys: pair,
    },
    webcrypto as Crypto,
  );
  return { privateKey, certificatePem: certificate.toString('pem') };
}

async function importPair(pkcs8: Buffer): Promise<CryptoKeyPair> {
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']);
  const { n, e } = await subtle.exportKey('jwk', privateKey);
  const publicJwk = { kty: 'RSA', ...(n !== undefined && { n }), ...(e !== undefined && { e }) };
  const publicKey = await subtle.importKey('jwk', publicJwk, ALGORITHM, true, ['verify']);
  // The same objects under two type names: Node's own, and the DOM's that the package asks for.
  return { privateKey, publicKey } as CryptoKeyPair;
}

/** The Base64 body of a PEM certificate, as X509Certificate elements carry it. */
export function certificateBody(pem: string): string {
  return pem.replace(/-----(BEGIN|END) CERTIFICATE-----/g, '').replace(/\s+/g, '');
}

/** PEM of a Base64 body. */
export function certificatePem(base64: string): string {
  const lines = base64.replace(/\s+/g, '').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
