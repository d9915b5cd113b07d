import { complex, flag, labelled, reference, type Schema, text } from './attribute.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const ENTERPRISE_USER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

const MAIL = ['work', 'home', 'other'];
const TELEPHONE = ['work', 'home', 'mobile', 'fax', 'pager', 'other'];

const name = complex('name', 'The parts of the name.', [
  text('formatted', 'The whole name as it is shown.'),
  text('familyName', 'Family name.'),
  text('givenName', 'Given name.'),
  text('middleName', 'Middle names.'),
  text('honorificPrefix', 'Title before the name.'),
  text('honorificSuffix', 'Suffix after the name.'),
]);

const addresses = complex(
  'addresses',
  'Postal addresses.',
  [
    text('formatted', 'The address as it is printed.'),
    text('streetAddress', 'Street and number.'),
    text('locality', 'City.'),
    text('region', 'State or region.'),
    text('postalCode', 'Postal code.'),
    text('country', 'Country, ISO 3166-1 alpha-2.'),
    text('type', 'What it is for.', { canonicalValues: MAIL }),
    flag('primary', 'Whether it is the preferred one; at most one is.'),
  ],
  { multiValued: true },
);

const groups = complex(
  'groups',
  'Groups that have this account as a member; changed through the groups.',
  [
    text('value', 'Id of the group.', { mutability: 'readOnly', caseExact: true }),
    reference('$ref', 'Address of the group.', ['Group'], { mutability: 'readOnly' }),
    text('display', 'Name of the group.', { mutability: 'readOnly' }),
    text('type', 'How the account belongs to it.', { mutability: 'readOnly', canonicalValues: ['direct'] }),
  ],
  { multiValued: true, mutability: 'readOnly' },
);

export const userSchema: Schema = {
  id: USER,
  name: 'User',
  description: 'An account of the wiki.',
  attributes: [
    text('userName', 'The name of the account, unique whatever its case.', {
      required: true,
      uniqueness: 'server',
    }),
    name,
    text('displayName', 'The name as it is shown.'),
    text('nickName', 'What friends say.'),
    reference('profileUrl', 'Address of a page about the person.', ['external']),
    text('title', 'Job title.'),
    text('userType', 'Relation to the house.'),
    text('preferredLanguage', 'Language as in Accept-Language.'),
    text('locale', 'Locale, as de-DE.'),
    text('timezone', 'Time zone of the IANA database.'),
    flag('active', 'Whether the account may be used.'),
    text('password', 'Kept as a mark only and never shown.', {
      mutability: 'writeOnly',
      returned: 'never',
      caseExact: true,
    }),
    labelled('emails', 'Mail addresses.', MAIL),
    labelled('phoneNumbers', 'Telephone numbers.', TELEPHONE),
    labelled('ims', 'Addresses for messages.', []),
    labelled(
      'photos',
      'Addresses of pictures.',
      ['photo', 'thumbnail'],
      reference('value', 'Address.', ['external']),
    ),
    addresses,
    groups,
    labelled('entitlements', 'What the account may do.', []),
    labelled('roles', 'Roles of the account.', []),
    labelled('x509Certificates', 'Certificates.', [], text('value', 'Base64 of DER.', { type: 'binary' })),
  ],
};

export const enterpriseSchema: Schema = {
  id: ENTERPRISE_USER,
  name: 'EnterpriseUser',
  description: 'What an employer knows about an account.',
  attributes: [
    text('employeeNumber', 'Number of the employee.'),
    text('costCenter', 'Cost centre.'),
    text('organization', 'Organization.'),
    text('division', 'Division.'),
    text('department', 'Department.'),
    complex('manager', 'The manager.', [
      text('value', 'Id of the account of the manager.', { caseExact: true }),
      reference('$ref', 'Address of that account.', ['User']),
      text('displayName', 'Name of the manager.', { mutability: 'readOnly' }),
    ]),
  ],
};

export const groupSchema: Schema = {
  id: GROUP,
  name: 'Group',
  description: 'A group of the wiki.',
  attributes: [
    text('displayName', 'The name of the group.', { required: true }),
    complex(
      'members',
      'Accounts and groups that belong to it.',
      [
        text('value', 'Id of the member.', { mutability: 'immutable', caseExact: true, required: true }),
        reference('$ref', 'Address of the member.', ['User', 'Group'], { mutability: 'immutable' }),
        text('type', 'Kind of the member.', { mutability: 'immutable', canonicalValues: ['User', 'Group'] }),
        text('display', 'Name of the member.', { mutability: 'readOnly' }),
      ],
      { multiValued: true },
    ),
  ],
};
