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
  /** Ours, tried in turn: during an overlap the other side may use any of them. */
  readonly privateKeyPems: readonly string[];
  /**
   * Where AES-CBC is accepted beside AES-GCM: spends the key that the content is encrypted with, as it came wrapped. Of
   * all callers that ever bring one and the same, on whichever connection, only the first may get true.
   */
  readonly cbcOnce?: SpendWrappedKey | undefined;
};

/** @param wrapped base64, one text for one cipher text. */
export type SpendWrappedKey = (wrapped: string) => Promise<boolean>;

/**
 * Decrypts an EncryptedAssertion or EncryptedID with whichever of our keys it is for (XML Encryption 1.1, SAML Core
 * 2.2.4 and 2.3.4). Only AES-GCM, or where it says so AES-CBC, with RSA-OAEP; one EncryptedData and one EncryptedKey, within it or
 * beside it, so that nobody can choose between two; the cipher text must be inside, never referenced.
 *
 * Anyone can encrypt to us: what comes out is as untrusted as what came in, until a signature over it is verified.
 *
 * CBC answers whoever may change a cipher text and ask often enough, also about what others encrypted for the same key of
 * ours, and even in AES-GCM ("One bad apple", 2013). So it is only for callers that verified a signature over all of the
 * message, and each content key has one try: no honest sender uses one twice, and nobody else can wrap it anew.
 *
 * @throws SamlError; the same one for every failure of the decryption itself. Whatever `cbcOnce` throws.
 */
export async function decryptElement(
  encrypted: Element,
  { privateKeyPems, cbcOnce }: Decryption,
): Promise<string> {
  const { data, key } = partsOf(encrypted);
  const ciphers = cbcOnce ? [...CONTENT_ENCRYPTION, ...CBC_ENCRYPTION] : CONTENT_ENCRYPTION;
  // Only what was looked at goes on: the library would parse, and search, whatever else a stranger put there.
  const xml = canonicalText(onlyWhatIsNeeded(data, key, ciphers));
  if (cbcOnce && isCbc(data) && !(await cbcOnce(wrappedIn(key)))) {
    throw new SamlError('saml.replayed', 'its content key was used before');
  }
  for (const privateKeyPem of privateKeyPems) {
    const plain = await decryptedWith(privateKeyPem, xml);
    if (plain !== undefined) return plain;
  }
  throw new SamlError('saml.decryption_failed', 'it cannot be decrypted with a key of ours');
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

function partsOf(encrypted: Element): { readonly data: Element; readonly key: Element } {
  const document = encrypted.ownerDocument;
  const [data, ...moreData] = anywhereNamed(document, 'EncryptedData');
  const [key, ...moreKeys] = anywhereNamed(document, 'EncryptedKey');
  if (!data || moreData.length > 0 || data.parentNode !== encrypted || !key || moreKeys.length > 0) {
    throw new SamlError('saml.malformed', 'what is encrypted has not exactly one key and data');
  }
  return { data, key };
}

function onlyWhatIsNeeded(data: Element, key: Element, ciphers: readonly string[]): XmlElement {
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
  if (!method || !allowed.includes(algorithmOf(parent))) throw new SamlError('saml.algorithm_refused', why);
  return new CanonicalText(canonicalize(method));
}

function isCbc(data: Element): boolean {
  const algorithm = algorithmOf(data);
  return CBC_ENCRYPTION.some((name) => name === algorithm);
}

function algorithmOf(parent: Element): string {
  const method = onlyChildNamed(parent, XENC, 'EncryptionMethod');
  return (method && attributeOf(method, 'Algorithm')) ?? '';
}

/** The number that RSA takes: zeros before it, and how its base64 is laid out, change nothing. */
function wrappedIn(key: Element): string {
  const bytes = Buffer.from(cipherTextOf(key), 'base64');
  const from = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(from < 0 ? bytes.length : from).toString('base64');
}

function cipherOf(parent: Element): XmlElement {
  return element('xenc:CipherData', {}, element('xenc:CipherValue', {}, cipherTextOf(parent)));
}

function cipherTextOf(parent: Element): string {
  const cipher = onlyChildNamed(parent, XENC, 'CipherData');
  const [value, ...more] = cipher ? childElements(cipher) : [];
  const text =
    value && more.length === 0 && isNamed(value, XENC, 'CipherValue') ? plainText(value) : undefined;
  if (text === undefined) throw new SamlError('saml.malformed', 'cipher data is not a value');
  return text;
}
