import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import { assertExit, changePerson, eventsOf, until } from '../support/evidence.ts';
import {
  assertInside,
  type Configure,
  enter,
  findUser,
  partyOf,
  query,
  run,
  TARGET,
  type Tree,
  targetOf,
  todaysClock,
  userWith,
  withRoles,
} from '../support/salesforce.ts';
import { startWorld, type World } from '../support/world.ts';

// S46, the part of Salesforce: partners and contractors under tight rules. Asking for access and approving it are
// tested elsewhere.

const OLU = 'olu@halden.example';
const PORTAL = {
  ...{ profile: 'Halden Partner', external: true, partnerAccount: 'Brightline Agency' },
  permissionSets: ['Halden_Partner_Portal'],
};
const RULE = { id: 'portal', when: '"agencies@partners" in person.groups', roles: ['portal'] };
const DATED = { ...RULE, until: 'person.contractEnd' };

/** The demo keeps agencies to one store; here they have the portal too, and somebody must answer for them. */
const rules: Configure = (config: Tree) => {
  for (const rule of config.rules) delete rule.cap;
  Object.assign(config.attributes, { sponsor: 'string' });
  Object.assign(config.connections[0].attributes, { sponsor: 'sponsor' });
  targetOf(config).sponsor = 'attributes.sponsor';
  // The agency knows an Olu already; whether it is this one, nobody has said.
  targetOf(config).contacts = { onExisting: 'make' };
};

async function sponsored(world: World): Promise<void> {
  await changePerson(world, 'olu', { more: { sponsor: 'ines@halden.example' } });
}

async function assertNobody(world: World, code: string): Promise<void> {
  const page = await enter(world, 'olu');
  await assertExit(world, page, { status: 403, says: /Ask /, type: 'login.refused', code });
  assert.equal(await findUser(world, OLU), undefined);
}

test('a partner with a sponsor and an end gets the external profile, the portal, and nothing that stays after the end', async () => {
  await using world = await startWorld({ configure: withRoles({ portal: PORTAL }, [DATED], rules) });
  await sponsored(world);

  const page = await enter(world, 'olu');

  const user = await userWith(world, OLU);
  assertInside(page, user.username);
  const { profile, role, permissionSets, permissionSetGroups, permissionSetLicenses } = user;
  assert.deepEqual(
    [profile, role, permissionSets, permissionSetGroups, permissionSetLicenses],
    ['Halden Partner', null, ['Halden_Partner_Portal'], [], []],
  );
  const contractEnd = world.clock.now().getTime() + 10 * DAY;
  const given = await query(
    world,
    `SELECT Id, ExpirationDate, PermissionSet.IsOwnedByProfile FROM PermissionSetAssignment WHERE AssigneeId = '${user.id}'`,
  );
  const dates = given.flatMap(({ ExpirationDate: date }) => (date ? [new Date(String(date))] : []));
  assert.equal(dates.length, 1);
  const lateMs = Number(dates[0]) - contractEnd;
  assert.ok(
    lateMs <= HOUR && lateMs > HOUR - 5 * MINUTE,
    'one hour after the contract, to the grace that is set',
  );
});

test('Salesforce itself lets the portal expire, should the broker be away when the contract ends', async () => {
  await using world = await startWorld({ configure: withRoles({ portal: PORTAL }, [DATED], rules) });
  await sponsored(world);
  await enter(world, 'olu');

  world.clock.advance(10 * DAY + 2 * HOUR);

  assert.deepEqual((await userWith(world, OLU)).permissionSets, []);
});

test('without an end date nobody from outside gets in, and nobody is made', async () => {
  await using world = await startWorld({ configure: withRoles({ portal: PORTAL }, [RULE], rules) });
  await sponsored(world);

  await assertNobody(world, 'provisioning.end_missing');
});

test('without a sponsor nobody from outside gets in, with one they do, and nobody is asked for employees', async () => {
  await using world = await startWorld({
    configure: withRoles(
      { portal: PORTAL, sales: { profile: 'Halden Sales' } },
      [DATED, { id: 'sales', when: '"sales@staff" in person.groups', roles: ['sales'] }],
      rules,
    ),
  });

  await assertNobody(world, 'provisioning.detail_invalid');
  await sponsored(world);
  assertInside(await enter(world, 'olu'), 'olu@halden.example.org62');
  assertInside(await enter(world, 'sam'), 'sam@halden.example.org62');
});

for (const [what, account] of [
  ['a profile of employees', { ...PORTAL, profile: 'Halden Sales' }],
  ['a permission set of employees', { ...PORTAL, permissionSets: ['Halden_Sales_Tools'] }],
  ['a permission set that sees everything', { ...PORTAL, permissionSets: ['Halden_Auditor'] }],
  [
    'a group that holds an internal permission set',
    { ...PORTAL, permissionSetGroups: ['Halden_Sales_Lead'] },
  ],
] as const) {
  test(`a role for outsiders with ${what} is told by the check, and lets nobody in`, async () => {
    await using world = await startWorld({ configure: withRoles({ portal: account }, [DATED], rules) });
    await sponsored(world);

    const { code, out } = await world.vestibule(['check']);

    assert.equal(code, 1);
    assert.match(out, /roles\.portal\.account: .*(internal|for employees)/);
    await assertNobody(world, 'provisioning.role_unmapped');
  });

  test(`a role that is given ${what} while the broker runs gives it to nobody, not even once`, async () => {
    await using world = await startWorld({ configure: withRoles({ portal: PORTAL }, [DATED], rules) });
    await sponsored(world);
    await enter(world, 'olu');
    const before = await userWith(world, OLU);

    await world.apply((config: Tree) => {
      partyOf(config).roles[0].account = structuredClone(account);
    });
    const page = await enter(world, 'olu');

    assert.equal(page.status, 403, page.text);
    assert.deepEqual(await userWith(world, OLU), before);
  });
}

test('nor does the queue give it, when somebody moves without entering: they are frozen until the role is right again', async () => {
  await using world = await startWorld({ configure: withRoles({ portal: PORTAL }, [DATED], rules) });
  await sponsored(world);
  await enter(world, 'olu');
  const before = await userWith(world, OLU);
  const mean = (account: object) =>
    world.apply((config: Tree) => {
      partyOf(config).roles[0].account = structuredClone(account);
    });

  await mean({ ...PORTAL, permissionSets: ['Halden_Auditor'] });
  await changePerson(world, 'olu', { department: 'Campaigns' });
  await world.signIn(world.browser(), 'olu');
  await until('frozen', async () => (await userWith(world, OLU)).frozen);
  assert.deepEqual(await userWith(world, OLU), { ...before, frozen: true });
  await mean(PORTAL);

  assertInside(await enter(world, 'olu'), before.username);
  assert.deepEqual(await userWith(world, OLU), before);
});

test('what cannot be meant for people from outside is refused with the configuration', async () => {
  await using world = await startWorld();
  const problemsWith = async (change: object): Promise<string> => {
    const roles = withRoles({ portal: { ...PORTAL, ...change } }, [DATED], rules);
    const { code, err } = await world.vestibule(['check', '--offline'], roles);
    assert.notEqual(code, 0);
    return err;
  };

  assert.match(await problemsWith({ profile: undefined }), /profile: missing; name an external profile/);
  assert.match(await problemsWith({ role: 'Sales_EMEA' }), /no place in the role hierarchy/);
  assert.match(await problemsWith({ queues: ['Dealer_Support'] }), /queues: are for employees/);
  assert.match(await problemsWith({ external: false }), /partnerAccount: is for people from outside/);
});

test('nobody is inside and outside at once', async () => {
  const both = { id: 'sales', when: '"sales@staff" in person.groups', roles: ['sales'] };
  await using world = await startWorld({
    configure: withRoles({ portal: PORTAL, sales: { profile: 'Halden Sales' } }, [DATED, both], rules),
  });
  await sponsored(world);
  await changePerson(world, 'olu', { groups: ['agencies@partners', 'sales@staff'] });

  await assertNobody(world, 'provisioning.role_unmapped');
});

test('a contract that is over ends the user at the next round, and one that is renewed opens them again', async () => {
  // Olu's contract ends ten days after the sandbox starts, which is ten days ago.
  await using world = await startWorld({
    ...{ configure: withRoles({ portal: PORTAL }, [DATED], rules), clock: todaysClock(20) },
  });
  await sponsored(world);
  await enter(world, 'olu');
  const before = await userWith(world, OLU);
  world.clock.advance(20 * DAY);

  const plan = await run(world, 'plan', TARGET);
  await run(world, 'apply', TARGET);
  const over = await userWith(world, OLU);
  await changePerson(world, 'olu', {
    contractEnd: new Date(world.clock.now().getTime() + 90 * DAY).toISOString(),
  });
  const page = await enter(world, 'olu');

  assert.match(plan, /- Olu Adeyemi .* end: policy\.ended/);
  assert.deepEqual([over.frozen, over.permissionSets], [true, []]);
  assertInside(page, before.username);
  assert.deepEqual(await userWith(world, OLU), before);
  const [ending] = await eventsOf(world, { types: ['account.ending'], target: TARGET });
  assert.match(JSON.stringify(ending?.facts), /policy\.ended/);
});
