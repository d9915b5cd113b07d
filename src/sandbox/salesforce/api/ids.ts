/** Key prefixes: the first three characters of an id say which object it is of. */
export const KEY_PREFIXES = {
  Account: '001',
  AuthSession: '0Ak',
  Case: '500',
  Contact: '003',
  Group: '00G',
  GroupMember: '011',
  LoginHistory: '0Ya',
  OauthToken: '0CQ',
  Opportunity: '006',
  Organization: '00D',
  PermissionSet: '0PS',
  PermissionSetAssignment: '0Pa',
  PermissionSetGroup: '0PG',
  PermissionSetGroupComponent: '0PY',
  PermissionSetLicense: '0PL',
  PermissionSetLicenseAssign: '2LA',
  Profile: '00e',
  QueryLocator: '01g',
  QueueSobject: '03g',
  SetupAuditTrail: '0Ym',
  Territory2: '0MI',
  Territory2Model: '0MA',
  User: '005',
  UserLicense: '100',
  UserLogin: '0Yw',
  UserRole: '00E',
  UserTerritory2Association: '0TU',
} as const;
export type ObjectName = keyof typeof KEY_PREFIXES;

const CHECKSUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/** 15 characters in which case matters, and three that say which of them are capital letters. */
function withChecksum(short: string): string {
  const groups = [short.slice(0, 5), short.slice(5, 10), short.slice(10, 15)];
  const letters = groups.map((group) => {
    const bits = [...group].reduce((sum, each, at) => sum + (/[A-Z]/.test(each) ? 2 ** at : 0), 0);
    return CHECKSUM[bits] ?? 'A';
  });
  return short + letters.join('');
}

/** The id of the n-th record of an object in this organization. */
export function makeId(object: ObjectName, serial: number): string {
  return withChecksum(`${KEY_PREFIXES[object]}Ha${String(serial).padStart(10, '0')}`);
}

/** The 18 characters of an id that was given with 15 or 18; undefined when it is no id. */
export function fullId(given: string): string | undefined {
  if (!/^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/.test(given)) return undefined;
  const full = withChecksum(given.slice(0, 15));
  return given.length === 15 || given === full ? full : undefined;
}

export function isIdOf(object: string, id: string): boolean {
  return KEY_PREFIXES[object as ObjectName] === id.slice(0, 3);
}

/** A moment as the API writes it. */
export function apiTime(moment: Date): string {
  return moment.toISOString().replace('Z', '+0000');
}
