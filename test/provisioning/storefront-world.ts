import assert from 'node:assert/strict';
import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { Access, OpenTarget, PrepareAnswer } from '../../src/provisioning/connector/connector.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { type Sandbox, type SystemControl, startSandbox } from '../../src/sandbox/index.ts';
import { budget, type Driver, drive } from '../conformance/connector-driver.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { mira, type TargetOptions, targetConfig } from './world.ts';

export const EMEA: readonly Access[] = [{ relyingParty: 'store-emea', role: 'merchandiser' }];
export const TRADE: readonly Access[] = [{ relyingParty: 'store-trade', role: 'merchandiser' }];
export const BOTH: readonly Access[] = [...EMEA, ...TRADE];

export type StoreCustomer = {
  readonly id: number;
  readonly email: string;
  readonly customer_group_id: number;
  readonly channel_ids: readonly number[] | null;
  readonly origin_channel_id: number;
  readonly form_fields: readonly { readonly name: string; readonly value: unknown }[];
  readonly force_password_reset: boolean;
};
export type StoreGroup = {
  readonly id: number;
  readonly name: string;
  readonly category_access: { readonly type: string };
};
export type StoreCall = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly items: number | null;
  readonly bodyKeys: readonly string[];
};

/** One store over real HTTP and the connector on it, without an engine. The clock stands still. */
export interface StorefrontWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly store: SystemControl;
  readonly target: OpenTarget;
  readonly driver: Driver;
  /** The same store with other settings, not prepared. */
  open(options?: TargetOptions): OpenTarget;
  prepare(target?: OpenTarget): Promise<Extract<PrepareAnswer, { outcome: 'prepared' }>>;
  person(change?: Partial<Person>): Person;
  act(action: string, body?: Record<string, unknown>): unknown;
  customer(id: string | number): StoreCustomer | undefined;
  customers(): readonly StoreCustomer[];
  groups(): readonly StoreGroup[];
  /** Calls of the API since the last `forgetCalls`, oldest first. */
  calls(): readonly StoreCall[];
  /** A call of the API by somebody else than the connector. */
  api(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  /** Reasons of tries to sign in by token that were refused, and `signed-in`. */
  logins(): readonly string[];
}

type Options = TargetOptions & { readonly positions?: Readonly<Record<string, unknown>> };
type State = {
  readonly customers: StoreCustomer[];
  readonly groups: StoreGroup[];
  readonly calls: StoreCall[];
  readonly logins: { readonly outcome: string; readonly reason?: string }[];
};

export async function startStorefront({
  positions = {},
  ...options
}: Options = {}): Promise<StorefrontWorld> {
  const clock = new ManualClock();
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(await startSandbox({ port: 0, clock, only: ['bigcommerce'] }));
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const store = sandbox.system('bigcommerce');
  store.turn({ quota: 100_000, ...positions });
  const open = (own: TargetOptions = {}): OpenTarget => {
    const config = targetConfig(sandbox.url('api.bigcommerce'), {
      settings: { ...options.settings, ...own.settings },
      emea: { ...options.emea, ...own.emea },
      trade: { ...options.trade, ...own.trade },
    });
    const target = connectors.get(config.kind)?.open(config.settings, {
      ...{ id: config.id, http, clock, log: silentLog },
      relyingParties: config.relyingParties,
    });
    return target ?? assert.fail('the connector is not registered');
  };
  const target = open();
  const state = (): State =>
    (store.state() as { stores: Record<string, State> }).stores['store-emea'] ?? assert.fail();
  const prepare: StorefrontWorld['prepare'] = async (own = target) => {
    const answer = await own.prepare(budget(10_000));
    assert.ok(answer.outcome === 'prepared', JSON.stringify(answer));
    return answer;
  };
  await prepare();
  let count = 0;
  return {
    ...{ clock, sandbox, store, target, open, prepare, driver: drive(target) },
    person: (change) => {
      count += 1;
      return mira({ id: newId('per'), mail: `person-${count}@halden.example`, ...change });
    },
    act: (action, body) => store.actions?.[action]?.run({ store: 'store-emea', ...body }),
    customer: (id) => state().customers.find((customer) => String(customer.id) === String(id)),
    customers: () => state().customers,
    groups: () => state().groups,
    calls: () => state().calls,
    api: async (method, path, body) => {
      const { storeHash, api } = bigCommerceCredentials['store-emea'];
      const reply = await http.request({
        ...{ method, system: 'test', headers: { 'x-auth-token': api.accessToken } },
        url: new URL(sandbox.url('api.bigcommerce', `/stores/${storeHash}${path}`)),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return JSON.parse(reply.body);
    },
    logins: () => state().logins.map(({ outcome, reason }) => reason ?? outcome),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}
