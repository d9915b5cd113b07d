import { B2B_SCOPE } from '../b2b/seeds.ts';
import type { Store } from '../store.ts';
import { B2B_SCOPES, HOOK_SCOPES, type Hook } from '../webhooks/hook.ts';
import { FORBIDDEN } from './access.ts';
import { type Answer, invalidJson, NOT_FOUND, ok, problem } from './answers.ts';
import type { ApiCall, Handler } from './call.ts';
import { checkObject, type Fields, type Item, isObject, text } from './fields.ts';
import { numberedPage, PAGE_FILTERS } from './paging.ts';
import { parseQuery } from './query.ts';

const FIELDS: Fields = {
  scope: { type: 'text', min: 1 },
  destination: { type: 'text', min: 1 },
  is_active: { type: 'boolean' },
  headers: { type: 'any' },
};
/** Per store, API account and scope. */
const MOST_HOOKS = 10;

/** Only the hooks that this account made are visible to it. */
export const listHooks: Handler = ({ store, account, query: raw }) => {
  const parsed = parseQuery(raw, { ...PAGE_FILTERS, is_active: 'text', scope: 'text', destination: 'text' });
  if (parsed.outcome === 'refused') return parsed.answer;
  const { query } = parsed;
  const found = [...store.hooks.values()].filter(
    (hook) =>
      hook.client_id === account.clientId &&
      (query.text('is_active') ?? String(hook.is_active)) === String(hook.is_active) &&
      (query.text('scope') ?? hook.scope) === hook.scope &&
      (query.text('destination') ?? hook.destination) === hook.destination,
  );
  return numberedPage(found, query, (hook) => view(store, hook));
};

export const createHook: Handler = ({ store, account, body }) => {
  const errors = checkObject(body, FIELDS, ['scope', 'destination'], '');
  if (Object.keys(errors).length > 0 || !isObject(body)) return invalidJson(errors);
  const [scope, destination] = [text(body, 'scope'), text(body, 'destination')];
  if (B2B_SCOPES.includes(scope) && !account.scopes.includes(B2B_SCOPE)) return FORBIDDEN;
  const refusal = refuseTarget(store, scope, destination);
  if (refusal) return refusal;
  const same = [...store.hooks.values()].filter(
    (hook) => hook.client_id === account.clientId && hook.scope === scope,
  );
  if (same.some((hook) => hook.destination === destination)) {
    return problem(422, 'A webhook with this scope and destination exists already.');
  }
  if (same.length >= MOST_HOOKS) return problem(422, `No more than ${MOST_HOOKS} webhooks per scope.`);
  const now = store.now();
  const hook: Hook = {
    id: store.nextId(),
    client_id: account.clientId,
    scope,
    destination,
    headers: headersOf(body),
    is_active: body['is_active'] !== false,
    created_at: now,
    updated_at: now,
  };
  store.hooks.set(hook.id, hook);
  return ok(view(store, hook));
};

export const showHook: Handler = (call) => withHook(call, (hook) => ok(view(call.store, hook)));

export const updateHook: Handler = (call) =>
  withHook(call, (hook) => {
    const { store, body } = call;
    const errors = checkObject(body, FIELDS, [], '');
    if (Object.keys(errors).length > 0 || !isObject(body)) return invalidJson(errors);
    const [scope, destination] = [
      text(body, 'scope', hook.scope),
      text(body, 'destination', hook.destination),
    ];
    const refusal = refuseTarget(store, scope, destination);
    if (refusal) return refusal;
    hook.scope = scope;
    hook.destination = destination;
    if (body['headers'] !== undefined) hook.headers = headersOf(body);
    if (typeof body['is_active'] === 'boolean') hook.is_active = body['is_active'];
    hook.updated_at = store.now();
    return ok(view(store, hook));
  });

export const deleteHook: Handler = (call) =>
  withHook(call, (hook) => {
    call.store.hooks.delete(hook.id);
    return ok(view(call.store, hook));
  });

function refuseTarget(store: Store, scope: string, destination: string): Answer | undefined {
  if (!HOOK_SCOPES.some((each) => each === scope)) return problem(422, `The scope ${scope} is not valid.`);
  if (!URL.canParse(destination)) return problem(422, 'The destination is not a valid URL.');
  const { protocol, port } = new URL(destination);
  const isPublic = protocol === 'https:' && port === '';
  if (isPublic || store.turned().webhookDestinations === 'any') return undefined;
  return problem(422, 'The destination must use HTTPS on port 443.');
}

function withHook({ store, account, params }: ApiCall, answer: (hook: Hook) => Answer): Answer {
  const hook = store.hooks.get(Number(params['hookId']));
  return hook?.client_id === account.clientId ? answer(hook) : NOT_FOUND;
}

function headersOf(body: Item): Hook['headers'] {
  const given = body['headers'];
  return isObject(given)
    ? Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]))
    : null;
}

function view(store: Store, hook: Hook): object {
  const seconds = (instant: Date) => Math.floor(instant.getTime() / 1000);
  return {
    ...hook,
    store_hash: store.hash,
    created_at: seconds(hook.created_at),
    updated_at: seconds(hook.updated_at),
  };
}
