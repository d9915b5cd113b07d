import { X509Certificate } from 'node:crypto';
import type { UpstreamCertificate } from '../upstream.ts';

/**
 * When the certificates end that an upstream signs with. Only to tell somebody in time: trust in a key does not
 * hang on the dates around it, but who replaces a certificate often does so at its end, and not everybody says it.
 *
 * @param certificates PEM, or the bare base64 of metadata; what cannot be read is passed over.
 */
export function certificateEnds(certificates: readonly string[]): readonly UpstreamCertificate[] {
  return certificates.flatMap((text) => {
    try {
      const isPem = text.includes('-----BEGIN');
      const { fingerprint256, validToDate } = new X509Certificate(isPem ? text : Buffer.from(text, 'base64'));
      return [{ fingerprint: fingerprint256, notAfter: validToDate }];
    } catch {
      return [];
    }
  });
}
