import { type Item, isObject, text } from '../api/fields.ts';
import type { Store } from '../store.ts';
import { type Answer, ID_NOT_FOUND, ok, parameterError, seconds, TOO_LARGE } from './answers.ts';
import type { Call, Handler } from './call.ts';
import { superAdminHappened } from './events.ts';
import { inOrder, isWithin, matches, page } from './lists.ts';
import type { SuperAdmin } from './model.ts';
import {
  businessChannels,
  changeBehind,
  channelList,
  customerBehind,
  extraFieldsOf,
  factsOf,
  personByEmail,
  rememberPerson,
  sharedEmail,
} from './people.ts';
import { isAbsent, isEmail } from './user-rules.ts';

const MOST = 10;

/** BigCommerce docs, B2B Edition: what a mail address gets that somebody of a company, or a super admin, has. */
const TAKEN: Answer = { status: 400, message: 'The user already exists.', data: {} };
const TAKEN_IN_BULK: Answer = {
  status: 400,
  message: 'API logic error',
  data: { errMsg: 'The super admin already exists' },
};

/** A customer with the mail address becomes a super admin; without one, a customer is made. */
export const createSuperAdmin: Handler = ({ store, item }) => {
  const errors = missing(item);
  if (Object.keys(errors).length > 0) return parameterError(store, errors);
  const made = makeSuperAdmin(store, item, TAKEN);
  if ('status' in made) return made;
  return ok({ userId: made.id, customerId: made.customerId }, 'Success');
};

export const createSuperAdmins: Handler = ({ store, body }) => {
  const items = (Array.isArray(body) ? (body as readonly unknown[]) : []).map((item) =>
    isObject(item) ? item : {},
  );
  if (items.length > MOST) return { ...TOO_LARGE, data: {} };
  const errors = items.map(missing);
  if (errors.some((each) => Object.keys(each).length > 0)) {
    return { status: 422, message: 'Parameter Error', data: errors };
  }
  const isTaken = items.some((item) => personByEmail(store, text(item, 'email')));
  if (isTaken || sharedEmail(items) !== undefined) return TAKEN_IN_BULK;
  const ids: number[] = [];
  for (const item of items) {
    const made = makeSuperAdmin(store, item, TAKEN_IN_BULK);
    if ('status' in made) return made;
    ids.push(made.id);
  }
  return ok({ superAdminIds: ids }, 'Success');
};

function makeSuperAdmin(store: Store, item: Item, taken: Answer): Answer | SuperAdmin {
  const email = text(item, 'email');
  if (!isEmail(email)) return parameterError(store, { email: ['Enter a valid email address.'] });
  if (personByEmail(store, email)) return taken;
  const open = businessChannels(store);
  const wanted = Array.isArray(item['channelIds']) ? (item['channelIds'] as number[]) : open.slice(0, 1);
  if (wanted.length === 0 || wanted.some((id) => !open.includes(id))) {
    return parameterError(store, { channelIds: ['Channel does not exist.'] });
  }
  const given = {
    email,
    firstName: text(item, 'firstName'),
    lastName: text(item, 'lastName'),
    phone: text(item, 'phone'),
    channelIds: wanted,
    originChannelId: Number(item['originChannelId'] ?? wanted[0] ?? 1) || 1,
  };
  const customer = customerBehind(store, given);
  if (typeof customer === 'string') return { status: 400, message: customer, data: {} };
  const now = store.now();
  const admin: SuperAdmin = {
    kind: 'super-admin',
    id: store.nextId(),
    customerId: customer.id,
    uuid: text(item, 'uuid'),
    extraFields: extraFieldsOf(item) ?? [],
    remembered: { email, firstName: given.firstName, lastName: given.lastName, phone: given.phone },
    companies: [],
    masquerade: null,
    created_at: now,
    updated_at: now,
  };
  store.superAdmins.set(admin.id, admin);
  superAdminHappened(store, 'created', admin.id);
  return admin;
}

export const listSuperAdmins: Handler = (call) => {
  const { store, query } = call;
  const uuid = query.get('uuid') ?? '';
  const found = inOrder(query, store.superAdmins.values()).filter(
    (admin) => isWithin(query, admin) && (uuid === '' || admin.uuid === uuid) && isSearched(call, admin),
  );
  return superAdminPage(call, found);
};

/** Searches names and mail address. */
export function isSearched({ store, query }: Call, admin: SuperAdmin): boolean {
  const { email, firstName, lastName } = factsOf(store, admin);
  return matches(query, firstName, lastName, email);
}

export function superAdminPage(call: Call, found: readonly SuperAdmin[]): Answer {
  const hasExtra = call.query.get('isIncludeExtraFields') === '1';
  return page(call, found, {
    most: 200,
    word: 'Success',
    show: (admin) => superAdminView(call.store, admin, hasExtra),
  });
}

export const showSuperAdmin: Handler = (call) =>
  withSuperAdmin(call, (admin) =>
    ok({ ...superAdminView(call.store, admin, true), customerId: admin.customerId }, 'Success'),
  );

/** The mail address is that of the customer and is not changed here. */
export const updateSuperAdmin: Handler = (call) =>
  withSuperAdmin(call, (admin) => {
    const { store, item } = call;
    if (!isAbsent(item['email']) && store.turned().b2bReadOnlyFields === 'refused') {
      return parameterError(store, { email: ['This field is read-only.'] });
    }
    const customer = store.customers.get(admin.customerId);
    const { firstName, lastName, phone, channelIds } = item;
    const problem =
      customer &&
      changeBehind(store, customer, {
        ...(!isAbsent(firstName) && { first_name: firstName }),
        ...(!isAbsent(lastName) && { last_name: lastName }),
        ...(!isAbsent(phone) && { phone }),
        ...(!isAbsent(channelIds) && { channel_ids: channelIds }),
      });
    if (problem !== undefined) return { status: 400, message: problem, data: {} };
    admin.uuid = text(item, 'uuid', admin.uuid);
    admin.extraFields = extraFieldsOf(item) ?? admin.extraFields;
    admin.updated_at = store.now();
    rememberPerson(store, admin);
    superAdminHappened(store, 'updated', admin.id);
    return ok(superAdminView(store, admin, true), 'Success');
  });

export function withSuperAdmin(call: Call, answer: (admin: SuperAdmin) => Answer): Answer {
  const admin = call.store.superAdmins.get(Number(call.params['superAdminId']));
  return admin ? answer(admin) : ID_NOT_FOUND;
}

function missing(item: Item): Record<string, unknown> {
  const names = ['firstName', 'lastName', 'email'].filter(
    (name) => isAbsent(item[name]) || item[name] === '',
  );
  return Object.fromEntries(names.map((name) => [name, ['This field is required']]));
}

/** An empty uuid is left out. */
function superAdminView(store: Store, admin: SuperAdmin, hasExtra: boolean): object {
  const { channels, ...facts } = factsOf(store, admin);
  return {
    id: admin.id,
    ...facts,
    ...(admin.uuid !== '' && { uuid: admin.uuid }),
    createdAt: seconds(admin.created_at),
    updatedAt: seconds(admin.updated_at),
    channelList: channelList(store, channels),
    ...(hasExtra && { extraFields: admin.extraFields }),
  };
}
