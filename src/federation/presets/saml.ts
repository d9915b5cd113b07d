import type { KeyObject } from 'node:crypto';
import { publicKeyOf } from '../../saml/index.ts';
import type { AccessManagerConnection, ProfileField, SamlConnection } from '../config.ts';
import { authnContextsOf } from '../context-names.ts';
import type { SamlSettings, SubjectRule, TrustSource } from '../saml/settings.ts';
import { below, mappingOf, type PresetContext, partitionOf } from './oidc.ts';

type Names = Readonly<Partial<Record<ProfileField, readonly string[]>>>;

/** Names that upstreams commonly use: plain, and the LDAP object ids of RFC 4524 and RFC 2798. */
const COMMON_ATTRIBUTES: Names = {
  login: ['uid', 'urn:oid:0.9.2342.19200300.100.1.1'],
  mail: [
    'mail',
    'email',
    'urn:oid:0.9.2342.19200300.100.1.3',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  ],
  givenName: [
    'givenName',
    'urn:oid:2.5.4.42',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname',
  ],
  familyName: [
    'sn',
    'surname',
    'urn:oid:2.5.4.4',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname',
  ],
  displayName: ['displayName', 'cn', 'urn:oid:2.16.840.1.113730.3.1.241'],
  groups: ['groups', 'memberOf'],
};

/** Any SAML 2.0 identity provider. `subject` must be configured: checkConnections has refused the file otherwise. */
export function genericSaml(config: SamlConnection, context: PresetContext): SamlSettings {
  const subject: SubjectRule =
    config.subject && 'attribute' in config.subject
      ? { kind: 'attribute', names: [config.subject.attribute] }
      : { kind: 'persistent' };
  return samlSettings(config, context, COMMON_ATTRIBUTES, subject);
}

export function samlSettings(
  config: SamlConnection | AccessManagerConnection,
  context: PresetContext,
  defaults: Names,
  subject: SubjectRule,
): SamlSettings {
  const partition = partitionOf(config);
  return {
    id: config.id,
    title: config.title ?? config.id,
    mailDomains: config.mailDomains,
    authnContexts: authnContextsOf(config),
    contextNames: config.authnContextNames,
    spEntityId: config.spEntityId ?? below(context.publicUrl, `login/${config.id}/metadata`).href,
    acsUrl: below(context.publicUrl, `login/${config.id}/acs`),
    sloUrl: below(context.publicUrl, `login/${config.id}/slo`),
    trust: trustSource(config),
    ...(config.entityId !== undefined && { expectedEntityId: config.entityId }),
    metadataKeys: config.metadataCertificates.map(({ certificate }) => pinnedKey(certificate, config.id)),
    binding: config.binding,
    ...(config.nameIdFormat !== undefined && { nameIdFormat: config.nameIdFormat }),
    authnContext: config.authnContext,
    wantEncryptedAssertions: config.wantEncryptedAssertions,
    offerEncryption: config.offerEncryption,
    acceptCbc: config.acceptCbc,
    encryptLogout: config.encryptLogout,
    secondVerifier: config.secondVerifier,
    subject,
    mapping: mappingOf(config, defaults),
    ...(partition && { partition }),
    toleranceMs: config.clockToleranceSeconds * 1000,
    allowInsecureLoopback: context.allowInsecureLoopback,
  };
}

/** A pin that cannot be read must not become "no pin". */
function pinnedKey(certificate: string, connection: string): KeyObject {
  const key = publicKeyOf(certificate);
  if (key) return key;
  throw new TypeError(`${connection}: a metadata certificate cannot be read; checkConnections was not asked`);
}

function trustSource(config: SamlConnection | AccessManagerConnection): TrustSource {
  if (config.metadataUrl) {
    const { metadataUrl: url, metadataInterval: intervalMs, metadataMaxAge: maxAgeMs } = config;
    return { kind: 'url', url, intervalMs, maxAgeMs };
  }
  if (config.metadata !== undefined) return { kind: 'metadata', xml: config.metadata };
  if (config.entityId === undefined || !config.ssoUrl) {
    throw new TypeError(`${config.id}: no source of trust; checkConnections was not asked`);
  }
  const certificates = config.certificates.map(({ certificate }) => certificate);
  const { entityId, ssoUrl, sloUrl } = config;
  return { kind: 'certificates', entityId, ssoUrl, certificates, ...(sloUrl && { sloUrl }) };
}
