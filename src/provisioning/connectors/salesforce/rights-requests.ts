import type { AccountImage } from '../../connector/account-image.ts';
import type { Refs } from '../../connector/connector.ts';
import type { OrgFacts } from './facts.ts';
import { GIVEN_SETS, type GivenSet, territoryOf } from './role-meaning.ts';
import type { SubRequest } from './salesforce-api.ts';

/** One member of a set that comes or goes. */
export type Membership = { readonly field: GivenSet; readonly member: string };

/** Licences come before what needs them and go after it. */
const ORDER: readonly GivenSet[] = [
  ...(['permissionSetLicenses', 'permissionSets', 'permissionSetGroups'] as const),
  ...(['groups', 'queues', 'territories'] as const),
];

const OBJECTS: Readonly<Record<GivenSet, string>> = {
  permissionSets: 'PermissionSetAssignment',
  permissionSetGroups: 'PermissionSetAssignment',
  permissionSetLicenses: 'PermissionSetLicenseAssign',
  groups: 'GroupMember',
  queues: 'GroupMember',
  territories: 'UserTerritory2Association',
};

/** What must come and go so that the sets in `changes` become as they are there. */
export function memberships(
  current: AccountImage,
  changes: AccountImage,
): { readonly come: readonly Membership[]; readonly go: readonly Membership[] } {
  const come: Membership[] = [];
  const go: Membership[] = [];
  for (const field of ORDER.filter((name) => name in changes)) {
    const before = membersOf(current, field);
    const after = membersOf(changes, field);
    come.push(...after.filter((member) => !before.includes(member)).map((member) => ({ field, member })));
    go.push(...before.filter((member) => !after.includes(member)).map((member) => ({ field, member })));
  }
  return { come, go: go.toReversed() };
}

export function membersOf(image: AccountImage, field: string): readonly string[] {
  const value = image[field];
  return Array.isArray(value) ? value.map(String) : [];
}

/**
 * The request that gives one member. An assignment that has expired is still a record: it gets another date.
 *
 * @param user id of the user, or a reference to it. @returns undefined when the facts do not know the name.
 */
export function giveRequest(
  id: string,
  user: string,
  { field, member }: Membership,
  given: { readonly expiry: Readonly<Record<string, string>>; readonly refs: Refs; readonly facts: OrgFacts },
): SubRequest | undefined {
  const object = OBJECTS[field];
  const key = `${field}/${member}`;
  const ExpirationDate = given.expiry[key] ?? null;
  const known = given.refs[key];
  if (known !== undefined && object === 'PermissionSetAssignment') {
    return { id, method: 'PATCH', path: `/sobjects/${object}/${known}`, body: { ExpirationDate } };
  }
  const named = idOf(given.facts, field, member);
  if (named === undefined) return undefined;
  const body = bodyOf(field, user, named, territoryOf(member).role);
  const dated = object === 'PermissionSetAssignment' && ExpirationDate !== null;
  return {
    ...{ id, method: 'POST', path: `/sobjects/${object}` },
    body: { ...body, ...(dated && { ExpirationDate }) },
  };
}

/** @returns undefined when the id of the record is not known. */
export function takeRequest(id: string, { field, member }: Membership, refs: Refs): SubRequest | undefined {
  const record = refs[`${field}/${member}`];
  return record === undefined
    ? undefined
    : { id, method: 'DELETE', path: `/sobjects/${OBJECTS[field]}/${record}` };
}

function bodyOf(
  field: GivenSet,
  user: string,
  named: string,
  role: string | undefined,
): Readonly<Record<string, string>> {
  switch (field) {
    case 'permissionSets':
      return { AssigneeId: user, PermissionSetId: named };
    case 'permissionSetGroups':
      return { AssigneeId: user, PermissionSetGroupId: named };
    case 'permissionSetLicenses':
      return { AssigneeId: user, PermissionSetLicenseId: named };
    case 'groups':
    case 'queues':
      return { UserOrGroupId: user, GroupId: named };
    case 'territories':
      return { UserId: user, Territory2Id: named, ...(role !== undefined && { RoleInTerritory2: role }) };
  }
}

export function idOf(facts: OrgFacts, field: GivenSet, member: string): string | undefined {
  switch (field) {
    case 'permissionSets':
    case 'permissionSetGroups':
    case 'permissionSetLicenses':
      return facts[field][member]?.id;
    case 'territories':
      return facts.territories[territoryOf(member).name];
    default:
      return facts[field][member];
  }
}

const WORDS: Readonly<Record<GivenSet, string>> = {
  permissionSets: 'permission set',
  permissionSetGroups: 'permission set group',
  permissionSetLicenses: 'permission set licence',
  groups: 'public group',
  queues: 'queue',
  territories: 'territory',
};

/** Names in an image that the facts do not know, in words. */
export function unknownNames(image: AccountImage, facts: OrgFacts): readonly string[] {
  const { profile, role } = image;
  const missing = GIVEN_SETS.flatMap((field) =>
    membersOf(image, field)
      .filter((member) => idOf(facts, field, member) === undefined)
      .map((member) => `${WORDS[field]} ${member}`),
  );
  if (typeof profile === 'string' && profile !== '' && !facts.profiles[profile]) {
    missing.push(`profile ${profile}`);
  }
  if (typeof role === 'string' && role !== '' && facts.roles[role] === undefined)
    missing.push(`role ${role}`);
  return missing;
}
