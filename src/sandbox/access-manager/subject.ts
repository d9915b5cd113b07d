import { createHash } from 'node:crypto';
import type { DirectoryPerson } from '../cast.ts';
import { NAME_ID } from '../saml/names.ts';
import type { AccessManager } from './server.ts';
import { randomToken } from './store.ts';

export type NameId = { readonly format: string; readonly value: string };

const FORMATS: Readonly<Record<string, string>> = {
  persistent: NAME_ID.persistent,
  transient: NAME_ID.transient,
  email: NAME_ID.email,
  'unspecified-generated': NAME_ID.unspecified,
};

/** Name identifier of a person for one service provider; undefined when the wanted format is not offered. */
export function nameIdOf(
  am: AccessManager,
  person: DirectoryPerson,
  entityId: string,
  wantedFormat: string | undefined,
): NameId | undefined {
  const forced = FORMATS[am.switches.positions.nameId];
  const format = forced ?? wantedFormat ?? NAME_ID.persistent;
  switch (format) {
    case NAME_ID.persistent:
      return { format, value: persistentValue(person.uuid, entityId) };
    case NAME_ID.email:
      return { format, value: person.mail };
    case NAME_ID.transient:
    case NAME_ID.unspecified:
      return { format, value: randomToken() };
    default:
      return undefined;
  }
}

/** Opaque and different for each service provider (SAML Core 8.3.7). */
function persistentValue(uuid: string, entityId: string): string {
  return createHash('sha256').update(`${uuid} ${entityId}`).digest('base64url');
}

/** Name, in LDAP and in the friendly attribute set, and values; what a person lacks is left out. */
export function attributesOf(
  am: AccessManager,
  person: DirectoryPerson,
): readonly { readonly name: string; readonly values: readonly string[] }[] {
  const { attributeNames, omitGroups, guidAttribute, groupNames } = am.switches.positions;
  const groups = groupNames === 'plain' ? person.groups : person.groups.map(asDn);
  const all: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ['uid', [person.login]],
    ['cn', [person.login]],
    ['mail', [person.mail]],
    ['givenName', [person.givenName]],
    ['sn', [person.familyName]],
    ['displayName', [`${person.givenName} ${person.familyName}`]],
    ['employeeNumber', [person.employeeNumber]],
    ['ou', [person.department]],
    ['company', [person.company]],
    ['telephoneNumber', [person.phone]],
    ['street', [person.address.street]],
    ['l', [person.address.city]],
    ['st', [person.address.state]],
    ['postalCode', [person.address.postalCode]],
    ['c', [person.address.country]],
    ['region', [person.region]],
    ['contractEnd', [person.contractEnd]],
    ...Object.entries(person.more ?? {}).map(([name, value]) => [name, [value]] as const),
    ['guid', [guidAttribute ? person.uuid : undefined]],
    ['groupMembership', omitGroups ? [] : groups],
  ];
  return all
    .map(([name, values]) => ({
      name: attributeNames === 'friendly' ? name : `/UserAttribute[@ldap:targetAttribute="${name}"]`,
      values: values.filter((value): value is string => Boolean(value)),
    }))
    .filter(({ values }) => values.length > 0);
}

/** `merchandising@staff` as the LDAP directory names it. */
function asDn(group: string): string {
  const at = group.lastIndexOf('@');
  return `cn=${group.slice(0, at)},ou=${group.slice(at + 1)},o=halden`;
}
