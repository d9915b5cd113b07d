import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY } from '../../src/base/index.ts';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type { OpenTarget, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { dueRungs, imageOf } from '../../src/provisioning/connector/ladder.ts';
import {
  apply,
  budget,
  create,
  desired,
  LEAD,
  left,
  read,
  SALES,
  SUPPORT,
  startWorld,
  type World,
  written,
} from './salesforce-world.ts';

suite('when access ends', () => {
  test('rungs come in order: frozen at once, signed out, bare after a day, deactivated after a week', async () => {
    await using world = await startWorld();
    const { ladder } = world.target;

    assert.deepEqual(
      ladder.map(({ id, afterMs }) => [id, afterMs]),
      [
        ['freeze', 0],
        ['revoke', 0],
        ['unassign', DAY],
        ['deactivate', 7 * DAY],
      ],
    );
    const at = world.clock.now();
    const paused = dueRungs(ladder, { kind: 'paused', at, done: [] }, at);
    const ended = dueRungs(ladder, { kind: 'ended', at, done: [] }, at);
    assert.deepEqual(
      [paused.map(({ id }) => id), ended.map(({ id }) => id)],
      [['freeze'], ['freeze', 'revoke']],
    );
  });

  test('each rung does what it says, leaves the later ones alone, and may be taken twice', async () => {
    await using world = await startWorld();
    const { target } = world;
    const { externalId } = await create(target, desired(target, world.person(), LEAD));

    written(await climb(target, externalId, 'freeze'));
    assert.deepEqual([world.user(externalId).IsFrozen, world.user(externalId).IsActive], [true, true]);
    const frozen = await read(target, externalId, {});
    assert.deepEqual(frozen.image['groups'], ['All_Sales', 'Sales_EMEA']);

    written(await climb(target, externalId, 'unassign'));
    const bare = await read(target, externalId, {});
    for (const field of [
      'permissionSets',
      'permissionSetGroups',
      'permissionSetLicenses',
      'groups',
      'queues',
    ]) {
      assert.deepEqual(bare.image[field], [], field);
    }
    assert.equal(world.user(externalId).IsActive, true);

    written(await climb(target, externalId, 'deactivate'));
    written(await climb(target, externalId, 'deactivate'));
    assert.deepEqual([world.user(externalId).IsFrozen, world.user(externalId).IsActive], [true, false]);
  });

  test('what somebody added by hand goes too when all is taken', async () => {
    await using world = await startWorld();
    const { target } = world;
    const { externalId } = await create(target, desired(target, world.person(), SALES));
    await world.act('write-record', {
      ...{ object: 'PermissionSetAssignment' },
      fields: { AssigneeId: externalId, PermissionSetId: '0PSHa0000000007OAA' },
    });

    written(await climb(target, externalId, 'unassign'));

    assert.deepEqual((await read(target, externalId, {})).image['permissionSets'], []);
  });

  test('sessions and tokens are ended, of this user alone, and twice does no harm', async () => {
    await using world = await startWorld();
    const { target } = world;
    const one = await create(target, desired(target, world.person(), SALES));
    const other = await create(target, desired(target, world.person(), SALES));
    for (const { externalId } of [one, one, other]) {
      await world.act('add-token', { username: world.user(externalId).Username });
    }

    for (const { externalId, refs, image } of [one, one]) {
      written(await revoke(target, { externalId, refs, current: image }));
    }

    assert.deepEqual(await tokensOf(world), [other.externalId]);
  });

  test('more tokens than one look shows are ended too', async () => {
    await using world = await startWorld();
    const { target } = world;
    const account = await create(target, desired(target, world.person(), SALES));
    const { Username } = world.user(account.externalId);
    for (let count = 0; count < 30; count += 1) await world.act('add-token', { username: Username });

    written(await revoke(target, { ...account, current: account.image }, 30_000));

    assert.deepEqual(await tokensOf(world), []);
  });

  test('access that returns: active, with rights, and thawed only after the old ones are gone', async () => {
    await using world = await startWorld({ positions: { assignToInactive: 'refused' } });
    const { target } = world;
    const person = world.person();
    const { externalId } = await create(target, desired(target, person, LEAD));
    for (const rung of ['freeze', 'deactivate']) written(await climb(target, externalId, rung));
    const image = desired(target, person, SUPPORT);

    written(await apply(target, externalId, image));

    assert.deepEqual(await left(target, externalId, image), []);
    assert.deepEqual([world.user(externalId).IsFrozen, world.user(externalId).IsActive], [false, true]);
  });

  test('nobody is activated without a seat', async () => {
    await using world = await startWorld();
    const { target } = world;
    const person = world.person();
    const { externalId } = await create(target, desired(target, person, SALES));
    written(await climb(target, externalId, 'deactivate'));
    world.org.turn({ salesforceLicences: 2 });

    const answer = await apply(target, externalId, desired(target, person, SALES));

    assert.equal(answer.outcome, 'blocked');
    assert.equal(world.user(externalId).IsActive, false);
  });
});

suite('a user who cannot be deactivated', () => {
  const BLOCKERS: readonly (readonly [string, RegExp])[] = [
    ['You cannot deactivate a user who is the default owner of cases', /Support Settings/],
    ['You cannot deactivate a user who is the Default Workflow User', /Process Automation Settings/],
    ['This user is in an active lead assignment rule', /assignment, auto-response or escalation rule/],
    ['This user is the default creator of web-to-lead', /Web-to-Lead/],
    ['This user is a delegated approver of an approval process', /Approval Processes/],
    ['This user is the sole recipient of a workflow email alert', /workflow rule, task or e-mail alert/],
    ['This user is selected in a custom hierarchy field', /hierarchy field/],
    ['This user is a Customer Portal Administrator', /portal/],
    ['Something that nobody has heard of hangs on this user', /Salesforce says/],
  ];
  for (const deactivationError of ['FIELD_INTEGRITY_EXCEPTION', 'UNKNOWN_EXCEPTION', 'DEPENDENCY_EXISTS']) {
    test(`stays frozen, with reasons in words (${deactivationError})`, async () => {
      await using world = await startWorld({ positions: { deactivationError } });
      const { target } = world;
      const { externalId } = await create(target, desired(target, world.person(), SALES));
      written(await climb(target, externalId, 'freeze'));
      for (const [blocker, expected] of BLOCKERS) {
        await world.act('set-blockers', { username: world.user(externalId).Username, blockers: [blocker] });

        const answer = await climb(target, externalId, 'deactivate');

        assert.ok(answer.outcome === 'blocked', blocker);
        assert.match(answer.reasons[0] ?? '', expected);
        assert.match(answer.reasons.at(-1) ?? '', /^Salesforce says: You cannot deactivate this user/);
      }
      assert.deepEqual([world.user(externalId).IsFrozen, world.user(externalId).IsActive], [true, true]);
    });
  }

  test('is told all reasons at once where Salesforce tells them', async () => {
    await using world = await startWorld({ positions: { deactivationReasons: 'all' } });
    const { target } = world;
    const { externalId } = await create(target, desired(target, world.person(), SALES));
    const blockers = BLOCKERS.slice(0, 2).map(([blocker]) => blocker);
    await world.act('set-blockers', { username: world.user(externalId).Username, blockers });

    const answer = await climb(target, externalId, 'deactivate');

    assert.ok(answer.outcome === 'blocked');
    assert.equal(answer.reasons.length, 3);
    await world.act('set-blockers', { username: world.user(externalId).Username, blockers: [] });
    written(await climb(target, externalId, 'deactivate'));
  });
});

/** Takes the rungs up to this one, as the engine does. */
async function climb(target: OpenTarget, id: string, upTo: string): Promise<WriteAnswer> {
  const rungs = target.ladder.slice(0, target.ladder.findIndex((rung) => rung.id === upTo) + 1);
  return apply(target, id, imageOf(rungs), { onExtra: 'remove' });
}

async function revoke(
  target: OpenTarget,
  account: {
    readonly externalId: string;
    readonly refs: Record<string, string>;
    readonly current: AccountImage;
  },
  ms = 5_000,
): Promise<WriteAnswer> {
  const { externalId, refs, current } = account;
  const answer = await target.act?.({ externalId, act: 'revoke', current, refs }, budget(ms));
  return answer ?? assert.fail('the target has no acts');
}

/** Whose OAuth tokens there are. */
async function tokensOf(world: World): Promise<readonly unknown[]> {
  return (await world.query('SELECT Id, UserId FROM OauthToken')).map(({ UserId }) => UserId);
}
