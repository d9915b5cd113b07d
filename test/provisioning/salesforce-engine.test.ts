import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/index.ts';
import type { EnsuredAccount } from '../../src/provisioning/index.ts';
import type { FaultInput } from '../../src/sandbox/index.ts';
import { type EngineWorld, startEngine } from './salesforce-engine-world.ts';
import { LEAD, SALES, SUPPORT } from './salesforce-world.ts';

const codeOf = (result: EnsuredAccount): string => (result.outcome === 'ready' ? 'ready' : result.code);

test('a first sign-in costs two requests, an unchanged one none, and a look an hour costs one', async () => {
  await using world = await startEngine({ settings: { confirmMaxAge: '1h' } });
  const person = world.org.person();

  const first = await world.ensure(person, LEAD);
  const second = await world.ensure(person, LEAD);
  world.org.clock.advance(HOUR + MINUTE);
  const third = await world.ensure(person, LEAD);

  assert.deepEqual([first, second, third].map(codeOf), ['ready', 'ready', 'ready']);
  assert.deepEqual([first.calls, second.calls, third.calls], [2, 0, 1]);
});

test('fifty parallel first sign-ins make one user', async () => {
  await using world = await startEngine();
  const person = world.org.person();

  const results = await Promise.all(Array.from({ length: 50 }, () => world.ensure(person, SALES)));

  assert.ok(results.some(({ outcome }) => outcome === 'ready'));
  assert.equal(world.usersOf(person).length, 1);
});

test('a mover has lost the old rights and has the new ones when they are let in (S40)', async () => {
  await using world = await startEngine();
  const person = world.org.person();
  await world.ensure(person, LEAD);

  const moved = await world.ensure(person, SUPPORT);

  assert.equal(codeOf(moved), 'ready');
  const [user] = world.usersOf(person);
  assert.deepEqual([user?.Profile, await held(world, user?.Id)], ['Standard User', ['Halden_Order_Entry']]);
});

test('when old rights cannot be taken, nobody is let in', async () => {
  await using world = await startEngine();
  const person = world.org.person();
  await world.ensure(person, LEAD);
  world.org.org.turn({ rowLocks: 'every-write' });

  const moved = await world.ensure(person, SUPPORT);

  assert.equal(codeOf(moved), 'provisioning.busy');
  world.org.org.turn({ rowLocks: 'free' });
  await world.pass(MINUTE);
  assert.deepEqual(await held(world, world.usersOf(person)[0]?.Id), ['Halden_Order_Entry']);
});

test('a leaver is frozen at once, bare after a day, deactivated after a week, and comes back whole', async () => {
  await using world = await startEngine();
  const person = world.org.person();
  await world.ensure(person, LEAD);
  const id = world.usersOf(person)[0]?.Id ?? '';
  await world.org.act('add-token', { username: world.org.user(id).Username });
  const look = async (): Promise<readonly unknown[]> => {
    const { IsFrozen, IsActive } = world.org.user(id);
    const tokens = await world.org.query('SELECT Id FROM OauthToken');
    return [IsFrozen, IsActive, (await held(world, id)).length, tokens.length];
  };

  const before = await look();
  await world.end(person);
  await world.pass(0);
  const atOnce = await look();
  await world.pass(DAY + MINUTE);
  const nextDay = await look();
  await world.pass(7 * DAY);
  const nextWeek = await look();
  const back = await world.ensure(person, SALES);

  assert.deepEqual(
    [before, atOnce, nextDay, nextWeek],
    [
      [false, true, 3, 1],
      [true, true, 3, 0],
      [true, true, 0, 0],
      [true, false, 0, 0],
    ],
  );
  assert.equal(codeOf(back), 'ready');
  assert.deepEqual(await look(), [false, true, 1, 0]);
});

test('the edge of a window only freezes, and the next one thaws', async () => {
  await using world = await startEngine();
  const person = world.org.person();
  await world.ensure(person, SALES);

  await world.end(person, 'paused');
  await world.pass(10 * DAY);
  const paused = world.usersOf(person)[0];
  const back = await world.ensure(person, SALES);

  assert.deepEqual([paused?.IsFrozen, paused?.IsActive], [true, true]);
  assert.equal(codeOf(back), 'ready');
  assert.equal(world.usersOf(person)[0]?.IsFrozen, false);
});

test('a user who cannot be deactivated stays frozen behind a task, until the reason is gone', async () => {
  await using world = await startEngine();
  const person = world.org.person();
  await world.ensure(person, SALES);
  const username = world.usersOf(person)[0]?.Username ?? '';
  const blockers = ['You cannot deactivate a user who is the default owner of cases'];
  await world.org.act('set-blockers', { username, blockers });

  await world.end(person);
  for (let day = 0; day < 9; day += 1) await world.pass(DAY);

  const [task, ...others] = await world.provisioning.tasks();
  assert.equal(others.length, 0);
  assert.match(JSON.stringify(task?.detail), /Support Settings/);
  assert.deepEqual([world.usersOf(person)[0]?.IsFrozen, world.usersOf(person)[0]?.IsActive], [true, true]);

  await world.org.act('set-blockers', { username, blockers: [] });
  for (let day = 0; day < 3; day += 1) await world.pass(DAY);
  assert.equal(world.usersOf(person)[0]?.IsActive, false);
  assert.deepEqual(await world.provisioning.tasks(), []);
});

test('a changed mapping takes away what no role names any more, and leaves what others gave', async () => {
  await using world = await startEngine();
  const person = world.org.person();
  await world.ensure(person, LEAD);
  const id = world.usersOf(person)[0]?.Id;
  await world.org.act('write-record', {
    ...{ object: 'PermissionSetAssignment' },
    fields: { AssigneeId: id, PermissionSetId: '0PSHa0000000007OAA' },
  });
  const lead = { profile: 'Halden Sales', role: 'Sales_EMEA', permissionSets: ['Halden_Forecasts'] };
  await using changed = await world.open({ roles: { lead, sales: { profile: 'Halden Sales' } } });
  await changed.provisioning.prepareTargets({ force: true });

  const result = await world.ensure(person, LEAD, changed.provisioning);

  assert.equal(codeOf(result), 'ready');
  assert.deepEqual(await held(world, id), ['Halden_Forecasts', 'Halden_Sales_Tools']);
});

test('somebody else’s user is nobody’s to take, and is taken over as policy says', async () => {
  const byHand = {
    ...{
      LastName: 'By Hand',
      Alias: 'byhand',
      ProfileId: '00eHa000000ZStdIAG',
      Email: 'sam1@halden.example',
    },
    ...{
      TimeZoneSidKey: 'GMT',
      LocaleSidKey: 'en_GB',
      EmailEncodingKey: 'UTF-8',
      LanguageLocaleKey: 'en_US',
    },
    Username: 'old@halden.example.org62',
  };
  for (const [onExisting, expected] of [
    ['refuse', 'provisioning.mail_taken'],
    ['adopt', 'ready'],
  ] as const) {
    await using world = await startEngine({ settings: { onExisting } });
    await world.org.act('write-record', { object: 'User', fields: byHand });
    await world.org.act('add-token', { username: byHand.Username });
    const former = { username: byHand.Username, password: 'known-for-7-years' };
    await world.org.act('choose-password', former);
    const person = world.org.person();

    const result = await world.ensure(person, SALES);
    await world.pass(MINUTE);

    assert.equal(codeOf(result), expected);
    const tokens = await world.org.query('SELECT Id FROM OauthToken');
    const taken = onExisting === 'adopt';
    assert.deepEqual([world.usersOf(person).length, tokens.length], taken ? [1, 0] : [0, 1]);
    if (taken) assert.equal(world.usersOf(person)[0]?.Username, byHand.Username);
    assert.deepEqual(await world.org.act('enter-password', former), { signedIn: !taken });
  }
});

test('a manager who comes later is set by itself, and the task about it closes', async () => {
  await using world = await startEngine();
  const manager = world.org.person();
  const person = world.org.person({ attributes: { manager: manager.id } });

  const first = await world.ensure(person, SALES);
  await world.pass(MINUTE);
  const waiting = await world.provisioning.tasks({ person: person.id });
  await world.ensure(manager, SALES);
  await world.pass(HOUR);

  assert.equal(codeOf(first), 'ready');
  assert.deepEqual(
    waiting.map(({ kind, field }) => [kind, field]),
    [['blocked', 'manager']],
  );
  assert.match(JSON.stringify(waiting[0]?.detail), /the manager has no active user here yet/);
  assert.equal(world.usersOf(person)[0]?.['ManagerId'], world.usersOf(manager)[0]?.Id);
  assert.deepEqual(await world.provisioning.tasks({ person: person.id }), []);
});

suite('whatever happens on the way', () => {
  const FAULTS: readonly (readonly [string, FaultInput])[] = [
    ['lost replies', { kind: 'lost-reply', times: 2 }],
    ['errors', { kind: 'status', status: 500, times: 2 }],
    ['a full quota', { kind: 'rate-limited', times: 2 }],
    ['maintenance', { kind: 'html-503', times: 2 }],
    ['a revoked token', { kind: 'revoked-token', times: 4 }],
  ];
  for (const [name, fault] of FAULTS) {
    test(`after ${name} a joiner, a mover and a leaver end as without`, async () => {
      await using world = await startEngine();
      const person = world.org.person();
      for (const accesses of [LEAD, SUPPORT]) {
        world.org.org.fail(fault);
        for (let attempt = 0; attempt < 8; attempt += 1) {
          await world.ensure(person, accesses);
          await world.pass(20 * MINUTE);
        }
        assert.equal(codeOf(await world.ensure(person, accesses)), 'ready');
      }
      assert.equal(world.usersOf(person).length, 1);
      assert.deepEqual(await held(world, world.usersOf(person)[0]?.Id), ['Halden_Order_Entry']);

      world.org.org.fail(fault);
      await world.end(person);
      for (let hour = 0; hour < 40; hour += 1) await world.pass(6 * HOUR);

      const [user] = world.usersOf(person);
      assert.deepEqual([user?.IsFrozen, user?.IsActive, await held(world, user?.Id)], [true, false, []]);
    });
  }

  test('a process that dies between any two steps leaves one user, and the next one finishes', async () => {
    await using world = await startEngine();
    await world.org.act('set-seats', { license: 'SalesConsoleUser', total: 1_000 });
    const steps: string[] = [];
    await using counting = await world.open({ onStep: (step) => void steps.push(step) });
    const first = world.org.person();
    for (const accesses of [LEAD, SUPPORT]) await world.ensure(first, accesses, counting.provisioning);
    assert.ok(steps.length > 6);
    for (const [at, step] of steps.entries()) {
      let count = 0;
      const die = (): void => {
        count += 1;
        if (count === at + 1) throw new Error('killed');
      };
      await using dying = await world.open({ onStep: die });
      const person = world.org.person();
      for (const accesses of [LEAD, SUPPORT]) {
        await world.ensure(person, accesses, dying.provisioning).catch(() => undefined);
      }
      world.org.clock.advance(MINUTE);

      assert.equal(codeOf(await world.ensure(person, SUPPORT)), 'ready', step);
      await world.pass(MINUTE);

      assert.equal(world.usersOf(person).length, 1, step);
      assert.deepEqual(await held(world, world.usersOf(person)[0]?.Id), ['Halden_Order_Entry'], step);
    }
  });
});

/** Permission sets and groups of them that a user has, beside those of the profile. */
async function held(world: EngineWorld, id: string | undefined): Promise<readonly string[]> {
  const rows = await world.org.query(
    `SELECT PermissionSet.Name FROM PermissionSetAssignment WHERE AssigneeId = '${id}' AND PermissionSet.IsOwnedByProfile = false`,
  );
  return rows.map((row) => (row['PermissionSet'] as { Name: string }).Name).sort();
}
