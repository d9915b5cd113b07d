import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR } from '../../src/base/index.ts';
import { act, assertExit, changePerson, eventsOf, letTimePass, until } from '../support/evidence.ts';
import {
  assertInside,
  enter,
  query,
  type Standing,
  salesforceState,
  TARGET,
  tasksOf,
  userWith,
} from '../support/salesforce.ts';
import { startWorld, type World } from '../support/world.ts';

// S40, the part of Salesforce: what happens there once the broker knows that somebody moved or left. It learns of it by
// a sign-in at any place; learning of it without one is tested elsewhere.

const SAM = 'sam@halden.example';

const standing = (world: World): Promise<Standing> => userWith(world, SAM);

/** Sam's groups change, and he looks at the wiki: Salesforce is not where the broker hears of it. */
async function move(world: World, change: { groups?: string[]; region?: string }): Promise<void> {
  await changePerson(world, 'sam', change);
  await world.signIn(world.browser(), 'sam', '/launch/wiki');
}

async function leave(world: World): Promise<void> {
  await move(world, { groups: ['facilities@staff'] });
  await untilRungs(world, 2);
}

/** The queue looks again and again, as it does: the next rung may be written down after the time for it has come. */
async function untilRungs(world: World, count: number): Promise<void> {
  await until(`${count} rungs are taken`, async () => {
    await letTimePass(world, 0);
    return (await rungsOf(world)).length === count;
  });
}

async function rungsOf(world: World): Promise<readonly unknown[]> {
  const events = await eventsOf(world, { types: ['account.reduced'], target: TARGET });
  return events.map(({ facts }) => facts['rung']);
}

const seats = async (world: World): Promise<unknown> => {
  const [licence] = await query(world, "SELECT Id, UsedLicenses FROM UserLicense WHERE Name = 'Salesforce'");
  return licence?.['UsedLicenses'];
};

test('whoever leaves is frozen at once and signed out everywhere, bare after a day, without a licence after a week', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  await enter(world, 'sam', browser);
  const before = await standing(world);
  await act(world, 'salesforce', 'add-token', { username: before.username });
  const taken = await seats(world);

  await leave(world);

  assert.deepEqual(await standing(world), { ...before, frozen: true }, 'nothing else yet');
  assert.deepEqual((await salesforceState(world)).sessions, []);
  assert.deepEqual(await query(world, `SELECT Id FROM OauthToken WHERE UserId = '${before.id}'`), []);
  const page = await browser.open(`${world.sandbox.url('halden.my.salesforce')}/lightning/page/home`);
  assert.notEqual(page.url.hostname, 'halden.my.salesforce.localhost', 'he is sent back to the broker');
  await letTimePass(world, DAY - HOUR);
  assert.deepEqual((await standing(world)).groups, before.groups, 'not before its time');
  await letTimePass(world, HOUR);
  await untilRungs(world, 3);
  const { permissionSets, permissionSetGroups, queues, territories, active } = await standing(world);
  assert.deepEqual([permissionSets, permissionSetGroups, queues, territories], [[], [], [], []]);
  assert.deepEqual([active, await seats(world)], [true, taken]);
  await letTimePass(world, 6 * DAY);
  await untilRungs(world, 4);
  assert.equal((await standing(world)).active, false);
  assert.equal(await seats(world), Number(taken) - 1, 'the licence is free');
  assert.deepEqual(await rungsOf(world), ['freeze', 'revoke', 'unassign', 'deactivate']);
});

test('a move takes and gives at once, without an entry: the user goes on with what the new place has', async () => {
  await using world = await startWorld();
  await enter(world, 'sam');
  const before = await standing(world);

  await move(world, { region: 'EMEA' });
  await until('in the new territory', async () => (await standing(world)).territories.includes('EMEA'));

  assert.deepEqual(await standing(world), {
    ...before,
    ...{ role: 'Sales_EMEA', groups: ['All_Sales', 'Sales_EMEA'], territories: ['EMEA'] },
  });
  assert.deepEqual(await rungsOf(world), []);
});

test('whoever is frozen gets in by no way: neither through the broker nor with an assertion that asks for it', async () => {
  await using world = await startWorld();
  await enter(world, 'sam');
  await leave(world);

  const page = await enter(world, 'sam');

  await assertExit(world, page, {
    ...{ status: 403, says: /sales team/, type: 'decision.denied', code: 'policy.no_rule' },
  });
  assert.equal((await standing(world)).frozen, true);
});

for (const [when, days, rungs] of [
  ['while frozen', 0, 2],
  ['when bare', 2, 3],
  ['when deactivated', 8, 4],
] as const) {
  test(`access that comes back ${when} finds the same user with all rights, and nothing is taken later`, async () => {
    await using world = await startWorld();
    await enter(world, 'sam');
    const before = await standing(world);
    await leave(world);
    if (days > 0) await letTimePass(world, days * DAY);
    await untilRungs(world, rungs);

    await changePerson(world, 'sam', { groups: ['sales@staff'] });
    const page = await enter(world, 'sam');
    assertInside(page, before.username);
    await letTimePass(world, 30 * DAY);

    assert.deepEqual(await standing(world), before);
    const restored = await eventsOf(world, { types: ['account.restored'], target: TARGET });
    assert.equal(restored.length, 1);
  });
}

test('who cannot be deactivated stays frozen, a task says where to look, and it closes itself when that is settled', async () => {
  await using world = await startWorld();
  await enter(world, 'sam');
  const { username } = await standing(world);
  const blockers = ['You cannot deactivate a user who is a default owner of cases.'];
  await act(world, 'salesforce', 'set-blockers', { username, blockers });
  await leave(world);

  await letTimePass(world, 8 * DAY);
  await untilRungs(world, 3);
  await until('a task is open', async () => (await tasksOf(world)).length > 0);
  const [task] = await tasksOf(world);
  const { active, frozen, groups } = await standing(world);
  await act(world, 'salesforce', 'set-blockers', { username, blockers: [] });
  await letTimePass(world, 2 * DAY);
  await until('deactivated', async () => !(await standing(world)).active);

  assert.match(JSON.stringify(task?.detail), /choose another in Setup, Support Settings/);
  assert.deepEqual([active, frozen, groups], [true, true, []]);
  await until('the task is closed', async () => (await tasksOf(world)).length === 0);
});
