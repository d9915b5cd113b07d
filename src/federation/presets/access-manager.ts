import type { AccessManagerConnection, ProfileField } from '../config.ts';
import type { SamlSettings } from '../saml/settings.ts';
import type { PresetContext } from './oidc.ts';
import { samlSettings } from './saml.ts';

/** Without a "remote name" in its attribute set, Access Manager sends this as the attribute's name, literally. */
function ldapName(attribute: string): string {
  return `/UserAttribute[@ldap:targetAttribute="${attribute}"]`;
}

function both(...attributes: readonly string[]): readonly string[] {
  return attributes.flatMap((attribute) => [attribute, ldapName(attribute)]);
}

const ATTRIBUTES: Readonly<Partial<Record<ProfileField, readonly string[]>>> = {
  login: both('uid', 'cn'),
  mail: both('mail'),
  givenName: both('givenName'),
  familyName: both('sn'),
  displayName: both('displayName', 'fullName'),
  groups: both('groups', 'groupMembership'),
  department: both('departmentNumber', 'ou'),
  company: both('company', 'o'),
  phone: both('telephoneNumber'),
  address1: both('street'),
  city: both('l'),
  stateOrProvince: both('st'),
  postalCode: both('postalCode'),
  countryCode: both('c'),
};

/**
 * OpenText Access Manager (formerly NetIQ) as SAML identity provider. It sends transient NameIDs by default, and a
 * generated value for a format without a source, so the subject is an attribute: the object's guid.
 */
export function accessManager(config: AccessManagerConnection, context: PresetContext): SamlSettings {
  const { subject } = config;
  if (subject && 'nameId' in subject)
    return samlSettings(config, context, ATTRIBUTES, { kind: 'persistent' });
  const names = subject ? both(subject.attribute) : both('guid', 'GUID');
  return samlSettings(config, context, ATTRIBUTES, { kind: 'attribute', names });
}
