import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '../../src/base/index.ts';
import { act, assertExit, changePerson, eventsOf, setFaults } from '../support/evidence.ts';
import {
  assertInside,
  enter,
  findUser,
  giveByHand,
  lines,
  partyOf,
  query,
  run,
  type Standing,
  TARGET,
  type Tree,
  targetOf,
  todaysClock,
  userWith,
  withRoles,
} from '../support/salesforce.ts';
import { startWorld, type World } from '../support/world.ts';

// S41: groups drive profile, permission sets and territory; what they no longer give is taken away.

const SAM = 'sam@halden.example';
const AFTER_THE_CHECK_IS_DUE = 25 * HOUR;

const ROLES = {
  representative: {
    ...{ profile: 'Halden Sales', role: 'Sales_EMEA', groups: ['All_Sales'] },
    permissionSetGroups: ['Halden_Sales_Representative'],
    territories: [{ name: 'EMEA', role: 'Sales Rep' }],
  },
  agent: {
    ...{ profile: 'Standard User', role: 'Support' },
    permissionSets: ['Halden_Service_Console'],
    permissionSetLicenses: ['SalesConsoleUser'],
  },
  forecasts: { permissionSets: ['Halden_Forecasts'] },
  america: { territories: [{ name: 'North_America' }] },
};
const inGroup = (group: string) => `"${group}" in person.groups`;
const configure = withRoles(ROLES, [
  { id: 'sales', when: inGroup('sales@staff'), roles: ['representative'] },
  { id: 'support', when: inGroup('support@staff'), roles: ['agent'] },
  { id: 'planning', when: inGroup('planning@staff'), roles: ['forecasts'] },
  { id: 'overseas', when: inGroup('overseas@staff'), roles: ['america'] },
]);

/** Signs in anew with these groups, gets in, and is read back. */
async function withGroups(world: World, ...groups: string[]): Promise<Standing> {
  await changePerson(world, 'sam', { groups });
  const page = await enter(world, 'sam');
  const user = await userWith(world, SAM);
  assertInside(page, user.username);
  return user;
}

const rightsOf = ({ profile, role, permissionSets, permissionSetGroups, territories }: Standing) => ({
  ...{ profile, role, permissionSets, permissionSetGroups, territories },
});
const REPRESENTATIVE = {
  ...{ profile: 'Halden Sales', role: 'Sales_EMEA', territories: ['EMEA'] },
  ...{ permissionSets: [], permissionSetGroups: ['Halden_Sales_Representative'] },
};

test('each group of the directory gives its permission sets and territory, and takes them away when it is left', async () => {
  await using world = await startWorld({ configure });

  const plain = await withGroups(world, 'sales@staff');
  const more = await withGroups(world, 'sales@staff', 'planning@staff', 'overseas@staff');
  const fewer = await withGroups(world, 'sales@staff', 'overseas@staff');
  const again = await withGroups(world, 'sales@staff');

  assert.deepEqual(rightsOf(plain), REPRESENTATIVE);
  assert.deepEqual(rightsOf(more), {
    ...REPRESENTATIVE,
    ...{ permissionSets: ['Halden_Forecasts'], territories: ['EMEA', 'North_America'] },
  });
  assert.deepEqual(rightsOf(fewer), { ...REPRESENTATIVE, territories: ['EMEA', 'North_America'] });
  assert.deepEqual(again, plain, 'the same user as before, to the last assignment');
  const changed = await eventsOf(world, { types: ['account.updated'], target: TARGET });
  assert.deepEqual(
    changed.map(({ facts }) => facts['fields']),
    [['permissionSets', 'territories'], ['permissionSets'], ['territories']],
  );
});

test('a move from one job to another replaces profile, place, sets, licence and territory in one user', async () => {
  await using world = await startWorld({ configure });
  const before = await withGroups(world, 'sales@staff');

  const support = await withGroups(world, 'support@staff');
  const back = await withGroups(world, 'sales@staff');

  assert.equal(support.id, before.id);
  assert.deepEqual(rightsOf(support), {
    ...{ profile: 'Standard User', role: 'Support', territories: [] },
    ...{ permissionSets: ['Halden_Service_Console'], permissionSetGroups: [] },
  });
  assert.deepEqual([support.permissionSetLicenses, support.groups], [['SalesConsoleUser'], []]);
  assert.deepEqual(back, before, 'the licence is free again');
});

test('what cannot be taken away lets nobody in with it, and is taken before the next entry', async () => {
  await using world = await startWorld({ configure });
  const before = await withGroups(world, 'sales@staff', 'planning@staff');
  await changePerson(world, 'sam', { groups: ['sales@staff'] });
  await setFaults(world, 'salesforce', {
    ...{ kind: 'status', status: 500 },
    match: { method: 'POST', path: '/services/data' },
  });

  const refused = await enter(world, 'sam');

  assert.equal(refused.status, 503);
  assert.equal(refused.url.host, new URL(world.origin).host);
  await setFaults(world, 'salesforce');
  assert.deepEqual(await userWith(world, SAM), before);
  world.clock.advance(HOUR);
  assertInside(await enter(world, 'sam'), before.username);
  assert.deepEqual((await userWith(world, SAM)).permissionSets, []);
});

test('a group that gives a role without a profile alone lets nobody in, and nobody is made', async () => {
  await using world = await startWorld({ configure });
  await changePerson(world, 'sam', { groups: ['planning@staff'] });

  const page = await enter(world, 'sam');

  await assertExit(world, page, {
    ...{ status: 403, says: /not set up completely/, type: 'login.refused' },
    code: 'provisioning.role_unmapped',
  });
  assert.equal(await findUser(world, SAM), undefined);
});

test('a role that means something else from now on changes who has it, also what nobody gives any more', async () => {
  await using world = await startWorld({ configure });
  await withGroups(world, 'sales@staff', 'planning@staff');

  await world.apply((config: Tree) => {
    const [representative, , forecasts] = partyOf(config).roles;
    representative.account.permissionSetGroups = ['Halden_Sales_Lead'];
    representative.account.territories = [];
    forecasts.account.permissionSets = ['Halden_Order_Entry'];
  });
  assertInside(await enter(world, 'sam'), 'sam@halden.example.org62');

  assert.deepEqual(rightsOf(await userWith(world, SAM)), {
    ...REPRESENTATIVE,
    ...{ permissionSets: ['Halden_Order_Entry'], permissionSetGroups: ['Halden_Sales_Lead'] },
    territories: [],
  });
});

for (const [onExtra, left] of [
  ['keep', ['Halden_Order_Entry']],
  ['remove', []],
] as const) {
  test(`what an administrator assigned by hand is ours to touch only as set: ${onExtra}`, async () => {
    await using world = await startWorld({
      configure: (config) => {
        configure(config);
        if (onExtra === 'remove') targetOf(config).onExtra = onExtra;
      },
    });
    const { id, username } = await withGroups(world, 'sales@staff', 'planning@staff');
    await giveByHand(world, 'PermissionSetAssignment', id, 'Halden_Order_Entry');

    world.clock.advance(AFTER_THE_CHECK_IS_DUE);
    await changePerson(world, 'sam', { groups: ['sales@staff'] });
    assertInside(await enter(world, 'sam'), username);

    const { permissionSets, permissionSetGroups } = await userWith(world, SAM);
    assert.deepEqual(permissionSets, left);
    assert.deepEqual(permissionSetGroups, ['Halden_Sales_Representative']);
  });
}

test('a rule that goes is played through first: the plan names each assignment, apply takes it, then nothing is left to do', async () => {
  const without = (config: Tree) => {
    config.rules = config.rules.filter(({ id }: Tree) => id !== 'planning' && id !== 'overseas');
  };
  await using world = await startWorld({ configure, clock: todaysClock() });
  const before = await withGroups(world, 'sales@staff', 'planning@staff', 'overseas@staff');

  const { out: plan } = await world.vestibule(['plan', TARGET], without);

  assert.match(plan, /permission sets: Halden_Forecasts → nothing {2}\(takes away\)/);
  assert.match(plan, /territories: EMEA[^→]*, North_America → EMEA/);
  assert.deepEqual(await userWith(world, SAM), before);
  await world.apply(without);
  await run(world, 'apply', TARGET);
  assert.deepEqual(rightsOf(await userWith(world, SAM)), REPRESENTATIVE);
  assert.deepEqual(lines(await run(world, 'plan', TARGET, '--live', '--json')), []);
});

test('the role in a territory is read back as the mapping has it', async () => {
  await using world = await startWorld({ configure });
  const { id } = await withGroups(world, 'sales@staff', 'overseas@staff');

  const rows = await query(
    world,
    `SELECT Id, Territory2.DeveloperName, RoleInTerritory2 FROM UserTerritory2Association WHERE UserId = '${id}'`,
  );

  const shown = rows.map((row) => [
    (row['Territory2'] as { DeveloperName: string }).DeveloperName,
    row['RoleInTerritory2'],
  ]);
  assert.deepEqual(shown.sort(), [
    ['EMEA', 'Sales Rep'],
    ['North_America', null],
  ]);
});

test('the last seat of a permission set licence is not fought for: the second agent waits, with a task that says why', async () => {
  await using world = await startWorld({ configure });
  await act(world, 'salesforce', 'set-seats', { license: 'SalesConsoleUser', total: 1 });
  await withGroups(world, 'support@staff');
  await changePerson(world, 'tess', { groups: ['support@staff'] });

  const page = await enter(world, 'tess');

  assert.equal(page.status, 503);
  assert.equal(await findUser(world, 'tess@halden.example'), undefined);
  assert.match(await run(world, 'tasks'), /all seats of a permission set licence are used; buy more/);
  await withGroups(world, 'sales@staff');
  assertInside(await enter(world, 'tess'), 'tess@halden.example.org62');
});
