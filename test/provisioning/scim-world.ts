import { newId } from '../../src/base/index.ts';
import type { Person } from '../../src/model/index.ts';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { OpenTarget, TargetParty } from '../../src/provisioning/connector/connector.ts';
import { ScimTarget, scim } from '../../src/provisioning/connectors/scim/index.ts';
import { type CallBudget, createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { type Sandbox, type SystemControl, startSandbox } from '../../src/sandbox/index.ts';
import { wikiCredentials } from '../../src/sandbox/wiki/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

export const PARTIES: readonly TargetParty[] = [
  {
    id: 'wiki',
    access: {},
    roles: [
      { id: 'editor', account: { groups: ['Editors', 'Readers'] } },
      { id: 'reader', account: { groups: ['Readers'] } },
      { id: 'guest', account: {} },
    ],
  },
];
export const EDITOR = [{ relyingParty: 'wiki', role: 'editor' }];
export const READER = [{ relyingParty: 'wiki', role: 'reader' }];

/** Somebody of the cast, as the directory room would give her. */
export function personOf(change: Partial<Person> = {}): Person {
  return {
    ...{ id: 'per_11111111111111111111111111', status: 'active', login: 'mira', mail: 'mira@halden.example' },
    ...{ givenName: 'Mira', familyName: 'Lindqvist', displayName: 'Mira Lindqvist' },
    department: 'Merchandising',
    address: {
      ...{ address1: 'Speicherstrasse 12', city: 'Hamburg', stateOrProvince: 'Hamburg' },
      ...{ postalCode: '20457', countryCode: 'DE' },
    },
    groups: ['merchandising@staff'],
    attributes: {},
    ...change,
  };
}

/** One account as the wiki keeps it. */
export type WikiUser = Readonly<Record<string, unknown>> & { readonly id: string; readonly userName: string };
export type WikiGroup = {
  readonly id: string;
  readonly displayName: string;
  readonly members?: readonly { readonly value: string }[];
};

export interface ScimTargetWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly wiki: SystemControl;
  readonly target: OpenTarget;
  /** The same wiki with other settings, not prepared. */
  open(settings?: Record<string, unknown>, parties?: readonly TargetParty[]): OpenTarget;
  person(change?: Partial<Person>): Person;
  users(): readonly WikiUser[];
  user(id: string): WikiUser | undefined;
  /** Names of the groups that have the account as a member. */
  groupsOf(id: string): readonly string[];
  act(action: string, body?: Record<string, unknown>): unknown;
  /** `PATCH /Users/… replace active` and so on, since the last `forgetCalls`. */
  calls(): readonly string[];
  forgetCalls(): void;
}

export type ScimWorldOptions = {
  readonly positions?: Readonly<Record<string, unknown>>;
  readonly settings?: Record<string, unknown>;
  readonly parties?: readonly TargetParty[];
  /** Closed with the world. Default: one of its own. */
  readonly sandbox?: Sandbox;
  /** The one that the sandbox goes by. */
  readonly clock?: ManualClock;
};

export const budget = (ms = 10_000): CallBudget => createCallBudget('background', ms);

/** A prepared target on the wiki of the sandbox, over real HTTP. */
export async function startScimTarget(options: ScimWorldOptions = {}): Promise<ScimTargetWorld> {
  const { clock = new ManualClock() } = options;
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(options.sandbox ?? (await startSandbox({ port: 0, clock, only: ['wiki'] })));
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const wiki = sandbox.system('wiki');
  wiki.turn(options.positions ?? {});
  const open: ScimTargetWorld['open'] = (settings = {}, relyingParties = options.parties ?? PARTIES) => {
    const parsed = ScimTarget.parse({
      baseUrl: sandbox.url('wiki', '/scim/v2'),
      ...(settings['oauth'] === undefined && { tokens: [{ token: wikiCredentials.token }] }),
      attributes: {
        ...{ displayName: 'displayName', 'name.givenName': 'givenName', 'name.familyName': 'familyName' },
        ...{ department: 'department', 'phoneNumbers.work': 'phone' },
      },
      addresses: true,
      ...options.settings,
      ...settings,
    });
    return scim.open(parsed, { id: 'wiki-accounts', http, clock, log: silentLog, relyingParties });
  };
  const target = open();
  await target.prepare(budget());
  const state = () => wiki.state()['scim'] as { users: WikiUser[]; groups: WikiGroup[] };
  let count = 0;
  return {
    ...{ clock, sandbox, wiki, target, open },
    person: (change) => {
      count += 1;
      return personOf({
        ...{ id: newId('per'), mail: `person-${count}@halden.example`, phone: '+49 40 1234' },
        ...change,
      });
    },
    users: () => state().users,
    user: (id) => state().users.find((user) => user.id === id),
    groupsOf: (id) =>
      state().groups.flatMap(({ displayName, members = [] }) =>
        members.some(({ value }) => value === id) ? [displayName] : [],
      ),
    act: (action, body = {}) => wiki.actions?.[action]?.run(body),
    calls: () => wiki.calls.list().map(({ method, path }) => `${method} ${path.replace('/scim/v2', '')}`),
    forgetCalls: () => wiki.calls.clear(),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}
