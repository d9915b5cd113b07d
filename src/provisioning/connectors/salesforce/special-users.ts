import type { UserRecord } from './schema.ts';

/** What makes somebody an administrator, whatever their profile is called: the fields of profiles and permission sets. */
export const ADMINISTRATION = ['PermissionsModifyAllData', 'PermissionsManageUsers'] as const;

/** Why nobody here changes an administrator, or makes one. */
export const ADMINISTERS = 'Modify All Data or Manage Users';

export function administers(what: Readonly<Record<string, unknown>>): boolean {
  return ADMINISTRATION.some((permission) => what[permission] === true);
}

/**
 * By profile, permission set or group: each stands as an assignment, a profile by the permission set that it owns, a
 * group by one that has all of its permissions. What has expired counts no more.
 */
function isAdministrator({ PermissionSetAssignments }: UserRecord): boolean {
  return (PermissionSetAssignments?.records ?? []).some(
    ({ PermissionSet, IsActive }) =>
      IsActive !== false && PermissionSet != null && administers(PermissionSet),
  );
}

/** Whom a licence is used for; robots, guests of sites and the platform's own users are none of ours. */
const PEOPLE = new Set([
  ...['Standard', 'CsnOnly', 'PowerPartner', 'PowerCustomerSuccess'],
  ...['CspLitePortal', 'CustomerSuccess'],
]);

export function isPerson({ UserType }: Pick<UserRecord, 'UserType'>): boolean {
  return PEOPLE.has(UserType ?? 'Standard');
}

/** Among the refs of an account: why it is never changed; empty for everybody else. */
export const SPECIAL = 'special';
export type Special = 'administrator' | 'robot' | '';

export function specialUser(user: UserRecord): Special {
  if (!isPerson(user)) return 'robot';
  return isAdministrator(user) ? 'administrator' : '';
}
