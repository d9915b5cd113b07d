import { type Answer, DOCUMENTS } from './answers.ts';
import type { Handler } from './call.ts';
import { type Item, parseItems } from './fields.ts';
import {
  addMetafield,
  changeMetafield,
  FOREIGN_METAFIELD,
  isVisible,
  KNOWN_METAFIELD,
  METAFIELD,
  METAFIELD_REQUIRED,
  mayWrite,
  metafieldView,
} from './metafields.ts';

type Outcome = { readonly done: unknown } | { readonly failed: object };

/** Metafields of several customers. What is wrong fails by itself: 422 then, with what was done and what was not. */
export const createMetafields: Handler = ({ store, account, body }) => {
  const parsed = parseItems(body, {
    fields: { ...METAFIELD, resource_id: { type: 'integer' } },
    required: [...METAFIELD_REQUIRED, 'resource_id'],
  });
  if (parsed.outcome === 'refused') return parsed.answer;
  return eachItem(parsed.items, (item) => {
    const customerId = Number(item['resource_id']);
    if (!store.customers.has(customerId)) return failed(404, 'The customer does not exist.');
    const field = addMetafield(store, account, customerId, item);
    return field ? { done: metafieldView(field) } : failed(409, KNOWN_METAFIELD);
  });
};

export const updateMetafields: Handler = ({ store, account, body }) => {
  const parsed = parseItems(body, { fields: { ...METAFIELD, id: { type: 'integer' } }, required: ['id'] });
  if (parsed.outcome === 'refused') return parsed.answer;
  return eachItem(parsed.items, (item) => {
    const field = store.metafields.get(Number(item['id']));
    if (!field || !isVisible(field, account)) return failed(404, 'The metafield does not exist.');
    if (!mayWrite(field, account)) return failed(403, FOREIGN_METAFIELD);
    changeMetafield(store, field, item);
    return { done: metafieldView(field) };
  });
};

/** The body is a list of ids. */
export const deleteMetafields: Handler = ({ store, account, body }) => {
  const isIds = Array.isArray(body) && body.length > 0 && body.every((id) => Number.isInteger(id));
  if (!isIds) return { status: 400, body: { status: 400, title: 'Input is invalid', type: DOCUMENTS } };
  return eachItem(body as readonly number[], (id) => {
    const field = store.metafields.get(id);
    if (!field || !isVisible(field, account)) return failed(404, 'The metafield does not exist.');
    if (!mayWrite(field, account)) return failed(403, FOREIGN_METAFIELD);
    store.metafields.delete(id);
    return { done: id };
  });
};

function eachItem<T extends Item | number>(items: readonly T[], work: (item: T) => Outcome): Answer {
  const outcomes = items.map(work);
  const data = outcomes.flatMap((each) => ('done' in each ? [each.done] : []));
  const errors = outcomes.flatMap((each) => ('failed' in each ? [each.failed] : []));
  const meta = { total: items.length, success: data.length, failed: errors.length };
  return { status: errors.length === 0 ? 200 : 422, body: { data, errors, meta } };
}

function failed(status: number, title: string): Outcome {
  return { failed: { status, title, type: DOCUMENTS, errors: {} } };
}
