import type { Problem } from '../base/index.ts';
import { strengthOf } from '../model/index.ts';
import { isLoopbackHost } from '../platform/http/index.ts';
import { publicKeyOf } from '../saml/index.ts';
import type { AccessManagerConnection, ConnectionConfig, SamlConnection } from './config.ts';
import { RESERVED_ATTRIBUTES } from './mapping.ts';

/** Problems that one connection's schema cannot see. Paths start at `connections`. Changes nothing. */
export function checkConnections(
  configs: readonly ConnectionConfig[],
  options: { readonly allowInsecureLoopback: boolean },
): Problem[] {
  const problems: Problem[] = [];
  configs.forEach((config, index) => {
    const at = (path: string, message: string): void => {
      problems.push({ path: `connections[${index}]${path && `.${path}`}`, message });
    };
    if (configs.findIndex(({ id }) => id === config.id) !== index) at('id', 'used twice; give each its own');
    checkUrls(config, options.allowInsecureLoopback, at);
    checkMapping(config, at);
    checkContextNames(config, at);
    checkPartitions(config, at);
    if (config.preset === 'saml' || config.preset === 'access-manager') checkSaml(config, at);
    else checkOidc(config, at);
  });
  checkPrimary(configs, problems);
  return problems;
}

type At = (path: string, message: string) => void;

/** R2.7: http only for loopback hosts, and only when the configuration says so. */
function checkUrls(value: object, allowLoopback: boolean, at: At, path = ''): void {
  for (const [key, member] of Object.entries(value)) {
    const here = path === '' ? key : `${path}.${key}`;
    if (member instanceof URL) {
      const allowed = member.protocol === 'https:' || (allowLoopback && isLoopbackHost(member.hostname));
      if (!allowed) at(here, 'use https; http is only for localhost, with allowInsecureLoopback: true');
    } else if (typeof member === 'object' && member !== null) {
      checkUrls(member, allowLoopback, at, here);
    }
  }
}

function checkMapping(config: ConnectionConfig, at: At): void {
  for (const name of Object.keys(config.attributes)) {
    if (RESERVED_ATTRIBUTES.includes(name)) {
      at(`attributes.${name}`, 'this name has a meaning of its own; use map for it, or declare another name');
    }
  }
}

/** A name is the operator's word, but where both are known it must not make a way of signing in a stronger one. */
function checkContextNames({ authnContextNames }: ConnectionConfig, at: At): void {
  for (const [theirs, ours] of Object.entries(authnContextNames)) {
    const [said, promised] = [strengthOf(theirs), strengthOf(ours)];
    const path = `authnContextNames.${theirs}`;
    if (said === 0 && promised !== 0) {
      at(path, 'says nothing about the sign-in, so no other name means the same; remove it');
    } else if (said !== undefined && promised !== undefined && said < promised) {
      at(
        path,
        `is a weaker way of signing in than ${ours}, which applications would be promised; have the upstream send another name for the stronger way, or give this one a name that is no stronger`,
      );
    }
  }
}

function checkPartitions(config: ConnectionConfig, at: At): void {
  if (config.allowedPartitions && !config.partition && config.preset !== 'otds') {
    at(
      'partition',
      'missing; set the claim or attribute that names the partition, or remove allowedPartitions',
    );
  }
}

/** Names under which upstreams send mail addresses and login names: both change and are given to others (R1.2). */
const UNSTABLE =
  /^(e-?mail|mail|upn|preferred_username|login|uid|cn|samaccountname|userprincipalname|username)$/i;

function checkStable(name: string, what: string, path: string, at: At): void {
  const tail = /ldap:targetAttribute="([^"]+)"/.exec(name)?.[1] ?? name.split(/[/:]/).at(-1) ?? name;
  const oids = ['urn:oid:0.9.2342.19200300.100.1.3', 'urn:oid:0.9.2342.19200300.100.1.1', 'urn:oid:2.5.4.3'];
  if (UNSTABLE.test(name) || UNSTABLE.test(tail) || /emailaddress$/i.test(tail) || oids.includes(name)) {
    at(
      path,
      `${what} must never change and never be given to someone else; a mail address or login name may do both`,
    );
  }
}

function checkSharedKey(config: ConnectionConfig, at: At): void {
  const shared = config.sharedKey;
  if (shared)
    checkStable('claim' in shared ? shared.claim : shared.attribute, 'a shared key', 'sharedKey', at);
}

function checkOidc(
  config: Exclude<ConnectionConfig, SamlConnection | AccessManagerConnection>,
  at: At,
): void {
  checkStable(config.subject.claim, 'the subject', 'subject', at);
  checkSharedKey(config, at);
  if (!config.scopes.includes('openid')) at('scopes', 'openid is missing; without it there is no ID token');
  if (config.endpoints && config.expectedIssuer === undefined && config.preset === 'otds') {
    at('expectedIssuer', 'missing; explicit endpoints need the exact iss of the ID tokens');
  }
  if (config.ignoreEmailVerified && config.trustedMailDomains.length === 0) {
    at('ignoreEmailVerified', 'is about addresses in trustedMailDomains, and there are none; remove it');
  }
  if (config.olderClientSecrets.length > 0 && !config.clientSecret) {
    at('clientSecret', 'missing; set the newest secret here, or remove olderClientSecrets');
  }
}

function checkSaml(config: SamlConnection | AccessManagerConnection, at: At): void {
  if (!config.subject && config.preset === 'saml') {
    at('subject', 'missing; name the attribute that identifies a person for good, or { nameId: persistent }');
  }
  if (config.subject && 'attribute' in config.subject) {
    checkStable(config.subject.attribute, 'the subject', 'subject', at);
  }
  if (config.nameIdFormat?.endsWith(':transient')) {
    at('nameIdFormat', 'transient identifiers change with every sign-in; ask for persistent, or for nothing');
  }
  checkSharedKey(config, at);
  checkTrust(config, at);
}

function checkTrust(config: SamlConnection | AccessManagerConnection, at: At): void {
  const sources = [config.metadataUrl, config.metadata, config.certificates[0]].filter((source) => source);
  if (sources.length !== 1) {
    at(
      'metadataUrl',
      'give exactly one source of trust: metadataUrl, metadataFile, or certificates with ssoUrl',
    );
  }
  for (const list of ['certificates', 'metadataCertificates'] as const) {
    config[list].forEach(({ certificate }, index) => {
      if (publicKeyOf(certificate)) return;
      at(
        `${list}[${index}].certificate`,
        'not a certificate (PEM), or its RSA key is shorter than 2048 bits',
      );
    });
  }
  const isRsa = ({ certificate }: { certificate: string }): boolean =>
    publicKeyOf(certificate)?.asymmetricKeyType === 'rsa';
  if (config.encryptLogout !== 'off' && config.certificates.length > 0 && !config.certificates.some(isRsa)) {
    at('encryptLogout', 'none of the certificates has an RSA key to encrypt for; set encryptLogout: off');
  }
  if (config.certificates.length > 0 && (!config.ssoUrl || config.entityId === undefined)) {
    at('ssoUrl', 'certificates alone are not enough; set entityId and ssoUrl too');
  }
  if (config.certificates.length === 0 && config.ssoUrl) {
    at('ssoUrl', 'comes from the metadata; remove it, or give certificates instead of metadata');
  }
  if (config.certificates.length === 0 && config.sloUrl) {
    at('sloUrl', 'comes from the metadata; remove it, or give certificates instead of metadata');
  }
}

/** One connection's groups carry plain names; of several, the file must say which (R1.2). */
function checkPrimary(configs: readonly ConnectionConfig[], problems: Problem[]): void {
  const primaries = configs.filter((config) => config.primary);
  if (primaries.length > 1) {
    problems.push({ path: 'connections', message: 'only one connection can be primary; remove the others' });
  }
}
