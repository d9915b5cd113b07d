import assert from 'node:assert/strict';
import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type {
  Access,
  OpenTarget,
  PrepareAnswer,
  ReadAccount,
  TargetParty,
  WriteAnswer,
} from '../../src/provisioning/connector/connector.ts';
import { IconikTarget } from '../../src/provisioning/connectors/iconik/config.ts';
import { iconik as connector } from '../../src/provisioning/connectors/iconik/index.ts';
import { type DiffOptions, diff, planSteps, valuesOf } from '../../src/provisioning/planning/plan.ts';
import { type CallBudget, createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { iconikCredentials } from '../../src/sandbox/iconik/index.ts';
import { type Sandbox, type SystemControl, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

export const CREDENTIAL = { appId: iconikCredentials.appId, authToken: iconikCredentials.authToken };
export const CLIENT = { clientId: iconikCredentials.clientId, clientSecret: iconikCredentials.clientSecret };

/** Roles as a configuration would write them, for domains with groups. */
export const ROLES = {
  producer: { type: 'POWER', groups: ['Producers', 'Editors'] },
  editor: { type: 'STANDARD', groups: ['Editors', 'Media EMEA'] },
  reviewer: { type: 'BROWSE_ONLY', groups: ['Reviewers'] },
} as const;

export type WorldOptions = {
  readonly roles?: Readonly<Record<string, object>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Positions of the simulator's switches. */
  readonly positions?: Readonly<Record<string, unknown>>;
  /** Default: prepared once. */
  readonly prepare?: false;
  /** Default: one of its own, on a clock that stands still. */
  readonly sandbox?: { readonly running: Sandbox; readonly clock: ManualClock };
};

export type IconikUser = {
  readonly id: string;
  readonly email: string;
  readonly first_name: string;
  readonly type: string;
  readonly status: string;
  readonly groups: readonly string[];
  readonly primary_group: string | null;
  readonly role_groups: readonly string[];
  readonly metadata: unknown;
  readonly identity_provider_id: string | null;
};
type AclRow = {
  readonly of: string;
  readonly who: string;
  readonly object_type: string;
  readonly object_key: string;
  readonly permissions: readonly string[];
};
export type DomainState = {
  readonly users: readonly IconikUser[];
  readonly groups: readonly {
    readonly id: string;
    readonly name: string;
    readonly external_id: string | null;
  }[];
  readonly acl: readonly AclRow[];
  readonly serviceProviders: readonly {
    readonly id: string;
    readonly public_id: string;
    readonly settings: Readonly<Record<string, unknown>> | null;
    readonly domains: readonly string[];
  }[];
  readonly mappings: readonly { readonly name: string; readonly group_id: string }[];
};

/** One iconik domain over real HTTP and the connector on it. The clock stands still. */
export interface IconikWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly iconik: SystemControl;
  readonly target: OpenTarget;
  open(options?: WorldOptions): OpenTarget;
  prepare(): Promise<Extract<PrepareAnswer, { outcome: 'prepared' }>>;
  state(): DomainState;
  user(mail: string): IconikUser;
  act(action: string, body: Record<string, unknown>): unknown;
  /** Titles of the collections that a user may look at, asked as that user. */
  sees(mail: string): Promise<readonly string[]>;
  /** A call of somebody else with our rights. */
  call(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<number>;
  /** `POST /users/v1/users/` and so on, since the last `forgetCalls`. */
  calls(): readonly string[];
  forgetCalls(): void;
  person(change?: Partial<Person>): Person;
  desire(person: Person, ...roles: readonly (string | Access)[]): AccountImage;
  create(person: Person, ...roles: readonly string[]): Promise<ReadAccount>;
  read(externalId: string, image?: AccountImage, refs?: ReadAccount['refs']): Promise<ReadAccount>;
  /** Read, plan, send, as the engine does; answers of the steps in their order. */
  apply(account: ReadAccount, image: AccountImage): Promise<Applied>;
}
export type Applied = { readonly account: ReadAccount; readonly answers: readonly WriteAnswer[] };

/** Ravi of the cast, as the directory room would give him; another person at each call. */
export function ravi(change: Partial<Person> = {}): Person {
  return {
    ...{ id: newId('per'), status: 'active', login: 'ravi', mail: 'ravi@halden.example' },
    ...{ givenName: 'Ravi', familyName: 'Menon', displayName: 'Ravi Menon', department: 'Media' },
    ...{ groups: ['media@staff'], attributes: {}, ...change },
  };
}

export const background = (ms = 10_000): CallBudget => createCallBudget('background', ms);

export function settingsOf(url: string, own: Readonly<Record<string, unknown>> = {}): IconikTarget {
  return IconikTarget.parse({ url, credentials: [CREDENTIAL], ...own });
}

export function partyOf(roles: Readonly<Record<string, object>>): TargetParty {
  return { id: 'iconik', access: {}, roles: Object.entries(roles).map(([id, account]) => ({ id, account })) };
}

export function accessOf(role: string, ends?: Date): Access {
  return { relyingParty: 'iconik', role, ...(ends && { ends }) };
}

export async function startIconik(options: WorldOptions = {}): Promise<IconikWorld> {
  const clock = options.sandbox?.clock ?? new ManualClock();
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(
    options.sandbox?.running ?? (await startSandbox({ port: 0, clock, only: ['iconik'] })),
  );
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const iconik = sandbox.system('iconik');
  iconik.turn({ rateLimit: 100_000, ...options.positions });
  const open = (own: WorldOptions = {}): OpenTarget => {
    const settings = settingsOf(sandbox.url('iconik'), { ...options.settings, ...own.settings });
    const relyingParties = [partyOf(own.roles ?? options.roles ?? ROLES)];
    const deps = { id: 'iconik-halden', http, clock, log: silentLog, relyingParties };
    return connector.open(settings, deps);
  };
  const target = open();
  let count = 0;
  const world: Omit<IconikWorld, typeof Symbol.asyncDispose> = {
    ...{ clock, sandbox, iconik, target, open },
    prepare: async () => {
      const answer = await target.prepare(background());
      assert.equal(answer.outcome, 'prepared');
      return answer.outcome === 'prepared' ? answer : assert.fail();
    },
    state: () => iconik.state() as DomainState,
    user: (mail) =>
      (iconik.state() as DomainState).users.find(({ email }) => email === mail) ??
      assert.fail(`no user ${mail}`),
    sees: async (email) => {
      const token = iconik.actions?.['token-for']?.run({ email }) as typeof CREDENTIAL;
      const url = new URL(sandbox.url('iconik', '/API/assets/v1/collections/?per_page=100'));
      const headers = { 'app-id': token.appId, 'auth-token': token.authToken };
      const { body } = await http.request({ method: 'GET', system: 'iconik', url, headers });
      return (JSON.parse(body) as { objects: { title: string }[] }).objects.map(({ title }) => title).sort();
    },
    call: async (method, path, body) => {
      const url = new URL(sandbox.url('iconik', `/API${path}`));
      const { appId, authToken } = CREDENTIAL;
      const headers = { 'app-id': appId, 'auth-token': authToken, 'content-type': 'application/json' };
      const text = body && JSON.stringify(body);
      const request = { method, url, headers, system: 'iconik', ...(text !== undefined && { body: text }) };
      return (await http.request(request)).status;
    },
    act: (action, body) => iconik.actions?.[action]?.run(body) ?? undefined,
    calls: () => iconik.calls.list().map(({ method, path }) => `${method} ${path.replace(/^\/API/, '')}`),
    forgetCalls: () => iconik.calls.clear(),
    person: (change) => {
      count += 1;
      return ravi({ mail: `person-${count}@halden.example`, ...change });
    },
    desire: (person, ...roles) => desired(target, person, roles),
    create: async (person, ...roles) =>
      written(await target.create(desired(target, person, roles), 'marker', background())),
    read: (externalId, image = {}, refs = {}) => read(target, externalId, image, refs),
    apply: (account, image) => apply(target, account, image),
  };
  if (options.prepare !== false) await world.prepare();
  return { ...world, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

function desired(target: OpenTarget, person: Person, roles: readonly (string | Access)[]): AccountImage {
  const accesses = roles.map((role) => (typeof role === 'string' ? accessOf(role) : role));
  const answer = target.desire(person, accesses);
  return answer.outcome === 'desired' ? answer.image : assert.fail(answer.detail);
}

export function written(answer: WriteAnswer): ReadAccount {
  assert.equal(answer.outcome, 'written', JSON.stringify(answer));
  return answer.outcome === 'written' ? answer.account : assert.fail();
}

export async function read(
  target: OpenTarget,
  externalId: string,
  image: AccountImage,
  refs: ReadAccount['refs'],
): Promise<ReadAccount> {
  const answer = await target.findById(externalId, image, refs, background());
  assert.equal(answer.outcome, 'read', JSON.stringify(answer));
  const [account] = answer.outcome === 'read' ? answer.accounts : [];
  return account ?? assert.fail('the account is not there');
}

export async function apply(
  target: OpenTarget,
  start: ReadAccount,
  image: AccountImage,
  options: DiffOptions = {},
): Promise<Applied> {
  let account = await read(target, start.externalId, image, start.refs);
  const answers: WriteAnswer[] = [];
  for (const step of planSteps(target, diff(target, account.image, image, options))) {
    const request = {
      ...{ externalId: account.externalId, call: step.call, changes: valuesOf(step), desired: image },
      ...{ current: account.image, marker: 'marker', refs: account.refs, takeOver: false },
    };
    const answer = await target.update(request, background());
    answers.push(answer);
    if (answer.outcome !== 'written') return { account, answers };
    account = {
      ...account,
      image: { ...account.image, ...valuesOf(step), ...answer.account.image },
      refs: { ...account.refs, ...answer.account.refs },
    };
  }
  return { account, answers };
}
