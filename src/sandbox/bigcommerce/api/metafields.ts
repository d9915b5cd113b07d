import type { ApiAccount, Metafield } from '../model.ts';
import type { Store } from '../store.ts';
import { invalidJson, NO_CONTENT, NOT_FOUND, ok, problem, timestamp } from './answers.ts';
import type { ApiCall, Handler } from './call.ts';
import { checkObject, type Fields, type Item, isObject, text } from './fields.ts';
import { CURSOR_FILTERS, cursorPage, numberedPage, PAGE_FILTERS } from './paging.ts';
import { DATE_FILTERS, isWithinDates, type ParsedQuery, parseQuery } from './query.ts';

export const METAFIELD: Fields = {
  permission_set: {
    type: 'text',
    oneOf: ['app_only', 'read', 'write', 'read_and_sf_access', 'write_and_sf_access'],
  },
  namespace: { type: 'text', min: 1, max: 64 },
  key: { type: 'text', min: 1, max: 64 },
  value: { type: 'text', min: 1, max: 65_535 },
  description: { type: 'text', max: 255 },
};
export const METAFIELD_REQUIRED = ['permission_set', 'namespace', 'key', 'value'];

const FILTERS = {
  ...PAGE_FILTERS,
  ...DATE_FILTERS,
  key: 'text',
  'key:in': 'texts',
  namespace: 'text',
  'namespace:in': 'texts',
} as const;

/** `app_only` fields exist for the account that made them and for nobody else. */
export function isVisible(field: Metafield, account: ApiAccount): boolean {
  return field.permission_set !== 'app_only' || field.owner_client_id === account.clientId;
}

function isWanted(field: Metafield, query: ParsedQuery): boolean {
  return (
    (query.text('key') ?? field.key) === field.key &&
    (query.text('namespace') ?? field.namespace) === field.namespace &&
    (query.texts('key:in')?.includes(field.key) ?? true) &&
    (query.texts('namespace:in')?.includes(field.namespace) ?? true) &&
    isWithinDates(query, field)
  );
}

/** Of one customer. */
export const listMetafields: Handler = ({ store, account, query: raw, params }) => {
  const parsed = parseQuery(raw, FILTERS);
  if (parsed.outcome === 'refused') return parsed.answer;
  const customerId = Number(params['customerId']);
  if (!store.customers.has(customerId)) return NOT_FOUND;
  const found = [...store.metafields.values()].filter(
    (field) => field.resource_id === customerId && isVisible(field, account) && isWanted(field, parsed.query),
  );
  return numberedPage(found, parsed.query, metafieldView);
};

/** Of all customers, with cursors. */
export const listAllMetafields: Handler = ({ store, account, query: raw }) => {
  const parsed = parseQuery(raw, { ...FILTERS, ...CURSOR_FILTERS, direction: 'text' });
  if (parsed.outcome === 'refused') return parsed.answer;
  const { query } = parsed;
  const found = [...store.metafields.values()].filter(
    (field) => isVisible(field, account) && isWanted(field, query),
  );
  if (query.text('direction') === 'desc') found.reverse();
  return cursorPage(found, query, { idOf: ({ id }) => String(id), show: metafieldView });
};

export const createMetafield: Handler = ({ store, account, params, body }) => {
  const customerId = Number(params['customerId']);
  if (!store.customers.has(customerId)) return NOT_FOUND;
  const errors = checkObject(body, METAFIELD, METAFIELD_REQUIRED, '');
  if (Object.keys(errors).length > 0 || !isObject(body)) return invalidJson(errors);
  const field = addMetafield(store, account, customerId, body);
  return field ? ok(metafieldView(field)) : problem(409, KNOWN_METAFIELD);
};

export const KNOWN_METAFIELD = 'A metafield with this namespace and key exists already.';

/** @returns undefined when this account has such a field at this customer. */
export function addMetafield(
  store: Store,
  account: ApiAccount,
  customerId: number,
  item: Item,
): Metafield | undefined {
  const [namespace, key] = [text(item, 'namespace'), text(item, 'key')];
  const isKnown = [...store.metafields.values()].some(
    (field) =>
      field.owner_client_id === account.clientId &&
      field.resource_id === customerId &&
      field.namespace === namespace &&
      field.key === key,
  );
  if (isKnown) return undefined;
  const now = store.now();
  const field: Metafield = {
    id: store.nextId(),
    owner_client_id: account.clientId,
    resource_id: customerId,
    namespace,
    key,
    value: text(item, 'value'),
    description: text(item, 'description'),
    permission_set: text(item, 'permission_set'),
    date_created: now,
    date_modified: now,
  };
  store.metafields.set(field.id, field);
  return field;
}

export const showMetafield: Handler = (call) => {
  const field = find(call);
  return field ? ok(metafieldView(field)) : NOT_FOUND;
};

/** Only value, description and permission change; only the owner and those who may write change them. */
export const updateMetafield: Handler = (call) => {
  const field = find(call);
  if (!field) return NOT_FOUND;
  const errors = checkObject(call.body, METAFIELD, [], '');
  if (Object.keys(errors).length > 0 || !isObject(call.body)) return invalidJson(errors);
  if (!mayWrite(field, call.account)) return problem(403, FOREIGN_METAFIELD);
  changeMetafield(call.store, field, call.body);
  return ok(metafieldView(field));
};

export const FOREIGN_METAFIELD = 'This metafield belongs to another app.';

export function changeMetafield(store: Store, field: Metafield, item: Item): void {
  field.value = text(item, 'value', field.value);
  field.description = text(item, 'description', field.description);
  field.permission_set = text(item, 'permission_set', field.permission_set);
  field.date_modified = store.now();
}

export const deleteMetafield: Handler = (call) => {
  const field = find(call);
  if (!field) return NOT_FOUND;
  if (!mayWrite(field, call.account)) return problem(403, FOREIGN_METAFIELD);
  call.store.metafields.delete(field.id);
  return NO_CONTENT;
};

export function mayWrite(field: Metafield, account: ApiAccount): boolean {
  return field.owner_client_id === account.clientId || field.permission_set.startsWith('write');
}

function find({
  store,
  account,
  params,
}: Pick<ApiCall, 'account' | 'params'> & { store: Store }): Metafield | undefined {
  const field = store.metafields.get(Number(params['metafieldId']));
  const isHere = field?.resource_id === Number(params['customerId']) && isVisible(field, account);
  return isHere ? field : undefined;
}

export function metafieldView({
  date_created: created,
  date_modified: modified,
  ...rest
}: Metafield): object {
  return {
    ...rest,
    resource_type: 'customer',
    date_created: timestamp(created),
    date_modified: timestamp(modified),
  };
}
