import { createHash, type KeyObject } from 'node:crypto';
import { canonicalize } from './canonicalize.ts';
import { childrenNamed } from './elements.ts';
import { SignatureRefused } from './errors.ts';
import { hashOfDigest, verifyBytes } from './signature-algorithms.ts';
import { DSIG, readSignature, type SignatureParts } from './signature-shape.ts';

/** The signature that stands directly in an element, or undefined. @throws SignatureRefused when there are several. */
export function signatureOf(element: Element): Element | undefined {
  const [signature, ...more] = childrenNamed(element, DSIG, 'Signature');
  if (more.length > 0) throw new SignatureRefused('shape', 'an element is signed twice');
  return signature;
}

/**
 * Verifies the enveloped signature of `element` with any of the keys (several during a key's overlap): XML Signature 1.1,
 * section 3.2, for the one shape that SAML allows.
 *
 * The signature's value is looked at first. It says nothing yet about what is covered, but costs little: what a stranger
 * signed is refused before anything of a large message is canonicalised.
 *
 * @returns the canonical text that was signed, without the signature: use this and nothing else.
 * @throws SignatureRefused
 */
export function verifySignature(element: Element, keys: readonly KeyObject[]): string {
  const signature = signatureOf(element);
  if (!signature) throw new SignatureRefused('shape', 'the element is not signed');
  const parts = readSignature(signature, element);
  if (!isMadeByOneOf(keys, parts)) {
    throw new SignatureRefused('invalid', 'the signature was not made by a key of the other side');
  }
  const covered = canonicalize(element, { without: signature, inclusivePrefixes: parts.coveredPrefixes });
  const digest = createHash(hashOfDigest(parts.digestAlgorithm)).update(covered, 'utf8').digest();
  if (!digest.equals(Buffer.from(parts.digest, 'base64'))) {
    throw new SignatureRefused('invalid', 'what was signed has been changed');
  }
  return covered;
}

function isMadeByOneOf(keys: readonly KeyObject[], parts: SignatureParts): boolean {
  const signed = canonicalize(parts.info, { inclusivePrefixes: parts.infoPrefixes });
  const value = Buffer.from(parts.value, 'base64');
  return keys.some((key) => verifyBytes(parts.algorithm, key, Buffer.from(signed, 'utf8'), value));
}
