import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';
import { certificateBody } from '../saml/certificate.ts';
import { type Xml, xml } from '../saml/xml.ts';

const ALGORITHMS = {
  'aes256-gcm': { uri: 'http://www.w3.org/2009/xmlenc11#aes256-gcm', keyBytes: 32, ivBytes: 12 },
  'aes128-cbc': { uri: 'http://www.w3.org/2001/04/xmlenc#aes128-cbc', keyBytes: 16, ivBytes: 16 },
} as const;

/** Wraps an assertion as EncryptedAssertion (SAML Core 2.3.4) with RSA-OAEP key transport (XML Encryption 5.5.2). */
export function encryptAssertion(
  assertion: string,
  certificatePem: string,
  algorithm: keyof typeof ALGORITHMS,
): Xml {
  const { uri, keyBytes, ivBytes } = ALGORITHMS[algorithm];
  const key = randomBytes(keyBytes);
  const iv = randomBytes(ivBytes);
  const body = algorithm === 'aes256-gcm' ? encryptGcm(key, iv, assertion) : encryptCbc(key, iv, assertion);
  const wrapped = publicEncrypt(
    {
      key: new X509Certificate(certificatePem).publicKey,
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: 'sha1',
    },
    key,
  );
  return xml`<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="${uri}"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"><ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/></xenc:EncryptionMethod><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificateBody(certificatePem)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${wrapped.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${Buffer.concat([iv, body]).toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`;
}

/** Cipher text with the 128-bit tag behind it (XML Encryption 1.1, 5.2.4). */
function encryptGcm(key: Buffer, iv: Buffer, text: string): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function encryptCbc(key: Buffer, iv: Buffer, text: string): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
}
