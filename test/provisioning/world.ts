import { randomBytes } from 'node:crypto';
import { migrations as accessLogMigrations, createAccessLog } from '../../src/access-log/index.ts';
import { type Clock, newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import type { DatabaseHandle } from '../../src/platform/database/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createJobs, type Jobs, migrations as jobsMigrations } from '../../src/platform/jobs/index.ts';
import { migrations as keysMigrations, MasterKey, openKeys } from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import {
  createProvisioning,
  type EnsureAccount,
  type EnsuredAccount,
  migrations,
  type Provisioning,
  StorefrontAccess,
  StorefrontTarget,
} from '../../src/provisioning/index.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { type Sandbox, type SystemControl, startSandbox } from '../../src/sandbox/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';

export const allMigrations = {
  ...migrations,
  ...keysMigrations,
  ...jobsMigrations,
  ...accessLogMigrations,
};

/** What a test says about the target; the rest is the demo's `bc-emea`. */
export type TargetOptions = {
  readonly settings?: Record<string, unknown>;
  readonly emea?: Record<string, unknown>;
  readonly trade?: Record<string, unknown>;
};

export type Customer = {
  readonly id: number;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly company: string;
  readonly customer_group_id: number;
  readonly channel_ids: readonly number[] | null;
  readonly force_password_reset: boolean;
};

/** One store over real HTTP, a real database, and provisioning on top. The clock stands still. */
export interface World extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly store: SystemControl;
  readonly database: TestDatabase;
  /** Base64, for a process of its own. */
  readonly masterKey: string;
  readonly jobs: Jobs;
  readonly provisioning: Provisioning;
  /** Another process as far as anybody can tell: own memory, same database. */
  open(options?: TargetOptions & Pick<OpenOptions, 'onStep' | 'sleep'> & { clock?: Clock }): Promise<Opened>;
  ensure(person: Person, change?: Partial<EnsureAccount>): Promise<EnsuredAccount>;
  customers(mail?: string): readonly Customer[];
  /** `POST /v3/customers` and so on, since the last `forgetCalls`. */
  calls(): readonly string[];
  forgetCalls(): void;
  act(action: string, body: Record<string, unknown>): unknown;
  eventTypes(): Promise<readonly string[]>;
}

export type Opened = AsyncDisposable & { readonly provisioning: Provisioning; readonly jobs: Jobs };

export function targetConfig(
  url: string,
  options: TargetOptions = {},
): Parameters<typeof createProvisioning>[0]['targets'][number] {
  const { storeHash, login, api } = bigCommerceCredentials['store-emea'];
  return {
    id: 'bc-emea',
    kind: 'bigcommerce-storefront',
    settings: StorefrontTarget.parse({
      ...{ storeHash, login: [login], api: [api], apiUrl: url },
      attributes: { vestibule_id: 'id', Department: 'department', Region: 'attributes.region' },
      ...options.settings,
    }),
    relyingParties: [
      {
        id: 'store-emea',
        roles: [],
        access: StorefrontAccess.parse({
          channelId: 1,
          roles: [
            { id: 'merchandiser', customerGroup: 'Merchandising' },
            { id: 'content-editor', customerGroup: 'Agency' },
          ],
          ...options.emea,
        }),
      },
      {
        id: 'store-trade',
        roles: [],
        access: StorefrontAccess.parse({
          channelId: 2,
          roles: [{ id: 'merchandiser', customerGroup: 'Merchandising' }],
          ...options.trade,
        }),
      },
    ],
  };
}

export async function startWorld(options: TargetOptions = {}): Promise<World> {
  const clock = new ManualClock();
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(await startSandbox({ port: 0, clock, only: ['bigcommerce'] }));
  const database = cleanup.use(await createTestDatabase(allMigrations));
  const store = sandbox.system('bigcommerce');
  const masterKey = randomBytes(32);
  const masterKeys = { current: new MasterKey(masterKey), previous: [] };
  const open: World['open'] = (own = {}) =>
    openProvisioning({
      database,
      clock,
      masterKeys,
      url: sandbox.url('api.bigcommerce'),
      ...options,
      ...own,
    });
  const { provisioning, jobs } = cleanup.use(await open());
  return {
    ...{ clock, sandbox, store, database, jobs, provisioning, open },
    masterKey: masterKey.toString('base64'),
    ensure: (person, change) => provisioning.ensureAccount(signIn(person, change)),
    customers: (mail) =>
      storeState(store).customers.filter(({ email }) => !mail || email.toLowerCase() === mail),
    calls: () =>
      store.calls.list().map(({ method, path }) => `${method} ${path.replace(/^\/stores\/[^/]+/, '')}`),
    forgetCalls: () => store.calls.clear(),
    act: (action, body) => store.actions?.[action]?.run({ store: 'store-emea', ...body }),
    eventTypes: () => eventTypes(database),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

async function eventTypes({ db }: TestDatabase): Promise<readonly string[]> {
  const rows = await db
    .withTables<{ access_log_event: { type: string; arrival: number } }>()
    .selectFrom('access_log_event')
    .select('type')
    .orderBy('arrival')
    .execute();
  return rows.map(({ type }) => type);
}

type OpenOptions = TargetOptions & {
  readonly database: DatabaseHandle;
  readonly clock: Clock;
  readonly masterKeys: { current: MasterKey; previous: MasterKey[] };
  readonly url: string;
  readonly onStep?: (step: string) => void | Promise<void>;
  readonly sleep?: (ms: number) => Promise<void>;
};

export async function openProvisioning(options: OpenOptions): Promise<Opened> {
  const { database, clock, masterKeys } = options;
  const { db, listen } = database;
  const needs = { db, clock, log: silentLog };
  const cleanup = new AsyncDisposableStack();
  const keys = cleanup.use(await openKeys({ ...needs, listen, masterKeys }));
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const accessLog = cleanup.use(createAccessLog({ ...needs, keys }));
  const jobs = createJobs({ ...needs, listen, sealer: keys.sealer });
  const provisioning = cleanup.use(
    createProvisioning({
      ...needs,
      ...{ keys, http, jobs, accessLog },
      targets: [targetConfig(options.url, options)],
      ...(options.onStep && { onStep: options.onStep }),
      ...(options.sleep && { sleep: options.sleep }),
    }),
  );
  return { provisioning, jobs, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

function storeState(store: SystemControl): { customers: Customer[] } {
  return (
    (store.state() as { stores: Record<string, { customers: Customer[] }> }).stores['store-emea'] ?? {
      customers: [],
    }
  );
}

export function signIn(person: Person, change: Partial<EnsureAccount> = {}): EnsureAccount {
  return {
    person,
    target: 'bc-emea',
    accesses: [{ relyingParty: 'store-emea', role: 'merchandiser' }],
    trustedMailDomains: [],
    thread: newId('lgn'),
    ...change,
  };
}

const MIRA_ID = newId('per');

/** Mira of the cast, as the directory room would give her. */
export function mira(change: Partial<Person> = {}): Person {
  return {
    id: MIRA_ID,
    status: 'active',
    login: 'mira',
    mail: 'mira@halden.example',
    givenName: 'Mira',
    familyName: 'Lindqvist',
    displayName: 'Mira Lindqvist',
    department: 'Merchandising',
    address: {
      address1: 'Speicherstrasse 12',
      city: 'Hamburg',
      stateOrProvince: 'Hamburg',
      postalCode: '20457',
      countryCode: 'DE',
    },
    groups: ['merchandising@staff'],
    attributes: { region: 'EMEA' },
    ...change,
  };
}
