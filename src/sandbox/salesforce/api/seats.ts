import type { Salesforce } from '../server.ts';
import type { Row } from './records.ts';

/** Seats of a user licence: active users whose profile belongs to it use one each. */
export function seatsOf(
  { store: { records }, switches }: Salesforce,
  licence: Row,
): { readonly total: number; readonly used: number } {
  const profiles = [...records.all('Profile')].filter((row) => row['UserLicenseId'] === licence.Id);
  const used = profiles.reduce((sum, { Id }) => sum + records.tally('User', 'activeProfile', Id), 0);
  const bought = switches.positions.salesforceLicences;
  const total = licence['Name'] === 'Salesforce' ? bought : Number(licence['TotalLicenses']);
  return { total, used };
}

/** Whether one more active user with this profile would be one too many. */
export function isLicenceUsedUp(org: Salesforce, profileId: string): boolean {
  const { records } = org.store;
  const profile = records.get('Profile', profileId);
  const licence = records.get('UserLicense', String(profile?.['UserLicenseId']));
  if (!licence) return false;
  const { total, used } = seatsOf(org, licence);
  return used >= total;
}
