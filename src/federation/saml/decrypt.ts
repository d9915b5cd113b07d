import { decrypt } from 'xml-encryption';
import { CONTENT_ENCRYPTION, KEY_TRANSPORT, XENC } from '../../saml/index.ts';
import { anywhereNamed, attributeOf, childElements, isNamed, onlyChildNamed } from '../../xml/index.ts';
import { FederationError } from '../errors.ts';

/**
 * Decrypts an EncryptedAssertion with whichever of our keys it is for (XML Encryption 1.1, SAML Core 2.3.4). Only AES-GCM
 * with RSA-OAEP; one EncryptedData and one EncryptedKey, so that no library can choose between two; the cipher
 * text must be inside, never referenced.
 *
 * Anyone can encrypt to us: what comes out is as untrusted as what came in, until its signature is verified.
 *
 * @throws FederationError; the same one for every failure of the decryption itself, so that it answers no oracle.
 */
export async function decryptAssertion(
  encrypted: Element,
  privateKeyPems: readonly string[],
): Promise<string> {
  checkShape(encrypted);
  const xml = encrypted.toString();
  for (const privateKeyPem of privateKeyPems) {
    const plain = await decryptedWith(privateKeyPem, xml);
    if (plain !== undefined) return plain;
  }
  throw new FederationError(
    'federation.decryption_failed',
    'the assertion cannot be decrypted with a key of ours',
  );
}

/** @returns undefined when it was not encrypted to this key; OAEP and GCM leave no other way to succeed. */
async function decryptedWith(key: string, xml: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    try {
      decrypt(xml, { key, disallowDecryptionWithInsecureAlgorithm: true }, (error, plain) => {
        resolve(error || typeof plain !== 'string' ? undefined : plain);
      });
    } catch {
      resolve(undefined);
    }
  });
}

function checkShape(encrypted: Element): void {
  const document = encrypted.ownerDocument;
  const [data, ...moreData] = anywhereNamed(document, 'EncryptedData');
  const [key, ...moreKeys] = anywhereNamed(document, 'EncryptedKey');
  if (!data || moreData.length > 0 || data.parentNode !== encrypted || !key || moreKeys.length > 0) {
    throw new FederationError(
      'federation.answer_malformed',
      'an encrypted assertion has not exactly one key and data',
    );
  }
  checkAlgorithm(data, CONTENT_ENCRYPTION, 'content encryption is not AES-GCM');
  checkAlgorithm(key, KEY_TRANSPORT, 'key transport is not RSA-OAEP');
  for (const element of [data, key]) {
    const cipher = onlyChildNamed(element, XENC, 'CipherData');
    const [value, ...more] = cipher ? childElements(cipher) : [];
    if (!value || more.length > 0 || !isNamed(value, XENC, 'CipherValue')) {
      throw new FederationError('federation.answer_malformed', 'cipher data is not a value');
    }
  }
}

function checkAlgorithm(element: Element, allowed: readonly string[], why: string): void {
  const method = onlyChildNamed(element, XENC, 'EncryptionMethod');
  if (!method || !allowed.includes(attributeOf(method, 'Algorithm') ?? '')) {
    throw new FederationError('federation.algorithm_refused', why);
  }
}
