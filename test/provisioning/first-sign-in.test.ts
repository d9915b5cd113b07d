import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { mira, startWorld, type World } from './world.ts';

suite('a first sign-in', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.provisioning.prepareTargets();
  });
  after(() => world[Symbol.asyncDispose]());

  test('makes the customer with group and channels in two calls', async () => {
    world.forgetCalls();

    const result = await world.ensure(mira());

    assert.equal(result.outcome, 'ready');
    assert.deepEqual(world.calls(), ['GET /v3/customers', 'POST /v3/customers']);
    const [customer] = world.customers('mira@halden.example');
    assert.equal(result.outcome === 'ready' && result.externalId, String(customer?.id));
    assert.equal(customer?.customer_group_id, 2);
    assert.deepEqual(customer?.channel_ids, [1]);
  });

  test('is followed by a second one without any call', async () => {
    await world.jobs.runDue();
    world.forgetCalls();

    const result = await world.ensure(mira());

    assert.equal(result.outcome, 'ready');
    assert.deepEqual(world.calls(), []);
  });
});
