import { createSign, createVerify } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { type Certified, certificateBody } from './certificate.ts';
import { NS, RSA_SHA1, RSA_SHA256 } from './names.ts';
import { children } from './xml.ts';

const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

const ALGORITHMS = {
  'rsa-sha256': { signature: RSA_SHA256, digest: 'http://www.w3.org/2001/04/xmlenc#sha256' },
  'rsa-sha1': {
    signature: RSA_SHA1,
    digest: 'http://www.w3.org/2000/09/xmldsig#sha1',
  },
} as const;
export type SignatureAlgorithm = keyof typeof ALGORITHMS;

/** Signature algorithms that are accepted from others, with Node's name of the hash. */
const ACCEPTED: Readonly<Record<string, string>> = {
  [RSA_SHA256]: 'RSA-SHA256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384': 'RSA-SHA384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': 'RSA-SHA512',
};

/** Signs the element with this ID and puts the signature where the schema wants it: after Issuer, else first. */
export function signElement(
  text: string,
  id: string,
  by: Certified,
  algorithm: SignatureAlgorithm = 'rsa-sha256',
): string {
  const { signature, digest } = ALGORITHMS[algorithm];
  const signer = new SignedXml({
    privateKey: by.privateKey,
    publicCert: by.certificatePem,
    signatureAlgorithm: signature,
    canonicalizationAlgorithm: EXCLUSIVE_C14N,
    getKeyInfoContent: () =>
      `<ds:X509Data><ds:X509Certificate>${certificateBody(by.certificatePem)}</ds:X509Certificate></ds:X509Data>`,
  });
  const element = `//*[@ID='${id}']`;
  signer.addReference({ xpath: element, transforms: [ENVELOPED, EXCLUSIVE_C14N], digestAlgorithm: digest });
  const issuer = `${element}/*[local-name(.)='Issuer']`;
  const hasIssuer = new RegExp(`ID="${id}"[^>]*><[a-z]+:Issuer`).test(text);
  signer.computeSignature(text, {
    prefix: 'ds',
    location: hasIssuer ? { reference: issuer, action: 'after' } : { reference: element, action: 'prepend' },
  });
  return signer.getSignedXml();
}

/** Whether the root element carries one valid signature over itself by one of the certificates (SAML Core 5.4). */
export function isRootSigned(text: string, root: Element, certificates: readonly string[]): boolean {
  return readSigned(text, root, certificates) !== undefined;
}

/**
 * What one of the certificates signed of this element, as canonical XML; undefined when the element does not
 * carry exactly one valid signature over itself. Whoever reads only this text cannot be shown anything else.
 */
export function readSigned(
  text: string,
  element: Element,
  certificates: readonly string[],
  sha1: 'refused' | 'accepted' = 'refused',
): string | undefined {
  const [signature, ...more] = children(element, NS.signature, 'Signature');
  if (!signature || more.length > 0) return undefined;
  const id = element.getAttribute('ID') ?? '';
  for (const certificate of certificates) {
    const signed = verify(text, id, signature, certificate, sha1 === 'accepted');
    if (signed !== undefined) return signed;
  }
  return undefined;
}

function verify(
  text: string,
  id: string,
  signature: Element,
  certificatePem: string,
  takesSha1: boolean,
): string | undefined {
  try {
    const verifier = new SignedXml({ publicCert: certificatePem, getCertFromKeyInfo: () => null });
    verifier.loadSignature(signature);
    const [reference, ...others] = verifier.getReferences();
    const covers = reference?.uri === `#${id}` && others.length === 0;
    const algorithm = String(verifier.signatureAlgorithm);
    const isSha1 = algorithm === RSA_SHA1 || String(reference?.digestAlgorithm).endsWith('sha1');
    const allowed = Object.hasOwn(ACCEPTED, algorithm) || algorithm === RSA_SHA1;
    if (!covers || !allowed || (isSha1 && !takesSha1)) return undefined;
    return verifier.checkSignature(text) ? verifier.getSignedReferences()[0] : undefined;
  } catch {
    return undefined;
  }
}

/** SAML Bindings 3.4.4.1: the signature covers the octets as they were sent. */
export function isQuerySigned(
  rawQuery: string,
  message: 'SAMLRequest' | 'SAMLResponse',
  certificates: readonly string[],
): boolean {
  const raw = new Map(rawQuery.split('&').map((pair) => [pair.split('=', 1)[0] ?? '', pair]));
  const signed = [message, 'RelayState', 'SigAlg'].flatMap((name) => raw.get(name) ?? []).join('&');
  const query = new URLSearchParams(rawQuery);
  const hash = ACCEPTED[query.get('SigAlg') ?? ''];
  const signature = Buffer.from(query.get('Signature') ?? '', 'base64');
  if (hash === undefined || signature.length === 0) return false;
  return certificates.some((pem) => {
    try {
      return createVerify(hash).update(signed).verify(pem, signature);
    } catch {
      return false;
    }
  });
}

/** Adds SigAlg and Signature to the query of a redirect message. */
export function signQuery(query: string, by: Certified): string {
  const signed = `${query}&SigAlg=${encodeURIComponent(RSA_SHA256)}`;
  const signature = createSign('RSA-SHA256').update(signed).sign(by.privateKey, 'base64');
  return `${signed}&Signature=${encodeURIComponent(signature)}`;
}
