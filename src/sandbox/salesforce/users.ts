import type { Fields, Row } from './api/records.ts';
import type { SalesforceStore } from './store.ts';

/** A user record, with what sign-on reads spelled out. */
export type User = Row & {
  readonly Username: string;
  readonly FederationIdentifier: string | null;
  readonly FirstName: string | null;
  readonly LastName: string;
  readonly Email: string;
  readonly ProfileId: string;
  readonly UserRoleId: string | null;
  readonly IsActive: boolean;
};

type Store = Pick<SalesforceStore, 'records'>;

export function usersOf({ records }: Store): readonly User[] {
  // Whoever writes users fills these fields.
  return [...records.all('User')] as User[];
}

export function userById({ records }: Store, id: string): User | undefined {
  return records.get('User', id) as User | undefined;
}

export function userByUsername({ records }: Store, username: string): User | undefined {
  return records.find('User', 'Username', username)?.[0] as User | undefined;
}

/** Users with this Federation ID in any case. */
export function usersByFederationId({ records }: Store, id: string): readonly User[] {
  return (records.find('User', 'FederationIdentifier', id) ?? []) as User[];
}

const DEFAULTS: Fields = {
  FirstName: null,
  FederationIdentifier: null,
  UserRoleId: null,
  ManagerId: null,
  Department: null,
  Division: null,
  Title: null,
  EmployeeNumber: null,
  LastLoginDate: null,
  ContactId: null,
  IsActive: true,
  ReceivesInfoEmails: false,
  ReceivesAdminInfoEmails: false,
  ForecastEnabled: false,
  UserPermissionsMarketingUser: false,
  UserPermissionsSupportUser: false,
  UserPermissionsKnowledgeUser: false,
  TimeZoneSidKey: 'Europe/Berlin',
  LocaleSidKey: 'en_GB',
  EmailEncodingKey: 'UTF-8',
  LanguageLocaleKey: 'en_US',
};

/** Makes a user with what comes along: the UserLogin, and the assignment of the profile's own permission set. */
export function addUser(store: Store, fields: Fields, by?: string): User {
  const { records } = store;
  const all = { ...DEFAULTS, Alias: aliasOf(fields), ...fields };
  const row = records.insert('User', { ...all, ...followingFrom(store, all) }, by);
  const nickname = fields['CommunityNickname'] ?? nicknameOf(store, row);
  const user = records.change('User', row.Id, { CommunityNickname: nickname }, by) as User;
  records.insert('UserLogin', { UserId: user.Id, IsFrozen: false, IsPasswordLocked: false }, by);
  assignProfile(store, user);
  return user;
}

/** @throws when there is no such user. */
export function changeUser(store: Store, id: string, fields: Fields, by?: string): User {
  const before = userById(store, id);
  const all = { ...before, ...fields };
  const user = store.records.change('User', id, { ...fields, ...followingFrom(store, all) }, by) as User;
  if (before?.ProfileId !== user.ProfileId) assignProfile(store, user);
  return user;
}

const HELD = [
  ['UserLogin', 'UserId'],
  ['PermissionSetAssignment', 'AssigneeId'],
  ['PermissionSetLicenseAssign', 'AssigneeId'],
  ['GroupMember', 'UserOrGroupId'],
  ['UserTerritory2Association', 'UserId'],
  ['OauthToken', 'UserId'],
] as const;

/** What the product never does to a user; a copy that is put back may. */
export function removeUser({ records }: Store, id: string): void {
  for (const [object, field] of HELD) {
    for (const row of records.find(object, field, id) ?? []) records.remove(object, row.Id);
  }
  records.remove('User', id);
}

function followingFrom({ records }: Store, fields: Fields): Fields {
  const profile = records.get('Profile', String(fields['ProfileId']));
  const name = [fields['FirstName'], fields['LastName']].filter(Boolean).join(' ');
  return { Name: name, UserType: profile?.['UserType'] ?? 'Standard' };
}

function aliasOf(fields: Fields): string {
  const first = String(fields['FirstName'] ?? '').slice(0, 1);
  return `${first}${String(fields['LastName']).slice(0, 4)}`.toLowerCase();
}

function nicknameOf({ records }: Store, user: Row): string {
  const name = String(user['Username']).split('@', 1)[0]?.slice(0, 30) ?? '';
  const isFree = records.tally('User', 'CommunityNickname', name) === 0;
  return isFree ? name : `${name}${Number(user.Id.slice(5, 15))}`;
}

/** Every profile owns a permission set, which its users have as an assignment like any other. */
function assignProfile({ records }: Store, user: User): void {
  const own = (id: unknown): boolean => records.get('PermissionSet', String(id))?.['ProfileId'] != null;
  for (const row of records.find('PermissionSetAssignment', 'AssigneeId', user.Id) ?? []) {
    if (own(row['PermissionSetId'])) records.remove('PermissionSetAssignment', row.Id);
  }
  const set = [...records.all('PermissionSet')].find((each) => each['ProfileId'] === user.ProfileId);
  if (!set) return;
  records.insert('PermissionSetAssignment', {
    ...{ AssigneeId: user.Id, PermissionSetId: set.Id, PermissionSetGroupId: null },
    ...{ ExpirationDate: null, IsRevoked: false },
  });
}

export function profileOf({ records }: Store, user: Row): Row | undefined {
  return records.get('Profile', String(user['ProfileId']));
}

/** The UserLogin of a user, which says whether they are frozen. */
export function loginOf({ records }: Store, userId: string): Row | undefined {
  return records.find('UserLogin', 'UserId', userId)?.[0];
}

export function isFrozen(store: Store, userId: string): boolean {
  return loginOf(store, userId)?.['IsFrozen'] === true;
}

export function setFrozen(store: Store, userId: string, frozen: boolean): void {
  const login = loginOf(store, userId);
  if (login) store.records.change('UserLogin', login.Id, { IsFrozen: frozen });
}

const PRIVILEGES = [
  'PermissionsModifyAllData',
  'PermissionsViewAllData',
  'PermissionsCustomizeApplication',
  'PermissionsAuthorApex',
];

/** Has a permission that needs phishing-resistant proof, by profile or by permission set. */
export function isPrivileged({ records }: Store, userId: string, now: Date): boolean {
  const assigned = records.find('PermissionSetAssignment', 'AssigneeId', userId) ?? [];
  return assigned.some(({ PermissionSetId, ExpirationDate }) => {
    if (typeof ExpirationDate === 'string' && new Date(ExpirationDate) <= now) return false;
    const set = records.get('PermissionSet', String(PermissionSetId));
    return PRIVILEGES.some((name) => set?.[name] === true);
  });
}
