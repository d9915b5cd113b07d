import { flag, moment, oneOf, reference, text, whole } from '../fields.ts';
import { objectType } from '../object-type.ts';
import { seatsOf } from '../seats.ts';

export const userLicense = objectType({
  name: 'UserLicense',
  label: 'User License',
  fields: [
    text('LicenseDefinitionKey', 40, 'r'),
    text('Name', 255, 'r'),
    text('MasterLabel', 255, 'r'),
    oneOf('Status', ['Active', 'Disabled'], 'r'),
    whole('TotalLicenses', 'r'),
    whole('UsedLicenses', 'r'),
    moment('UsedLicensesLastUpdated', ''),
  ],
  derive: (org, row) => {
    const { total, used } = seatsOf(org, row);
    return { ...row, TotalLicenses: total, UsedLicenses: used };
  },
});

export const permissionSetLicense = objectType({
  name: 'PermissionSetLicense',
  label: 'Permission Set License',
  fields: [
    text('DeveloperName', 80, 'r'),
    text('MasterLabel', 255, 'r'),
    text('PermissionSetLicenseKey', 40, 'r'),
    oneOf('Status', ['Active', 'Disabled'], 'r'),
    whole('TotalLicenses', 'r'),
    whole('UsedLicenses', 'r'),
    moment('ExpirationDate', ''),
  ],
  derive: ({ store: { records } }, row) => {
    const used = records.tally('PermissionSetLicenseAssign', 'PermissionSetLicenseId', row.Id);
    return { ...row, UsedLicenses: used };
  },
});

export const permissionSetLicenseAssign = objectType({
  name: 'PermissionSetLicenseAssign',
  label: 'Permission Set License Assignment',
  may: 'cd',
  fields: [
    reference('PermissionSetLicenseId', 'PermissionSetLicense', 'cr'),
    reference('AssigneeId', 'User', 'cr'),
  ],
});

export const permissionSet = objectType({
  name: 'PermissionSet',
  label: 'Permission Set',
  fields: [
    text('Name', 80, 'r'),
    text('Label', 80, 'r'),
    text('Description', 255, ''),
    oneOf('Type', ['Regular', 'Profile', 'Group', 'Standard', 'Session'], 'r'),
    reference('LicenseId', ['PermissionSetLicense', 'UserLicense'], ''),
    reference('ProfileId', 'Profile', ''),
    reference('PermissionSetGroupId', 'PermissionSetGroup', ''),
    flag('IsOwnedByProfile', ''),
    flag('IsCustom', ''),
    flag('PermissionsModifyAllData', ''),
    flag('PermissionsViewAllData', ''),
    flag('PermissionsCustomizeApplication', ''),
    flag('PermissionsAuthorApex', ''),
    flag('PermissionsManageUsers', ''),
    flag('PermissionsApiEnabled', ''),
  ],
  // That of a group allows what its members allow.
  derive: ({ store: { records } }, row) => {
    if (row['Type'] !== 'Group') return row;
    const parts = records.find(
      'PermissionSetGroupComponent',
      'PermissionSetGroupId',
      String(row['PermissionSetGroupId']),
    );
    const members = (parts ?? []).map((part) =>
      records.get('PermissionSet', String(part['PermissionSetId'])),
    );
    const allowed = Object.keys(row)
      .filter((name) => name.startsWith('Permissions'))
      .map((name) => [name, members.some((member) => member?.[name] === true)]);
    return { ...row, ...Object.fromEntries(allowed) };
  },
});

export const permissionSetGroup = objectType({
  name: 'PermissionSetGroup',
  label: 'Permission Set Group',
  fields: [
    text('DeveloperName', 80, 'r'),
    text('MasterLabel', 80, 'r'),
    text('Description', 255, ''),
    oneOf('Status', ['Updated', 'Outdated', 'Updating', 'Failed'], 'r'),
  ],
});

export const permissionSetGroupComponent = objectType({
  name: 'PermissionSetGroupComponent',
  label: 'Permission Set Group Component',
  fields: [
    reference('PermissionSetGroupId', 'PermissionSetGroup', 'r'),
    reference('PermissionSetId', 'PermissionSet', 'r'),
  ],
});

export const permissionSetAssignment = objectType({
  name: 'PermissionSetAssignment',
  label: 'Permission Set Assignment',
  may: 'cud',
  hasSystemFields: false,
  fields: [
    reference('AssigneeId', 'User', 'cr'),
    reference('PermissionSetId', 'PermissionSet', 'c'),
    reference('PermissionSetGroupId', 'PermissionSetGroup', 'c'),
    moment('ExpirationDate', 'cu'),
    flag('IsActive', ''),
    flag('IsRevoked', ''),
    moment('SystemModstamp', 'rd'),
  ],
  derive: ({ needs }, row) => {
    const until = row['ExpirationDate'];
    const isActive = typeof until !== 'string' || new Date(until) > needs.clock.now();
    return { ...row, IsActive: isActive };
  },
});
