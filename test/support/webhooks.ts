import assert from 'node:assert/strict';
import supertest from 'supertest';
import { SECOND } from '../../src/base/index.ts';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { act, letTimePass, storeState, until } from './evidence.ts';
import type { World } from './world.ts';

// Stores that tell the broker what happens in them.

/** As an operator does it. */
export async function registerWebhooks(world: World, target: string): Promise<void> {
  const { code, err } = await world.vestibule(['webhooks', 'register', target]);
  assert.equal(code, 0, err);
}

/** Everything that a store told has arrived. */
export async function webhooksArrive(world: World, store = 'store-emea'): Promise<void> {
  await until('webhooks arrive', async () => (await pending(world, store)) === 0);
}

/** Everything that a store told has arrived, and everything that it led to is done. */
export async function webhooksSettle(world: World, store = 'store-emea'): Promise<void> {
  await until('webhooks settle', async () => {
    await letTimePass(world, 3 * SECOND);
    return (await pending(world, store)) === 0 && (await jobsLeft(world)) === 0;
  });
}

async function pending(world: World, store: string): Promise<number> {
  const { deliveries } = await storeState(world, store);
  return deliveries.filter(({ state }) => state === 'pending').length;
}

/** Sends what the store holds back. */
export async function deliver(world: World, order: 'sent' | 'reversed' = 'sent'): Promise<void> {
  await act(world, 'bigcommerce', 'deliver-webhooks', { store: 'store-emea', order });
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

/** Messages that were believed. */
export async function deliveriesKept(world: World): Promise<readonly { readonly event: string }[]> {
  const { database } = await world.stores();
  return database.db
    .withTables<{ provisioning_webhook_delivery: { event: string } }>()
    .selectFrom('provisioning_webhook_delivery')
    .select('event')
    .execute();
}

/** What the hooks of the store carry, as whoever has the API token can see. */
export async function secretOf(world: World): Promise<string> {
  const { storeHash, api } = bigCommerceCredentials['store-emea'];
  const answer = await supertest(`http://127.0.0.1:${world.sandbox.port}`)
    .get(`/stores/${storeHash}/v3/hooks`)
    .set({ Host: new URL(world.sandbox.url('api.bigcommerce')).host, 'X-Auth-Token': api.accessToken });
  const { data } = answer.body as { data: { headers: Record<string, string> }[] };
  return data[0]?.headers['x-vestibule-webhook'] ?? assert.fail('no hook carries a secret');
}
