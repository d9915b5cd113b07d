import { createHmac, randomUUID } from 'node:crypto';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Reply, send } from '../client/request.ts';

export type StoreId = keyof typeof bigCommerceCredentials;
export type LoginEntry = { outcome: string; reason?: string; customerId?: number; target: string };
export type StoreState = {
  logins: LoginEntry[];
  calls: { method: string; path: string; bodyKeys: string[]; items: number | null; status: number | null }[];
  sessions: { customerId: number; channelId: number }[];
  customers: Record<string, unknown>[];
};
export type Body = {
  data: Record<string, unknown>[];
  meta: Record<string, Record<string, unknown>>;
  title: string;
  errors: Record<string, string>;
};

/** The three stores over real HTTP, with a clock that stands still. */
export interface World extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  storefront(host: string, path: string): string;
  state(store?: StoreId): StoreState;
  lastLogin(store?: StoreId): LoginEntry | undefined;
  act(action: string, body: Record<string, unknown>): unknown;
  /** One API call with the token of the store's `api` account. */
  api(method: string, path: string, options?: ApiOptions): Promise<Reply>;
  /** The same, parsed. */
  json(method: string, path: string, options?: ApiOptions): Promise<Body>;
}

type ApiOptions = {
  readonly store?: StoreId;
  readonly token?: string;
  readonly body?: unknown;
};

export async function startWorld(): Promise<World> {
  const clock = new ManualClock('2026-01-01T00:00:10Z');
  const sandbox = await startSandbox({ port: 0, clock, only: ['bigcommerce'] });
  const system = sandbox.system('bigcommerce');
  const state = (store: StoreId = 'store-emea'): StoreState =>
    (system.state() as { stores: Record<StoreId, StoreState> }).stores[store];
  const api: World['api'] = (method, path, { store = 'store-emea', token, body } = {}) => {
    const { storeHash, api: account } = bigCommerceCredentials[store];
    return send(sandbox.url('api.bigcommerce', `/stores/${storeHash}${path}`), {
      method,
      headers: { 'x-auth-token': token ?? account.accessToken, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  };
  return {
    clock,
    sandbox,
    state,
    lastLogin: (store) => state(store).logins.at(-1),
    storefront: (host, path) => sandbox.url(host, path),
    act: (action, body) => system.actions?.[action]?.run({ store: 'store-emea', ...body }),
    api,
    json: async (method, path, options) => (await api(method, path, options)).json() as Body,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

type Parts = {
  readonly header?: Record<string, unknown>;
  readonly secret?: string;
  readonly claims?: Record<string, unknown>;
  readonly store?: StoreId;
};

/** A login token made by hand, so that it can be wrong in every way. Right for customer 104 when nothing is given. */
export function loginToken(clock: ManualClock, parts: Parts = {}): string {
  const { storeHash, login } = bigCommerceCredentials[parts.store ?? 'store-emea'];
  const claims = {
    iss: login.clientId,
    iat: Math.floor(clock.now().getTime() / 1000),
    jti: randomUUID(),
    operation: 'customer_login',
    store_hash: storeHash,
    customer_id: 104,
    channel_id: 1,
    ...parts.claims,
  };
  const head = parts.header ?? { alg: 'HS256', typ: 'JWT' };
  const signed = [head, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = createHmac('sha256', parts.secret ?? login.clientSecret).update(signed);
  return `${signed}.${signature.digest('base64url')}`;
}

/** What an account page says about a field. */
export function fact(page: { readonly body: string }, field: string): string | undefined {
  return new RegExp(`data-field="${field}">([^<]*)<`).exec(page.body)?.[1];
}
