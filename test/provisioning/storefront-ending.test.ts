import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, newId, type PersonId } from '../../src/base/index.ts';
import { mira, startWorld, type World } from './world.ts';

// S3, S7: access to stores ends and comes back, by the queue alone.

const settings = {
  createGroups: true,
  ladder: {
    parking: { channelId: 9, after: '7d' },
    group: { name: 'No access', after: '30d' },
    delete: { after: '365d' },
  },
};
const end = (world: World, person: PersonId, kind: 'paused' | 'ended' = 'ended'): Promise<boolean> =>
  world.provisioning.endAccess({
    ...{ person, target: 'bc-emea', kind, because: 'policy.no_rule', thread: newId('lgn') },
  });
const standing = (world: World): unknown =>
  world
    .customers('mira@halden.example')
    .map(({ channel_ids, customer_group_id, force_password_reset }) => [
      channel_ids,
      customer_group_id > 4 ? 'No access' : customer_group_id,
      force_password_reset,
    ])[0];

test('rungs are taken when their time has come, and access that returns restores channels and group', async () => {
  await using world = await startWorld({ settings });
  const person = mira();
  await world.ensure(person);
  await world.jobs.runDue();

  await end(world, person.id);
  await world.jobs.runDue();
  const atOnce = standing(world);
  world.clock.advance(7 * DAY);
  await world.jobs.runDue();
  const parked = standing(world);
  world.clock.advance(23 * DAY);
  await world.jobs.runDue();
  const shut = standing(world);
  const back = await world.ensure(person);
  await world.jobs.runDue();

  assert.deepEqual(atOnce, [[1], 2, true]);
  assert.deepEqual(parked, [[9], 2, true]);
  assert.deepEqual(shut, [[9], 'No access', true]);
  assert.equal(back.outcome, 'ready');
  assert.deepEqual(standing(world), [[1], 2, true]);
});

test('a pause leaves channels and group, however long it lasts', async () => {
  await using world = await startWorld({ settings });
  const person = mira();
  await world.ensure(person);
  await world.jobs.runDue();

  await end(world, person.id, 'paused');
  await world.jobs.runDue();
  world.clock.advance(60 * DAY);
  await world.jobs.runDue();

  assert.deepEqual(standing(world), [[1], 2, true]);
});

test('what somebody opens again while access is over is put back with the next rung', async () => {
  await using world = await startWorld({ settings });
  const person = mira();
  await world.ensure(person);
  await end(world, person.id);
  world.clock.advance(7 * DAY);
  await world.jobs.runDue();
  const [customer] = world.customers('mira@halden.example');
  world.act('edit-customer', { id: customer?.id, change: { channel_ids: [1, 2, 3] } });

  world.clock.advance(23 * DAY);
  await world.jobs.runDue();

  assert.deepEqual(standing(world), [[9], 'No access', true]);
});

test('after the last rung the customer is gone, and whoever returns is made anew', async () => {
  await using world = await startWorld({ settings });
  const person = mira();
  const first = await world.ensure(person);
  await world.jobs.runDue();
  await end(world, person.id);

  world.clock.advance(365 * DAY);
  await world.jobs.runDue();
  const gone = world.customers('mira@halden.example').length;
  const again = await world.ensure(person);

  assert.equal(gone, 0);
  assert.ok(first.outcome === 'ready' && again.outcome === 'ready');
  assert.notEqual(again.externalId, first.externalId);
  assert.deepEqual(standing(world), [[1], 2, false]);
});

test('nothing is ever deleted unless the ladder says so', async () => {
  await using world = await startWorld();
  const person = mira();
  await world.ensure(person);
  await end(world, person.id);

  world.clock.advance(400 * DAY);
  await world.jobs.runDue();

  assert.deepEqual(standing(world), [[1], 2, true]);
  assert.ok(!world.calls().some((call) => call.startsWith('DELETE')));
});
