import assert from 'node:assert/strict';
import supertest from 'supertest';
import { DAY } from '../../src/base/index.ts';
import { act } from './evidence.ts';
import { ManualClock } from './manual-clock.ts';
import type { World, WorldOptions } from './world.ts';

// iconik as somebody outside the broker sees it: an administrator in its state, a person over its API.

export const TARGET = 'iconik-halden';

const ADMINISTRATOR = {
  'App-ID': '7c0e5b1a-40d2-11f0-8f6e-000000000051',
  'Auth-Token': 'sandbox-token-of-iconik-integration',
};

export type IconikUser = {
  readonly id: string;
  readonly email: string;
  readonly first_name: string;
  readonly type: string;
  readonly status: string;
  readonly groups: readonly string[];
  readonly primary_group: string | null;
  readonly identity_provider_id: string | null;
  readonly metadata: unknown;
  /** Whether iconik itself made the user, at a sign-on. */
  readonly system_metadata: { readonly saml_created: boolean };
};

type IconikState = {
  readonly users: readonly IconikUser[];
  readonly serviceProviders: readonly {
    readonly id: string;
    readonly entityId: string;
    readonly start: string;
    readonly settings: Readonly<Record<string, unknown>> | null;
    readonly domains: readonly string[];
  }[];
  readonly mappings: readonly { readonly name: string }[];
  readonly apiCalls: readonly { readonly method: string; readonly path: string }[];
};

export async function iconikState(world: World): Promise<IconikState> {
  return (await ask(world, 'sandbox', '/state/iconik')).body as IconikState;
}

/** The one user with this address. */
export async function iconikUser(world: World, email: string): Promise<IconikUser> {
  const found = (await iconikState(world)).users.filter((user) => user.email === email);
  assert.equal(found.length, 1, `users with ${email}`);
  return found[0] ?? assert.fail();
}

export async function groupsOf(world: World, email: string): Promise<readonly string[]> {
  return [...(await iconikUser(world, email)).groups].sort();
}

/** Everybody in a group, by mail address. */
export async function membersOf(world: World, group: string): Promise<readonly string[]> {
  const { users } = await iconikState(world);
  return users
    .filter(({ groups }) => groups.includes(group))
    .map(({ email }) => email)
    .sort();
}

/** Calls of the API that changed users, groups or lists of access, as `POST /users/v1/users/`. */
export async function writes(world: World): Promise<readonly string[]> {
  const { apiCalls } = await iconikState(world);
  return apiCalls
    .filter(({ method, path }) => method !== 'GET' && /^\/(users|acls)\/v1\//.test(path))
    .map(({ method, path }) => `${method} ${path}`);
}

/** What an administrator of iconik sets up over there before anybody comes: groups with the roles that they carry. */
export async function addGroups(
  world: World,
  groups: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [name, roles] of Object.entries(groups)) {
    const { status } = await ask(world, 'iconik', '/API/users/v1/groups/', {
      ...{ headers: ADMINISTRATOR, body: { name, roles } },
    });
    assert.equal(status, 201, name);
  }
}

/** What the API says of a user, by the credentials of an administrator: names of groups, and roles that come of them. */
export async function readBack(
  world: World,
  email: string,
): Promise<{
  readonly status: string;
  readonly type: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
}> {
  const { id } = await iconikUser(world, email);
  const headers = ADMINISTRATOR;
  const user = (await ask(world, 'iconik', `/API/users/v1/users/${id}/`, { headers })).body as IconikUser;
  const { body } = await ask(world, 'iconik', '/API/users/v1/groups/?per_page=100', { headers });
  const names = new Map(
    (body as { objects: { id: string; name: string }[] }).objects.map((each) => [each.id, each.name]),
  );
  const { roles } = (await act(world, 'iconik', 'library-of', { email })) as { roles: readonly string[] };
  const groups = user.groups.map((group) => names.get(group) ?? group).sort();
  return { status: user.status, type: user.type, groups, roles };
}

/** A user of iconik who looks around over the API, by a token that acts as them. */
export type Probe = {
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Titles of all collections and films that iconik lists for this user. */
  sees(): Promise<readonly string[]>;
  /** The same by the search box. */
  finds(words: string): Promise<readonly string[]>;
};

export async function probe(world: World, email: string): Promise<Probe> {
  const token = (await act(world, 'iconik', 'token-for', { email })) as { appId: string; authToken: string };
  const headers = { 'App-ID': token.appId, 'Auth-Token': token.authToken };
  const get = (path: string) => ask(world, 'iconik', path, { headers });
  const titles = ({ status, body }: { status: number; body: unknown }): readonly string[] => {
    assert.equal(status, 200, JSON.stringify(body));
    return (body as { objects: { title: string }[] }).objects.map(({ title }) => title);
  };
  return {
    get,
    async sees() {
      const lists = ['/API/assets/v1/collections/?per_page=100', '/API/assets/v1/assets/?per_page=100'];
      const [collections = [], films = []] = await Promise.all(
        lists.map(async (path) => titles(await get(path))),
      );
      return [...collections, ...films].sort();
    },
    finds: async (query) =>
      titles(
        await ask(world, 'iconik', '/API/search/v1/search/', { headers, body: { query, per_page: 100 } }),
      ),
  };
}

async function ask(
  world: World,
  host: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: object } = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const agent = supertest(`http://127.0.0.1:${world.sandbox.port}`);
  const request = (body ? agent.post(path) : agent.get(path))
    .set('Host', `${host}.localhost:${world.sandbox.port}`)
    .set(headers);
  const { status, body: answer } = await (body ? request.send(body) : request);
  return { status, body: answer };
}

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree, changed by tests as they please.
export type Tree = any;

export const named =
  (id: string) =>
  (each: { id: string }): boolean =>
    each.id === id;

/** Replaces the roles of iconik and the rules that give them; the rest of the demo stays. */
export function withRoles(
  roles: readonly object[],
  rules: readonly {
    readonly id: string;
    readonly when: string;
    readonly role: string;
    readonly until?: string;
  }[],
  settings: object = {},
): NonNullable<WorldOptions['configure']> {
  return (config: Tree) => {
    config.relyingParties.find(named('iconik')).roles = roles;
    const isOfIconik = (rule: { give: { relyingParty: string }[] }): boolean =>
      rule.give.some(({ relyingParty }) => relyingParty === 'iconik');
    config.rules = [
      ...config.rules.filter((rule: Tree) => !isOfIconik(rule)),
      ...rules.map(({ id, when, role, until }) => ({
        ...{ id, when },
        give: [{ relyingParty: 'iconik', roles: [role], ...(until !== undefined && { until }) }],
      })),
    ];
    Object.assign(config.targets.find(named(TARGET)), settings);
  };
}

/** For worlds with commands beside the broker: they go by the real clock. */
export const todaysClock = (daysBehind = 0): ManualClock =>
  new ManualClock(new Date(Date.now() - daysBehind * DAY));

/** Time goes by. The queue sleeps by the real clock, so it is woken: a configuration taken over anew begins with a look. */
export async function pass(world: World, ms: number): Promise<void> {
  world.clock.advance(ms);
  await world.apply(() => undefined);
}

/** Runs a command that must work out. @returns what it printed. */
export async function run(world: World, ...args: string[]): Promise<string> {
  const { code, out, err } = await world.vestibule(args);
  assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`);
  return out;
}
