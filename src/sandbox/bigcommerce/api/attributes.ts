import type { AttributeDefinition, AttributeType, AttributeValue } from '../model.ts';
import type { Store } from '../store.ts';
import { type Answer, NO_CONTENT, ok, problem, timestamp, tooLarge } from './answers.ts';
import type { Handler } from './call.ts';
import { refuseAttributeValue } from './customer-rules.ts';
import { setAttribute } from './customer-writing.ts';
import { type Fields, isObject, parseItems, text } from './fields.ts';
import { numberedPage, PAGE_FILTERS } from './paging.ts';
import { DATE_FILTERS, isWithinDates, parseQuery } from './query.ts';

/** A store has no more definitions than this. */
const MOST_DEFINITIONS = 50;
const MOST_VALUES = 10;

const DEFINITION: Fields = {
  id: { type: 'integer' },
  name: { type: 'text', min: 1, max: 255 },
  type: { type: 'text', oneOf: ['string', 'number', 'date'] },
};

/** By name, type and dates only: `id:in` is no filter here. */
export const listAttributes: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, {
    ...PAGE_FILTERS,
    ...DATE_FILTERS,
    name: 'text',
    'name:like': 'text',
    type: 'text',
  });
  if (parsed.outcome === 'refused') return parsed.answer;
  const { query } = parsed;
  const like = query.text('name:like')?.toLowerCase();
  const found = [...store.attributes.values()].filter(
    (each) =>
      (query.text('name') ?? each.name) === each.name &&
      (query.text('type') ?? each.type) === each.type &&
      each.name.toLowerCase().includes(like ?? '') &&
      isWithinDates(query, each),
  );
  return numberedPage(found, query, definitionView);
};

export const createAttributes: Handler = ({ store, body }) => {
  const parsed = parseItems(body, { fields: DEFINITION, required: ['name', 'type'] });
  if (parsed.outcome === 'refused') return parsed.answer;
  const names = new Set([...store.attributes.values()].map(({ name }) => name));
  for (const item of parsed.items) {
    const name = text(item, 'name');
    if (names.has(name)) return definitionFailed('create', `attribute ${name} already exists`);
    names.add(name);
  }
  if (names.size > MOST_DEFINITIONS) {
    return definitionFailed('create', `a store cannot have more than ${MOST_DEFINITIONS} attributes`);
  }
  return ok(parsed.items.map((item) => definitionView(define(store, text(item, 'name'), item['type']))));
};

function define(store: Store, name: string, type: unknown): AttributeDefinition {
  const now = store.now();
  const definition: AttributeDefinition = {
    id: store.nextId(),
    name,
    type: type as AttributeType,
    date_created: now,
    date_modified: now,
  };
  store.attributes.set(definition.id, definition);
  return definition;
}

/** Renames; the type never changes. */
export const updateAttributes: Handler = ({ store, body }) => {
  const parsed = parseItems(body, { fields: DEFINITION, required: ['id'] });
  if (parsed.outcome === 'refused') return parsed.answer;
  const changed: AttributeDefinition[] = [];
  for (const [index, item] of parsed.items.entries()) {
    const definition = store.attributes.get(Number(item['id']));
    if (!definition) {
      return problem(422, 'Update customer attributes failed.', { [`${index}.id`]: 'invalid attribute ID' });
    }
    const name = text(item, 'name', definition.name);
    const isTaken = [...store.attributes.values()].some((each) => each !== definition && each.name === name);
    if (isTaken) return definitionFailed('update', `attribute ${name} already exists`);
    definition.name = name;
    definition.date_modified = store.now();
    changed.push(definition);
  }
  return ok(changed.map(definitionView));
};

/** Takes the values of all customers with it. */
export const deleteAttributes: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, { 'id:in': 'integers' });
  if (parsed.outcome === 'refused') return parsed.answer;
  for (const id of parsed.query.integers('id:in') ?? []) {
    store.attributes.delete(id);
    for (const value of store.attributeValues.values()) {
      if (value.attribute_id === id) store.attributeValues.delete(value.id);
    }
  }
  return NO_CONTENT;
};

export const listAttributeValues: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, {
    ...PAGE_FILTERS,
    ...DATE_FILTERS,
    'customer_id:in': 'integers',
    'attribute_id:in': 'integers',
    name: 'text',
  });
  if (parsed.outcome === 'refused') return parsed.answer;
  const { query } = parsed;
  const name = query.text('name');
  const found = [...store.attributeValues.values()].filter(
    (each) =>
      (query.integers('customer_id:in')?.includes(each.customer_id) ?? true) &&
      (query.integers('attribute_id:in')?.includes(each.attribute_id) ?? true) &&
      (name === undefined || store.attributes.get(each.attribute_id)?.name === name) &&
      isWithinDates(query, each),
  );
  return numberedPage(found, query, valueView);
};

/** Upserts by customer and attribute. The value is a text whatever the type of the attribute. */
export const upsertAttributeValues: Handler = ({ store, body }) => {
  const isByCustomer = store.turned().attributeValuesLimit === 'customers';
  if (isByCustomer && customersIn(body) > MOST_VALUES) return tooLarge(MOST_VALUES);
  const parsed = parseItems(body, {
    ...(!isByCustomer && { most: MOST_VALUES }),
    fields: {
      attribute_id: { type: 'integer' },
      customer_id: { type: 'integer' },
      value: { type: 'text', max: 255 },
    },
    required: ['attribute_id', 'customer_id', 'value'],
  });
  if (parsed.outcome === 'refused') return parsed.answer;
  for (const [index, item] of parsed.items.entries()) {
    if (!store.customers.has(Number(item['customer_id']))) return valuesFailed(index, 'invalid customer ID');
    const refusal = refuseAttributeValue(store, Number(item['attribute_id']), text(item, 'value'));
    if (refusal !== undefined) return valuesFailed(index, refusal);
  }
  const ids = parsed.items.map((item) =>
    setAttribute(store, Number(item['customer_id']), Number(item['attribute_id']), text(item, 'value')),
  );
  return ok(ids.flatMap((id) => store.attributeValues.get(id) ?? []).map(valueView));
};

function customersIn(body: unknown): number {
  const items = Array.isArray(body) ? (body as unknown[]) : [];
  return new Set(items.map((each) => (isObject(each) ? each['customer_id'] : undefined))).size;
}

export const deleteAttributeValues: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, { 'id:in': 'integers' });
  if (parsed.outcome === 'refused') return parsed.answer;
  for (const id of parsed.query.integers('id:in') ?? []) store.attributeValues.delete(id);
  return NO_CONTENT;
};

function definitionView({
  date_created: created,
  date_modified: modified,
  ...rest
}: AttributeDefinition): object {
  return { ...rest, date_created: timestamp(created), date_modified: timestamp(modified) };
}

function valueView(each: AttributeValue): object {
  return {
    id: each.id,
    attribute_id: each.attribute_id,
    attribute_value: each.value,
    customer_id: each.customer_id,
    date_created: timestamp(each.date_created),
    date_modified: timestamp(each.date_modified),
  };
}

function definitionFailed(verb: 'create' | 'update', why: string): Answer {
  const title = `${verb === 'create' ? 'Create' : 'Update'} customer attributes failed.`;
  return problem(422, title, { [`.customer_attribute_${verb}`]: why });
}

function valuesFailed(index: number, why: string): Answer {
  return problem(422, 'Upsert customer attribute values failed.', { [String(index)]: why });
}
