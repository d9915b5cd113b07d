import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, changePerson, until } from '../support/evidence.ts';
import {
  assertInside,
  type Configure,
  enter,
  query,
  run,
  TARGET,
  type Tree,
  targetOf,
  todaysClock,
  userWith,
} from '../support/salesforce.ts';
import { startWorld, type World } from '../support/world.ts';

// S44, the part that is there: department and manager appear in Salesforce, and what somebody owns is told before they
// are removed. Whom it goes to is not suggested yet.

const SAM = 'sam@halden.example';

const withManagers: Configure = (config: Tree) => {
  Object.assign(config.attributes, { manager: 'string' });
  Object.assign(config.connections[0].attributes, { manager: 'manager' });
  targetOf(config).manager = 'attributes.manager';
};

/** Mail address of the manager, department and region as Salesforce shows them. */
async function shown(world: World): Promise<readonly unknown[]> {
  const [user] = await query(
    world,
    `SELECT Id, Department, Manager.Email, UserRole.DeveloperName FROM User WHERE Email = '${SAM}'`,
  );
  const [manager, role] = ['Manager', 'UserRole'].map(
    (name) => user?.[name] as Record<string, string> | null,
  );
  return [user?.['Department'], manager?.['Email'], role?.['DeveloperName']];
}

test('department, manager and region of the directory are those of the user, and follow when they change', async () => {
  await using world = await startWorld({ configure: withManagers });
  for (const [login, groups] of [
    ['tess', ['sales@staff']],
    ['mira', ['sales@staff']],
  ] as const) {
    await changePerson(world, login, { groups: [...groups] });
    await enter(world, login);
  }
  await changePerson(world, 'sam', { more: { manager: 'tess@halden.example' } });

  const page = await enter(world, 'sam');
  assertInside(page, 'sam@halden.example.org62');
  await until('the manager follows', async () => (await shown(world))[1] !== undefined);
  const first = await shown(world);
  await changePerson(world, 'sam', {
    ...{ department: 'Key accounts', region: 'EMEA', more: { manager: 'mira@halden.example' } },
  });
  await enter(world, 'sam');
  await until('the other manager follows', async () => (await shown(world))[1] === 'mira@halden.example');

  assert.deepEqual(first, ['Sales', 'tess@halden.example', 'Sales_North_America']);
  assert.deepEqual(await shown(world), ['Key accounts', 'mira@halden.example', 'Sales_EMEA']);
});

test('a manager who has no user there keeps nobody out', async () => {
  await using world = await startWorld({ configure: withManagers });
  await changePerson(world, 'sam', { more: { manager: 'ada@halden.example' } });

  const page = await enter(world, 'sam');

  assertInside(page, 'sam@halden.example.org62');
  assert.equal((await shown(world))[1], undefined);
});

test('open records of whoever is about to go stand in the plan, with what to hand over; closed ones do not', async () => {
  await using world = await startWorld({ clock: todaysClock() });
  await enter(world, 'sam');
  const { id } = await userWith(world, SAM);
  const own = async (object: string, fields: object): Promise<void> => {
    await act(world, 'salesforce', 'write-record', { object, fields: { ...fields, OwnerId: id } });
  };
  for (const [StageName, Name] of [
    ['Prospecting', 'Lamps for the lobby'],
    ['Closed Won', 'Glassware 2025'],
  ]) {
    await own('Opportunity', { Name, StageName, CloseDate: '2026-12-31' });
  }
  await own('Case', { Subject: 'A late delivery', Status: 'New' });

  const { out } = await world.vestibule(['plan', TARGET], (config: Tree) => {
    config.rules = config.rules.filter(({ id: rule }: Tree) => !rule.startsWith('sales'));
  });
  const kept = await run(world, 'plan', TARGET);

  assert.match(out, /- Sam Okafor .* end/);
  assert.match(out, /hand over 1 open Opportunity, such as Lamps for the lobby/);
  assert.match(out, /hand over 1 open Case, such as \d+/);
  assert.doesNotMatch(kept, /hand over/);
});
