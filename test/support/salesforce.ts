import assert from 'node:assert/strict';
import supertest from 'supertest';
import { DAY } from '../../src/base/index.ts';
import type { Browser, Page } from './browser.ts';
import { act, turn } from './evidence.ts';
import { ManualClock } from './manual-clock.ts';
import type { World, WorldOptions } from './world.ts';

// The Salesforce organization as somebody outside the broker sees it: its REST API, its state, its Login History.

export const TARGET = 'salesforce-halden';
const HOST = 'halden.my.salesforce.localhost';
const CLIENT = {
  client_id: 'halden-external-client-app-vestibule',
  client_secret: 'sandbox-secret-of-salesforce-integration-0000000000',
};

export type Row = Readonly<Record<string, unknown>> & { readonly Id: string };

/** What a query of the REST API answers, by a token of its own. */
export async function query(world: World, soql: string): Promise<readonly Row[]> {
  const agent = supertest(`http://127.0.0.1:${world.sandbox.port}`);
  const host = `${HOST}:${world.sandbox.port}`;
  const form = { grant_type: 'client_credentials', ...CLIENT };
  const token = await agent.post('/services/oauth2/token').set('Host', host).type('form').send(form);
  const answer = await agent
    .get('/services/data/v66.0/query')
    .query({ q: soql })
    .set({ Host: host, Authorization: `Bearer ${(token.body as { access_token: string }).access_token}` });
  assert.equal(answer.status, 200, answer.text);
  return (answer.body as { records: Row[] }).records;
}

/** A user with all rights, as Salesforce tells them. */
export type Standing = {
  readonly id: string;
  readonly username: string;
  readonly federationId: string | null;
  readonly active: boolean;
  readonly frozen: boolean;
  readonly profile: string;
  readonly role: string | null;
  /** In force now; what the profile owns is left out. */
  readonly permissionSets: readonly string[];
  readonly permissionSetGroups: readonly string[];
  readonly permissionSetLicenses: readonly string[];
  readonly groups: readonly string[];
  readonly queues: readonly string[];
  readonly territories: readonly string[];
};

type Related = Readonly<Record<string, unknown>> | null;

/** The one user with this mail address, if there is one. */
export async function findUser(world: World, mail: string): Promise<Standing | undefined> {
  const names =
    'Id, Username, FederationIdentifier, IsActive, Profile.Name, UserRole.DeveloperName, (SELECT Id, PermissionSet.Name, PermissionSet.IsOwnedByProfile, PermissionSetGroup.DeveloperName, IsActive FROM PermissionSetAssignments), (SELECT Id, PermissionSetLicense.DeveloperName FROM PermissionSetLicenseAssignments), (SELECT Id, Territory2.DeveloperName FROM UserTerritory2Associations)';
  const users = await query(world, `SELECT ${names} FROM User WHERE Email = '${mail}'`);
  assert.ok(users.length <= 1, `${users.length} users with ${mail}`);
  const [user] = users;
  if (!user) return undefined;
  const [login] = await query(world, `SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '${user.Id}'`);
  const members = await query(
    world,
    `SELECT Id, Group.DeveloperName, Group.Type FROM GroupMember WHERE UserOrGroupId = '${user.Id}'`,
  );
  const given = recordsOf(user, 'PermissionSetAssignments').filter(
    (each) => each['IsActive'] !== false && related(each, 'PermissionSet')?.['IsOwnedByProfile'] !== true,
  );
  const memberOf = (type: string): readonly string[] =>
    namesOf(
      members.filter((each) => related(each, 'Group')?.['Type'] === type),
      'Group',
    );
  return {
    id: user.Id,
    username: String(user['Username']),
    federationId: user['FederationIdentifier'] as string | null,
    active: user['IsActive'] === true,
    frozen: login?.['IsFrozen'] === true,
    profile: String(related(user, 'Profile')?.['Name']),
    role: (related(user, 'UserRole')?.['DeveloperName'] ?? null) as string | null,
    permissionSets: namesOf(
      given.filter((each) => !related(each, 'PermissionSetGroup')),
      'PermissionSet',
      'Name',
    ),
    permissionSetGroups: namesOf(
      given.filter((each) => related(each, 'PermissionSetGroup')),
      'PermissionSetGroup',
    ),
    permissionSetLicenses: namesOf(
      recordsOf(user, 'PermissionSetLicenseAssignments'),
      'PermissionSetLicense',
    ),
    groups: memberOf('Regular'),
    queues: memberOf('Queue'),
    territories: namesOf(recordsOf(user, 'UserTerritory2Associations'), 'Territory2'),
  };
}

export async function userWith(world: World, mail: string): Promise<Standing> {
  return (await findUser(world, mail)) ?? assert.fail(`no user with ${mail}`);
}

function related(row: Related, name: string): Related {
  return (row?.[name] ?? null) as Related;
}

function recordsOf(row: Row, name: string): readonly Row[] {
  return (row[name] as { records: Row[] } | null)?.records ?? [];
}

function namesOf(rows: readonly Row[], name: string, field = 'DeveloperName'): readonly string[] {
  return rows.map((row) => String(related(row, name)?.[field])).sort();
}

type LoginRow = Readonly<Record<'UserId' | 'Status' | 'LoginType' | 'LoginTime', string>>;

type SalesforceState = {
  readonly users: readonly (Row & { readonly Username: string })[];
  readonly loginHistory: readonly LoginRow[];
  readonly sessions: readonly { readonly userId: string; readonly nameId: string }[];
  readonly apiUsage: { readonly used: number };
};

export async function salesforceState(world: World): Promise<SalesforceState> {
  const agent = supertest(`http://127.0.0.1:${world.sandbox.port}`);
  const answer = await agent.get('/state/salesforce').set('Host', `sandbox.localhost:${world.sandbox.port}`);
  return answer.body as SalesforceState;
}

/** Status of the last sign-on that Salesforce wrote down for this user. */
export async function lastLogin(world: World, user: string): Promise<string | undefined> {
  const { loginHistory } = await salesforceState(world);
  return loginHistory.filter(({ UserId }) => UserId === user).at(-1)?.Status;
}

/** Signs in over SAML up to the home page; what Salesforce asks of a password alone is not what these tests are about. */
export async function enter(world: World, login: string, browser?: Browser): Promise<Page> {
  await turn(world, 'salesforce', { strongAuthentication: 'off' });
  return world.signIn(browser ?? world.browser(), login, '/launch/salesforce');
}

/** The home page of Salesforce, as this user. */
export function assertInside(page: Page, username: string): void {
  assert.equal(page.url.hostname, HOST, page.text);
  assert.equal(page.status, 200);
  assert.match(page.html, new RegExp(`data-signed-in="${username.replaceAll('.', '\\.')}"`));
}

// biome-ignore lint/suspicious/noExplicitAny: a YAML tree, changed by tests as they please.
export type Tree = any;
export type Configure = NonNullable<WorldOptions['configure']>;

type Rule = { readonly id: string; readonly when: string; readonly roles: readonly string[] } & {
  readonly until?: string;
  readonly explain?: string;
};

/** Replaces the roles of Salesforce and the rules that give them; the rest of the demo stays. */
export function withRoles(
  roles: Readonly<Record<string, object>>,
  rules: readonly Rule[],
  change: Configure = () => {},
): Configure {
  return (config: Tree) => {
    partyOf(config).roles = Object.entries(structuredClone(roles)).map(([id, account]) => ({ id, account }));
    const isElsewhere = (rule: { give: { relyingParty: string }[] }): boolean =>
      rule.give.every(({ relyingParty }) => relyingParty !== 'salesforce');
    config.rules = [
      ...config.rules.filter(isElsewhere),
      ...rules.map(({ id, when, roles: given, until, explain }) => ({
        ...{ id, when, ...(explain !== undefined && { explain }) },
        give: [{ relyingParty: 'salesforce', roles: given, ...(until !== undefined && { until }) }],
      })),
    ];
    change(config);
  };
}

export function targetOf(config: Tree): Tree {
  return config.targets.find(({ id }: { id: string }) => id === TARGET);
}

export function partyOf(config: Tree): Tree {
  return config.relyingParties.find(({ id }: { id: string }) => id === 'salesforce');
}

/** For worlds with commands beside the broker: they go by the real clock. */
export const todaysClock = (daysBehind = 0): ManualClock =>
  new ManualClock(new Date(Date.now() - daysBehind * DAY));

/** Runs a command that must work out. @returns what it printed. */
export async function run(world: World, ...args: string[]): Promise<string> {
  const { code, out, err } = await world.vestibule(args);
  assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`);
  return out;
}

/** One JSON object a line. */
export function lines<T>(out: string): readonly T[] {
  return out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as T);
}

export type ShownTask = { readonly kind: string; readonly title: string; readonly detail: object };

export async function tasksOf(world: World): Promise<readonly ShownTask[]> {
  return lines<ShownTask>(await run(world, 'tasks', TARGET, '--json'));
}

/** The one record of an object that has this name; every object has its own field for it. */
export async function recordId(world: World, object: string, name: string): Promise<string> {
  const field = object === 'PermissionSet' || object === 'Profile' ? 'Name' : 'DeveloperName';
  const found = await query(world, `SELECT Id FROM ${object} WHERE ${field} = '${name}'`);
  assert.equal(found.length, 1, `${object} ${name}`);
  return found[0]?.Id ?? assert.fail();
}

/** An administrator gives a user something by hand, in Setup. */
export async function giveByHand(
  world: World,
  object: 'GroupMember' | 'PermissionSetAssignment',
  user: string,
  name: string,
): Promise<void> {
  const fields =
    object === 'GroupMember'
      ? { UserOrGroupId: user, GroupId: await recordId(world, 'Group', name) }
      : { AssigneeId: user, PermissionSetId: await recordId(world, 'PermissionSet', name) };
  await act(world, 'salesforce', 'write-record', { object, fields });
}

/** … and takes a group or queue away. */
export async function takeByHand(world: World, user: string, group: string): Promise<void> {
  const where = `UserOrGroupId = '${user}' AND Group.DeveloperName = '${group}'`;
  const [member] = await query(world, `SELECT Id FROM GroupMember WHERE ${where}`);
  await act(world, 'salesforce', 'remove-record', { object: 'GroupMember', id: member?.Id });
}
