import { isDeepStrictEqual } from 'node:util';
import { coversChannel } from '../coverage.ts';
import type { Customer } from '../model.ts';
import { channelById, type Store } from '../store.ts';
import { endSessionsAfter } from '../storefront/sessions.ts';
import { channelAccessChanged, customerHappened } from '../webhooks/events.ts';
import { type Answer, bare, invalidJson, NO_CONTENT, ok, problem } from './answers.ts';
import type { Handler } from './call.ts';
import { CHANGED_CUSTOMER, NEW_CUSTOMER, NEW_CUSTOMER_REQUIRED, READ_ONLY_ON_PUT } from './customer-input.ts';
import { refuseCustomer } from './customer-rules.ts';
import { customerView, writtenCustomerView } from './customer-view.ts';
import { type Changed, changeCustomer, createCustomer, removeCustomer } from './customer-writing.ts';
import { checkObject, type Item, isObject, parseItems } from './fields.ts';
import { CURSOR_FILTERS, cursorPage, PAGE_FILTERS } from './paging.ts';
import { DATE_FILTERS, type Filters, isWithinDates, type ParsedQuery, parseQuery } from './query.ts';
import { countValidation } from './quota.ts';

const MOST = 10;

const FILTERS: Filters = {
  ...PAGE_FILTERS,
  ...CURSOR_FILTERS,
  ...DATE_FILTERS,
  'id:in': 'integers',
  'email:in': 'texts',
  'company:in': 'texts',
  'customer_group_id:in': 'integers',
  'name:in': 'texts',
  'name:like': 'texts',
  'phone:in': 'texts',
  'registration_ip_address:in': 'texts',
  include: 'texts',
  sort: 'text',
};

const INCLUDES = [
  'addresses',
  'storecredit',
  'attributes',
  'formfields',
  'shopper_profile_id',
  'segment_ids',
];

export const listCustomers: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, FILTERS);
  if (parsed.outcome === 'refused') return parsed.answer;
  const { query } = parsed;
  const include = query.texts('include') ?? [];
  const unknown = include.find((each) => !INCLUDES.includes(each));
  if (unknown !== undefined) return problem(422, `The include parameter ${unknown} is not valid.`);
  const order = orderOf(query.text('sort'));
  if (!order) return problem(422, `The sort parameter ${query.text('sort') ?? ''} is not valid.`);
  const found = [...store.customers.values()].filter((customer) => isWanted(customer, query)).sort(order);
  return cursorPage(found, query, {
    idOf: ({ id }) => String(id),
    isOrderedById: query.text('sort') === undefined && store.turned().cursorOfDeleted === 'continues',
    show: (customer) => customerView(store, customer, new Set(include)),
  });
};

function isWanted(customer: Customer, query: ParsedQuery): boolean {
  const isIn = (filter: string, value: string): boolean => {
    const wanted = query.texts(filter);
    return wanted === undefined || wanted.some((each) => each.toLowerCase() === value.toLowerCase());
  };
  const name = `${customer.first_name} ${customer.last_name}`;
  const like = query.texts('name:like');
  return (
    (query.integers('id:in')?.includes(customer.id) ?? true) &&
    (query.integers('customer_group_id:in')?.includes(customer.customer_group_id) ?? true) &&
    isIn('email:in', customer.email) &&
    isIn('company:in', customer.company) &&
    isIn('name:in', name) &&
    isIn('phone:in', customer.phone) &&
    isIn('registration_ip_address:in', customer.registration_ip_address) &&
    (like?.some((each) => name.toLowerCase().includes(each.toLowerCase())) ?? true) &&
    isWithinDates(query, customer)
  );
}

type Order = (left: Customer, right: Customer) => number;

const ORDERS: Readonly<Record<string, Order>> = {
  date_created: (left, right) => left.date_created.getTime() - right.date_created.getTime(),
  date_modified: (left, right) => left.date_modified.getTime() - right.date_modified.getTime(),
  last_name: (left, right) => left.last_name.localeCompare(right.last_name),
};

/** By id when nothing is asked; equal values go by id. @returns undefined for an order that does not exist. */
function orderOf(sort: string | undefined): Order | undefined {
  const byId: Order = (left, right) => left.id - right.id;
  if (sort === undefined) return byId;
  const [field = '', direction = ''] = sort.split(':');
  const order = ORDERS[field];
  if (!order || (direction !== 'asc' && direction !== 'desc')) return undefined;
  const sign = direction === 'asc' ? 1 : -1;
  return (left, right) => sign * order(left, right) || byId(left, right);
}

export const createCustomers: Handler = ({ store, body }) => {
  const parsed = parseItems(body, { most: MOST, fields: NEW_CUSTOMER, required: NEW_CUSTOMER_REQUIRED });
  if (parsed.outcome === 'refused') return parsed.answer;
  const created: Customer[] = [];
  for (const item of parsed.items) {
    const refusal = refuseCustomer(store, item, undefined);
    if (refusal !== undefined) {
      keepEarlier(store, created);
      return createFailed(refusal);
    }
    created.push(createCustomer(store, item));
  }
  for (const customer of created) customerHappened(store, 'created', customer);
  return ok(created.map(writtenCustomerView));
};

/** What came before the item that failed: kept and told about, or undone. */
function keepEarlier(store: Store, created: readonly Customer[]): void {
  const isKept = store.turned().batchOnDuplicate === 'keeps-earlier';
  for (const customer of created) {
    if (isKept) customerHappened(store, 'created', customer);
    else removeCustomer(store, customer.id);
  }
}

function createFailed(refusal: string): Answer {
  return problem(422, 'Create customers failed.', {
    '.customer_create': `Error creating customers: ${refusal}`,
  });
}

export const updateCustomers: Handler = ({ store, body }) => {
  const parsed = parseItems(body, { most: MOST, fields: CHANGED_CUSTOMER, required: ['id'] });
  if (parsed.outcome === 'refused') return parsed.answer;
  const answer = refuseUpdates(store, parsed.items);
  if (answer) return answer;
  const done: Update[] = [];
  let refusal: string | undefined;
  for (const item of parsed.items) {
    const customer = store.customers.get(Number(item['id']));
    if (!customer) continue;
    // One by one: an item meets what the items before it have changed.
    refusal = refuseCustomer(store, withoutSubResources(item), customer);
    if (refusal !== undefined) break;
    const before = { ...customer };
    done.push({ customer, before, item, changed: changeCustomer(store, customer, item) });
  }
  const isUndone = refusal !== undefined && store.turned().batchOnDuplicate === 'all-or-nothing';
  if (isUndone) for (const { customer, before } of done.reverse()) Object.assign(customer, before);
  else for (const update of done) tellUpdate(store, update);
  return refusal === undefined
    ? ok(done.map(({ customer }) => writtenCustomerView(customer)))
    : updateFailed(refusal);
};

type Update = {
  readonly customer: Customer;
  readonly before: Customer;
  readonly item: Item;
  readonly changed: Changed;
};

function tellUpdate(store: Store, { customer, before, item, changed }: Update): void {
  endSessionsAfter(store, customer.id, changed);
  const isSame = isDeepStrictEqual({ ...customer, date_modified: before.date_modified }, before);
  if (!isSame || store.turned().webhookOnSameValues === 'told') customerHappened(store, 'updated', customer);
  if (item['channel_ids'] !== undefined) channelAccessChanged(store, customer);
}

function updateFailed(refusal: string): Answer {
  return problem(422, 'Update customers failed.', {
    '.customer_update': `Error updating customers: ${refusal}`,
  });
}

/** What is wrong whatever the order of the items. */
function refuseUpdates(store: Store, items: readonly Item[]): Answer | undefined {
  const title = 'Update customers failed.';
  for (const [index, item] of items.entries()) {
    const current = store.customers.get(Number(item['id']));
    if (!current) return problem(422, title, { [`${index}.id`]: 'invalid customer ID' });
    const readOnly = READ_ONLY_ON_PUT.find((name) => item[name] !== undefined);
    if (readOnly !== undefined && store.turned().readOnlyFields === 'refused') {
      return problem(422, title, { [`${index}.${readOnly}`]: 'read-only field' });
    }
  }
  return undefined;
}

/** A PUT does not look at them, so they cannot be wrong. */
function withoutSubResources(item: Item): Item {
  const { addresses: _addresses, attributes: _attributes, origin_channel_id: _origin, ...rest } = item;
  return rest;
}

/** 204 whatever happens: for unknown ids, and without a query, when nothing is deleted. */
export const deleteCustomers: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, { 'id:in': 'integers' });
  if (parsed.outcome === 'refused') return parsed.answer;
  for (const id of parsed.query.integers('id:in') ?? []) {
    const customer = store.customers.get(id);
    removeCustomer(store, id);
    if (customer) customerHappened(store, 'deleted', customer);
  }
  return NO_CONTENT;
};

/** Not wrapped in `data`. */
export const validateCredentials: Handler = ({ store, body }) => {
  const errors = checkObject(
    body,
    { email: { type: 'text' }, password: { type: 'text' }, channel_id: { type: 'integer' } },
    ['email', 'password'],
    '',
  );
  if (Object.keys(errors).length > 0 || !isObject(body)) return invalidJson(errors);
  if (!countValidation(store)) return problem(429, 'Too many requests');
  const channelId = Number(body['channel_id'] ?? 1);
  if (!channelById(store, channelId)) return invalidJson({ channel_id: 'error.invalid' });
  const email = String(body['email']).toLowerCase();
  const customer = [...store.customers.values()].find(
    (each) => each.email.toLowerCase() === email && coversChannel(store, each, channelId),
  );
  const isValid = customer?.password !== null && customer?.password === body['password'];
  return customer && isValid ? bare({ is_valid: true, customer_id: customer.id }) : bare({ is_valid: false });
};
