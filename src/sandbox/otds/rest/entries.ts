import { createHash } from 'node:crypto';
import type { DirectoryPerson } from '../../cast.ts';
import type { Otds } from '../server.ts';

/** A user or group as REST shows it; attribute values are always lists. */
export type Entry = {
  readonly id: string;
  readonly name: string;
  readonly partition: string;
  readonly uuid: string;
  readonly location: string;
  readonly objectClass: 'oTPerson' | 'oTGroup';
  readonly disabled: boolean;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
};

export function userEntry(otds: Otds, person: DirectoryPerson): Entry {
  const { login, partition, uuid } = person;
  return {
    id: userIdOf(person),
    name: login,
    partition,
    uuid,
    location: locationOf(otds, 'oTPerson', uuid, login, partition, 'users'),
    objectClass: 'oTPerson',
    disabled: person.disabled,
    attributes: withoutEmpty({
      ...namesOf(person),
      mail: [person.mail],
      oTTelephoneNumber: [person.phone],
      oTStreetAddress: [person.address.street],
      l: [person.address.city],
      st: [person.address.state],
      postalCode: [person.address.postalCode],
      c: [person.address.country],
      oTDepartment: [person.department],
      oTCompany: [person.company],
      oTUserID1: [person.employeeNumber],
      // A site's own use of the free slots.
      oTExtraAttr0: [person.region],
      oTExtraAttr1: [person.contractEnd],
      accountDisabled: [String(person.disabled)],
      accountLockedOut: [String(person.locked)],
      oTMemberOf: person.groups.map((group) => `oTGroup=${groupUuid(group)},dc=identity,dc=opentext,dc=net`),
      createTimestamp: ['2024-01-08T08:00:00Z'],
      modifyTimestamp: [otds.modified.of(uuid)],
    }),
  };
}

function namesOf(person: DirectoryPerson): Readonly<Record<string, readonly string[]>> {
  const { login, partition, uuid } = person;
  return {
    cn: [login],
    givenName: [person.givenName],
    sn: [person.familyName],
    displayName: [`${person.givenName} ${person.familyName}`],
    entryUUID: [uuid],
    oTObjectGUID: [Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64')],
    oTExternalID1: [login],
    oTExternalID2: [`${login}@${partition}`],
    oTExternalID3: [login],
    oTExternalID4: [`${partition}\\${login}`],
  };
}

/** A login that has an `@` itself stands alone as id. */
export function userIdOf({ login, partition }: DirectoryPerson): string {
  return login.includes('@') ? login : `${login}@${partition}`;
}

/** `merchandising@staff`, split at the last `@`. */
export function groupEntry(otds: Otds, group: string): Entry {
  const at = group.lastIndexOf('@');
  const name = group.slice(0, at);
  const partition = group.slice(at + 1);
  const uuid = groupUuid(group);
  const members = otds.needs.people.all().filter(({ groups }) => groups.includes(group));
  return {
    id: group,
    name,
    partition,
    uuid,
    location: locationOf(otds, 'oTGroup', uuid, name, partition, 'groups'),
    objectClass: 'oTGroup',
    disabled: false,
    attributes: {
      cn: [name],
      entryUUID: [uuid],
      numMembers: [String(members.length)],
      createTimestamp: ['2024-01-08T08:00:00Z'],
    },
  };
}

/** Made from the name, so that it is the same at every start. */
export function groupUuid(group: string): string {
  const hex = createHash('sha256').update(group).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function locationOf(
  otds: Otds,
  kind: 'oTPerson' | 'oTGroup',
  uuid: string,
  name: string,
  partition: string,
  unit: string,
): string {
  if (otds.switches.positions.locations === '16') {
    return `cn=${name},ou=Root,ou=${partition},ou=IdentityProviders,dc=identity,dc=opentext,dc=net`;
  }
  return `${kind}=${uuid},orgunit=${unit},partition=${partition},dc=identity,dc=opentext,dc=net`;
}

function withoutEmpty(
  attributes: Readonly<Record<string, readonly (string | undefined)[]>>,
): Record<string, readonly string[]> {
  const kept: Record<string, readonly string[]> = {};
  for (const [name, values] of Object.entries(attributes)) {
    const present = values.filter((value): value is string => value !== undefined && value !== '');
    if (present.length > 0) kept[name] = present;
  }
  return kept;
}

/** The wire form: attributes as a list of name and values, or as keys when the caller asks for that. */
export function present(entry: Entry, attrsAsKeys: boolean): Readonly<Record<string, unknown>> {
  const { id, name, partition, uuid, location, objectClass, attributes } = entry;
  return {
    userPartitionID: partition,
    name,
    id,
    urlId: id,
    uuid,
    originUUID: null,
    objectClass,
    description: null,
    customAttributes: null,
    location,
    urlLocation: location,
    ...(attrsAsKeys
      ? { values: [], attributes }
      : { values: Object.entries(attributes).map(([key, values]) => ({ name: key, values })) }),
  };
}
