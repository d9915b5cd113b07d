import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { mira, signIn, startWorld } from './world.ts';

const DEFINITIONS = '/v3/customers/attributes';

test('processes that meet a store for the first time at once make what it lacks once', async () => {
  await using world = await startWorld();
  const waiting = Promise.withResolvers<void>();
  world.store.fail({ kind: 'hold', match: { method: 'POST' }, times: 1 });
  const first = world.provisioning.prepareTargets();
  await using second = await world.open({
    sleep() {
      waiting.resolve();
      return first;
    },
  });
  await world.store.faults.untilHeld(1);

  const later = second.provisioning.prepareTargets();
  await Promise.race([waiting.promise, later]);
  world.store.faults.clear();
  await Promise.all([first, later]);

  assert.equal(world.calls().filter((call) => call === `POST ${DEFINITIONS}`).length, 1);
  const entered = await second.provisioning.ensureAccount(signIn(mira()));
  assert.equal(entered.outcome, 'ready');
});

test('a definition that somebody else makes meanwhile is taken as it is, and the others are made', async () => {
  await using world = await startWorld();
  world.store.fail({ kind: 'hold', match: { method: 'POST' }, times: 1 });
  const preparing = world.provisioning.prepareTargets();
  await world.store.faults.untilHeld(1);
  await define(world.sandbox.url('api.bigcommerce'), 'vestibule_id');

  world.store.faults.clear();
  await preparing;

  const entered = await world.ensure(mira());
  assert.equal(entered.outcome, 'ready');
});

async function define(url: string, name: string): Promise<void> {
  const { storeHash, api } = bigCommerceCredentials['store-emea'];
  await using http = createHttpClient({ allowInsecureLoopback: true });
  const answer = await http.request({
    system: 'test',
    method: 'POST',
    url: new URL(`${url}/stores/${storeHash}${DEFINITIONS}`),
    headers: {
      'x-auth-token': api.accessToken,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify([{ name, type: 'string' }]),
  });
  assert.equal(answer.status, 200);
}
