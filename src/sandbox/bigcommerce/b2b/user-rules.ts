import type { Item } from '../api/fields.ts';
import type { Store } from '../store.ts';
import { type Answer, type FieldErrors, logicalError, parameterError } from './answers.ts';
import { businessChannels, personByEmail } from './people.ts';
import { ROLE_IDS } from './predefined-roles.ts';

const REQUIRED = ['firstName', 'lastName', 'email', 'companyId'] as const;
const TEXTS = ['firstName', 'lastName', 'email', 'phoneNumber', 'uuid'] as const;

/** What the documents say against a new company user; undefined when nothing. */
export function refuseNewUser(store: Store, item: Item): Answer | undefined {
  const errors = { ...missing(item), ...wrongTypes(store, item, CREATING) };
  if (Object.keys(errors).length > 0) return parameterError(store, errors);
  if (isAbsent(item['role']) && isAbsent(item['companyRoleId'])) {
    return parameterError(store, { non_field_errors: ['User must have a role.'] });
  }
  if (!store.companies.has(Number(item['companyId']))) {
    return parameterError(store, { companyId: ['Company does not exist.'] });
  }
  const known = personByEmail(store, String(item['email']));
  if (known) return logicalError(`Email already exists. ['${String(item['email'])}']`);
  return refuseChannels(store, item['channelIds']);
}

/** The same for a change of somebody, by the words of that call. */
export function refuseChangedUser(store: Store, item: Item, id: number): Answer | undefined {
  const errors = wrongTypes(store, item, CHANGING);
  const isReadOnly = !isAbsent(item['companyId']) && store.turned().b2bReadOnlyFields === 'refused';
  if (isReadOnly) errors['companyId'] = ['This field is read-only.'];
  if (Object.keys(errors).length > 0) return parameterError(store, errors);
  const { email } = item;
  const other = typeof email === 'string' ? personByEmail(store, email) : undefined;
  if (other && other.id !== id) return logicalError(`Email already exists. ['${String(email)}']`);
  return item['channelIds'] === undefined ? undefined : refuseChannels(store, item['channelIds']);
}

/** BigCommerce docs, B2B Edition users: at least one storefront with B2B Edition. */
export function refuseChannels(store: Store, channelIds: unknown): Answer | undefined {
  const ids: readonly unknown[] = Array.isArray(channelIds) ? channelIds : [];
  const open = businessChannels(store);
  const isRight = ids.length > 0 && ids.every((id) => typeof id === 'number' && open.includes(id));
  return isRight
    ? undefined
    : logicalError('At least one B2B storefront needs to be enabled for a Company user.');
}

type Words = { readonly email: string; role(value: string): string };
const CREATING: Words = {
  email: 'Email is not correct.',
  role: (value) => `"${value}" is not a valid choice`,
};
const CHANGING: Words = {
  email: 'Enter a valid email address.',
  role: (value) => `The value "${value}" is not a valid role.`,
};

function wrongTypes(store: Store, item: Item, words: Words): Record<string, unknown> {
  const errors: Record<string, unknown> = {};
  for (const name of TEXTS) {
    const value = item[name];
    if (!isAbsent(value) && typeof value !== 'string') errors[name] = ['Not a valid string.'];
    const mayBeBlank = name === 'phoneNumber' || name === 'uuid';
    if (value === '' && !mayBeBlank) errors[name] = ['This field may not be blank.'];
  }
  const { email, role, companyRoleId } = item;
  if (typeof email === 'string' && email !== '' && !isEmail(email)) errors['email'] = [words.email];
  if (!isAbsent(role) && !(typeof role === 'number' && role in ROLE_IDS)) {
    errors['role'] = [words.role(String(role))];
  }
  const isRole = typeof companyRoleId === 'number' && store.companyRoles.has(companyRoleId);
  if (!isAbsent(companyRoleId) && !isRole) errors['companyRoleId'] = ['Company role does not exist.'];
  return errors;
}

function missing(item: Item): FieldErrors {
  const names = REQUIRED.filter((name) => isAbsent(item[name]));
  return Object.fromEntries(names.map((name) => [name, ['This field may not be null']]));
}

export function isEmail(value: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value);
}

export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
