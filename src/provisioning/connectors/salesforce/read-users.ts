import { isId, type Json } from '../../../base/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { CallFailed, ReadAccount } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { SalesforceTarget } from './config.ts';
import type { OrgFacts } from './facts.ts';
import { recordFailure, unavailable } from './failures.ts';
import { territoryMember } from './role-meaning.ts';
import type { SalesforceApi, SubRequest, SubResult } from './salesforce-api.ts';
import {
  LoginPage,
  type LoginRecord,
  MemberPage,
  type MemberRecord,
  UserPage,
  type UserRecord,
} from './schema.ts';
import { queryText, quoted } from './soql.ts';
import { ADMINISTRATION, SPECIAL, specialUser } from './special-users.ts';
import { plainFields } from './user-fields.ts';

type Needs = {
  readonly settings: SalesforceTarget;
  readonly facts: OrgFacts;
  /** Whether roles are for people who come from contacts. */
  readonly hasPartners: boolean;
};

/** A user with everything that hangs on it. */
export type WholeUser = {
  readonly user: UserRecord;
  readonly login: LoginRecord | undefined;
  readonly members: readonly MemberRecord[];
};
export type UsersAnswer = { readonly outcome: 'users'; readonly users: readonly WholeUser[] } | CallFailed;

/** Ids of the requests below in a composite request. */
const READS = ['readUser', 'readLogin', 'readMembers'] as const;

/** One user, by id or a reference to an earlier request of the same composite; or all that a condition fits. */
export type Who = { readonly id: string } | { readonly where: string };

/** Reads users with their rights: three queries of one composite request, at any place of it. */
export function readRequests(needs: Needs, who: Who): readonly SubRequest[] {
  const where = 'id' in who ? `Id = ${quoted(who.id)}` : who.where;
  const are = 'id' in who ? `= ${quoted(who.id)}` : `IN (SELECT Id FROM User WHERE ${where})`;
  const member = 'Id, UserOrGroupId, Group.DeveloperName, Group.Type';
  return [
    query('readUser', `SELECT ${selected(needs)} FROM User WHERE ${where}`),
    query('readLogin', `SELECT Id, UserId, IsFrozen FROM UserLogin WHERE UserId ${are}`),
    query('readMembers', `SELECT ${member} FROM GroupMember WHERE UserOrGroupId ${are}`),
  ];
}

export function query(id: string, soql: string): SubRequest {
  return { id, method: 'GET', path: `/query?q=${queryText(soql)}` };
}

/** Fields of User that this organization has; one unknown name would fail every query. */
function selected({ settings, facts, hasPartners }: Needs): string {
  const plain = Object.values(plainFields(settings)).filter(
    (name) => !(name in settings.fields) || name in facts.fields,
  );
  const names = [
    ...['Id', 'IsActive', 'UserType', 'Profile.Name', 'UserRole.DeveloperName', ...plain],
    ...(hasPartners ? ['Contact.Account.Name'] : []),
    ...(settings.manager === undefined ? [] : ['Manager.FederationIdentifier', 'Manager.Email']),
    `(SELECT Id, PermissionSet.Name, PermissionSet.IsOwnedByProfile, ${ADMINISTRATION.map((name) => `PermissionSet.${name}`).join(', ')}, PermissionSetGroupId, PermissionSetGroup.DeveloperName, ExpirationDate, IsActive FROM PermissionSetAssignments)`,
    '(SELECT Id, PermissionSetLicense.DeveloperName FROM PermissionSetLicenseAssignments)',
  ];
  if (facts.hasTerritories) {
    names.push('(SELECT Id, Territory2.DeveloperName, RoleInTerritory2 FROM UserTerritory2Associations)');
  }
  return names.join(', ');
}

/** The answers to `readRequests`; undefined when one of them is missing or not understood. */
export function usersIn(results: ReadonlyMap<string, SubResult>): readonly WholeUser[] | undefined {
  const bodies = READS.map((id) => {
    const result = results.get(id);
    return result?.outcome === 'ok' ? result.body : undefined;
  });
  const users = UserPage.safeParse(bodies[0]);
  const logins = LoginPage.safeParse(bodies[1]);
  const members = MemberPage.safeParse(bodies[2]);
  if (!users.success || !logins.success || !members.success) return undefined;
  // More than one page would leave out members, which would then look as if they were not there.
  if (!members.data.done || !logins.data.done || !users.data.records.every(isWhole)) return undefined;
  return users.data.records.map((user) => ({
    user,
    login: logins.data.records.find(({ UserId }) => UserId === user.Id),
    members: members.data.records.filter(({ UserOrGroupId }) => UserOrGroupId === user.Id),
  }));
}

function isWhole(user: UserRecord): boolean {
  const { PermissionSetAssignments: sets, PermissionSetLicenseAssignments: licences } = user;
  return [sets, licences, user.UserTerritory2Associations].every((each) => each?.done !== false);
}

export async function readUsers(
  api: SalesforceApi,
  needs: Needs,
  who: Who,
  budget: CallBudget,
): Promise<UsersAnswer> {
  const options = { allOrNone: false, writes: false };
  const answer = await api.composite(readRequests(needs, who), options, budget);
  if (answer.outcome === 'unavailable') return answer;
  const users = usersIn(answer.results);
  return users ? { outcome: 'users', users } : readFailure(answer.results);
}

/** An object or a field that the integration may not see looks as if the organization did not have it. */
function readFailure(results: ReadonlyMap<string, SubResult>): CallFailed {
  const failed = READS.map((id) => results.get(id)).find((result) => result?.outcome === 'error');
  const [error] = failed?.outcome === 'error' ? failed.errors : [];
  if (!error) return unavailable('provisioning.bad_answer');
  const failure = recordFailure(error);
  return failure.outcome === 'unavailable' ? failure : unavailable('provisioning.forbidden');
}

/** A user in the engine's terms. `desired` settles in which form the manager is compared. */
export function accountOf(needs: Needs, whole: WholeUser, desired: AccountImage): ReadAccount {
  const { user, login } = whole;
  const rights = rightsOf(whole);
  const federationId = user.FederationIdentifier ?? '';
  const wanted = desired['federationId'];
  const ours = typeof wanted === 'string' && wanted !== '' && federationId.toLowerCase() === wanted;
  return {
    externalId: user.Id,
    ...(ours && { ours: true }),
    ...(!ours && isId('per', federationId.toLowerCase()) && { theirs: true }),
    image: {
      ...plainOf(needs.settings, user),
      ...{ active: user.IsActive ? 'yes' : 'no', signIn: login?.IsFrozen === false ? 'allowed' : '' },
      ...{ profile: user.Profile?.Name ?? '', role: user.UserRole?.DeveloperName ?? '' },
      ...rights.sets,
      expiry: wantedExpiry(rights.expiry, desired),
      ...(needs.hasPartners && { partnerAccount: user.Contact?.Account?.Name ?? '' }),
      ...(needs.settings.manager !== undefined && { manager: managerOf(user, desired) }),
    },
    refs: { ...rights.refs, [SPECIAL]: specialUser(user) },
  };
}

export function plainOf(settings: SalesforceTarget, user: UserRecord): AccountImage {
  const image: Record<string, Json> = {};
  for (const [field, apiName] of Object.entries(plainFields(settings))) {
    if (!(apiName in user)) continue;
    const value = user[apiName];
    image[field] = value === null || value === undefined ? '' : String(value);
  }
  return image;
}

function managerOf({ Manager }: UserRecord, desired: AccountImage): string {
  if (!Manager) return '';
  const known = [Manager.FederationIdentifier ?? '', Manager.Email ?? ''].map((each) => each.toLowerCase());
  const wanted = desired['manager'];
  return (
    known.find((each) => each !== '' && each === wanted) ?? known.find((each) => each !== '') ?? '#unknown'
  );
}

type Rights = {
  readonly sets: Record<string, string[]>;
  /** Member → when it expires by itself. */
  readonly expiry: Record<string, string>;
  /** `permissionSets/NAME` → id of the record, also of one that has expired. */
  readonly refs: Record<string, string>;
};

function rightsOf({ user, members }: WholeUser): Rights {
  const sets: Record<string, string[]> = {
    ...{ permissionSets: [], permissionSetGroups: [], permissionSetLicenses: [] },
    ...{ groups: [], queues: [], territories: [] },
  };
  const refs: Record<string, string> = {};
  const expiry: Record<string, string> = {};
  const note = (field: string, member: string, id: string, isHeld = true): void => {
    refs[`${field}/${member}`] = id;
    if (isHeld) sets[field]?.push(member);
  };
  for (const assignment of user.PermissionSetAssignments?.records ?? []) {
    const { Id, PermissionSet, PermissionSetGroup, ExpirationDate, IsActive } = assignment;
    // Every profile owns a permission set that stands here too: it is not given and cannot be taken.
    if (PermissionSet?.IsOwnedByProfile) continue;
    const field = PermissionSetGroup ? 'permissionSetGroups' : 'permissionSets';
    const name = PermissionSetGroup?.DeveloperName ?? PermissionSet?.Name ?? `#${Id}`;
    // One that has expired stays as a record: giving it again means another date, not another record.
    note(field, name, Id, IsActive !== false);
    if (ExpirationDate) expiry[`${field}/${name}`] = isoText(ExpirationDate);
  }
  for (const { Id, PermissionSetLicense } of user.PermissionSetLicenseAssignments?.records ?? []) {
    note('permissionSetLicenses', PermissionSetLicense?.DeveloperName ?? `#${Id}`, Id);
  }
  for (const { Id, Territory2, RoleInTerritory2 } of user.UserTerritory2Associations?.records ?? []) {
    note('territories', territoryMember(Territory2?.DeveloperName ?? `#${Id}`, RoleInTerritory2), Id);
  }
  for (const { Id, Group } of members) {
    const field = Group?.Type === 'Queue' ? 'queues' : Group?.Type === 'Regular' ? 'groups' : undefined;
    if (field) note(field, Group?.DeveloperName ?? `#${Id}`, Id);
  }
  for (const list of Object.values(sets)) list.sort();
  return { sets, expiry, refs };
}

/** Salesforce writes `2026-04-01T00:00:00.000+0000`. */
function isoText(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toISOString();
}

/** End dates of what roles give; those of assignments that others made are their business. */
function wantedExpiry(expiry: Rights['expiry'], desired: AccountImage): Record<string, string> {
  const wanted = ['permissionSets', 'permissionSetGroups'].flatMap((field) => {
    const members = desired[field];
    return Array.isArray(members) ? members.map((member) => `${field}/${String(member)}`) : [];
  });
  return Object.fromEntries(Object.entries(expiry).filter(([member]) => wanted.includes(member)));
}
