import type { FormFieldValue } from '../model.ts';
import type { Store } from '../store.ts';
import type { Handler } from './call.ts';
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
