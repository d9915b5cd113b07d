import assert from 'node:assert/strict';
import { sql } from 'kysely';
import supertest from 'supertest';
import { DAY, type PersonId } from '../../src/base/index.ts';
import { accountCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { act, letTimePass, until } from './evidence.ts';
import type { World, WorldOptions } from './world.ts';

// Control panels as somebody outside the broker sees them: the owner in the browser, a reader over the Account API.

export const TARGET = 'bc-account';

/** Role → permissions that it stands for, in order of precedence. */
export type RoleTable = Readonly<Record<string, readonly string[]>>;
export type Task = {
  readonly id: string;
  readonly person: PersonId;
  readonly kind: string;
  readonly field: string;
  readonly detail: { readonly found?: readonly string[] | null; readonly expected?: readonly string[] };
};
type StoreUser = {
  readonly email: string;
  readonly firstName: string | null;
  readonly permissions: readonly string[];
};

export const mailOf = (login: string): string => `${login}@halden.example`;
export const groupOf = (role: string): string => `${role}@staff`;

/**
 * Each role of the table is a template, given by the group of its name, in the control panel of the person's region;
 * both regions have one.
 */
export function withTable(table: RoleTable, settings: object = {}): NonNullable<WorldOptions['configure']> {
  const roles = Object.keys(table);
  return (config) => {
    const target = config.targets.find(({ id }: { id: string }) => id === TARGET);
    Object.assign(target, { templates: table, ...settings });
    const emea = config.relyingParties.find(({ id }: { id: string }) => id === 'panel-emea');
    emea.roles = roles.map((id) => ({ id, account: { template: id } }));
    const { url, ...na } = emea;
    config.relyingParties.push({
      ...{ ...na, id: 'panel-na', title: 'Control panel, North America', storeHash: 'haldenna' },
      url: url.replace('haldenemea', 'haldenna'),
    });
    config.rules = config.rules.filter(({ id }: { id: string }) => id !== 'panel-managers');
    for (const region of ['EMEA', 'NA']) {
      const relyingParty = `panel-${region.toLowerCase()}`;
      for (const role of roles) {
        config.rules.push({
          id: `${role}-${region.toLowerCase()}`,
          explain: `The control panel of ${region} is for its own teams.`,
          when: `${JSON.stringify(groupOf(role))} in person.groups && person.region == "${region}"`,
          give: [{ relyingParty, roles: [role] }],
        });
      }
    }
  };
}

/** What the Account API answers about the users of a store, asked with a token of its own that may only read. */
export async function usersOf(world: World, storeHash: string): Promise<readonly StoreUser[]> {
  const query =
    'query { account { stores { edges { node { storeHash users { edges { node { email firstName permissions } } } } } } } }';
  const { body, status } = await supertest(`http://127.0.0.1:${world.sandbox.port}`)
    .post(`/accounts/${accountCredentials.accountUuid}/graphql`)
    .set('Host', `api.bigcommerce.localhost:${world.sandbox.port}`)
    .set('X-Auth-Token', accountCredentials.readOnlyApi.accessToken)
    .send({ query });
  assert.equal(status, 200);
  const edges = body.data.account.stores.edges as {
    node: { storeHash: string; users: { edges: { node: StoreUser }[] } };
  }[];
  const store = edges.find(({ node }) => node.storeHash === storeHash) ?? assert.fail(storeHash);
  return store.node.users.edges.map(({ node }) => node);
}

/** What somebody may do in a store, as it is read back; undefined for who is no user of it. */
export async function permissionsOf(
  world: World,
  login: string,
  storeHash = 'haldenemea',
): Promise<readonly string[] | undefined> {
  const user = (await usersOf(world, storeHash)).find(({ email }) => email === mailOf(login));
  // Everybody has this one, and it allows nothing.
  return user?.permissions.filter((code) => code !== 'No_Permission_Required').toSorted();
}

type AccountState = {
  readonly users: readonly {
    readonly id: number;
    readonly email: string;
    readonly stores: Readonly<Record<string, unknown>>;
  }[];
  readonly mails: readonly { readonly to: string }[];
  readonly calls: readonly { readonly operation: string | null; readonly status: number }[];
};

/** The account itself, whoever enters which store. */
export async function accountState(world: World): Promise<AccountState> {
  return (world.sandbox.system('bigcommerce').state() as { account: AccountState }).account;
}

export async function isInAccount(world: World, login: string): Promise<boolean> {
  return (await accountState(world)).users.some(({ email }) => email === mailOf(login));
}

/** Mutations that were sent to the Account API, in order. */
export async function writes(world: World): Promise<readonly string[]> {
  const { calls } = await accountState(world);
  return calls.flatMap(({ operation }) => (operation === null || operation === 'query' ? [] : [operation]));
}

/** The owner ticks boxes in the control panel. */
export async function tick(
  world: World,
  login: string,
  permissions: readonly string[],
  store = 'haldenemea',
): Promise<void> {
  await act(world, 'bigcommerce', 'set-panel-permissions', { store, email: mailOf(login), permissions });
}

/** Open tasks of the account, as the command line lists them. */
export async function tasksOf(world: World): Promise<readonly Task[]> {
  const { code, out, err } = await world.vestibule(['tasks', TARGET, '--json']);
  assert.equal(code, 0, err);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Task);
}

/** A day passes, in which the broker reads by itself what people were asked to do. */
export async function readAgain(world: World): Promise<void> {
  const before = (await accountState(world)).calls.length;
  await letTimePass(world, DAY);
  await until('the account is read', async () => (await accountState(world)).calls.length > before);
  await queueRests(world);
}

/** What was due is done, and knows when it is due again: whoever lets time pass earlier moves that instant too. */
export async function queueRests(world: World): Promise<void> {
  await until('the queue has nothing to do', async () => (await dueJobs(world)) === 0);
}

async function dueJobs(world: World): Promise<number> {
  const { database } = await world.stores();
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from jobs_job where state = 'running' or (state = 'waiting' and run_at <= ${world.clock.now()})
  `.execute(database.db);
  return rows[0]?.count ?? 0;
}
