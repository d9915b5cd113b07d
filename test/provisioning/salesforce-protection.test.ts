import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AccountImage } from '../../src/provisioning/connector/account-image.ts';
import type { OpenTarget, ReadAccount, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { UserRecord } from '../../src/provisioning/connectors/salesforce/schema.ts';
import { specialUser } from '../../src/provisioning/connectors/salesforce/special-users.ts';
import { makeUser } from './salesforce-by-hand.ts';
import {
  budget,
  create,
  desired,
  LEAD,
  read,
  SALES,
  startWorld,
  type World,
  written,
} from './salesforce-world.ts';

const INTEGRATION_USER = '005Ha0000000002IAA';
const ADMINISTRATION = ['PermissionsModifyAllData', 'PermissionsManageUsers'];
const SET_IDS = { auditor: '0PSHa0000000012OAA', group: '0PGHa0000000002OAA' };

type Whom = Pick<ReadAccount, 'externalId' | 'refs' | 'image'>;

function update(
  target: OpenTarget,
  { externalId, refs, image }: Whom,
  call: string,
  changes: AccountImage,
  takeOver = false,
): Promise<WriteAnswer> {
  const rest = { desired: {}, marker: 'marker', refs, takeOver };
  return target.update({ externalId, call, changes, current: image, ...rest }, budget());
}

const freeze = (target: OpenTarget, whom: Whom): Promise<WriteAnswer> =>
  update(target, whom, 'login', { signIn: '' });

async function signOut(target: OpenTarget, { externalId, refs, image }: Whom): Promise<WriteAnswer> {
  const answer = await target.act?.({ externalId, act: 'revoke', current: image, refs }, budget());
  return answer ?? assert.fail('the target has no acts');
}

function assertBlocked(answer: WriteAnswer, why: RegExp): void {
  assert.ok(answer.outcome === 'blocked', JSON.stringify(answer));
  assert.match(answer.reasons[0] ?? '', why);
}

suite('our own user', () => {
  for (const [how, positions] of [
    ['as the token says', {}],
    ['by its username, when the token says nothing', { identityInToken: 'left-out' }],
  ] as const) {
    test(`is known ${how}, and is never changed`, async () => {
      await using world = await startWorld({ positions });
      const whom = await read(world.target, INTEGRATION_USER, {});

      for (const externalId of [INTEGRATION_USER, INTEGRATION_USER.slice(0, 15)]) {
        const plain = { ...whom, externalId, refs: {} };
        assertBlocked(await freeze(world.target, plain), /our own integration/);
        assertBlocked(await signOut(world.target, plain), /our own integration/);
      }
      assert.equal(world.user(INTEGRATION_USER).IsFrozen, false);
    });
  }

  test('is known to another process by what the first one found', async () => {
    await using world = await startWorld();
    const prepared = await world.target.prepare(budget());
    const target = await world.open({ unprepared: true });
    assert.ok(prepared.outcome === 'prepared');
    target.restore(JSON.parse(JSON.stringify(prepared.facts)));

    const whom = { externalId: INTEGRATION_USER, refs: {}, image: {} };
    assertBlocked(await freeze(target, whom), /our own integration/);
  });

  test('is asked for with client credentials, too', async () => {
    await using world = await startWorld({ positions: { identityInToken: 'left-out' } });
    const target = await world.open({ settings: { auth: await clientCredentials(world) } });

    const whom = { externalId: INTEGRATION_USER, refs: {}, image: {} };
    assertBlocked(await freeze(target, whom), /our own integration/);
  });

  test('must be known before anybody is changed, and the check says what to do', async () => {
    await using world = await startWorld();
    const account = await create(world.target, desired(world.target, world.person(), SALES));
    world.org.turn({ identityInToken: 'left-out', userInfo: 'needs-openid' });
    const target = await world.open({ settings: { auth: await clientCredentials(world) } });

    const prepared = await target.prepare(budget());

    assertBlocked(await freeze(target, account), /does not say which user.*openid/);
    assert.ok(prepared.outcome === 'prepared');
    assert.deepEqual(
      prepared.problems.map(({ path }) => path),
      ['auth'],
    );
  });

  test('nothing is written by a process that knows nothing about the organization', async () => {
    await using world = await startWorld();
    const target = await world.open({ unprepared: true });

    const answer = await freeze(target, { externalId: INTEGRATION_USER, refs: {}, image: {} });

    assert.ok(answer.outcome === 'unavailable' && answer.code === 'provisioning.not_prepared');
  });
});

async function clientCredentials(world: World): Promise<object> {
  const key = (await world.act('integration-key')) as { consumerKey: string; consumerSecret: string };
  const clients = [{ clientId: key.consumerKey, clientSecret: key.consumerSecret }];
  return { flow: 'client-credentials', clients };
}

suite('administrators', () => {
  const WAYS: readonly (readonly [way: string, make: (world: World, id: string) => Promise<unknown>])[] = [
    [
      'by a profile that was renamed',
      async (world, id) => {
        await world.act('edit-rights', { name: 'System Administrator', rename: 'Wizards' });
        const { Username: username } = world.user(id);
        await world.act('change-user', { username, profile: 'Wizards' });
      },
    ],
    ...ADMINISTRATION.map(
      (permission) =>
        [
          `by a permission set that allows ${permission}`,
          async (world: World, id: string) => {
            await world.act('edit-rights', { name: 'Halden_Auditor', allow: { [permission]: true } });
            await assign(world, { AssigneeId: id, PermissionSetId: SET_IDS.auditor });
          },
        ] as const,
    ),
    [
      'by a group of permission sets',
      async (world, id) => {
        const allow = { PermissionsModifyAllData: true };
        await world.act('edit-rights', { name: 'Halden_Forecasts', allow });
        await assign(world, { AssigneeId: id, PermissionSetGroupId: SET_IDS.group });
      },
    ],
  ];
  for (const [way, make] of WAYS) {
    test(`${way} are never changed, and the list says so`, async () => {
      await using world = await startWorld({ settings: { protectedProfiles: [] } });
      const id = await makeUser(world, { Username: 'root@halden.example', Email: 'root@halden.example' });
      const before = await read(world.target, id, {});
      await make(world, id);
      const after = await read(world.target, id, {});

      assertBlocked(await freeze(world.target, after), /is an administrator.*take this away/);
      assertBlocked(await signOut(world.target, after), /is an administrator/);
      assertBlocked(await update(world.target, after, 'login', {}, true), /is an administrator/);
      assertBlocked(
        await update(world.target, after, 'rights', { permissionSets: [] }),
        /is an administrator/,
      );
      assert.equal(world.user(id).IsFrozen, false);
      assert.equal(before.refs['special'], '');
      const list = await world.target.list?.(undefined, budget());
      assert.ok(list?.outcome === 'listed');
      assert.equal(list.accounts.find(({ externalId }) => externalId === id)?.untouchable, true);
    });
  }

  test('who are none any more are changed like everybody else', async () => {
    await using world = await startWorld();
    await world.act('edit-rights', { name: 'Halden_Auditor', allow: { PermissionsManageUsers: true } });
    const id = await makeUser(world, { Username: 'former@halden.example', Email: 'former@halden.example' });
    await assign(world, {
      ...{ AssigneeId: id, PermissionSetId: SET_IDS.auditor },
      ExpirationDate: new Date(world.clock.now().getTime() + 1_000).toISOString(),
    });
    assertBlocked(await freeze(world.target, await read(world.target, id, {})), /is an administrator/);

    world.clock.advance(2_000);

    written(await freeze(world.target, await read(world.target, id, {})));
  });

  test('and users who are no people are never changed either', async () => {
    await using world = await startWorld();
    const account = await create(world.target, desired(world.target, world.person(), SALES));
    const user = { Id: account.externalId, PermissionSetAssignments: null };
    const types = ['Guest', 'AutomatedProcess', 'CloudIntegrationUser', 'Standard', 'PowerPartner'];

    assert.deepEqual(
      types.map((UserType) => specialUser(UserRecord.parse({ ...user, UserType }))),
      ['robot', 'robot', 'robot', '', ''],
    );
    assertBlocked(await freeze(world.target, { ...account, refs: { special: 'robot' } }), /is no person/);
  });

  for (const [what, name, account] of [
    ['profile', 'Standard User', { profile: 'Standard User' }],
    ['permission set', 'Halden_Forecasts', { profile: 'Halden Sales', permissionSets: ['Halden_Forecasts'] }],
    [
      'permission set group',
      'Halden_Forecasts',
      { profile: 'Halden Sales', permissionSetGroups: ['Halden_Sales_Lead'] },
    ],
  ] as const) {
    test(`are not made by a role: a ${what} that administers is given to nobody`, async () => {
      await using world = await startWorld({ roles: { sales: account } });
      assert.equal(world.target.desire(world.person(), SALES).outcome, 'desired');
      await world.act('edit-rights', { name, allow: { PermissionsManageUsers: true } });

      const prepared = await world.target.prepare(budget());
      const answer = world.target.desire(world.person(), SALES);

      assert.ok(answer.outcome === 'refused' && answer.code === 'provisioning.role_unmapped');
      assert.match(answer.detail, new RegExp(`^${what} .* makes administrators`));
      assert.ok(prepared.outcome === 'prepared');
      assert.ok(
        prepared.problems.some(({ path }) => path === 'relyingParties.salesforce.roles.sales.account'),
      );
    });
  }

  test('a profile that the configuration protects is given to nobody, and who has it is not changed', async () => {
    const settings = { protectedProfiles: ['Support Managers'] };
    await using world = await startWorld({ settings, roles: { sales: { profile: 'Support Managers' } } });
    const account = await create(world.target, desired(world.target, world.person(), LEAD));
    await world.act('edit-rights', { name: 'Halden Sales', rename: 'Support Managers' });
    const prepared = await world.target.prepare(budget());

    const answer = world.target.desire(world.person(), SALES);
    const kept = await freeze(world.target, await read(world.target, account.externalId, {}));

    assert.ok(answer.outcome === 'refused' && answer.code === 'provisioning.role_unmapped');
    assert.ok(prepared.outcome === 'prepared');
    assert.ok(prepared.problems.some(({ message }) => message.includes('is protected')));
    assertBlocked(kept, /protected profile Support Managers/);
  });
});

async function assign(world: World, fields: Record<string, unknown>): Promise<void> {
  await world.act('write-record', { object: 'PermissionSetAssignment', fields });
}
