import type { Address } from '../model.ts';
import type { Store } from '../store.ts';
import { addressHappened } from '../webhooks/events.ts';
import { buildAddress, checkAddress, isSameAddress } from './address-rules.ts';
import { addressView } from './address-view.ts';
import { type Answer, NO_CONTENT, ok, problem } from './answers.ts';
import type { Handler } from './call.ts';
import { ADDRESS_FIELDS } from './customer-input.ts';
import { type Item, parseItems } from './fields.ts';
import { refuseFormFields, writtenFormFields } from './form-field-rules.ts';
import { numberedPage, PAGE_FILTERS } from './paging.ts';
import { parseQuery } from './query.ts';

const REQUIRED = [
  'customer_id',
  'first_name',
  'last_name',
  'address1',
  'city',
  'country_code',
  'state_or_province',
  'postal_code',
];

export const listAddresses: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, {
    ...PAGE_FILTERS,
    'id:in': 'integers',
    'customer_id:in': 'integers',
    'company:in': 'texts',
    'name:in': 'texts',
    include: 'texts',
  });
  if (parsed.outcome === 'refused') return parsed.answer;
  const { query } = parsed;
  const names = query.texts('name:in')?.map((each) => each.toLowerCase());
  const found = [...store.addresses.values()].filter(
    (address) =>
      (query.integers('id:in')?.includes(address.id) ?? true) &&
      (query.integers('customer_id:in')?.includes(address.customer_id) ?? true) &&
      (query.texts('company:in')?.includes(address.company) ?? true) &&
      (names?.includes(`${address.first_name} ${address.last_name}`.toLowerCase()) ?? true),
  );
  const withFormFields = query.texts('include')?.includes('formfields') ?? false;
  return numberedPage(found, query, (address) => addressView(address, withFormFields));
};

/** An address that exists already changes nothing, and the answer leaves it out. */
export const createAddresses: Handler = ({ store, body }) => {
  const parsed = parseItems(body, { fields: ADDRESS_FIELDS, required: REQUIRED });
  if (parsed.outcome === 'refused') return parsed.answer;
  for (const [index, item] of parsed.items.entries()) {
    if (!store.customers.has(Number(item['customer_id']))) {
      return failed('Create', { [`${index}.customer_id`]: 'invalid customer ID' });
    }
    const refusal = refuse(store, item, true);
    if (refusal !== undefined) return failed('Create', { [String(index)]: refusal });
  }
  const stored = parsed.items.flatMap((item) => {
    const address = buildAddress(store.nextId(), Number(item['customer_id']), item);
    return keepUnlessSame(store, address);
  });
  for (const address of stored) addressHappened(store, 'created', address);
  return ok(stored.map((address) => addressView(address, false)));
};

export const updateAddresses: Handler = ({ store, body }) => {
  const parsed = parseItems(body, { fields: ADDRESS_FIELDS, required: ['id'] });
  if (parsed.outcome === 'refused') return parsed.answer;
  const next: Address[] = [];
  for (const [index, item] of parsed.items.entries()) {
    const current = store.addresses.get(Number(item['id']));
    if (!current) return failed('Update', { [`${index}.id`]: 'invalid address ID' });
    const address = buildAddress(current.id, current.customer_id, item, current);
    address.form_fields = writtenFormFields(store, current.form_fields, item);
    const refusal = refuse(store, { ...address, form_fields: item['form_fields'] }, false);
    if (refusal !== undefined) return failed('Update', { [String(index)]: refusal });
    next.push(address);
  }
  const stored = next.flatMap((address) => keepUnlessSame(store, address));
  for (const address of stored) addressHappened(store, 'updated', address);
  return ok(stored.map((address) => addressView(address, false)));
};

export const deleteAddresses: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, { 'id:in': 'integers' });
  if (parsed.outcome === 'refused') return parsed.answer;
  for (const id of parsed.query.integers('id:in') ?? []) {
    const address = store.addresses.get(id);
    store.addresses.delete(id);
    if (address) addressHappened(store, 'deleted', address);
  }
  return NO_CONTENT;
};

function keepUnlessSame(store: Store, address: Address): readonly Address[] {
  if ([...store.addresses.values()].some((other) => isSameAddress(other, address))) return [];
  store.addresses.set(address.id, address);
  return [address];
}

function refuse(store: Store, item: Item, isNew: boolean): string | undefined {
  return checkAddress(store, item) ?? refuseFormFields(store, item, 'address', isNew);
}

function failed(verb: 'Create' | 'Update', errors: Readonly<Record<string, string>>): Answer {
  return problem(422, `${verb} customer addresses failed.`, errors);
}
