import { type Problem, problem } from '../problems.ts';
import type { Fields } from '../records.ts';
import { good, type Rules, refused, type Writer } from '../writer.ts';
import { checkAssignee } from './assignee.ts';

export const licenseAssignRules: Rules = {
  create: (writer, fields) => {
    const why =
      checkAssignee(writer, String(fields['AssigneeId'])) ??
      checkTwice(writer, fields) ??
      checkSeats(writer, fields);
    return why ? refused(why) : good(fields);
  },
  // While a permission set needs it, the license stays.
  remove: ({ org: { store } }, row) => {
    const { records } = store;
    const assigned = records.find('PermissionSetAssignment', 'AssigneeId', String(row['AssigneeId'])) ?? [];
    const needing = assigned.some(
      ({ PermissionSetId }) =>
        records.get('PermissionSet', String(PermissionSetId))?.['LicenseId'] ===
        row['PermissionSetLicenseId'],
    );
    return needing
      ? problem('FIELD_INTEGRITY_EXCEPTION', 'An assigned permission set needs this license.', [])
      : undefined;
  },
};

function checkTwice({ org }: Writer, fields: Fields): Problem | undefined {
  const present = org.store.records.find(
    'PermissionSetLicenseAssign',
    'AssigneeId',
    String(fields['AssigneeId']),
  );
  const twin = present?.find((row) => row['PermissionSetLicenseId'] === fields['PermissionSetLicenseId']);
  if (!twin) return undefined;
  const words = `duplicate value found: <unknown> duplicates value on record with id: ${twin.Id}`;
  return problem(org.switches.positions.duplicateCode, words, []);
}

function checkSeats({ org: { needs, store } }: Writer, fields: Fields): Problem | undefined {
  const { records } = store;
  const license = records.get('PermissionSetLicense', String(fields['PermissionSetLicenseId']));
  const used = records.tally('PermissionSetLicenseAssign', 'PermissionSetLicenseId', license?.Id ?? '');
  const end = license?.['ExpirationDate'];
  const isOver = typeof end === 'string' && new Date(end) <= needs.clock.now();
  return isOver || used >= Number(license?.['TotalLicenses'])
    ? problem('LICENSE_LIMIT_EXCEEDED', `No more seats of ${license?.['MasterLabel']} are available.`, [])
    : undefined;
}
