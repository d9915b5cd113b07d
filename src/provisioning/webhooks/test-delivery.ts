import { SECOND } from '../../base/index.ts';
import type { CallFailed } from '../connector/connector.ts';
import type { RunNeeds } from '../run.ts';
import type { Sleep } from '../sleep.ts';
import { createCallBudget } from '../targets/call-budget.ts';
import { deliveriesAfter, deliveryMark, latestDelivery, someAccount } from './delivery-store.ts';
import { type Offered, wantedHooks } from './offered.ts';
import type { RegistrationStore } from './registration-store.ts';
import type { TestedWebhooks, WebhooksRefused } from './webhooks.ts';

const LOOK_EVERY_MS = SECOND / 4;
const CALLS_BUDGET_MS = 30 * SECOND;

type Needs = {
  readonly needs: RunNeeds;
  readonly registrations: RegistrationStore;
  readonly sleep: Sleep;
};

/** The message goes the whole way: from the target, over its network, into the broker that answers there. */
export async function testWebhooks(
  { needs, registrations, sleep }: Needs,
  { target, webhooks, destination }: Offered,
  waitMs: number,
): Promise<TestedWebhooks | WebhooksRefused | CallFailed> {
  const { db } = needs;
  const known = await registrations.read(target.id);
  if (!known?.registeredAt) {
    const detail = `nothing is registered; run vestibule webhooks register ${target.id} first`;
    return { outcome: 'refused', detail };
  }
  const budget = createCallBudget('background', CALLS_BUDGET_MS);
  const listed = await webhooks.list(wantedHooks(destination, known), budget);
  if (listed.outcome === 'unavailable') return listed;
  const before = await latestDelivery(db, target.id);
  const mark = await deliveryMark(db);
  const provoked = await webhooks.provoke(await someAccount(db, target.id), budget);
  if (provoked.outcome !== 'provoked') return provoked;
  const { externalId } = provoked;
  const said = {
    ...{ destination: destination.href, externalId },
    hooks: listed.hooks.filter(({ state }) => state !== 'right'),
  };
  const begun = performance.now();
  for (;;) {
    const arrived = await deliveriesAfter(db, target.id, mark);
    const waitedMs = Math.round(performance.now() - begun);
    const delivery = arrived.find((each) => each.externalId === externalId);
    if (delivery) return { outcome: 'arrived', ...said, delivery, waitedMs };
    if (waitedMs >= waitMs)
      return { outcome: 'nothing', ...said, ...(before && { delivery: before }), waitedMs };
    await sleep(LOOK_EVERY_MS);
  }
}
