import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import {
  attributeIn,
  canonical,
  childOf,
  elementsIn,
  type PlainElement,
  readPlain,
  textIn,
} from './plain-xml.ts';

/** A response whose signatures hold. */
export type VerifiedResponse = {
  readonly response: PlainElement;
  readonly assertion: PlainElement;
  /** How many elements were signed: the assertion, the response, or both. */
  readonly signatures: number;
};

/**
 * Verifies a SAML response as cheaply as it can be done without a library: base64, one pass over the text, exclusive
 * canonicalisation, SHA-256, RSA. It is the bench's second pair of eyes and the first half of a yardstick, not a
 * defence: it knows the messages of this world and holds none of the rules against hostile ones.
 *
 * @throws when a signature does not hold, or neither response nor assertion is signed.
 */
export function verifyFast(samlResponse: string, keys: readonly KeyObject[]): VerifiedResponse {
  const response = readPlain(Buffer.from(samlResponse, 'base64').toString('utf8'));
  const status = childOf(childOf(response, 'Status'), 'StatusCode');
  const assertion = childOf(response, 'Assertion');
  if (!assertion) throw new Error(`no assertion: ${attributeIn(status, 'Value')}`);
  const signed = [response, assertion].filter((element) => childOf(element, 'Signature'));
  if (signed.length === 0) throw new Error('nothing is signed');
  for (const element of signed) verifyElement(element, keys);
  return { response, assertion, signatures: signed.length };
}

function verifyElement(element: PlainElement, keys: readonly KeyObject[]): void {
  const signature = childOf(element, 'Signature');
  const info = childOf(signature, 'SignedInfo');
  const reference = childOf(info, 'Reference');
  if (!info || attributeIn(reference, 'URI') !== `#${attributeIn(element, 'ID')}`) {
    throw new Error('the signature is not about its element');
  }
  const digest = createHash('sha256').update(canonical(element, signature)).digest('base64');
  if (digest !== textIn(childOf(reference, 'DigestValue'))) throw new Error('the digest differs');
  const value = Buffer.from(textIn(childOf(signature, 'SignatureValue')), 'base64');
  const bytes = Buffer.from(canonical(info));
  if (!keys.some((key) => verify('sha256', bytes, key, value))) throw new Error('no known key signed this');
}

/** Keys of all signing certificates in an entity's metadata. */
export function signingKeysIn(metadata: string): readonly KeyObject[] {
  return certificatesIn(readPlain(metadata.trim())).map(
    (body) => new X509Certificate(Buffer.from(body, 'base64')).publicKey,
  );
}

function certificatesIn(element: PlainElement): string[] {
  if (element.name.endsWith('KeyDescriptor') && attributeIn(element, 'use') === 'encryption') return [];
  if (element.name.endsWith('X509Certificate')) return [textIn(element)];
  return elementsIn(element).flatMap(certificatesIn);
}
