import { findDuplicate } from '../coverage.ts';
import type { AttributeType, Customer } from '../model.ts';
import { channelById, type Store } from '../store.ts';
import { checkAddress } from './address-rules.ts';
import { type Item, isObject, list } from './fields.ts';
import { refuseFormFields } from './form-field-rules.ts';

/** Why the store refuses a customer; the text ends up in `errors`. */
export type Refusal = string | undefined;

/** What schema checks cannot say: references, uniqueness per channel, passwords. */
export function refuseCustomer(store: Store, item: Item, current: Customer | undefined): Refusal {
  const email = typeof item['email'] === 'string' ? item['email'] : (current?.email ?? '');
  return (
    refuseEmail(email) ??
    refuseChannels(store, item) ??
    refuseGroup(store, item) ??
    refuseDuplicate(store, item, email, current) ??
    refusePassword(store, item) ??
    refuseAttributes(store, item) ??
    refuseFormFields(store, item, 'customer', current === undefined) ??
    refuseAddresses(store, item)
  );
}

function refuseEmail(email: string): Refusal {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) ? undefined : `email ${email} is not a valid email address`;
}

function refuseChannels(store: Store, item: Item): Refusal {
  const ids = item['channel_ids'];
  const origin = item['origin_channel_id'];
  if (Array.isArray(ids) && ids.length === 0) return 'channel_ids cannot be empty';
  const named = [
    ...(Array.isArray(ids) ? (ids as number[]) : []),
    ...(typeof origin === 'number' ? [origin] : []),
  ];
  const unknown = named.find((id) => !channelById(store, id));
  return unknown === undefined ? undefined : `channel ${unknown} does not exist`;
}

function refuseGroup(store: Store, item: Item): Refusal {
  const id = item['customer_group_id'];
  const isKnown = id === undefined || id === 0 || (typeof id === 'number' && store.groups.has(id));
  return isKnown ? undefined : `customer_group_id ${String(id)} does not exist`;
}

function refuseDuplicate(store: Store, item: Item, email: string, current: Customer | undefined): Refusal {
  const isTouched = current === undefined || item['email'] !== undefined || item['channel_ids'] !== undefined;
  if (!isTouched) return undefined;
  const given = item['channel_ids'];
  const reach = given === undefined ? (current?.channel_ids ?? null) : (given as Customer['channel_ids']);
  const other = findDuplicate(store, { email, reach, ...(current && { exceptId: current.id }) });
  return other ? `email ${email} already in use` : undefined;
}

function refusePassword(store: Store, item: Item): Refusal {
  const authentication = item['authentication'];
  const password = isObject(authentication) ? authentication['new_password'] : undefined;
  if (password === undefined) return undefined;
  const rule = PASSWORD_RULES[store.turned().passwordRule];
  return typeof password === 'string' && rule.isMet(password) ? undefined : rule.text;
}

/** `strict` is what a store may set as its password complexity. */
const PASSWORD_RULES = {
  none: { isMet: () => true, text: 'password must be a text' },
  'letters-and-digits': {
    isMet: (password: string) => password.length >= 7 && /\p{L}/u.test(password) && /\d/.test(password),
    text: 'password must have at least 7 characters and contain letters and digits',
  },
  strict: {
    isMet: (password: string) =>
      password.length >= 12 &&
      [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d\s]/u].every((kind) => kind.test(password)),
    text: 'password must have at least 12 characters and contain lower and upper case, digits and signs',
  },
} as const;

function refuseAttributes(store: Store, item: Item): Refusal {
  for (const { attribute_id: id, attribute_value: value } of list(item, 'attributes')) {
    const refusal = refuseAttributeValue(store, Number(id), String(value));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

export function refuseAttributeValue(store: Store, attributeId: number, value: string): Refusal {
  const definition = store.attributes.get(attributeId);
  if (!definition) return `attribute ${attributeId} does not exist`;
  const isChecked = store.turned().attributeTypes === 'checked' && value !== '';
  return isChecked && !fits(definition.type, value)
    ? `attribute ${attributeId} expects a ${definition.type}`
    : undefined;
}

function fits(type: AttributeType, value: string): boolean {
  if (type === 'number') return Number.isFinite(Number(value));
  if (type === 'date') return /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value));
  return true;
}

function refuseAddresses(store: Store, item: Item): Refusal {
  for (const address of list(item, 'addresses')) {
    const refusal = checkAddress(store, address) ?? refuseFormFields(store, address, 'address', true);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
