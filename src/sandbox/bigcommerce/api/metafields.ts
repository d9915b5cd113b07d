import type { ApiAccount, Metafield } from '../model.ts';
import type { Store } from '../store.ts';
import { invalidJson, NO_CONTENT, NOT_FOUND, ok, problem, timestamp } from './answers.ts';
import type { ApiCall, Handler } from './call.ts';
import { checkObject, type Fields, isObject, text } from './fields.ts';
import { numberedPage, PAGE_FILTERS } from './paging.ts';
import { DATE_FILTERS, isWithinDates, type ParsedQuery, parseQuery } from './query.ts';

const FIELDS: Fields = {
  permission_set: {
    type: 'text',
    oneOf: ['app_only', 'read', 'write', 'read_and_sf_access', 'write_and_sf_access'],
  },
  namespace: { type: 'text', min: 1, max: 64 },
  key: { type: 'text', min: 1, max: 64 },
  value: { type: 'text', min: 1, max: 65_535 },
  description: { type: 'text', max: 255 },
};
const REQUIRED = ['permission_set', 'namespace', 'key', 'value'];

const FILTERS = {
  ...PAGE_FILTERS,
  ...DATE_FILTERS,
  key: 'text',
  'key:in': 'texts',
  namespace: 'text',
  'namespace:in': 'texts',
} as const;

/** `app_only` fields exist for the account that made them and for nobody else. */
function isVisible(field: Metafield, account: ApiAccount): boolean {
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

/** Of one customer, or of all when the path names none. */
export const listMetafields: Handler = ({ store, account, query: raw, params }) => {
  const parsed = parseQuery(raw, FILTERS);
  if (parsed.outcome === 'refused') return parsed.answer;
  const customerId = params['customerId'];
  if (customerId !== undefined && !store.customers.has(Number(customerId))) return NOT_FOUND;
  const found = [...store.metafields.values()].filter(
    (field) =>
      (customerId === undefined || field.resource_id === Number(customerId)) &&
      isVisible(field, account) &&
      isWanted(field, parsed.query),
  );
  return numberedPage(found, parsed.query, view);
};

export const createMetafield: Handler = ({ store, account, params, body }) => {
  const customerId = Number(params['customerId']);
  if (!store.customers.has(customerId)) return NOT_FOUND;
  const errors = checkObject(body, FIELDS, REQUIRED, '');
  if (Object.keys(errors).length > 0 || !isObject(body)) return invalidJson(errors);
  const [namespace, key] = [text(body, 'namespace'), text(body, 'key')];
  const isKnown = [...store.metafields.values()].some(
    (field) =>
      field.owner_client_id === account.clientId &&
      field.resource_id === customerId &&
      field.namespace === namespace &&
      field.key === key,
  );
  if (isKnown) return problem(409, 'A metafield with this namespace and key exists already.');
  const now = store.now();
  const field: Metafield = {
    id: store.nextId(),
    owner_client_id: account.clientId,
    resource_id: customerId,
    namespace,
    key,
    value: text(body, 'value'),
    description: text(body, 'description'),
    permission_set: text(body, 'permission_set'),
    date_created: now,
    date_modified: now,
  };
  store.metafields.set(field.id, field);
  return ok(view(field));
};

export const showMetafield: Handler = (call) => {
  const field = find(call);
  return field ? ok(view(field)) : NOT_FOUND;
};

/** Only value, description and permission change; only the owner and those who may write change them. */
export const updateMetafield: Handler = (call) => {
  const field = find(call);
  if (!field) return NOT_FOUND;
  const errors = checkObject(call.body, FIELDS, [], '');
  if (Object.keys(errors).length > 0 || !isObject(call.body)) return invalidJson(errors);
  if (!mayWrite(field, call.account)) return problem(403, 'This metafield belongs to another app.');
  field.value = text(call.body, 'value', field.value);
  field.description = text(call.body, 'description', field.description);
  field.permission_set = text(call.body, 'permission_set', field.permission_set);
  field.date_modified = call.store.now();
  return ok(view(field));
};

export const deleteMetafield: Handler = (call) => {
  const field = find(call);
  if (!field) return NOT_FOUND;
  if (!mayWrite(field, call.account)) return problem(403, 'This metafield belongs to another app.');
  call.store.metafields.delete(field.id);
  return NO_CONTENT;
};

function mayWrite(field: Metafield, account: ApiAccount): boolean {
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

function view({ date_created: created, date_modified: modified, ...rest }: Metafield): object {
  return {
    ...rest,
    resource_type: 'customer',
    date_created: timestamp(created),
    date_modified: timestamp(modified),
  };
}
