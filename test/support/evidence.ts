import assert from 'node:assert/strict';
import supertest from 'supertest';
import type { AccessEvent, EventFilter } from '../../src/access-log/index.ts';
import { notify } from '../../src/platform/database/index.ts';
import type { FaultInput, PersonChange } from '../../src/sandbox/index.ts';
import type { Browser, Page } from './browser.ts';
import * as waiting from './waiting.ts';
import type { World } from './world.ts';

// What can be watched from outside: the sandbox over its control API, the access log as an auditor reads it.

/** A customer as the store keeps it. */
export type Customer = {
  readonly id: number;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly company: string;
  readonly customer_group_id: number;
  readonly channel_ids: readonly number[] | null;
  readonly hasPassword: boolean;
  readonly force_password_reset: boolean;
  /** How many there are. */
  readonly orders: number;
  /** Where a shopper signed up; empty for accounts made over the API. */
  readonly registration_ip_address: string;
};

export type CustomerAddress = {
  readonly customer_id: number;
  readonly address1: string;
  readonly city: string;
  readonly state_or_province: string;
  readonly postal_code: string;
  readonly country_code: string;
};

type Store = {
  readonly customers: readonly Customer[];
  readonly addresses: readonly CustomerAddress[];
  readonly groups: readonly { readonly id: number; readonly name: string }[];
  readonly attributes: readonly { readonly id: number; readonly name: string }[];
  readonly attributeValues: readonly {
    readonly attribute_id: number;
    readonly customer_id: number;
    readonly value: string;
  }[];
  /** Each use of /login/token, with the reason that the store keeps to itself. */
  readonly logins: readonly {
    readonly outcome: string;
    readonly reason?: string;
    readonly target: string;
    readonly clientId?: string;
  }[];
  readonly calls: readonly StoreCall[];
  /** Webhooks of API accounts, and what was sent to them. */
  readonly hooks: readonly {
    readonly id: number;
    readonly scope: string;
    readonly is_active: boolean;
    readonly destination: string;
  }[];
  readonly deliveries: readonly {
    readonly scope: string;
    readonly body: string;
    readonly attempts: number;
    readonly lastStatus: number | null;
    readonly state: string;
  }[];
  /** Orders of customers who were deleted. */
  readonly formerOrders: readonly { readonly orders: number }[];
};

/** A request that the store saw: names of what it carried, never values. */
export type StoreCall = {
  readonly method: string;
  readonly path: string;
  readonly bodyKeys: readonly string[];
  readonly items: number | null;
};

export async function storeState(world: World, store: string): Promise<Store> {
  const state = (await control(world, 'get', '/state/bigcommerce')) as { stores: Record<string, Store> };
  return state.stores[store] ?? assert.fail(`no store ${store}`);
}

type WikiAccounts = {
  readonly users: readonly {
    readonly id: string;
    readonly userName: string;
    readonly externalId?: string;
    readonly displayName: string;
    readonly active: boolean;
  }[];
  readonly groups: readonly {
    readonly displayName: string;
    readonly members?: readonly { readonly value: string }[];
  }[];
};

/** Accounts and groups of the wiki, as its own administrators see them. */
export async function wikiAccounts(world: World): Promise<WikiAccounts> {
  return ((await control(world, 'get', '/state/wiki')) as { scim: WikiAccounts }).scim;
}

/** Customers that were made over the API, not by shoppers. */
export async function customersMade(world: World, store: string): Promise<readonly Customer[]> {
  const { customers } = await storeState(world, store);
  return customers.filter(({ registration_ip_address: address }) => address === '');
}

export async function customerWithMail(world: World, store: string, mail: string): Promise<Customer> {
  const found = (await storeState(world, store)).customers.filter(({ email }) => email === mail);
  assert.equal(found.length, 1, `customers with ${mail} in ${store}`);
  return found[0] ?? assert.fail();
}

/** Waits until the queue has ended so many runs of this kind of job, as the metrics count them. */
export async function untilJobsEnded(world: World, kind: string, count = 1): Promise<void> {
  const line = new RegExp(`^\\S*job_runs_total\\{.*kind="${kind}".*outcome="done".*\\} (\\d+)$`, 'm');
  await until(`${count} jobs ${kind}`, async () => {
    const { text } = await supertest(`http://127.0.0.1:${world.broker.managementPort}`).get('/metrics');
    return Number(line.exec(text)?.[1] ?? 0) >= count;
  });
}

/** Name of the customer group, as the store shows it. */
export async function groupOf(world: World, store: string, customer: Customer): Promise<string> {
  const { groups } = await storeState(world, store);
  return groups.find(({ id }) => id === customer.customer_group_id)?.name ?? 'none';
}

export async function changePerson(world: World, login: string, change: PersonChange): Promise<void> {
  await control(world, 'patch', `/people/${login}`, change);
}

export async function addPerson(world: World, person: PersonChange & { login: string }): Promise<void> {
  await control(world, 'post', '/people', person);
}

/** Replaces the faults of one system; none takes them away and lets held requests go on. */
export async function setFaults(world: World, system: string, ...faults: FaultInput[]): Promise<void> {
  if (faults.length === 0) await control(world, 'delete', `/faults/${system}`);
  else await control(world, 'put', `/faults/${system}`, faults);
}

export async function turn(world: World, system: string, positions: Record<string, unknown>): Promise<void> {
  await control(world, 'put', `/switches/${system}`, positions);
}

export async function act(world: World, system: string, action: string, body: object = {}): Promise<unknown> {
  return control(world, 'post', `/actions/${system}/${action}`, body);
}

async function control(
  world: World,
  method: 'get' | 'put' | 'post' | 'patch' | 'delete',
  path: string,
  body?: object,
): Promise<unknown> {
  const agent = supertest(`http://127.0.0.1:${world.sandbox.port}`);
  const request = agent[method](path).set('Host', `sandbox.localhost:${world.sandbox.port}`);
  const answer = body === undefined ? await request : await request.send(body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

/** Access events that match, oldest first. */
export async function eventsOf(world: World, filter: EventFilter = {}): Promise<readonly AccessEvent[]> {
  const { accessLog } = await world.stores();
  return (await accessLog.searchEvents(filter, { limit: 1_000 })).events.toReversed();
}

export async function threadOf(world: World, thread: string): Promise<readonly AccessEvent[]> {
  return (await world.stores()).accessLog.readThread(thread);
}

/** The one event of this type under the page's reference. */
export async function eventBehind(world: World, page: Page, type: string): Promise<AccessEvent> {
  const events = (await threadOf(world, referenceOn(page))).filter((event) => event.type === type);
  assert.equal(events.length, 1, `${type} under ${referenceOn(page)}`);
  return events[0] ?? assert.fail();
}

/** The reference that a person would read to the help desk. */
export function referenceOn(page: Page): string {
  return /lgn_[0-9a-z]{26}/.exec(page.text)?.[0] ?? assert.fail(`no reference on: ${page.text}`);
}

/** A page that lets nobody in: its status, words for the person, a reference, and the exit in the access log under it. */
export async function assertExit(
  world: World,
  page: Page,
  expected: { readonly status: number; readonly says: RegExp; readonly type: string; readonly code: string },
): Promise<AccessEvent> {
  assert.equal(page.url.host, new URL(world.origin).host, page.text);
  assert.equal(page.status, expected.status, page.text);
  assert.match(page.text, expected.says);
  assert.ok(
    page.links().some(({ href }) => href.startsWith('/')),
    'the page has a way on',
  );
  const event = await eventBehind(world, page, expected.type);
  assert.equal(event.code, expected.code);
  return event;
}

/** Nothing was made in any store and no store was entered. */
export async function assertNothingMade(world: World): Promise<void> {
  for (const store of ['store-emea', 'store-na', 'store-outlet']) {
    assert.deepEqual(await customersMade(world, store), [], `customers in ${store}`);
    assert.deepEqual((await storeState(world, store)).logins, [], `entries into ${store}`);
  }
}

/** The cookie of a session with the broker, if this browser holds one. */
export function sessionCookie(browser: Browser): string | undefined {
  return browser.cookie('sso.localhost', 'vestibule-session');
}

/** The clock moves on and the queue looks, as it does by itself every few seconds. */
export async function letTimePass(world: World, ms: number): Promise<void> {
  world.clock.advance(ms);
  const { database } = await world.stores();
  await notify(database.db, 'jobs_added');
}

/** Waits for something that another process does by itself, a moment later. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await waiting.until(condition, what);
}
