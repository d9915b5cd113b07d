import { decrypt } from 'xml-encryption';
import {
  anywhereNamed,
  attributeOf,
  canonicalize,
  childElements,
  isNamed,
  onlyChildNamed,
  plainText,
} from '../xml/index.ts';
import { CanonicalText, canonicalText, element, type XmlElement } from './canonical.ts';
import { SamlError } from './errors.ts';
import { CBC_ENCRYPTION, CONTENT_ENCRYPTION, KEY_TRANSPORT, XENC } from './names.ts';

export type Decryption = {
  /** Names of the ciphers that are accepted for the content. */
  readonly ciphers: readonly string[];
  /** Ours, tried in turn: during an overlap the other side may use any of them. */
  readonly privateKeyPems: readonly string[];
};

/**
 * Decrypts an EncryptedAssertion or EncryptedID with whichever of our keys it is for (XML Encryption 1.1, SAML Core
 * 2.2.4 and 2.3.4). Only the ciphers that are given, with RSA-OAEP; one EncryptedData and one EncryptedKey, within it or
 * beside it, so that nobody can choose between two; the cipher text must be inside, never referenced.
 *
 * Anyone can encrypt to us: what comes out is as untrusted as what came in, until a signature over it is verified.
 *
 * @throws SamlError; the same one for every failure of the decryption itself, so that it answers no oracle.
 */
export async function decryptElement(
  encrypted: Element,
  { ciphers, privateKeyPems }: Decryption,
): Promise<string> {
  // Only what was looked at goes on: the library would parse, and search, whatever else a stranger put there.
  const xml = canonicalText(onlyWhatIsNeeded(encrypted, ciphers));
  for (const privateKeyPem of privateKeyPems) {
    const plain = await decryptedWith(privateKeyPem, xml);
    if (plain !== undefined) return plain;
  }
  throw new SamlError('saml.decryption_failed', 'it cannot be decrypted with a key of ours');
}

/**
 * Which ciphers may be decrypted. A cipher text that anybody can change only if a change shows: CBC answers whoever tries
 * often enough.
 *
 * @param around `isSigned`: a signature over all of the message was verified.
 */
export function ciphersWithin(around: {
  readonly acceptsCbc: boolean;
  readonly isSigned: boolean;
}): readonly string[] {
  return around.acceptsCbc && around.isSigned
    ? [...CONTENT_ENCRYPTION, ...CBC_ENCRYPTION]
    : CONTENT_ENCRYPTION;
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

function onlyWhatIsNeeded(encrypted: Element, ciphers: readonly string[]): XmlElement {
  const document = encrypted.ownerDocument;
  const [data, ...moreData] = anywhereNamed(document, 'EncryptedData');
  const [key, ...moreKeys] = anywhereNamed(document, 'EncryptedKey');
  if (!data || moreData.length > 0 || data.parentNode !== encrypted || !key || moreKeys.length > 0) {
    throw new SamlError('saml.malformed', 'what is encrypted has not exactly one key and data');
  }
  const wrapped = element(
    'xenc:EncryptedKey',
    {},
    methodOf(key, KEY_TRANSPORT, 'key transport is not RSA-OAEP'),
    cipherOf(key),
  );
  return element(
    'xenc:EncryptedData',
    {},
    methodOf(data, ciphers, 'the content is encrypted in a way that is not accepted'),
    element('ds:KeyInfo', {}, wrapped),
    cipherOf(data),
  );
}

/** With its parameters: digest and label of the padding. */
function methodOf(parent: Element, allowed: readonly string[], why: string): CanonicalText {
  const method = onlyChildNamed(parent, XENC, 'EncryptionMethod');
  if (!method || !allowed.includes(attributeOf(method, 'Algorithm') ?? '')) {
    throw new SamlError('saml.algorithm_refused', why);
  }
  return new CanonicalText(canonicalize(method));
}

function cipherOf(parent: Element): XmlElement {
  const cipher = onlyChildNamed(parent, XENC, 'CipherData');
  const [value, ...more] = cipher ? childElements(cipher) : [];
  const text =
    value && more.length === 0 && isNamed(value, XENC, 'CipherValue') ? plainText(value) : undefined;
  if (text === undefined) throw new SamlError('saml.malformed', 'cipher data is not a value');
  return element('xenc:CipherData', {}, element('xenc:CipherValue', {}, text));
}
