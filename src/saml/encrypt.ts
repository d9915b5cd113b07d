import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';
import { CanonicalText, canonicalText, element, type XmlElement } from './canonical.ts';
import { certificateInfo } from './sign.ts';

const KEY_BYTES = { 'aes128-gcm': 16, 'aes256-gcm': 32 } as const;
export type ContentEncryption = keyof typeof KEY_BYTES;

/** To whom, and how. */
export type EncryptFor = {
  /** Bare base64; with an RSA key. */
  readonly certificate: string;
  readonly algorithm: ContentEncryption;
};

/**
 * Encrypts an element to another side (SAML Core 2.2.4 and 2.3.4, XML Encryption 1.1): AES-GCM with a fresh key, which is
 * wrapped with RSA-OAEP.
 *
 * @param content canonical text that declares all its namespaces itself, so that it stands alone.
 */
export function encryptElement(
  name: 'saml:EncryptedAssertion' | 'saml:EncryptedID',
  content: string,
  { certificate, algorithm }: EncryptFor,
): CanonicalText {
  const contentKey = randomBytes(KEY_BYTES[algorithm]);
  const data = element(
    'xenc:EncryptedData',
    { Type: 'http://www.w3.org/2001/04/xmlenc#Element' },
    element('xenc:EncryptionMethod', { Algorithm: `http://www.w3.org/2009/xmlenc11#${algorithm}` }),
    element('ds:KeyInfo', {}, wrappedKey(contentKey, certificate)),
    cipherData(encryptContent(content, contentKey, algorithm)),
  );
  return new CanonicalText(canonicalText(element(name, {}, data)));
}

/** XML Encryption 1.1, 5.2.4: initialisation vector, cipher text and tag in one. */
function encryptContent(text: string, key: Buffer, algorithm: ContentEncryption): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv(algorithm === 'aes128-gcm' ? 'aes-128-gcm' : 'aes-256-gcm', key, iv);
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function wrappedKey(key: Buffer, certificate: string): XmlElement {
  const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
  // NOTE: rsa-oaep-mgf1p means SHA-1 within the padding, where collisions do no harm; everybody knows it.
  const wrapped = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
    key,
  );
  return element(
    'xenc:EncryptedKey',
    {},
    element(
      'xenc:EncryptionMethod',
      { Algorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p' },
      element('ds:DigestMethod', { Algorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' }),
    ),
    certificateInfo(certificate),
    cipherData(wrapped),
  );
}

function cipherData(bytes: Buffer): XmlElement {
  return element('xenc:CipherData', {}, element('xenc:CipherValue', {}, bytes.toString('base64')));
}
