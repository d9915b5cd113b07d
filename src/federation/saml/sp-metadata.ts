import { addMs, DAY } from '../../base/index.ts';
import {
  acceptedAlgorithms,
  BINDING,
  bareCertificate,
  CBC_ENCRYPTION,
  CONTENT_ENCRYPTION,
  canonicalText,
  formatInstant,
  KEY_TRANSPORT,
  METADATA,
  SAMLP,
} from '../../saml/index.ts';
import { DSIG, escapeAttribute, escapeText } from '../../xml/index.ts';
import type { SamlSettings } from './settings.ts';

/** Readers that honour validUntil come back at least weekly, so that a new certificate reaches them. */
const VALID_MS = 7 * DAY;

/**
 * Metadata of our service provider role for one connection (SAML Metadata 2.4.4; the order of elements matters).
 *
 * @param certificatePems the one that signs first: readers that take only one take it.
 */
export function writeServiceProviderMetadata(
  settings: SamlSettings,
  certificatePems: readonly string[],
  now: Date,
): string {
  const certificates = certificatePems.map(bareCertificate);
  // The order is one of preference (SAML Metadata 2.4.1.1).
  const ciphers = [...CONTENT_ENCRYPTION, ...(settings.acceptCbc ? CBC_ENCRYPTION : [])];
  const encryption = [...ciphers, ...KEY_TRANSPORT];
  // Some peers encrypt as soon as they see a certificate for it, whatever the methods beside it say. Of several they
  // know what to do with one alone (AD FS keeps one, samlify refuses them), and a retired one must not be chosen; what
  // is encrypted for a next or retired key is read all the same.
  const encryptedFor = settings.offerEncryption ? certificates.slice(0, 1) : [];
  const formats = settings.nameIdFormat === undefined ? [] : [settings.nameIdFormat];
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<md:EntityDescriptor xmlns:md="${METADATA}" xmlns:ds="${DSIG}"` +
    ` entityID="${escapeAttribute(settings.spEntityId)}" validUntil="${formatInstant(addMs(now, VALID_MS))}">` +
    canonicalText(acceptedAlgorithms()) +
    `<md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="${SAMLP}">` +
    certificates.map((certificate) => keyDescriptor('signing', certificate, [])).join('') +
    encryptedFor.map((certificate) => keyDescriptor('encryption', certificate, encryption)).join('') +
    [BINDING.redirect, BINDING.post].map((binding) => logoutService(binding, settings.sloUrl)).join('') +
    formats.map((format) => `<md:NameIDFormat>${escapeText(format)}</md:NameIDFormat>`).join('') +
    `<md:AssertionConsumerService Binding="${BINDING.post}" Location="${escapeAttribute(settings.acsUrl.href)}"` +
    ' index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>\n'
  );
}

function logoutService(binding: string, url: URL): string {
  return `<md:SingleLogoutService Binding="${binding}" Location="${escapeAttribute(url.href)}"/>`;
}

function keyDescriptor(use: string, certificate: string, algorithms: readonly string[]): string {
  const methods = algorithms.map((name) => `<md:EncryptionMethod Algorithm="${name}"/>`).join('');
  return (
    `<md:KeyDescriptor use="${use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}` +
    `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>${methods}</md:KeyDescriptor>`
  );
}
