import { type Item, isObject, text } from '../api/fields.ts';
import type { Store } from '../store.ts';
import {
  type Answer,
  logicalError,
  ok,
  parameterError,
  seconds,
  TOO_LARGE,
  USER_NOT_FOUND,
} from './answers.ts';
import type { Call, Handler } from './call.ts';
import { isToldChange, userHappened } from './events.ts';
import { applyGroup } from './groups.ts';
import { inOrder, isWithin, matches, page } from './lists.ts';
import type { CompanyUser } from './model.ts';
import {
  changeBehind,
  channelList,
  customerBehind,
  extraFieldsOf,
  factsOf,
  rememberPerson,
  sharedEmail,
} from './people.ts';
import { ROLE_IDS } from './predefined-roles.ts';
import { isAbsent, refuseChangedUser, refuseNewUser } from './user-rules.ts';

const MOST = 10;

export const listUsers: Handler = (call) => {
  const { store, query } = call;
  const roles = rolesIn(query);
  const wrong = roles.findIndex((role) => !(Number(role) in ROLE_IDS));
  if (wrong !== -1) {
    return parameterError(store, { roles: { [wrong]: [`"${roles[wrong]}" is not a valid choice.`] } });
  }
  const found = inOrder(query, store.companyUsers.values()).filter(
    (user) => isWithin(query, user) && isWanted(store, query, user, roles.map(Number)),
  );
  const hasExtra = query.get('isIncludeExtraFields') === '1';
  return page(call, found, { most: 250, word: 'Success', show: (user) => userView(store, user, hasExtra) });
};

function isWanted(
  store: Store,
  query: URLSearchParams,
  user: CompanyUser,
  roles: readonly number[],
): boolean {
  const facts = factsOf(store, user);
  const company = store.companies.get(user.companyId)?.name ?? '';
  const isEqual = (name: string, value: string): boolean => (query.get(name) || value) === value;
  const email = query.get('email') ?? '';
  const fold = (each: string) => (store.turned().b2bEmailFilter === 'any-case' ? each.toLowerCase() : each);
  const channel = query.get('channelId');
  return (
    isEqual('companyId', String(user.companyId)) &&
    (email === '' || fold(email) === fold(facts.email)) &&
    (roles.length === 0 || roles.includes(roleNumber(user))) &&
    (!channel || facts.channels.includes(Number(channel))) &&
    matches(query, facts.email, facts.firstName, facts.lastName, company)
  );
}

function rolesIn(query: URLSearchParams): readonly string[] {
  return query
    .getAll('roles')
    .flatMap((text) => text.split(','))
    .filter((role) => role !== '');
}

export const showUser: Handler = (call) =>
  withUser(call, (user) => ok(userView(call.store, user, true), 'Success'));

export const showUserOfCustomer: Handler = ({ store, params }) => {
  const id = Number(params['customerId']);
  const user = [...store.companyUsers.values()].find(({ customerId }) => customerId === id);
  return user ? ok(userView(store, user, true), 'Success') : USER_NOT_FOUND;
};

export const createUser: Handler = ({ store, item }) => {
  const made = makeUser(store, item);
  return 'status' in made ? made : ok(made, 'Success');
};

/** All or none of them. */
export const createUsers: Handler = ({ store, body }) => {
  const items = (Array.isArray(body) ? (body as readonly unknown[]) : []).map(
    (item): Item => (isObject(item) ? item : {}),
  );
  if (items.length > MOST) return TOO_LARGE;
  for (const item of items) {
    const refusal = refuseNewUser(store, item);
    if (refusal) return refusal;
  }
  const twice = sharedEmail(items);
  if (twice !== undefined) return logicalError(`Email already exists. ['${twice}']`);
  const made = [];
  for (const item of items) {
    const one = makeUser(store, item);
    if ('status' in one) return one;
    made.push(one);
  }
  return ok(made, 'Success');
};

/** A company user and, where there is none with the mail address, a customer of the store. */
function makeUser(store: Store, item: Item): Answer | { readonly userId: number; readonly bcId: number } {
  const refusal = refuseNewUser(store, item);
  if (refusal) return refusal;
  const channelIds = item['channelIds'] as readonly number[];
  const given = {
    email: text(item, 'email'),
    firstName: text(item, 'firstName'),
    lastName: text(item, 'lastName'),
    phone: text(item, 'phoneNumber'),
    channelIds,
    originChannelId: Number(item['originChannelId'] ?? channelIds[0] ?? 1) || 1,
  };
  const customer = customerBehind(store, given);
  if (typeof customer === 'string') return logicalError(customer);
  const now = store.now();
  const user: CompanyUser = {
    kind: 'user',
    id: store.nextId(),
    customerId: customer.id,
    companyId: Number(item['companyId']),
    companyRoleId: roleIdOf(item) ?? 3,
    uuid: text(item, 'uuid'),
    extraFields: extraFieldsOf(item) ?? [],
    remembered: {
      email: given.email,
      firstName: given.firstName,
      lastName: given.lastName,
      phone: given.phone,
    },
    created_at: now,
    updated_at: now,
  };
  store.companyUsers.set(user.id, user);
  applyGroup(store, user);
  userHappened(store, 'created', user);
  if (item['acceptWelcomeEmail'] === true) store.b2b.welcomed.push(given.email);
  return { userId: user.id, bcId: customer.id };
}

/** Names, mail address and channels go to the customer; the company cannot change. */
export const updateUser: Handler = (call) =>
  withUser(call, (user) => {
    const { store, item } = call;
    const refusal = refuseChangedUser(store, item, user.id);
    if (refusal) return refusal;
    const customer = store.customers.get(user.customerId);
    const problem = customer && changeBehind(store, customer, customerChange(item));
    if (problem !== undefined) return logicalError(problem);
    user.companyRoleId = roleIdOf(item) ?? user.companyRoleId;
    user.uuid = text(item, 'uuid', user.uuid);
    user.extraFields = extraFieldsOf(item) ?? user.extraFields;
    user.updated_at = store.now();
    rememberPerson(store, user);
    applyGroup(store, user);
    if (isToldChange(item)) userHappened(store, 'updated', user);
    return ok(userView(store, user, true), 'Success');
  });

/** The customer stays; the last user of a company stays too. */
export const deleteUser: Handler = (call) =>
  withUser(call, (user) => {
    const { store } = call;
    const others = [...store.companyUsers.values()].filter(
      ({ id, companyId }) => companyId === user.companyId && id !== user.id,
    );
    if (others.length === 0) return logicalError('The last user in company can not be deleted.');
    store.companyUsers.delete(user.id);
    loseGroup(store, user);
    userHappened(store, 'deleted', user);
    return ok({ userId: user.id }, 'Success');
  });

/** What becomes of the customer's group when nobody of a company is behind it any more. */
export function loseGroup(store: Store, user: CompanyUser): void {
  const customer = store.customers.get(user.customerId);
  if (customer && store.turned().b2bGroupAfterDelete === 'none') customer.customer_group_id = 0;
}

function withUser(call: Call, answer: (user: CompanyUser) => Answer): Answer {
  const user = call.store.companyUsers.get(Number(call.params['userId']));
  return user ? answer(user) : USER_NOT_FOUND;
}

function customerChange(item: Item): Item {
  const { firstName, lastName, email, phoneNumber, channelIds } = item;
  return {
    ...(!isAbsent(firstName) && { first_name: firstName }),
    ...(!isAbsent(lastName) && { last_name: lastName }),
    ...(!isAbsent(email) && { email }),
    ...(!isAbsent(phoneNumber) && { phone: phoneNumber }),
    ...(!isAbsent(channelIds) && { channel_ids: channelIds }),
  };
}

/** A role of the company goes before the number. */
function roleIdOf(item: Item): number | undefined {
  const { role, companyRoleId } = item;
  if (typeof companyRoleId === 'number') return companyRoleId;
  return typeof role === 'number' ? ROLE_IDS[role] : undefined;
}

/** Roles of one's own count as junior buyer. */
function roleNumber({ companyRoleId }: CompanyUser): number {
  const at = ROLE_IDS.indexOf(companyRoleId);
  return at === -1 ? 2 : at;
}

function userView(store: Store, user: CompanyUser, hasExtra: boolean): object {
  const { channels, phone, ...facts } = factsOf(store, user);
  return {
    id: user.id,
    ...facts,
    phoneNumber: phone,
    role: roleNumber(user),
    companyRoleId: user.companyRoleId,
    companyRoleName: store.companyRoles.get(user.companyRoleId)?.name ?? '',
    uuid: user.uuid,
    ...(hasExtra && { extraFields: user.extraFields }),
    companyId: user.companyId,
    customerId: user.customerId,
    createdAt: seconds(user.created_at),
    updatedAt: seconds(user.updated_at),
    channelList: channelList(store, channels),
  };
}
