import type { AccountImage, Authority, Field } from '../../connector/account-image.ts';
import type { SalesforceTarget } from './config.ts';
import { GIVEN_SETS } from './role-meaning.ts';

/** Fields of images that are one field of User, and its API name. */
const PLAIN = {
  federationId: 'FederationIdentifier',
  username: 'Username',
  alias: 'Alias',
  mail: 'Email',
  firstName: 'FirstName',
  lastName: 'LastName',
  timeZone: 'TimeZoneSidKey',
  locale: 'LocaleSidKey',
  language: 'LanguageLocaleKey',
  encoding: 'EmailEncodingKey',
} as const;
/** Restricted picklists that every user needs a value of. */
export const REGIONAL = ['timeZone', 'locale', 'language', 'encoding'] as const;
export type Regional = (typeof REGIONAL)[number];
export function apiNameOf(field: Regional): string {
  return PLAIN[field];
}

/** API names that only this connector sets, so that no mapping may. */
export const OWN_API_NAMES: readonly string[] = [
  ...Object.values(PLAIN),
  ...['Id', 'IsActive', 'ProfileId', 'UserRoleId', 'ManagerId', 'ContactId', 'UserType', 'Name'],
];

/** Image field → API field of User, for all that are plain values. */
export function plainFields(settings: SalesforceTarget): Readonly<Record<string, string>> {
  const mapped = Object.keys(settings.fields).map((name) => [mappedField(name), name] as const);
  return { ...PLAIN, ...Object.fromEntries(mapped) };
}

export function mappedField(apiName: string): string {
  return `fields.${apiName}`;
}

const TITLES: Readonly<Record<string, string>> = {
  username: 'username',
  alias: 'alias',
  mail: 'mail address',
  firstName: 'first name',
  lastName: 'last name',
  timeZone: 'time zone',
  locale: 'locale',
  language: 'language',
  encoding: 'mail encoding',
};
const SET_TITLES = {
  permissionSets: 'permission sets',
  permissionSetGroups: 'permission set groups',
  permissionSetLicenses: 'permission set licences',
  groups: 'public groups',
  queues: 'queues',
  territories: 'territories',
} as const;

/** The fields of a user that we manage, in the engine's terms. */
export function userFields(settings: SalesforceTarget): Readonly<Record<string, Field>> {
  const access = { kind: 'exclusive', call: 'user', atCreation: true } as const;
  const detail = { kind: 'detail', call: 'user', atCreation: true } as const;
  const fields: Record<string, Field> = {
    // Empty while frozen, so that thawing counts as giving and comes after what is taken away.
    signIn: { kind: 'exclusive', call: 'login', title: 'sign-in (not frozen)', isLock: true },
    federationId: { ...access, title: 'Federation ID' },
    active: { ...access, title: 'active', isLock: true },
    profile: { ...access, title: 'profile' },
    role: { ...access, title: 'role' },
    // Salesforce binds a user to a contact once and for all: another account is work for people.
    partnerAccount: {
      ...{ kind: 'detail', call: 'user', title: 'account of the contact', atCreation: true, byHand: true },
    },
    expiry: { kind: 'detail', call: 'expiry', title: 'end dates of permission sets', atCreation: true },
  };
  for (const name of GIVEN_SETS) {
    fields[name] = {
      ...{ kind: 'set', call: 'rights', title: SET_TITLES[name], atCreation: true },
      ...{ members: 'given', splits: true },
    };
  }
  for (const [name, title] of Object.entries(TITLES)) {
    fields[name] = { ...detail, title, ...(name === 'mail' && { caseless: true }) };
  }
  for (const name of Object.keys(settings.fields)) {
    fields[mappedField(name)] = { ...detail, title: `field ${name}` };
  }
  if (settings.manager !== undefined)
    fields['manager'] = { kind: 'detail', call: 'manager', title: 'manager' };
  return fields;
}

/** Order in which calls run when several of one rank are due: frozen first, deactivated last. */
export const CALLS = ['login', 'rights', 'user', 'expiry', 'manager'] as const;

/**
 * A username is what people know and other systems may go by: once given it stays. What people set themselves in
 * Salesforce stays too, unless their own value is taken from the directory.
 */
export function userAuthority(settings: SalesforceTarget, field: string): Authority {
  if (field === 'username') return 'target';
  const named = settings.authority[field];
  if (named) return named;
  if (field === 'alias') return 'target';
  const own = REGIONAL.find((name) => name === field);
  return own && settings.regional[own].from === undefined ? 'target' : 'directory';
}

/** Names that `authority` may speak of. */
export function authorityFields(settings: SalesforceTarget): readonly string[] {
  const mapped = Object.keys(settings.fields).map(mappedField);
  const names = Object.keys(TITLES).filter((name) => name !== 'username');
  return [...names, ...(settings.manager === undefined ? [] : ['manager']), ...mapped];
}

/** The image of an account from which everything was taken. */
export const NOTHING_GIVEN: AccountImage = Object.fromEntries(GIVEN_SETS.map((name) => [name, []]));
