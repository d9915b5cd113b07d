import { decrypt } from 'xml-encryption';
import { KEY_TRANSPORT, XENC } from '../../saml/index.ts';
import { anywhereNamed, attributeOf, childElements, isNamed, onlyChildNamed } from '../../xml/index.ts';
import { FederationError } from '../errors.ts';

/**
 * Decrypts an EncryptedAssertion with whichever of our keys it is for (XML Encryption 1.1, SAML Core 2.3.4). Only the
 * ciphers that are given, with RSA-OAEP; one EncryptedData and one EncryptedKey, so that no library can choose between two; the cipher
 * text must be inside, never referenced.
 *
 * Anyone can encrypt to us: what comes out is as untrusted as what came in, until its signature is verified.
 *
 * @throws FederationError; the same one for every failure of the decryption itself, so that it answers no oracle.
 */
export async function decryptAssertion(
  encrypted: Element,
  ciphers: readonly string[],
  privateKeyPems: readonly string[],
): Promise<string> {
  checkShape(encrypted, ciphers);
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

/** @returns undefined when it was not encrypted to this key; OAEP leaves no other way to succeed. */
async function decryptedWith(key: string, xml: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    try {
      // Which ciphers are good enough is for the caller to say; the shape holds no other one.
      const options = { key, disallowDecryptionWithInsecureAlgorithm: false, warnInsecureAlgorithm: false };
      decrypt(xml, options, (error, plain) => {
        resolve(error || typeof plain !== 'string' ? undefined : plain);
      });
    } catch {
      resolve(undefined);
    }
  });
}

function checkShape(encrypted: Element, ciphers: readonly string[]): void {
  const document = encrypted.ownerDocument;
  const [data, ...moreData] = anywhereNamed(document, 'EncryptedData');
  const [key, ...moreKeys] = anywhereNamed(document, 'EncryptedKey');
  if (!data || moreData.length > 0 || data.parentNode !== encrypted || !key || moreKeys.length > 0) {
    throw new FederationError(
      'federation.answer_malformed',
      'an encrypted assertion has not exactly one key and data',
    );
  }
  checkAlgorithm(data, ciphers, 'the content is encrypted in a way that is not accepted');
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
