import type { Customer } from '../model.ts';
import type { Store } from '../store.ts';
import { buildAddress } from './address-rules.ts';
import { type Item, isObject, list, text } from './fields.ts';
import { writtenFormFields } from './form-field-rules.ts';
import { defaultGroup } from './group-defaults.ts';

/** Creates what the checks have let through. */
export function createCustomer(store: Store, item: Item): Customer {
  const now = store.now();
  const customer: Customer = {
    id: store.nextId(),
    email: text(item, 'email'),
    first_name: text(item, 'first_name'),
    last_name: text(item, 'last_name'),
    company: text(item, 'company'),
    phone: text(item, 'phone'),
    notes: text(item, 'notes'),
    tax_exempt_category: text(item, 'tax_exempt_category'),
    customer_group_id: groupOf(store, item),
    accepts_product_review_abandoned_cart_emails:
      item['accepts_product_review_abandoned_cart_emails'] === true,
    store_credit: creditOf(item) ?? 0,
    origin_channel_id: (item['origin_channel_id'] as number | undefined) ?? 1,
    channel_ids: (item['channel_ids'] as Customer['channel_ids'] | undefined) ?? null,
    // Blank for customers that the API created.
    registration_ip_address: '',
    form_fields: writtenFormFields(store, [], item),
    force_password_reset: authenticationOf(item).reset ?? false,
    password: authenticationOf(item).password ?? null,
    orders: 0,
    date_created: now,
    date_modified: now,
  };
  store.customers.set(customer.id, customer);
  addSubResources(store, customer, item);
  return customer;
}

function addSubResources(store: Store, customer: Customer, item: Item): void {
  for (const address of list(item, 'addresses')) {
    const id = store.nextId();
    store.addresses.set(id, buildAddress(id, customer.id, address));
  }
  for (const given of list(item, 'attributes')) {
    setAttribute(store, customer.id, Number(given['attribute_id']), text(given, 'attribute_value'));
  }
}

/** One value per customer and attribute. */
export function setAttribute(store: Store, customerId: number, attributeId: number, value: string): number {
  const now = store.now();
  for (const known of store.attributeValues.values()) {
    if (known.customer_id !== customerId || known.attribute_id !== attributeId) continue;
    known.value = value;
    known.date_modified = now;
    return known.id;
  }
  const id = store.nextId();
  store.attributeValues.set(id, {
    id,
    attribute_id: attributeId,
    customer_id: customerId,
    value,
    date_created: now,
    date_modified: now,
  });
  return id;
}

const TEXTS = [
  'email',
  'first_name',
  'last_name',
  'company',
  'phone',
  'notes',
  'tax_exempt_category',
] as const;

/** What of a change may end sessions. */
export type Changed = { readonly newPassword: boolean; readonly resetForced: boolean };

/** Changes the fields that are given. */
export function changeCustomer(store: Store, customer: Customer, item: Item): Changed {
  for (const name of TEXTS) customer[name] = text(item, name, customer[name]);
  const group = item['customer_group_id'];
  if (typeof group === 'number') customer.customer_group_id = group;
  const consent = item['accepts_product_review_abandoned_cart_emails'];
  if (typeof consent === 'boolean') customer.accepts_product_review_abandoned_cart_emails = consent;
  // null is a value here: it makes the customer global.
  if (item['channel_ids'] !== undefined)
    customer.channel_ids = item['channel_ids'] as Customer['channel_ids'];
  customer.store_credit = creditOf(item) ?? customer.store_credit;
  customer.form_fields = writtenFormFields(store, customer.form_fields, item);
  const { password, reset } = authenticationOf(item);
  if (reset !== undefined) customer.force_password_reset = reset;
  if (password !== undefined) customer.password = password;
  customer.date_modified = store.now();
  return { newPassword: password !== undefined, resetForced: reset === true };
}

/** Orders stay; everything else that belongs to the customer goes. */
export function removeCustomer(store: Store, id: number): void {
  const customer = store.customers.get(id);
  if (customer && customer.orders > 0) {
    const { orders, origin_channel_id, date_created } = customer;
    store.formerOrders.set(id, { customer_id: id, orders, origin_channel_id, date_created });
  }
  store.customers.delete(id);
  store.consents.delete(id);
  for (const address of store.addresses.values())
    if (address.customer_id === id) store.addresses.delete(address.id);
  for (const value of store.attributeValues.values()) {
    if (value.customer_id === id) store.attributeValues.delete(value.id);
  }
  for (const field of store.metafields.values())
    if (field.resource_id === id) store.metafields.delete(field.id);
}

function groupOf(store: Store, item: Item): number {
  const given = item['customer_group_id'];
  if (typeof given === 'number') return given;
  if (store.turned().groupOfNewCustomer === 'none') return 0;
  return defaultGroup(store, Number(item['origin_channel_id'] ?? 1));
}

function creditOf(item: Item): number | undefined {
  const amount = list(item, 'store_credit_amounts')[0]?.['amount'];
  return typeof amount === 'number' ? amount : undefined;
}

function authenticationOf(item: Item): { password?: string; reset?: boolean } {
  const given = item['authentication'];
  if (!isObject(given)) return {};
  const { new_password: password, force_password_reset: reset } = given;
  return {
    ...(typeof password === 'string' && { password }),
    ...(typeof reset === 'boolean' && { reset }),
  };
}
