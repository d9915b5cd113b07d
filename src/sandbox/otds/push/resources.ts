import type { DirectoryPerson } from '../../cast.ts';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
/** A site's own extension: no standard schema has room for region and end of contract. */
export const HALDEN = 'urn:halden:scim:schemas:extension:person:1.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export type Resource = Readonly<Record<string, unknown>>;

/** A person as a SCIM user (RFC 7643 4.1, 4.3). Empty values are left out. */
export function userResource(person: DirectoryPerson): Resource {
  const { address } = person;
  return {
    schemas: [CORE, ENTERPRISE, HALDEN],
    externalId: person.uuid,
    userName: person.login,
    active: !person.disabled,
    displayName: `${person.givenName} ${person.familyName}`,
    name: {
      givenName: person.givenName,
      familyName: person.familyName,
      formatted: `${person.givenName} ${person.familyName}`,
    },
    emails: [{ value: person.mail, type: 'work', primary: true }],
    phoneNumbers: person.phone === '' ? [] : [{ value: person.phone, type: 'work' }],
    addresses: [
      {
        type: 'work',
        streetAddress: address.street,
        locality: address.city,
        region: address.state,
        postalCode: address.postalCode,
        country: address.country,
      },
    ],
    [ENTERPRISE]: filled({
      employeeNumber: person.employeeNumber,
      department: person.department,
      organization: person.company,
    }),
    [HALDEN]: filled({ region: person.region, contractEnd: person.contractEnd, partition: person.partition }),
  };
}

function filled(values: Readonly<Record<string, string | undefined>>): Resource {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value));
}

type Operation = {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
};

/** What changed, as a PATCH (RFC 7644 3.5.2); extension attributes by their full path. Undefined when nothing did. */
export function userPatch(before: Resource, after: Resource): Resource | undefined {
  const operations: Operation[] = [];
  for (const key of Object.keys(after)) {
    const [old, now] = [before[key], after[key]];
    if (isSame(old, now)) continue;
    if (key.startsWith('urn:')) operations.push(...extensionChanges(key, old as Resource, now as Resource));
    else operations.push({ op: 'replace', path: key, value: now });
  }
  return operations.length > 0 ? patchOf(operations) : undefined;
}

function extensionChanges(schema: string, before: Resource, after: Resource): Operation[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => !isSame(before[name], after[name]))
    .map((name) => ({ path: `${schema}:${name}`, value: after[name] }))
    .map(({ path, value }) =>
      value === undefined ? { op: 'remove', path } : { op: 'replace', path, value },
    );
}

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

export function patchOf(operations: readonly Operation[]): Resource {
  return { schemas: [PATCH], Operations: operations };
}

export function memberChange(op: 'add' | 'remove', memberId: string): Resource {
  return patchOf([
    op === 'add'
      ? { op, path: 'members', value: [{ value: memberId }] }
      : { op, path: `members[value eq "${memberId}"]` },
  ]);
}

export function groupResource(name: string, externalId: string, memberIds: readonly string[]): Resource {
  return {
    schemas: [GROUP],
    externalId,
    displayName: name,
    members: memberIds.map((value) => ({ value })),
  };
}
