import { area, email, flag, moment, oneOf, phone, reference, text } from '../fields.ts';
import { objectType } from '../object-type.ts';
import { ENCODINGS, LANGUAGES, LOCALES, TIME_ZONES } from '../picklists.ts';

export const user = objectType({
  name: 'User',
  label: 'User',
  may: 'cu',
  fields: [
    text('Username', 80, 'curl'),
    text('LastName', 80, 'cur'),
    text('FirstName', 40, 'cu'),
    text('Name', 121, 'r'),
    text('CompanyName', 80, 'cu'),
    text('Division', 80, 'cu'),
    text('Department', 80, 'cu'),
    text('Title', 80, 'cu'),
    area('Street', 255, 'cu'),
    text('City', 40, 'cu'),
    text('State', 80, 'cu'),
    text('PostalCode', 20, 'cu'),
    text('Country', 80, 'cu'),
    email('Email', 'curl'),
    phone('Phone', 'cu'),
    phone('Fax', 'cu'),
    phone('MobilePhone', 'cu'),
    text('Alias', 8, 'cur'),
    text('CommunityNickname', 40, 'curd'),
    flag('IsActive', 'cu'),
    oneOf('TimeZoneSidKey', TIME_ZONES, 'cur'),
    oneOf('LocaleSidKey', LOCALES, 'cur'),
    oneOf('EmailEncodingKey', ENCODINGS, 'cur'),
    oneOf('LanguageLocaleKey', LANGUAGES, 'cur'),
    flag('ReceivesInfoEmails', 'cu'),
    flag('ReceivesAdminInfoEmails', 'cu'),
    reference('UserRoleId', 'UserRole', 'cu'),
    reference('ProfileId', 'Profile', 'cur'),
    oneOf('UserType', ['Standard', 'PowerPartner', 'CsnOnly', 'AutomatedProcess'], ''),
    text('EmployeeNumber', 20, 'cu'),
    reference('DelegatedApproverId', ['Group', 'User'], 'cu'),
    reference('ManagerId', 'User', 'cu'),
    moment('LastLoginDate', ''),
    flag('ForecastEnabled', 'cu'),
    flag('UserPermissionsMarketingUser', 'cu'),
    flag('UserPermissionsSupportUser', 'cu'),
    flag('UserPermissionsKnowledgeUser', 'cu'),
    reference('ContactId', 'Contact', 'c'),
    reference('AccountId', 'Account', ''),
    text('Extension', 40, 'cu'),
    text('FederationIdentifier', 512, 'cul'),
    area('AboutMe', 1000, 'cux'),
    text('Region__c', 40, 'cu'),
  ],
  derive: ({ store: { records } }, row) => {
    const contact = records.get('Contact', String(row['ContactId']));
    return { ...row, AccountId: contact?.['AccountId'] ?? null };
  },
});

export const userLogin = objectType({
  name: 'UserLogin',
  label: 'User Login',
  may: 'u',
  hasSystemFields: false,
  fields: [
    reference('UserId', 'User', 'r'),
    flag('IsFrozen', 'u'),
    flag('IsPasswordLocked', 'u'),
    moment('LastModifiedDate', 'rd'),
    reference('LastModifiedById', 'User', 'd'),
  ],
});

export const profile = objectType({
  name: 'Profile',
  label: 'Profile',
  fields: [
    text('Name', 255, 'r'),
    reference('UserLicenseId', 'UserLicense', 'r'),
    oneOf('UserType', ['Standard', 'PowerPartner', 'CsnOnly'], ''),
    area('Description', 255, ''),
    flag('PermissionsModifyAllData', ''),
    flag('PermissionsViewAllData', ''),
    flag('PermissionsCustomizeApplication', ''),
    flag('PermissionsAuthorApex', ''),
    flag('PermissionsManageUsers', ''),
    flag('PermissionsApiEnabled', ''),
  ],
});

export const userRole = objectType({
  name: 'UserRole',
  label: 'Role',
  fields: [
    text('Name', 80, 'r'),
    text('DeveloperName', 80, ''),
    reference('ParentRoleId', 'UserRole', ''),
    text('RollupDescription', 80, ''),
  ],
});
