import { type KeyObject, X509Certificate } from 'node:crypto';
import { isStrongKey } from '../xml/index.ts';

/**
 * The public key of a certificate, given as PEM or as the bare base64 of metadata. Who issued it and when it
 * ends says nothing here: metadata or the operator vouches for the key (SAML Metadata 2.4.1.1).
 *
 * @returns undefined when it is no certificate, or its key is too weak to be trusted.
 */
export function publicKeyOf(certificate: string): KeyObject | undefined {
  const isPem = certificate.includes('-----BEGIN');
  try {
    const { publicKey } = new X509Certificate(isPem ? certificate : Buffer.from(certificate, 'base64'));
    return isStrongKey(publicKey) ? publicKey : undefined;
  } catch {
    return undefined;
  }
}

const FIRST_IN_PEM = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/;

/** PEM to the bare base64 of metadata: the first certificate in it, as `publicKeyOf`, without what is written around it. */
export function bareCertificate(pem: string): string {
  return (FIRST_IN_PEM.exec(pem)?.[1] ?? pem).replace(/\s+/g, '');
}
