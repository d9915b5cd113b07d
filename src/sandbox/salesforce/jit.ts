import { type Assertion, attributeValues } from '../saml/assertion.ts';
import { ENCODINGS, LANGUAGES, LOCALES, TIME_ZONES } from './api/picklists.ts';
import type { Row, Fields as Values } from './api/records.ts';
import { isLicenceUsedUp } from './api/seats.ts';
import type { Salesforce } from './server.ts';
import { addUser, changeUser, type User, userByUsername } from './users.ts';

/** Error codes of standard just-in-time provisioning, as the browser carries them in the address. */
const CODES = {
  'missing-federation-id': [1, 'Missing Federation Identifier', 'MISSING_FEDERATION_ID'],
  'other-federation-id': [2, 'Mis-matched Federation Identifier', 'MISMATCH_FEDERATION_ID'],
  'create-failed': [5, 'Unable to create user', ''],
  'custom-field': [8, 'Unrecognized custom field', 'UNRECOGNIZED_CUSTOM_FIELD'],
  'standard-field': [9, 'Unrecognized standard field', 'UNRECOGNIZED_STANDARD_FIELD'],
  licence: [11, 'License limit exceeded', 'LICENSE_LIMIT_EXCEEDED'],
  version: [13, 'Unsupported provision API version', 'UNSUPPORTED_VERSION'],
  username: [14, 'Username change is not allowed', 'USER_NAME_CHANGE_NOT_ALLOWED'],
  profile: [16, 'Unable to map a unique profile ID for the given profile name', 'PROFILE_NAME_LOOKUP_ERROR'],
  role: [17, 'Unable to map a unique role ID for the given role name', 'ROLE_NAME_LOOKUP_ERROR'],
} as const;

export type ProvisionFailure = {
  readonly outcome: 'failed';
  readonly code: number;
  readonly description: string;
  readonly details: string;
};
export type Provisioned = { readonly outcome: 'user'; readonly user: User } | ProvisionFailure;

function failed(what: keyof typeof CODES, details = ''): ProvisionFailure {
  const [code, description, token] = CODES[what];
  return { outcome: 'failed', code, description, details: [token, details].filter(Boolean).join(' ') };
}

/** Fields that have a place of their own in our record. */
const OWN = new Set([
  'Username',
  'FederationIdentifier',
  'FirstName',
  'LastName',
  'Email',
  'ProfileId',
  'UserRoleId',
  'IsActive',
]);
const OTHERS = new Set(
  `AboutMe Alias CallCenter City CommunityNickname CompanyName Country DefaultCurrencyIsoCode
  DelegatedApproverId Department Division EmailEncodingKey EmployeeNumber Extension Fax LanguageLocaleKey
  LocaleSidKey Manager MobilePhone Phone PostalCode ReceivesAdminInfoEmails ReceivesInfoEmails State Street
  TimeZoneSidKey Title`.split(/\s+/),
);
const CUSTOM = new Set(['Region__c']);
const PICKLISTS: Readonly<Record<string, readonly string[]>> = {
  TimeZoneSidKey: TIME_ZONES,
  LocaleSidKey: LOCALES,
  LanguageLocaleKey: LANGUAGES,
  EmailEncodingKey: ENCODINGS,
};
const REQUIRED = ['LastName', 'ProfileId', 'Username', 'Email'] as const;

/**
 * Standard just-in-time provisioning: finds the user by Federation ID and updates, or inserts. An inactive user is
 * updated and stays inactive unless the assertion says `User.IsActive`.
 */
export function provision(
  salesforce: Salesforce,
  assertion: Assertion,
  known: User | undefined,
): Provisioned {
  const subject = assertion.nameId?.value ?? '';
  if (subject === '') return failed('missing-federation-id');
  const version = attributeValues(assertion, ['ProvisionVersion'])?.[0];
  if (version !== undefined && version !== '1.0') return failed('version', version);
  const fields = readFields(assertion);
  const problem = checkFields(salesforce, fields, subject);
  if (problem) return problem;
  return known ? update(salesforce, known, fields) : insert(salesforce, fields, subject);
}

type Fields = Readonly<Record<string, string>>;

function readFields(assertion: Assertion): Fields {
  const named = assertion.attributes.filter(({ name }) => name.startsWith('User.'));
  return Object.fromEntries(named.map(({ name, values }) => [name.slice(5), values[0] ?? '']));
}

function checkFields({ store }: Salesforce, fields: Fields, subject: string): ProvisionFailure | undefined {
  for (const [name, value] of Object.entries(fields)) {
    if (name.endsWith('__c') && !CUSTOM.has(name)) return failed('custom-field', name);
    if (!name.endsWith('__c') && !OWN.has(name) && !OTHERS.has(name)) return failed('standard-field', name);
    if (PICKLISTS[name] && !PICKLISTS[name].includes(value)) {
      return failed('create-failed', `INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST ${name}`);
    }
  }
  const { FederationIdentifier: claimed, ProfileId: profile, UserRoleId: role } = fields;
  if (claimed !== undefined && claimed !== subject) return failed('other-federation-id');
  if (profile !== undefined && !lookUp(store.records.all('Profile'), profile))
    return failed('profile', profile);
  if (role !== undefined && !lookUp(store.records.all('UserRole'), role)) return failed('role', role);
  return undefined;
}

/** By id of 15 or 18 characters, or by name. */
function lookUp(records: Iterable<Row>, wanted: string): string | undefined {
  const isMeant = ({ Id, Name }: Row): boolean =>
    Name === wanted || Id === wanted || Id.slice(0, 15) === wanted;
  return [...records].find(isMeant)?.Id;
}

function insert(salesforce: Salesforce, fields: Fields, subject: string): Provisioned {
  const { store } = salesforce;
  const missing = REQUIRED.find((name) => !fields[name]);
  if (missing) return failed('create-failed', `REQUIRED_FIELD_MISSING ${missing}`);
  const { Username = '' } = fields;
  if (userByUsername(store, Username) || store.takenElsewhere.has(Username.toLowerCase())) {
    return failed('create-failed', 'DUPLICATE_USERNAME Username');
  }
  const values = valuesOf(salesforce, fields);
  if (isLicenceUsedUp(salesforce, String(values['ProfileId']))) return failed('licence');
  const user = addUser(store, { ...values, FederationIdentifier: subject });
  store.madeAtSignOn.add(user.Id);
  return { outcome: 'user', user };
}

function update(salesforce: Salesforce, user: User, fields: Fields): Provisioned {
  const { Username } = fields;
  if (Username !== undefined && Username.toLowerCase() !== user.Username.toLowerCase())
    return failed('username');
  return { outcome: 'user', user: changeUser(salesforce.store, user.Id, valuesOf(salesforce, fields)) };
}

/** As the record keeps them: ids for names, and a truth value for IsActive. */
function valuesOf({ store: { records } }: Salesforce, fields: Fields): Values {
  const { ProfileId, UserRoleId, IsActive, ...rest } = fields;
  const profile = lookUp(records.all('Profile'), ProfileId ?? '');
  const role = lookUp(records.all('UserRole'), UserRoleId ?? '');
  return {
    ...rest,
    ...(profile !== undefined && { ProfileId: profile }),
    ...(role !== undefined && { UserRoleId: role }),
    ...(IsActive !== undefined && { IsActive: ['1', 'true'].includes(IsActive.toLowerCase()) }),
  };
}
