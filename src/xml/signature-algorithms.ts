import { type KeyObject, verify } from 'node:crypto';
import { SignatureRefused } from './errors.ts';

export const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/** RFC 6931 2.3 and XML Signature 1.1: name of the algorithm → key type and hash. No SHA-1, no MD5, no HMAC. */
const SIGNATURES: Readonly<Record<string, readonly [keyType: 'rsa' | 'ec', hash: string]>> = {
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256': ['rsa', 'sha256'],
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384': ['rsa', 'sha384'],
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': ['rsa', 'sha512'],
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256': ['ec', 'sha256'],
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384': ['ec', 'sha384'],
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512': ['ec', 'sha512'],
};

const DIGESTS: Readonly<Record<string, string>> = {
  'http://www.w3.org/2001/04/xmlenc#sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384': 'sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};

/** What is accepted, the usual ones first: for metadata, from which peers choose. */
export const SIGNATURE_ALGORITHMS: readonly string[] = Object.keys(SIGNATURES);
export const DIGEST_ALGORITHMS: readonly string[] = Object.keys(DIGESTS);

export function isAllowedSignature(name: string): boolean {
  return Object.hasOwn(SIGNATURES, name);
}

export function isAllowedDigest(name: string): boolean {
  return Object.hasOwn(DIGESTS, name);
}

/** Name for node:crypto of a digest that is allowed. */
export function hashOfDigest(name: string): string {
  const hash = isAllowedDigest(name) ? DIGESTS[name] : undefined;
  if (hash === undefined) throw new SignatureRefused('algorithm', 'the digest algorithm is not allowed');
  return hash;
}

const MIN_RSA_BITS = 2048;

/** Is the key one that may verify at all? Short RSA keys are as good as none. */
export function isStrongKey(key: KeyObject): boolean {
  if (key.asymmetricKeyType === 'ec') return true;
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
}

/**
 * Verifies a signature over bytes with one key. Algorithm and type of key must fit, so that no key is used in a
 * way it was not made for.
 *
 * @param name of the algorithm, RFC 6931; one that is not allowed verifies nothing.
 */
export function verifyBytes(
  name: string,
  publicKey: KeyObject,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const [keyType, hash] = isAllowedSignature(name) ? (SIGNATURES[name] ?? []) : [];
  if (!keyType || publicKey.asymmetricKeyType !== keyType || !isStrongKey(publicKey)) return false;
  // XML Signature 1.1, 6.4.3: ECDSA values are r and s side by side.
  const key = keyType === 'ec' ? { key: publicKey, dsaEncoding: 'ieee-p1363' as const } : publicKey;
  return verify(hash, bytes, key, signature);
}
