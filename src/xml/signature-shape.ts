import { attributeOf, childElements, isNamed, plainText } from './elements.ts';
import { SignatureRefused } from './errors.ts';
import { ENVELOPED, EXCLUSIVE_C14N, isAllowedDigest, isAllowedSignature } from './signature-algorithms.ts';

export const DSIG = 'http://www.w3.org/2000/09/xmldsig#';

/** What a signature says, read in the one place where each part may stand. */
export type SignatureParts = {
  readonly info: Element;
  /** Of `InclusiveNamespaces`, for `info` and for what is covered. */
  readonly infoPrefixes: readonly string[];
  readonly coveredPrefixes: readonly string[];
  readonly algorithm: string;
  readonly digestAlgorithm: string;
  /** Base64. */
  readonly value: string;
  readonly digest: string;
};

/**
 * Holds a signature to the one shape that SAML allows (SAML Core 5.4, XML Signature 4) before anything is computed
 * over it: it stands directly in the element it covers; one reference, to that element's own ID; enveloped
 * transform, then exclusive canonicalisation without comments, and nothing else; allowed algorithms; no Object,
 * no second SignedInfo, no elements where text belongs. What KeyInfo says is ignored.
 *
 * @throws SignatureRefused
 */
export function readSignature(signature: Element, covered: Element): SignatureParts {
  const id = attributeOf(covered, 'ID');
  if (signature.parentNode !== covered || !id) refuse('a signature does not stand in what it covers');
  const [info, value, ...rest] = childElements(signature);
  if (!info || !isDsig(info, 'SignedInfo') || !value || !isDsig(value, 'SignatureValue')) {
    refuse('a signature has not the expected parts');
  }
  if (rest.length > 1 || (rest[0] && !isDsig(rest[0], 'KeyInfo')))
    refuse('a signature has more parts than expected');
  return {
    info,
    value: textOf(value, 'a signature value holds elements'),
    ...readSignedInfo(info, id),
  };
}

function readSignedInfo(info: Element, id: string): Omit<SignatureParts, 'info' | 'value'> {
  const [c14n, method, reference, ...more] = childElements(info);
  if (!c14n || !method || !reference || more.length > 0) refuse('a signature has not exactly one reference');
  if (
    !isDsig(c14n, 'CanonicalizationMethod') ||
    !isDsig(method, 'SignatureMethod') ||
    !isDsig(reference, 'Reference')
  ) {
    refuse('a signature has not the expected parts');
  }
  const algorithm = algorithmOf(method);
  if (algorithmOf(c14n) !== EXCLUSIVE_C14N) refuseAlgorithm('canonicalisation is not exclusive');
  if (!isAllowedSignature(algorithm)) refuseAlgorithm('the signature algorithm is not allowed');
  // HMACOutputLength and RSA-PSS parameters have no place with the algorithms that are allowed.
  if (childElements(method).length > 0) refuse('the signature method has parameters');
  return { algorithm, infoPrefixes: prefixesOf(c14n), ...readReference(reference, id) };
}

function readReference(
  reference: Element,
  id: string,
): Pick<SignatureParts, 'coveredPrefixes' | 'digest' | 'digestAlgorithm'> {
  // An empty URI would cover the whole document, whatever it is; an id covers one element (SAML Core 5.4.2).
  if (attributeOf(reference, 'URI') !== `#${id}`)
    refuse('a signature refers to something else than its parent');
  const [transforms, digestMethod, digestValue, ...more] = childElements(reference);
  const complete =
    transforms &&
    isDsig(transforms, 'Transforms') &&
    digestMethod &&
    isDsig(digestMethod, 'DigestMethod') &&
    digestValue &&
    isDsig(digestValue, 'DigestValue');
  if (!complete || more.length > 0) refuse('a reference has not the expected parts');
  const digestAlgorithm = algorithmOf(digestMethod);
  if (!isAllowedDigest(digestAlgorithm)) refuseAlgorithm('the digest algorithm is not allowed');
  if (childElements(digestMethod).length > 0) refuse('the digest method has parameters');
  const digest = textOf(digestValue, 'a digest value holds elements');
  return { digestAlgorithm, digest, coveredPrefixes: readTransforms(transforms) };
}

/** SAML Core 5.4.4: enveloped signature and exclusive canonicalisation; anything else could hide content. */
function readTransforms(transforms: Element): readonly string[] {
  const [enveloped, c14n, ...more] = childElements(transforms);
  if (!enveloped || !c14n || more.length > 0) refuse('a reference has not exactly two transforms');
  if (!isDsig(enveloped, 'Transform') || !isDsig(c14n, 'Transform')) refuse('a transform has another name');
  if (algorithmOf(enveloped) !== ENVELOPED || algorithmOf(c14n) !== EXCLUSIVE_C14N) {
    refuseAlgorithm('a transform is not allowed');
  }
  if (childElements(enveloped).length > 0) refuse('a transform has unknown parameters');
  return prefixesOf(c14n);
}

/** Signers name a handful: those that appear in values. */
const MOST_PREFIXES = 32;

/** Exclusive XML Canonicalization 1.0, section 4: the one parameter it has. */
function prefixesOf(method: Element): readonly string[] {
  const [inclusive, ...more] = childElements(method);
  if (!inclusive) return [];
  const isKnown = isNamed(inclusive, EXCLUSIVE_C14N, 'InclusiveNamespaces');
  if (more.length > 0 || !isKnown || childElements(inclusive).length > 0) {
    refuse('a transform has unknown parameters');
  }
  const prefixes = (attributeOf(inclusive, 'PrefixList') ?? '').split(/\s+/, MOST_PREFIXES + 1);
  // Each is looked up for every element, before anybody knows who signed.
  if (prefixes.length > MOST_PREFIXES) refuse('a transform names more prefixes than are accepted');
  return prefixes.filter((prefix) => prefix !== '');
}

function textOf(element: Element, why: string): string {
  return plainText(element) ?? refuse(why);
}

function isDsig(element: Element, localName: string): boolean {
  return isNamed(element, DSIG, localName);
}

function algorithmOf(element: Element): string {
  return attributeOf(element, 'Algorithm') ?? '';
}

function refuse(why: string): never {
  throw new SignatureRefused('shape', why);
}

function refuseAlgorithm(why: string): never {
  throw new SignatureRefused('algorithm', why);
}
