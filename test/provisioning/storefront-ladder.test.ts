import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DAY } from '../../src/base/index.ts';
import type { OpenTarget, ReadAccount, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { budget, drive } from '../conformance/connector-driver.ts';
import { BOTH, EMEA, type StorefrontWorld, startStorefront } from './storefront-world.ts';

// R5.5: what is done to a customer when access ends.

const LADDER = {
  parking: { channelId: 9, after: '7d' },
  group: { name: 'No access', after: '30d' },
  delete: { after: '365d' },
};
const settings = { createGroups: true, ladder: LADDER };

const act = (
  target: OpenTarget,
  { externalId, image, refs }: ReadAccount,
  name: string,
): Promise<WriteAnswer> =>
  target.act?.({ externalId, act: name, current: image, refs }, budget()) ?? assert.fail();

const signsIn = async (world: StorefrontWorld, email: string, password: string): Promise<boolean> => {
  const answer = await world.api('POST', '/v3/customers/validate-credentials', { email, password });
  return (answer as { is_valid: boolean }).is_valid;
};

test('the rungs are those that the settings name, in order, the first at once', async () => {
  await using world = await startStorefront();
  const rungs = (ladder: object): readonly (readonly [string, number])[] =>
    world.open({ settings: { ladder } }).ladder.map(({ id, afterMs }) => [id, afterMs / DAY] as const);

  assert.deepEqual(rungs({}), [['password', 0]]);
  assert.deepEqual(rungs(LADDER), [
    ['password', 0],
    ['parking', 7],
    ['group', 30],
    ['delete', 365],
  ]);
  assert.deepEqual(rungs({ password: false, parking: { channelId: 9 } }), [['parking', 0]]);
  // Configurations with a delay here are refused; a ladder that began late would leave access open.
  assert.deepEqual(rungs({ password: false, parking: { channelId: 9, after: '7d' } }), [['parking', 0]]);
});

test('the first rung leaves a password that nobody knows, also where passwords must be strong', async () => {
  await using world = await startStorefront({ positions: { passwordRule: 'strict' } });
  const password = 'Shopper-2019-x';
  const { id } = world.act('sign-up', { email: 'kim@halden.example', password }) as { id: number };
  const before = await signsIn(world, 'kim@halden.example', password);

  const account = { externalId: String(id), image: {}, refs: {} };
  const answer = await act(world.target, account, 'lock-out');

  assert.equal(answer.outcome, 'written');
  assert.deepEqual([before, await signsIn(world, 'kim@halden.example', password)], [true, false]);
  assert.equal(world.customer(id)?.force_password_reset, true);
});

test('a group that the ladder names is made without access to any category', async () => {
  await using world = await startStorefront({ settings });

  const made = world.groups().find(({ name }) => name === 'No access');

  assert.equal(made?.category_access.type, 'none');
});

suite('what prepare says about the ladder', () => {
  const problemsOf = async (
    world: StorefrontWorld,
    own: Record<string, unknown>,
  ): Promise<readonly string[]> => {
    const { problems } = await world.prepare(world.open({ settings: own }));
    return problems.map(({ path, message }) => `${path}: ${message}`);
  };

  test('a group that sees something, and one that does not exist', async () => {
    await using world = await startStorefront();

    const open = await problemsOf(world, { ladder: { group: { name: 'Managers' } } });
    const missing = await problemsOf(world, { ladder: { group: { name: 'Nowhere' } } });

    assert.match(open.join(), /^ladder\.group\.name: .*"Managers" sees all categories/);
    assert.match(missing.join(), /^ladder\.group\.name: .*no customer group "Nowhere"/);
  });

  test('a parking channel that is open, and one that does not exist', async () => {
    await using world = await startStorefront();

    const open = await problemsOf(world, { ladder: { parking: { channelId: 3 } } });
    const missing = await problemsOf(world, { ladder: { parking: { channelId: 77 } } });
    const shut = await problemsOf(world, { ladder: { parking: { channelId: 9 } } });

    assert.match(open.join(), /^ladder\.parking\.channelId: channel 3 is active/);
    assert.match(missing.join(), /^ladder\.parking\.channelId: the store has no channel 77/);
    assert.deepEqual(shut, []);
  });
});

test('parking beside somebody with the same address waits for people, and touches nobody', async () => {
  await using world = await startStorefront({ settings });
  const first = world.person();
  const { account } = await world.driver.settled(first, EMEA);
  const parked = await world.driver.apply(account, { channels: ['9'] });
  const heir = world.person({ ...(first.mail !== undefined && { mail: first.mail }) });
  const next = await world.driver.settled(heir, EMEA);

  const current = await world.driver.read(next.account, { channels: ['9'] });
  const answer = await world.target.update(
    {
      ...{ externalId: current.externalId, call: 'customer', changes: { channels: ['9'] } },
      ...{ desired: { channels: ['9'] }, current: current.image, marker: 'm', refs: {}, takeOver: false },
    },
    budget(),
  );

  assert.ok(answer.outcome === 'blocked');
  assert.match(answer.reasons.join(), /same mail address is on channel 9/);
  assert.doesNotMatch(answer.reasons.join(), /halden\.example/);
  assert.deepEqual(world.customer(parked.externalId)?.channel_ids, [9]);
  assert.deepEqual(world.customer(current.externalId)?.channel_ids, [1]);
});

suite('deleting', () => {
  test('takes one customer, asks whether it is gone, and leaves its orders', async () => {
    await using world = await startStorefront({ settings });
    const before = world.store.state();
    const count = (before as { stores: Record<string, { customers: object[] }> }).stores['store-emea'];
    const account = { externalId: '101', image: {}, refs: {} };

    const answer = await act(world.target, account, 'delete');

    assert.equal(answer.outcome, 'gone');
    const after = world.store.state() as {
      stores: Record<string, { customers: object[]; formerOrders: object[] }>;
    };
    assert.equal(after.stores['store-emea']?.customers.length, (count?.customers.length ?? 0) - 1);
    assert.equal(after.stores['store-emea']?.formerOrders.length, 1);
    const last = world.calls().slice(-2);
    assert.deepEqual(
      last.map(({ method, path, query }) => [method, path, decodeURIComponent(query)]),
      [
        ['DELETE', '/v3/customers', 'id:in=101'],
        ['GET', '/v3/customers', 'id:in=101&limit=1'],
      ],
    );
  });

  test('is not believed while the customer is still there', async () => {
    await using world = await startStorefront({ settings });
    world.store.fail({ kind: 'status', status: 204, match: { method: 'DELETE' } });

    const answer = await act(world.target, { externalId: '101', image: {}, refs: {} }, 'delete');

    assert.deepEqual(answer, {
      outcome: 'unavailable',
      code: 'provisioning.not_applied',
      maybeApplied: true,
    });
  });

  for (const externalId of ['', '0', '-1', '1,2', '1&x', 'NaN', '1.5']) {
    test(`never asks for anything with the id "${externalId}"`, async () => {
      await using world = await startStorefront({ settings });

      await assert.rejects(act(world.target, { externalId, image: {}, refs: {} }, 'delete'), TypeError);

      assert.ok(!world.calls().some(({ method }) => method === 'DELETE'));
    });
  }
});

suite('people of B2B Edition', () => {
  const b2b = {
    settings: { ...settings, b2bEdition: true },
    trade: { roles: [{ id: 'merchandiser', b2b: true }] },
  };
  const rung = { channels: ['9'], group: 'No access' };

  test('whose role says so keep their group, when access begins and when it ends', async () => {
    await using world = await startStorefront(b2b);
    const { account, image } = await world.driver.settled(world.person(), BOTH);
    // The company gives a group that a role stands for too: nothing but the role tells.
    world.act('edit-customer', { id: Number(account.externalId), change: { customer_group_id: 3 } });

    const still = await world.driver.plan(account, image);
    const ended = await world.driver.apply(account, rung);

    assert.deepEqual([image['group'], still], [undefined, []]);
    const customer = world.customer(ended.externalId);
    assert.deepEqual([customer?.customer_group_id, customer?.channel_ids], [3, [9]]);
  });

  test('are spared too after the configuration no longer knows of them', async () => {
    await using world = await startStorefront(b2b);
    const { account } = await world.driver.settled(world.person(), BOTH);
    const target = world.open({
      settings: { b2bEdition: false },
      trade: { roles: [{ id: 'merchandiser' }] },
    });
    await world.prepare(target);
    const before = world.customer(account.externalId)?.customer_group_id;

    await drive(target).apply(account, rung);

    assert.equal(account.refs['group'], 'left');
    assert.equal(world.customer(account.externalId)?.customer_group_id, before);
  });

  test('are spared too when nothing was remembered of their roles', async () => {
    await using world = await startStorefront(b2b);
    const { account } = await world.driver.settled(world.person(), EMEA);
    const { externalId } = account;

    await world.driver.apply({ externalId, refs: {} }, rung);

    const customer = world.customer(externalId);
    assert.deepEqual([customer?.customer_group_id, customer?.channel_ids], [2, [9]]);
  });

  test('who are in a group that is none of ours keep it', async () => {
    await using world = await startStorefront(b2b);
    const { account, image } = await world.driver.settled(world.person(), EMEA);
    world.act('edit-customer', { id: Number(account.externalId), change: { customer_group_id: 4 } });

    const during = await world.driver.plan(account, image);
    await world.driver.apply(account, rung);

    assert.deepEqual(during, []);
    assert.equal(world.customer(account.externalId)?.customer_group_id, 4);
  });

  test('others who were put into a group of ours or the default are put right as ever', async () => {
    await using world = await startStorefront(b2b);
    const { account, image } = await world.driver.settled(world.person(), EMEA);
    world.act('edit-customer', { id: Number(account.externalId), change: { customer_group_id: 1 } });

    const during = await world.driver.plan(account, image);

    assert.deepEqual(
      during.map(({ field }) => field),
      ['group'],
    );
  });

  test('without B2B Edition a group that nobody names is replaced', async () => {
    await using world = await startStorefront({ settings });
    const { account, image } = await world.driver.settled(world.person(), EMEA);
    world.act('edit-customer', { id: Number(account.externalId), change: { customer_group_id: 4 } });

    assert.equal((await world.driver.plan(account, image)).length, 1);
  });
});

test('where a forced reset keeps people out, returning lifts it and taking over does not force it', async () => {
  await using world = await startStorefront({ settings: { ...settings, liftPasswordReset: true } });
  const { account, image } = await world.driver.settled(world.person(), EMEA);
  const { target } = world;
  await world.driver.apply(account, target.ladder[0]?.image ?? {});
  await act(target, account, 'lock-out');
  const locked = world.customer(account.externalId)?.force_password_reset;

  await world.driver.apply(account, image);
  const password = 'Shopper-2019-x';
  world.act('sign-up', { email: 'lee@halden.example', password });
  const lee = drive(target).desire(world.person({ mail: 'lee@halden.example' }), EMEA);
  const found = await target.findCandidates(lee, budget());
  assert.ok(found.outcome === 'read' && found.accounts[0]);
  const taken = await world.driver.apply(found.accounts[0], lee, { takeOver: true });

  assert.equal(locked, true);
  assert.equal(world.customer(account.externalId)?.force_password_reset, false);
  assert.equal(world.customer(taken.externalId)?.force_password_reset, false);
  assert.equal(await signsIn(world, 'lee@halden.example', password), false);
});

test('a ladder whose group vanished waits for people', async () => {
  await using world = await startStorefront({ settings: { ladder: { group: { name: 'Nowhere' } } } });
  const { account } = await world.driver.settled(world.person(), EMEA);
  const { externalId, refs } = account;

  const changes = { group: 'Nowhere' };
  const answer = await world.target.update(
    {
      ...{ externalId, refs, call: 'customer', changes, desired: changes },
      ...{ current: account.image, marker: 'm', takeOver: false },
    },
    budget(),
  );

  assert.ok(answer.outcome === 'blocked');
  assert.match(answer.reasons.join(), /no customer group "Nowhere"/);
});
