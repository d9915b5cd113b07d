import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { DAY } from '../../src/base/index.ts';
import {
  groupOf,
  permissionsOf,
  readAgain,
  type Task,
  tasksOf,
  tick,
  usersOf,
  withTable,
  writes,
} from '../support/control-panel.ts';
import { addPerson, changePerson, eventsOf } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// S2: teams get their store and their permissions by group of the directory. BigCommerce takes permissions by hand
// alone, so they are asked for, and the task closes when the store shows them.

const TEAMS = {
  merchandising: ['Edit_Products', 'Manage_Categories', 'Manage_Products'],
  promotions: ['Add_Coupons', 'Manage_Banners', 'Manage_Coupons'],
  'order-desk': ['Edit_Orders', 'Manage_Orders', 'Refund_Orders'],
  reporting: ['Statistics_Orders', 'Statistics_Overview', 'Statistics_Products'],
};
const MERCHANDISING = TEAMS.merchandising;
const FIELD = 'permissions.haldenemea';

const logins = Object.keys(TEAMS).map((team) => [team, `of-${team}`] as const);

const start = (): Promise<World> => startWorld({ configure: withTable(TEAMS) });

async function join(world: World, login: string, team: string): Promise<void> {
  await addPerson(world, { login, region: 'EMEA', groups: [groupOf(team)] });
  await enter(world, login);
}

/** The tile leads to the control panel, where everybody signs in as before. */
async function enter(world: World, login: string): Promise<void> {
  const page = await world.signIn(world.browser(), login, '/launch/panel-emea');
  assert.equal(page.url.hostname, 'login.bigcommerce.localhost', page.text);
}

const differences = (tasks: readonly Task[]) =>
  tasks.map(({ kind, field, detail }) => ({ kind, field, ...detail }));

suite('every team', () => {
  let world: World;
  before(async () => {
    world = await start();
    for (const [team, login] of logins) await join(world, login, team);
  });
  after(() => world[Symbol.asyncDispose]());

  test('is in the store of its region and in no other, and its permissions are asked for', async () => {
    const inNorthAmerica = await usersOf(world, 'haldenna');
    for (const [, login] of logins) {
      assert.deepEqual(await permissionsOf(world, login), [], login);
      assert.ok(!inNorthAmerica.some(({ email }) => email.startsWith(login)), login);
    }
    const asked = differences(await tasksOf(world)).map(({ expected }) => expected);
    assert.deepEqual(asked.toSorted(), Object.values(TEAMS).toSorted());
  });

  test('has what its rule says, read back from the store, once the boxes are ticked; then nothing is open, without a sign-in', async () => {
    for (const [team, login] of logins) await tick(world, login, TEAMS[team as keyof typeof TEAMS]);
    await readAgain(world);

    for (const [team, login] of logins) {
      assert.deepEqual(await permissionsOf(world, login), TEAMS[team as keyof typeof TEAMS], login);
    }
    assert.deepEqual(await tasksOf(world), []);
    const [opened, closed] = await Promise.all(
      (['provisioning.task_opened', 'provisioning.task_closed'] as const).map(async (type) =>
        (await eventsOf(world, { types: [type] })).map(({ facts }) => facts['task']).toSorted(),
      ),
    );
    assert.deepEqual(closed, opened);
    assert.equal(closed?.length, logins.length);
  });
});

test('the task says the exact difference, stays while one box is wrong, and closes at the next sign-in', async () => {
  await using world = await start();
  await join(world, 'kit', 'merchandising');
  const [missing = '', ...rest] = MERCHANDISING;
  await tick(world, 'kit', [...rest, 'Manage_Orders']);
  await readAgain(world);
  const half = await tasksOf(world);
  const sent = await writes(world);

  await tick(world, 'kit', [...rest, missing]);
  // What was read a day ago is not believed any more.
  world.clock.advance(DAY);
  await enter(world, 'kit');

  assert.deepEqual(differences(half), [
    { kind: 'by-hand', field: FIELD, found: [...rest, 'Manage_Orders'].toSorted(), expected: MERCHANDISING },
  ]);
  assert.deepEqual(await tasksOf(world), []);
  assert.deepEqual(await writes(world), sent, 'nothing that BigCommerce does not offer was tried');
});

test('somebody who changes teams keeps the store, and the other team’s permissions are asked for', async () => {
  await using world = await start();
  await join(world, 'kit', 'merchandising');
  await tick(world, 'kit', MERCHANDISING);

  await changePerson(world, 'kit', { groups: [groupOf('order-desk')] });
  await enter(world, 'kit');

  assert.deepEqual(differences(await tasksOf(world)), [
    { kind: 'by-hand', field: FIELD, found: MERCHANDISING, expected: TEAMS['order-desk'] },
  ]);
  await tick(world, 'kit', TEAMS['order-desk']);
  await readAgain(world);
  assert.deepEqual(await permissionsOf(world, 'kit'), TEAMS['order-desk']);
  assert.deepEqual(await tasksOf(world), []);
});

test('a box that somebody unticks later is asked for again', async () => {
  await using world = await start();
  await join(world, 'kit', 'merchandising');
  await tick(world, 'kit', MERCHANDISING);
  await readAgain(world);
  const settled = await tasksOf(world);

  await tick(world, 'kit', MERCHANDISING.slice(1));
  world.clock.advance(DAY);
  await enter(world, 'kit');

  assert.deepEqual(settled, []);
  assert.deepEqual(differences(await tasksOf(world)), [
    { kind: 'by-hand', field: FIELD, found: MERCHANDISING.slice(1), expected: MERCHANDISING },
  ]);
});
