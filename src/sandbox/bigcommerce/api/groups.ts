import type { Group } from '../model.ts';
import type { Store } from '../store.ts';
import { type Answer, bare, NO_CONTENT, timestamp, v2Problem } from './answers.ts';
import type { ApiCall, Handler } from './call.ts';
import { type Item, isObject } from './fields.ts';
import { defaultGroup, forgetGroup, setDefaultGroup, setGuestGroup } from './group-defaults.ts';
import { PAGE_FILTERS } from './paging.ts';
import { DATE_FILTERS, isWithinDates, parseQuery } from './query.ts';

const FILTERS = {
  ...PAGE_FILTERS,
  ...DATE_FILTERS,
  name: 'text',
  'name:like': 'text',
  is_default: 'text',
  is_group_for_guests: 'text',
} as const;

/** V2: bare JSON, and 204 where there is nothing. */
export const listGroups: Handler = (call) =>
  ifInPlan(call, ({ store, query: raw }) => {
    const parsed = parseQuery(raw, FILTERS);
    if (parsed.outcome === 'refused') return v2Problem(400, 'A query parameter is not valid.');
    const { query } = parsed;
    const flag = (name: string, value: boolean) => (query.text(name) ?? String(value)) === String(value);
    const found = [...store.groups.values()].filter(
      (group) =>
        (query.text('name') ?? group.name) === group.name &&
        group.name.toLowerCase().includes((query.text('name:like') ?? '').toLowerCase()) &&
        flag('is_default', group.is_default) &&
        flag('is_group_for_guests', group.is_group_for_guests) &&
        isWithinDates(query, group),
    );
    const limit = Math.min(250, query.integer('limit') ?? 50);
    const start = ((query.integer('page') ?? 1) - 1) * limit;
    const page = found.slice(start, start + limit);
    return page.length === 0 ? NO_CONTENT : bare(page.map(view));
  });

export const countGroups: Handler = (call) =>
  ifInPlan(call, ({ store }) => bare({ count: store.groups.size }));

export const showGroup: Handler = (call) => withGroup(call, (group) => bare(view(group)));

export const createGroup: Handler = (call) =>
  ifInPlan(call, ({ store, body }) => {
    if (!isObject(body)) return v2Problem(400, 'The request body is not valid.');
    const refusal = refuseGroup(store, body, undefined);
    if (refusal) return refusal;
    const now = store.now();
    const group: Group = {
      id: Math.max(0, ...store.groups.keys()) + 1,
      name: '',
      is_default: false,
      is_group_for_guests: false,
      category_access: { type: 'all' },
      discount_rules: [],
      date_created: now,
      date_modified: now,
    };
    store.groups.set(group.id, group);
    return applyGroup(store, group, body);
  });

export const updateGroup: Handler = (call) =>
  withGroup(call, (group) => {
    const { store, body } = call;
    if (!isObject(body)) return v2Problem(400, 'The request body is not valid.');
    return refuseGroup(store, body, group) ?? applyGroup(store, group, body);
  });

/** Customers of the group stay. */
export const deleteGroup: Handler = (call) =>
  withGroup(call, (group) => {
    const { store } = call;
    store.groups.delete(group.id);
    forgetGroup(store, group.id);
    const isMoved = store.turned().groupDeletion === 'moves-to-default';
    for (const customer of store.customers.values()) {
      if (customer.customer_group_id !== group.id) continue;
      customer.customer_group_id = isMoved ? defaultGroup(store, customer.origin_channel_id) : 0;
    }
    return NO_CONTENT;
  });

function refuseGroup(store: Store, body: Item, current: Group | undefined): Answer | undefined {
  const name = body['name'] ?? current?.name;
  if (typeof name !== 'string' || name === '')
    return v2Problem(400, "The required field 'name' was not supplied.");
  const isTaken = [...store.groups.values()].some((group) => group !== current && group.name === name);
  if (isTaken) return v2Problem(409, `A customer group with the name '${name}' exists already.`);
  const access = body['category_access'];
  const isRight =
    access === undefined ||
    (isObject(access) && ['all', 'specific', 'none'].includes(String(access['type'])));
  return isRight ? undefined : v2Problem(400, "The field 'category_access' is not valid.");
}

/** Discount rules are replaced as a whole. A new default or guest group takes that from the old one. */
function applyGroup(store: Store, group: Group, body: Item): Answer {
  if (typeof body['name'] === 'string') group.name = body['name'];
  if (body['category_access'] !== undefined) {
    group.category_access = body['category_access'] as Group['category_access'];
  }
  if (Array.isArray(body['discount_rules'])) {
    group.discount_rules = body['discount_rules'] as Group['discount_rules'];
  }
  const { is_default: isDefault, is_group_for_guests: isForGuests } = body;
  if (typeof isDefault === 'boolean' && isDefault !== group.is_default) {
    setDefaultGroup(store, isDefault ? group.id : 0);
  }
  if (typeof isForGuests === 'boolean' && isForGuests !== group.is_group_for_guests) {
    setGuestGroup(store, isForGuests ? group.id : 0);
  }
  group.date_modified = store.now();
  return bare(view(group));
}

function withGroup(call: ApiCall, answer: (group: Group) => Answer): Answer {
  return ifInPlan(call, ({ store, params }) => {
    const group = store.groups.get(Number(params['groupId']));
    return group ? answer(group) : v2Problem(404, 'The requested resource was not found.');
  });
}

function ifInPlan(call: ApiCall, answer: (call: ApiCall) => Answer): Answer {
  if (call.store.turned().customerGroups === 'in-plan') return answer(call);
  return v2Problem(403, 'Customer groups are not available in the plan of this store.');
}

function view({ date_created: created, date_modified: modified, ...rest }: Group): object {
  return { ...rest, date_created: timestamp(created), date_modified: timestamp(modified) };
}
