import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { COLLECTION, GROUP, IconikApi, USER } from './client/iconik.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let api: IconikApi;

const TEAMS = '/users/v1/teams/';
const ROLE_GROUPS = '/users/v1/role_groups/';
const ELIN = `/users/v1/users/${USER.elin}/`;
const EDITING = '7c0e5b1a-40d2-11f0-8f6e-000000000032';
type Named = { id: string; name: string; roles?: string[] };
type TeamUser = { teams?: string[]; primary_team?: string; groups?: string[]; role_groups: string[] };
const turn = (positions: Record<string, unknown>): void => sandbox.system('iconik').turn(positions);

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['iconik'] });
  api = new IconikApi(sandbox);
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

test('a domain with groups does not know teams, and the other way round', async () => {
  const statuses = async (): Promise<number[]> => [
    await api.status('GET', '/users/v1/groups/'),
    await api.status('GET', TEAMS),
    await api.status('GET', ROLE_GROUPS),
  ];

  assert.deepEqual(await statuses(), [200, 404, 404]);
  turn({ accessModel: 'teams' });
  assert.deepEqual(await statuses(), [404, 200, 200]);
});

suite('a domain with teams', () => {
  beforeEach(() => turn({ accessModel: 'teams' }));

  test('has teams without roles, and role groups with them', async () => {
    const [team] = await api.list<Named>(`${TEAMS}?name=Editors`);
    const [roleGroup] = await api.list<Named>(`${ROLE_GROUPS}?name=Editing`);

    assert.equal(team?.id, GROUP.editors);
    assert.equal(team?.roles, undefined);
    assert.ok(roleGroup?.roles?.includes('can_write_assets'));
  });

  test('refuses calls for groups, or lists what is no team either, by switch', async () => {
    turn({ groupsWithTeams: '403' });
    assert.equal(await api.status('GET', '/users/v1/groups/'), 403);

    turn({ groupsWithTeams: 'listed' });
    const made = await api.call<Named>('POST', '/users/v1/groups/', { name: 'Trailers' });
    const groups = await api.list<Named & { group_type: string }>('/users/v1/groups/?per_page=50');
    assert.deepEqual(groups.find(({ id }) => id === made.id)?.group_type, 'GROUP');
    assert.equal(groups.filter(({ group_type }) => group_type === 'TEAM').length, 7);
    assert.ok(!(await api.list<Named>(`${TEAMS}?per_page=50`)).some(({ id }) => id === made.id));
    assert.equal(await api.status('GET', `${TEAMS}${made.id}/`), 404);
    assert.equal(await api.status('PUT', `${TEAMS}${GROUP.emea}/`, { name: 'EMEA' }), 200);
  });

  test('names memberships of a user as the switch says', async () => {
    const wanted = {
      teams: [GROUP.emea, GROUP.campaign],
      primary_team: GROUP.campaign,
      role_groups: [EDITING],
    };
    const renamed = await api.call<TeamUser>('PATCH', ELIN, wanted);
    assert.deepEqual(
      [renamed.teams, renamed.primary_team, renamed.groups],
      [wanted.teams, GROUP.campaign, undefined],
    );

    turn({ teamFields: 'groups' });
    const as = await api.call<TeamUser>('PATCH', ELIN, { groups: [GROUP.campaign] });
    assert.deepEqual([as.groups, as.teams], [[GROUP.campaign], undefined]);
  });

  test('is written like groups, through users only, or not at all, by switch', async () => {
    const member = `${TEAMS}${GROUP.campaign}/users/${USER.elin}/`;
    const change = { teams: [GROUP.emea, GROUP.campaign] };
    const statuses = async (): Promise<number[]> => [
      await api.status('POST', TEAMS, { name: 'Trailers' }),
      await api.status('POST', member),
      await api.status('PATCH', ELIN, change),
    ];

    assert.deepEqual(await statuses(), [201, 201, 200]);
    turn({ teamWrites: 'user-only' });
    assert.deepEqual(await statuses(), [405, 405, 200]);
    turn({ teamWrites: 'none' });
    assert.deepEqual(await statuses(), [405, 405, 403]);
    assert.equal(await api.status('PATCH', ELIN, { status: 'INACTIVE' }), 200);
  });

  test('makes, changes and deletes role groups; users fall back to their type', async () => {
    const { id } = await api.call<Named>('POST', ROLE_GROUPS, {
      name: 'Auditing',
      roles: ['can_read_stats'],
    });
    const member = `${ROLE_GROUPS}${id}/users/${USER.elin}/`;
    const roles = async (): Promise<string[]> =>
      (await api.call<{ objects: string[] }>('GET', `${ELIN}roles/`)).objects;

    assert.equal(await api.status('POST', member), 201);
    assert.ok((await roles()).includes('can_read_stats'));
    await api.call('PATCH', `${ROLE_GROUPS}${id}/`, { roles: ['can_read_users'] });
    assert.ok((await roles()).includes('can_read_users'));
    assert.equal(await api.status('DELETE', `${ROLE_GROUPS}${id}/`), 204);
    assert.ok(!(await roles()).includes('can_read_users'));
    assert.ok((await roles()).includes('can_read_assets'));
    assert.equal(await api.status('GET', `${ROLE_GROUPS}${id}/`), 404);
  });

  test('takes a person out of a role group', async () => {
    const member = `${ROLE_GROUPS}${EDITING}/users/${USER.elin}/`;

    const user = await api.call<TeamUser>('DELETE', member);

    assert.deepEqual(user.role_groups, []);
  });

  test('speaks of groups in access control lists, with ids of teams', async () => {
    const path = `/acls/v1/groups/${GROUP.reviewers}/acl/collections/${COLLECTION.emea}/`;

    assert.equal(await api.status('PUT', path, { permissions: ['read'] }), 201);
    assert.equal(await api.status('GET', `/settings/v1/team/${GROUP.emea}/`), 200);
    assert.equal(await api.status('GET', `/settings/v1/group/${GROUP.emea}/`), 404);
  });
});
