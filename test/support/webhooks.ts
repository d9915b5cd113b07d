import assert from 'node:assert/strict';
import { SECOND } from '../../src/base/index.ts';
import { letTimePass, storeState, until } from './evidence.ts';
import type { World } from './world.ts';

// Stores that tell the broker what happens in them.

/** As an operator does it. */
export async function registerWebhooks(world: World, target: string): Promise<void> {
  const { code, err } = await world.vestibule(['webhooks', 'register', target]);
  assert.equal(code, 0, err);
}

/** Everything that a store told has arrived, and everything that it led to is done. */
export async function webhooksSettle(world: World, store = 'store-emea'): Promise<void> {
  await until('webhooks settle', async () => {
    await letTimePass(world, 3 * SECOND);
    const { deliveries } = await storeState(world, store);
    return deliveries.every(({ state }) => state !== 'pending') && (await jobsLeft(world)) === 0;
  });
}

/** Accounts that the queue is to look at within the next hour. */
async function jobsLeft(world: World): Promise<number> {
  const { database } = await world.stores();
  const jobs = await database.db
    .withTables<{ jobs_job: { kind: string; state: string; run_at: Date } }>()
    .selectFrom('jobs_job')
    .select(['state', 'run_at'])
    .where('kind', '=', 'provisioning.finish-account')
    .where('state', 'in', ['waiting', 'running'])
    .execute();
  const soon = world.clock.now().getTime() + 3600 * SECOND;
  return jobs.filter(({ state, run_at: at }) => state === 'running' || at.getTime() < soon).length;
}
