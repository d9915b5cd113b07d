import assert from 'node:assert/strict';
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
  WriteAnswer,
} from '../../src/provisioning/connector/connector.ts';
import {
  SalesforceRole,
  SalesforceTarget,
  salesforce,
} from '../../src/provisioning/connectors/salesforce/index.ts';
import { diff, planSteps, valuesOf } from '../../src/provisioning/planning/plan.ts';
import { type CallBudget, createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { type Sandbox, type SystemControl, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** What roles of the relying party `salesforce` stand for, if a test says nothing else. */
export const ROLES: Readonly<Record<string, unknown>> = {
  lead: {
    profile: 'Halden Sales',
    role: 'Sales_EMEA',
    permissionSets: ['Halden_Forecasts', 'Halden_Service_Console'],
    permissionSetGroups: ['Halden_Sales_Lead'],
    permissionSetLicenses: ['SalesConsoleUser'],
    groups: ['All_Sales', 'Sales_EMEA'],
    queues: ['Dealer_Support'],
    territories: [{ name: 'EMEA', role: 'Sales Rep' }],
  },
  sales: {
    profile: 'Halden Sales',
    role: 'Sales_EMEA',
    permissionSets: ['Halden_Forecasts'],
    groups: ['All_Sales'],
  },
  support: { profile: 'Standard User', role: 'Support', permissionSets: ['Halden_Order_Entry'] },
  nothing: { profile: 'Standard User' },
  partner: {
    profile: 'Halden Partner',
    external: true,
    permissionSets: ['Halden_Partner_Portal'],
  },
};

export type Options = {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly roles?: Readonly<Record<string, unknown>>;
  /** Positions of switches. */
  readonly positions?: Readonly<Record<string, unknown>>;
  /** Opens without asking the organization anything. */
  readonly unprepared?: boolean;
};

export type User = {
  readonly Id: string;
  readonly Username: string;
  readonly FederationIdentifier: string | null;
  readonly IsActive: boolean;
  readonly IsFrozen: boolean;
  readonly Profile: string;
  readonly [field: string]: unknown;
};

/** One organization over real HTTP, and the connector on top. The clock stands still. */
export interface World extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly org: SystemControl;
  readonly target: OpenTarget;
  readonly settings: SalesforceTarget;
  /** A second connector on the same organization, as another process would have it. */
  open(options?: Options): Promise<OpenTarget>;
  act(action: string, body?: Record<string, unknown>): Promise<unknown>;
  users(): readonly User[];
  user(id: string): User;
  records(object: string): readonly Readonly<Record<string, unknown>>[];
  /** What anybody with the integration's rights sees. */
  query(soql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** `POST /composite` and so on, since the last `forgetCalls`. */
  calls(): readonly string[];
  forgetCalls(): void;
  person(change?: Partial<Person>): Person;
  /** Users cannot be deleted; but a sandbox that was refreshed is a new organization behind the old address. */
  refreshOrganization(): void;
}

export async function startWorld(options: Options = {}): Promise<World> {
  const clock = new ManualClock();
  return openWorld(await startSandbox({ port: 0, clock, only: ['salesforce'] }), clock, options);
}

/** Takes the sandbox over. */
export async function openWorld(own: Sandbox, clock: ManualClock, options: Options = {}): Promise<World> {
  const cleanup = new AsyncDisposableStack();
  const sandbox = cleanup.use(own);
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const org = sandbox.system('salesforce');
  org.turn(options.positions ?? {});
  const act: World['act'] = async (action, body) => org.actions?.[action]?.run(body);
  const key = (await act('integration-key')) as IntegrationKey;
  const settingsOf = (own: Options): SalesforceTarget =>
    SalesforceTarget.parse(settingsFor(sandbox.url('halden.my.salesforce'), key, own.settings));
  const open = async (own: Options = {}): Promise<OpenTarget> => {
    const all = { ...options, ...own };
    const target = salesforce.open(settingsOf(all), {
      ...{ id: 'salesforce', http, clock, log: silentLog },
      relyingParties: [partyOf(all.roles)],
    });
    if (all.unprepared) return target;
    const prepared = await target.prepare(createCallBudget('background', 10_000));
    assert.equal(prepared.outcome, 'prepared');
    return target;
  };
  const users: World['users'] = () => (org.state() as { users: User[] }).users;
  let count = 0;
  return {
    ...{ clock, sandbox, org, open, act, users, settings: settingsOf(options) },
    target: await open(),
    user: (id) => users().find(({ Id }) => Id === id) ?? assert.fail('no such user'),
    records: (object) =>
      (org.state() as { records: Record<string, Record<string, unknown>[]> }).records[object] ?? [],
    calls: () =>
      org.calls
        .list()
        .map(({ method, path }) => `${method} ${path.replace(/^\/services(\/data\/v[\d.]+)?/, '')}`),
    forgetCalls: () => org.calls.clear(),
    query: (soql) => query(http, sandbox.url('halden.my.salesforce'), key, soql),
    person: (change) => {
      count += 1;
      return sam({ id: newId('per'), mail: `sam${count}@halden.example`, login: `sam${count}`, ...change });
    },
    refreshOrganization: () => {
      sandbox.reset();
      org.turn(options.positions ?? {});
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

/** The one way in, with the roles of a test beside the usual ones. */
export function partyOf(roles: Options['roles'] = {}): TargetParty {
  return {
    ...{ id: 'salesforce', access: {} },
    roles: Object.entries({ ...ROLES, ...roles }).map(([id, account]) => ({
      ...{ id, account: SalesforceRole.parse(account) },
    })),
  };
}

type IntegrationKey = {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly username: string;
  readonly privateKeyPem: string;
};

async function query(http: HttpClient, root: string, key: IntegrationKey, soql: string) {
  const form = { client_id: key.consumerKey, client_secret: key.consumerSecret };
  const token = await http.request({
    ...{ method: 'POST', url: new URL('/services/oauth2/token', root), system: 'test' },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
  });
  const { access_token } = JSON.parse(token.body) as { access_token: string };
  const answer = await http.request({
    ...{ method: 'GET', system: 'test' },
    url: new URL(`/services/data/v66.0/query?q=${encodeURIComponent(soql)}`, root),
    headers: { authorization: `Bearer ${access_token}` },
  });
  assert.equal(answer.status, 200, answer.body);
  return (JSON.parse(answer.body) as { records: Record<string, unknown>[] }).records;
}

export function settingsFor(url: string, key: IntegrationKey, own: Readonly<Record<string, unknown>> = {}) {
  return {
    url,
    auth: {
      flow: 'jwt-bearer',
      username: key.username,
      keys: [{ clientId: key.consumerKey, privateKey: key.privateKeyPem }],
    },
    username: '{mail}.org62',
    regional: {
      timeZone: { default: 'Europe/Berlin', from: 'attributes.timeZone' },
      locale: { default: 'de_DE' },
    },
    fields: { Department: 'department', Title: 'attributes.title', Region__c: 'attributes.region' },
    manager: 'attributes.manager',
    ...own,
  };
}

/** Sam of the cast, as the directory room would give them. */
export function sam(change: Partial<Person> = {}): Person {
  return {
    id: newId('per'),
    status: 'active',
    login: 'sam',
    mail: 'sam@halden.example',
    givenName: 'Sam',
    familyName: 'Okonkwo',
    displayName: 'Sam Okonkwo',
    department: 'Sales',
    groups: ['sales@staff'],
    attributes: { region: 'EMEA', title: 'Account Executive', timeZone: 'Europe/London' },
    ...change,
  };
}

export const LEAD: readonly Access[] = [{ relyingParty: 'salesforce', role: 'lead' }];
export const SALES: readonly Access[] = [{ relyingParty: 'salesforce', role: 'sales' }];
export const SUPPORT: readonly Access[] = [{ relyingParty: 'salesforce', role: 'support' }];

export const budget = (ms = 5_000): CallBudget => createCallBudget('background', ms);

export function desired(
  target: OpenTarget,
  person: Person,
  accesses: readonly Access[] = LEAD,
): AccountImage {
  const answer = target.desire(person, accesses);
  assert.ok(answer.outcome === 'desired', JSON.stringify(answer));
  return answer.image;
}

export function written(answer: WriteAnswer): ReadAccount {
  assert.ok(answer.outcome === 'written', JSON.stringify(answer));
  return answer.account;
}

/** What of an image a creation carries. */
export function atCreation(target: OpenTarget, image: AccountImage): AccountImage {
  return Object.fromEntries(Object.entries(image).filter(([name]) => target.fields[name]?.atCreation));
}

export async function create(target: OpenTarget, image: AccountImage): Promise<ReadAccount> {
  return written(await target.create(atCreation(target, image), 'marker', budget()));
}

export async function read(target: OpenTarget, id: string, image: AccountImage): Promise<ReadAccount> {
  const answer = await target.findById(id, image, {}, budget());
  assert.ok(answer.outcome === 'read', JSON.stringify(answer));
  return answer.accounts[0] ?? assert.fail('the account is not there');
}

/** Reads, plans and sends as the engine does, until the first answer that is not `written`. */
export async function apply(
  target: OpenTarget,
  id: string,
  image: AccountImage,
  options: Parameters<typeof diff>[3] = {},
): Promise<WriteAnswer> {
  let account = await read(target, id, image);
  let last: WriteAnswer = { outcome: 'written', account };
  for (const step of planSteps(target, diff(target, account.image, image, options))) {
    last = await target.update(
      {
        ...{ externalId: id, call: step.call, changes: valuesOf(step), desired: image },
        ...{ current: account.image, marker: 'marker', refs: account.refs, takeOver: false },
      },
      budget(),
    );
    if (last.outcome !== 'written') return last;
    account = {
      ...account,
      image: { ...account.image, ...valuesOf(step), ...last.account.image },
      refs: { ...account.refs, ...last.account.refs },
    };
  }
  return last;
}

/** What would still have to change. */
export async function left(target: OpenTarget, id: string, image: AccountImage): Promise<readonly string[]> {
  const { image: current } = await read(target, id, image);
  return diff(target, current, image).map(({ field }) => field);
}
