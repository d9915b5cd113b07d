import { type Assertion, attributeValues } from '../saml/assertion.ts';
import type { Salesforce } from './server.ts';
import { addUser, type User } from './store.ts';

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
  TimeZoneSidKey: ['Europe/Berlin', 'America/New_York', 'America/Chicago', 'GMT'],
  LocaleSidKey: ['en_US', 'en_GB', 'de_DE', 'fr_FR'],
  LanguageLocaleKey: ['en_US', 'de', 'fr'],
  EmailEncodingKey: ['UTF-8', 'ISO-8859-1'],
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
  if (profile !== undefined && !lookUp(store.profiles, profile)) return failed('profile', profile);
  if (role !== undefined && !lookUp(store.roles, role)) return failed('role', role);
  return undefined;
}

/** By id of 15 or 18 characters, or by name. */
function lookUp(
  records: readonly { readonly Id: string; readonly Name: string }[],
  wanted: string,
): string | undefined {
  return records.find(({ Id, Name }) => Name === wanted || Id === wanted || Id.slice(0, 15) === wanted)?.Id;
}

function insert(salesforce: Salesforce, fields: Fields, subject: string): Provisioned {
  const { store, switches } = salesforce;
  const missing = REQUIRED.find((name) => !fields[name]);
  if (missing) return failed('create-failed', `REQUIRED_FIELD_MISSING ${missing}`);
  const { Username = '', LastName = '', Email = '' } = fields;
  const all = [...store.users.values()];
  if (all.some((user) => user.Username.toLowerCase() === Username.toLowerCase())) {
    return failed('create-failed', 'DUPLICATE_USERNAME Username');
  }
  const { salesforceLicences } = switches.positions;
  if (salesforceLicences > 0 && all.filter(({ IsActive }) => IsActive).length >= salesforceLicences) {
    return failed('licence');
  }
  const user = addUser(store, {
    Username,
    FederationIdentifier: subject,
    FirstName: '',
    LastName,
    Email,
    ProfileId: '',
    UserRoleId: null,
    IsActive: true,
    IsFrozen: false,
    more: {},
  });
  write(salesforce, user, fields);
  return { outcome: 'user', user };
}

function update(salesforce: Salesforce, user: User, fields: Fields): Provisioned {
  const { Username } = fields;
  if (Username !== undefined && Username.toLowerCase() !== user.Username.toLowerCase())
    return failed('username');
  write(salesforce, user, fields);
  return { outcome: 'user', user };
}

function write({ store }: Salesforce, user: User, fields: Fields): void {
  user.FirstName = fields['FirstName'] ?? user.FirstName;
  user.LastName = fields['LastName'] ?? user.LastName;
  user.Email = fields['Email'] ?? user.Email;
  user.ProfileId = lookUp(store.profiles, fields['ProfileId'] ?? '') ?? user.ProfileId;
  user.UserRoleId = lookUp(store.roles, fields['UserRoleId'] ?? '') ?? user.UserRoleId;
  const { IsActive } = fields;
  if (IsActive !== undefined) user.IsActive = ['1', 'true'].includes(IsActive.toLowerCase());
  for (const [name, value] of Object.entries(fields)) if (!OWN.has(name)) user.more[name] = value;
}
