import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { act, customerWithMail, eventsOf, storeState, threadOf, until } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { registerWebhooks, webhooksSettle } from '../support/webhooks.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S25: what somebody creates, changes or deletes in the store by hand is seen by the broker in seconds, because the
// store tells it.

const MIRA = 'mira@halden.example';

suite('what somebody does in the store by hand', () => {
  test('is put back in seconds when it is a change of access', async () => {
    await using world = await startWithMira();
    const { id, customer_group_id: group } = await customerWithMail(world, 'store-emea', MIRA);

    await act(world, 'bigcommerce', 'edit-customer', {
      store: 'store-emea',
      id,
      change: { customer_group_id: 0 },
    });
    await webhooksSettle(world);

    await until('the group is back', async () => (await mira(world)).customer_group_id === group);
    const [drifted] = await eventsOf(world, { types: ['account.drifted'] });
    assert.deepEqual([drifted?.facts['fields'], drifted?.facts['reaction']], [['group'], 'put-back']);
    const told = await threadOf(world, drifted?.thread ?? '');
    assert.deepEqual(
      told.map(({ type }) => type),
      ['webhook.accepted', 'account.drifted', 'account.updated'],
      'one thread from the message to what followed',
    );
  });

  test('is put back when it is a deletion', async () => {
    await using world = await startWithMira();
    const { id } = await mira(world);

    await act(world, 'bigcommerce', 'delete-customer', { store: 'store-emea', id });
    await webhooksSettle(world);

    await until('there is a customer again', async () => (await miras(world)).length === 1);
    assert.notEqual((await mira(world)).id, id);
  });
});

async function startWithMira(configure?: WorldOptions['configure']): Promise<World> {
  const world = await startWorld({ clock: new ManualClock(new Date()), ...(configure && { configure }) });
  await registerWebhooks(world, 'bc-emea');
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await webhooksSettle(world);
  return world;
}

async function miras(world: World) {
  return (await storeState(world, 'store-emea')).customers.filter(({ email }) => email === MIRA);
}

const mira = (world: World) => customerWithMail(world, 'store-emea', MIRA);
