import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient, type HttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type {
  Access,
  OpenTarget,
  ReadAccount,
  TargetParty,
} from '../../src/provisioning/connector/connector.ts';
import { B2bAccess, B2bTarget } from '../../src/provisioning/connectors/bigcommerce-b2b/index.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { diff, planSteps, valuesOf } from '../../src/provisioning/planning/plan.ts';
import { type CallBudget, createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { type SystemControl, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { mira } from './world.ts';

export const budget = (ms = 10_000): CallBudget => createCallBudget('background', ms);

const CREDENTIALS = bigCommerceCredentials['store-emea'];

const TRADE_ROLES = [
  { id: 'all-companies', superAdmin: { companies: 'all' } },
  { id: 'account-manager', superAdmin: { companies: ['Fjord Hospitality', 'Orchard Supply'] } },
  { id: 'fjord-manager', superAdmin: { companies: [501] } },
  { id: 'regional', superAdmin: { companies: { attribute: 'looksAfter' } } },
  { id: 'purchasing', companyUser: { company: 'Orchard Supply', role: 'senior-buyer' } },
  { id: 'approver', companyUser: { company: 503, role: 'Approver' } },
  { id: 'fjord-buyer', companyUser: { company: 'Fjord Hospitality', role: 'admin' } },
  { id: 'of-attribute', companyUser: { company: { attribute: 'company', by: 'id' }, role: 'junior-buyer' } },
  { id: 'pending', companyUser: { company: 'Baltic Interiors', role: 'junior-buyer' } },
  { id: 'quiet', companyUser: { company: 'Kiel Yachts', role: 'junior-buyer' } },
  { id: 'unknown', companyUser: { company: 'Nobody & Sons', role: 'Nothing' } },
];

export const PARTIES: readonly TargetParty[] = [
  {
    id: 'trade',
    roles: [],
    access: B2bAccess.parse({ channelId: 2, roles: TRADE_ROLES }),
  },
  {
    id: 'app',
    roles: [],
    access: B2bAccess.parse({ channelId: 3, roles: TRADE_ROLES }),
  },
];

export const holds = (role: string, ...more: readonly string[]): readonly Access[] =>
  [role, ...more].map((each) => ({ relyingParty: 'trade', role: each }));

/** What the tests look at of a store. */
export type B2bStoreState = {
  readonly customers: readonly {
    readonly id: number;
    readonly email: string;
    readonly first_name: string;
    readonly customer_group_id: number;
    readonly channel_ids: readonly number[] | null;
    readonly authentication?: unknown;
  }[];
  readonly b2b: {
    // biome-ignore lint/suspicious/noExplicitAny: as the sandbox shows it.
    readonly users: readonly any[];
    // biome-ignore lint/suspicious/noExplicitAny: as the sandbox shows it.
    readonly superAdmins: readonly any[];
    // biome-ignore lint/suspicious/noExplicitAny: as the sandbox shows it.
    readonly [other: string]: any;
  };
};

export interface B2bTargetWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly store: SystemControl;
  readonly target: OpenTarget;
  /** The same store with other settings, not prepared. */
  open(
    settings?: Record<string, unknown>,
    parties?: readonly TargetParty[],
    through?: HttpClient,
  ): OpenTarget;
  /** Settings of a target on this store. */
  settings(own?: Record<string, unknown>): B2bTarget;
  /** Whom the store does not know, different at each call. */
  person(change?: Partial<Person>): Person;
  state(): B2bStoreState;
  act(action: string, body: Record<string, unknown>): unknown;
  /** A request of somebody else to B2B Edition. */
  b2b(method: string, path: string, body?: unknown): Promise<void>;
  /** `POST /users` and so on, of both APIs, since the last `forgetCalls`. */
  calls(): readonly string[];
  forgetCalls(): void;
  image(person: Person, accesses: readonly Access[], target?: OpenTarget): AccountImage;
  /** Creates the customer and takes every step, as the engine does. */
  make(person: Person, accesses: readonly Access[]): Promise<ReadAccount>;
  /** What stands there now. */
  read(account: Pick<ReadAccount, 'externalId' | 'refs'>): Promise<ReadAccount>;
  /** Every step from what stands there to the image; answers of the steps, until one is not `written`. */
  apply(account: ReadAccount, image: AccountImage): Promise<readonly unknown[]>;
}

export async function startB2b(
  positions: Readonly<Record<string, unknown>> = {},
  common: Readonly<Record<string, unknown>> = {},
): Promise<B2bTargetWorld> {
  const clock = new ManualClock();
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(await startSandbox({ port: 0, clock, only: ['bigcommerce'] }));
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const store = sandbox.system('bigcommerce');
  store.turn({ quota: 100_000, b2bQuota: 100_000, ...positions });
  const settingsOf: B2bTargetWorld['settings'] = (own = {}) =>
    B2bTarget.parse({
      storeHash: CREDENTIALS.storeHash,
      login: [CREDENTIALS.login],
      api: [{ accessToken: CREDENTIALS.api.accessToken }],
      b2b: [{ accessToken: CREDENTIALS.b2b.accessToken }],
      apiUrl: sandbox.url('api.bigcommerce'),
      b2bUrl: sandbox.url('api-b2b.bigcommerce'),
      ladder: { deleteUser: '1d', parking: { channelId: 9, after: '2d' }, delete: { after: '30d' } },
      ...common,
      ...own,
    });
  const open: B2bTargetWorld['open'] = (settings = {}, relyingParties = PARTIES, through = http) => {
    const connector = connectors.get('bigcommerce-b2b');
    if (!connector) throw new Error('the connector is not registered');
    const deps = { id: 'b2b-emea', http: through, clock, log: silentLog, relyingParties };
    return connector.open(settingsOf(settings), deps);
  };
  const target = open();
  await target.prepare(budget());
  let count = 0;
  const state = () =>
    (store.state() as { stores: Record<string, B2bStoreState> }).stores['store-emea'] as B2bStoreState;
  const world: B2bTargetWorld = {
    ...{ clock, store, target, open, state, settings: settingsOf },
    person: (change) => {
      count += 1;
      return mira({
        id: newId('per'),
        mail: `buyer-${count}@halden.example`,
        phone: '+49 40 1234',
        ...change,
      });
    },
    act: (action, body) => store.actions?.[action]?.run({ store: 'store-emea', ...body }),
    async b2b(method, path, body) {
      const answer = await http.request({
        ...{ method: method as 'POST', system: 'somebody else', timeoutMs: 5_000 },
        url: new URL(sandbox.url('api-b2b.bigcommerce', `/api/v3/io${path}`)),
        headers: {
          'x-auth-token': CREDENTIALS.b2b.accessToken,
          'x-store-hash': CREDENTIALS.storeHash,
          'content-type': 'application/json',
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (answer.status !== 200) throw new Error(answer.body);
    },
    calls: () => [
      ...store.calls.list().map(({ method, path }) => `${method} ${path.replace(/^\/stores\/[^/]+/, '')}`),
      ...(state().b2b['calls'] as { method: string; path: string }[]).map(
        ({ method, path }) => `${method} ${path.replace('/api/v3/io', '')}`,
      ),
    ],
    forgetCalls: () => store.calls.clear(),
    image(person, accesses, own = target) {
      const answer = own.desire(person, accesses);
      if (answer.outcome !== 'desired') throw new Error(`${answer.code}: ${answer.detail}`);
      return answer.image;
    },
    async make(person, accesses) {
      const image = world.image(person, accesses);
      const created = await target.create(atCreation(target, image), newId('per'), budget());
      if (created.outcome !== 'written') throw new Error(JSON.stringify(created));
      const answers = await world.apply(created.account, image);
      const failed = answers.find((answer) => (answer as { outcome: string }).outcome !== 'written');
      if (failed) throw new Error(JSON.stringify(failed));
      return world.read(created.account);
    },
    async read({ externalId, refs }) {
      const answer = await target.findById(externalId, {}, refs, budget());
      const [account] = answer.outcome === 'read' ? answer.accounts : [];
      if (!account) throw new Error(JSON.stringify(answer));
      return account;
    },
    async apply(account, image) {
      const answers: unknown[] = [];
      let { refs, image: current } = account;
      for (const step of planSteps(target, diff(target, current, image, { onExtra: 'remove' }))) {
        const answer = await target.update(
          {
            ...{ externalId: account.externalId, call: step.call, changes: valuesOf(step), desired: image },
            ...{ current, marker: 'unused', refs, takeOver: false },
          },
          budget(),
        );
        answers.push(answer);
        if (answer.outcome !== 'written') return answers;
        refs = { ...refs, ...answer.account.refs };
        current = { ...current, ...valuesOf(step), ...answer.account.image };
      }
      return answers;
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
  return world;
}

export function atCreation(target: OpenTarget, image: AccountImage): AccountImage {
  return Object.fromEntries(
    Object.entries(image).filter(([name]) => target.fields[name]?.atCreation === true),
  );
}
