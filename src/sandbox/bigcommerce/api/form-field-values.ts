import type { FormFieldValue } from '../model.ts';
import type { Store } from '../store.ts';
import { type Answer, ok, problem } from './answers.ts';
import type { Handler } from './call.ts';
import { type Fields, type Item, parseItems } from './fields.ts';
import { refuseFormFields } from './form-field-rules.ts';
import { CURSOR_FILTERS, cursorPage, PAGE_FILTERS } from './paging.ts';
import { parseQuery } from './query.ts';

type Entry = FormFieldValue & { readonly customer_id?: number; readonly address_id?: number };

/** Values of customers and of addresses in one list. They are written through customers and addresses. */
export const listFormFieldValues: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, {
    ...PAGE_FILTERS,
    ...CURSOR_FILTERS,
    customer_id: 'integer',
    address_id: 'integer',
    field_name: 'text',
    field_type: 'text',
  });
  if (parsed.outcome === 'refused') return parsed.answer;
  const { query } = parsed;
  const typeOf = (name: string) => store.formFields.find((field) => field.name === name)?.type;
  const found = entries(store).filter(
    (entry) =>
      (query.integer('customer_id') ?? entry.customer_id) === entry.customer_id &&
      (query.integer('address_id') ?? entry.address_id) === entry.address_id &&
      (query.text('field_name') ?? entry.name) === entry.name &&
      (query.text('field_type') ?? typeOf(entry.name)) === typeOf(entry.name),
  );
  return cursorPage(found, query, {
    idOf: (entry) => `${entry.customer_id ?? ''}/${entry.address_id ?? ''}/${entry.name}`,
    show: (entry) => entry,
  });
};

/** Deprecated by its own page: the same through customers and addresses. All items are right, or none is written. */
export const upsertFormFieldValues: Handler = ({ store, body }) => {
  const parsed = parseItems(body, { fields: VALUE, required: ['name', 'value'] });
  if (parsed.outcome === 'refused') return parsed.answer;
  const writes: { holder: Holder; field: FormFieldValue }[] = [];
  for (const [index, item] of parsed.items.entries()) {
    const of = item['address_id'] === undefined ? 'customer' : 'address';
    const holder = holderOf(store, item);
    if (!holder) return failed(`${index}.${of}_id`, `invalid ${of} ID`);
    const { name, value } = item as unknown as FormFieldValue;
    const refusal = refuseFormFields(store, { form_fields: [{ name, value }] }, of);
    if (refusal !== undefined) return failed(String(index), refusal);
    writes.push({ holder, field: { name, value } });
  }
  for (const { holder, field } of writes) {
    holder.form_fields = [...holder.form_fields.filter(({ name }) => name !== field.name), field];
  }
  return ok(parsed.items);
};

type Holder = { form_fields: FormFieldValue[] };

const VALUE: Fields = {
  customer_id: { type: 'integer' },
  address_id: { type: 'integer' },
  name: { type: 'text', min: 1 },
  value: { type: 'form-value' },
};

function holderOf(store: Store, item: Item): Holder | undefined {
  const address = item['address_id'];
  if (address !== undefined) return store.addresses.get(Number(address));
  return store.customers.get(Number(item['customer_id']));
}

function failed(path: string, why: string): Answer {
  return problem(422, 'Upsert form field values failed.', { [path]: why });
}

function entries(store: Store): readonly Entry[] {
  return [
    ...[...store.customers.values()].flatMap(({ id, form_fields: fields }) =>
      fields.map((field) => ({ customer_id: id, ...field })),
    ),
    ...[...store.addresses.values()].flatMap(({ id, form_fields: fields }) =>
      fields.map((field) => ({ address_id: id, ...field })),
    ),
  ];
}
