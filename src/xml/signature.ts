import type { KeyObject } from 'node:crypto';
import { ExclusiveCanonicalization, SignedXml } from 'xml-crypto';
import { attributeOf, childElements, childrenNamed, plainText } from './elements.ts';
import { SignatureRefused } from './errors.ts';
import {
  ALLOWED_HASHES,
  ENVELOPED,
  EXCLUSIVE_C14N,
  SIGNATURE_NAMES,
  verifierFor,
} from './signature-algorithms.ts';
import { checkSignatureShape, DSIG } from './signature-shape.ts';

/** The signature that stands directly in an element, or undefined. @throws SignatureRefused when there are several. */
export function signatureOf(element: Element): Element | undefined {
  const [signature, ...more] = childrenNamed(element, DSIG, 'Signature');
  if (more.length > 0) throw new SignatureRefused('shape', 'an element is signed twice');
  return signature;
}

/**
 * Verifies the enveloped signature of `element` with any of the keys (several during a key's overlap).
 *
 * The library is given only the algorithms that are allowed, as well as a key that it cannot replace; the shape
 * was held to before.
 *
 * @param xml the text from which `element`'s document was parsed (`parseXml` gives both).
 * @returns the canonical text that was signed, without the signature: use this and nothing else.
 * @throws SignatureRefused
 */
export function verifySignature(xml: string, element: Element, keys: readonly KeyObject[]): string {
  const signature = signatureOf(element);
  if (!signature) throw new SignatureRefused('shape', 'the element is not signed');
  checkSignatureShape(signature, element);
  for (const key of keysBehind(signature, keys)) {
    const signed = verifyWith(xml, signature, key);
    if (signed !== undefined) return signed;
  }
  throw new SignatureRefused('invalid', 'the signature was not made by a key of the other side');
}

function verifyWith(xml: string, signature: Element, key: KeyObject): string | undefined {
  const engine = engineFor(key);
  try {
    engine.loadSignature(signature);
    if (!engine.checkSignature(xml)) return undefined;
  } catch {
    // The library throws for a value that does not fit; another key may still.
    return undefined;
  }
  const [signed, ...more] = engine.getSignedReferences();
  return more.length === 0 ? signed : undefined;
}

function engineFor(key: KeyObject): SignedXml {
  const engine = new SignedXml({
    publicCert: key.export({ type: 'spki', format: 'pem' }),
    getCertFromKeyInfo: () => null,
  });
  const known = engine.CanonicalizationAlgorithms;
  engine.CanonicalizationAlgorithms = {
    [EXCLUSIVE_C14N]: ExclusiveCanonicalization,
    [ENVELOPED]: known[ENVELOPED],
  } as typeof known;
  engine.HashAlgorithms = { ...ALLOWED_HASHES } as typeof engine.HashAlgorithms;
  engine.SignatureAlgorithms = Object.fromEntries(
    SIGNATURE_NAMES.map((name) => [name, verifierFor(name, key)]),
  ) as typeof engine.SignatureAlgorithms;
  return engine;
}

/**
 * The keys of which one made the value of a signature whose shape was held to. It says nothing yet about what is
 * covered, but costs little: a verifier first reads all that is covered, and a stranger's message of some 200 KB
 * would stop the process for most of a second before the wrong key is noticed.
 */
export function keysBehind(signature: Element, keys: readonly KeyObject[]): readonly KeyObject[] {
  const [info, value] = childElements(signature);
  const method = info && childElements(info)[1];
  if (!info || !value || !method) return [];
  const signedInfo = new SignedXml().getCanonXml([EXCLUSIVE_C14N], info, { ancestorNamespaces: [] });
  const name = attributeOf(method, 'Algorithm') ?? '';
  return keys.filter((key) => {
    const Verifier = verifierFor(name, key);
    return new Verifier().verifySignature(signedInfo, '', plainText(value) ?? '');
  });
}
