import { createHash, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { ENVELOPED, EXCLUSIVE_C14N } from '../xml/index.ts';
import { canonicalText, element, type Signable, type XmlElement } from './canonical.ts';
import { bareCertificate } from './certificates.ts';
import { ECDSA_SHA256, RSA_SHA256, SHA256 } from './names.ts';

/** A private key, RSA or EC, loaded once; with its certificate, signatures say which key made them. */
export type SigningKey = { readonly privateKey: KeyObject; readonly certificatePem?: string | undefined };

/** The callback form signs on the thread pool, so that the event loop stays free (DESIGN §13). */
const signOnPool = promisify(
  (key: KeyObject, bytes: Uint8Array, done: (error: Error | null, signature: Buffer) => void) =>
    // XML Signature 1.1, 6.4.3: ECDSA values are r and s side by side; RSA does not look at the option.
    sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, done),
);

/** RFC 6931 name of what `signBytes` does with this key. */
export function algorithmOf({ privateKey }: SigningKey): string {
  return privateKey.asymmetricKeyType === 'ec' ? ECDSA_SHA256 : RSA_SHA256;
}

/** SHA-256 with RSA (PKCS #1 v1.5) or ECDSA, base64. */
export async function signBytes(bytes: Uint8Array, { privateKey }: SigningKey): Promise<string> {
  return (await signOnPool(privateKey, bytes)).toString('base64');
}

/**
 * Puts an enveloped signature into an element that was written in canonical form (SAML Core 5.4). What is digested
 * and signed are exactly the bytes that leave; no document is built.
 *
 * @returns the signed element, itself in canonical form.
 */
export async function signElement(unsigned: Signable, key: SigningKey): Promise<string> {
  const digest = createHash('sha256').update(unsigned.head).update(unsigned.tail).digest('base64');
  const info = signedInfo(unsigned.id, digest, algorithmOf(key));
  // The verifier canonicalises SignedInfo by itself: there it declares the prefix that Signature declares below.
  const value = await signBytes(Buffer.from(canonicalText(info), 'utf8'), key);
  const signature = element('ds:Signature', {}, info, element('ds:SignatureValue', {}, value), keyInfo(key));
  return unsigned.head + canonicalText(signature) + unsigned.tail;
}

function signedInfo(id: string, digest: string, algorithm: string): XmlElement {
  return element(
    'ds:SignedInfo',
    {},
    element('ds:CanonicalizationMethod', { Algorithm: EXCLUSIVE_C14N }),
    element('ds:SignatureMethod', { Algorithm: algorithm }),
    element(
      'ds:Reference',
      { URI: `#${id}` },
      element(
        'ds:Transforms',
        {},
        element('ds:Transform', { Algorithm: ENVELOPED }),
        element('ds:Transform', { Algorithm: EXCLUSIVE_C14N }),
      ),
      element('ds:DigestMethod', { Algorithm: SHA256 }),
      element('ds:DigestValue', {}, digest),
    ),
  );
}

function keyInfo({ certificatePem }: SigningKey): XmlElement | undefined {
  if (certificatePem === undefined) return undefined;
  return certificateInfo(certificatePem);
}

/** A KeyInfo that holds one certificate. */
export function certificateInfo(certificatePem: string): XmlElement {
  const certificate = element('ds:X509Certificate', {}, bareCertificate(certificatePem));
  return element('ds:KeyInfo', {}, element('ds:X509Data', {}, certificate));
}
