import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { KeysError } from './errors.ts';
import type { IssuingKey } from './keys.ts';
import { type MasterKeys, unwrap } from './master-key.ts';
import type { IssuingPurpose } from './purposes.ts';
import { type LivingRow, signingKeyPlace } from './signing-key-store.ts';

/**
 * Unwraps the private part and holds the row's public part against it: what we publish is read from the database
 * in clear, and whoever can write there must not be able to put a key of their own beside ours.
 *
 * @throws KeysError `keys.not_openable` when the row was changed or moved, `keys.master_key_wrong`.
 */
export function openPrivateKey(
  row: LivingRow,
  masters: MasterKeys,
): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const der = unwrap(masters, row.wrapped, signingKeyPlace(row.id, row.purpose));
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  if (publicKeyIn(row.public_part)?.equals(publicKey)) return { privateKey, publicKey };
  throw new KeysError({
    code: 'keys.not_openable',
    detail: `keys_signing_key/${row.id}/public_part does not belong to its private key`,
  });
}

export function openIssuingKey(row: LivingRow, purpose: IssuingPurpose, masters: MasterKeys): IssuingKey {
  const notAfter = certificateEnd(row.public_part);
  return {
    ...{ keyId: row.id, purpose, state: row.state, ...openPrivateKey(row, masters) },
    ...(notAfter && { certificatePem: row.public_part, notAfter }),
    publishedAt: row.created_at,
    ...(row.active_since && { activeSince: row.active_since }),
    ...(row.retired_at && { retiredAt: row.retired_at }),
  };
}

/** @returns undefined when the public part is a bare key. */
export function certificateEnd(publicPart: string): Date | undefined {
  return isCertificate(publicPart) ? new X509Certificate(publicPart).validToDate : undefined;
}

function publicKeyIn(publicPart: string): KeyObject | undefined {
  try {
    return isCertificate(publicPart)
      ? new X509Certificate(publicPart).publicKey
      : createPublicKey(publicPart);
  } catch {
    return undefined;
  }
}

function isCertificate(publicPart: string): boolean {
  return publicPart.startsWith('-----BEGIN CERTIFICATE-----');
}
