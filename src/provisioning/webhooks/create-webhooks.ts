import { setTimeout as timer } from 'node:timers/promises';
import type { Problem } from '../../base/index.ts';
import type { Hook } from '../connector/target-webhooks.ts';
import { unavailableAdvice } from '../errors.ts';
import type { RunNeeds } from '../run.ts';
import type { Sleep } from '../sleep.ts';
import { createCallBudget } from '../targets/call-budget.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { latestDelivery } from './delivery-store.ts';
import { HOOKS_BUDGET_MS } from './hooks-turn.ts';
import { type Offered, wantedHooks } from './offered.ts';
import { receiveWebhook } from './receive.ts';
import { keepHooksRight, registerWebhooks, removeWebhooks } from './register.ts';
import { type Registration, RegistrationStore } from './registration-store.ts';
import { testWebhooks } from './test-delivery.ts';
import type { Webhooks, WebhooksRefused } from './webhooks.ts';

export type WebhooksNeeds = {
  readonly needs: RunNeeds;
  /** Where the broker is reached from outside. */
  readonly publicUrl: URL | undefined;
  readonly sleep?: Sleep;
  /** @throws ProvisioningError `provisioning.unknown_target`. */
  readonly targetOf: (id: string) => LiveTarget;
  readonly findTarget: (id: string) => LiveTarget | undefined;
};

export function createWebhooks({
  needs,
  publicUrl,
  targetOf,
  findTarget,
  sleep = timer,
}: WebhooksNeeds): Webhooks {
  const registrations = new RegistrationStore(needs);
  const rooms = { needs, registrations, sleep };
  const offered = (id: string): Offered | WebhooksRefused => {
    const target = targetOf(id);
    const { webhooks } = target.open;
    if (!webhooks) return { outcome: 'not-offered' };
    if (!publicUrl) return { outcome: 'refused', detail: 'publicUrl is not known here' };
    const destination = new URL(`/webhooks/${webhooks.system}/${encodeURIComponent(id)}`, publicUrl);
    return { target, webhooks, destination };
  };
  const ask = async ({ webhooks, destination }: Offered, known: Registration | undefined) => {
    const wanted = wantedHooks(destination, known);
    return webhooks.list(wanted, createCallBudget('background', HOOKS_BUDGET_MS));
  };
  return {
    async list(id) {
      const offer = offered(id);
      if ('outcome' in offer) return offer;
      const known = await registrations.read(id);
      const answer = await ask(offer, known);
      if (answer.outcome === 'unavailable') return answer;
      const last = await latestDelivery(needs.db, id);
      return {
        ...{ outcome: 'listed', destination: offer.destination.href, hooks: answer.hooks },
        ...(known?.registeredAt && { registeredAt: known.registeredAt }),
        ...(last && { lastDelivery: last }),
      };
    },
    async standing(id) {
      const known = await registrations.read(id);
      if (!known?.registeredAt) return undefined;
      const { destination, registeredAt } = known;
      const last = await latestDelivery(needs.db, id);
      return { destination: destination.href, registeredAt, ...(last && { lastDelivery: last }) };
    },
    async register(id, options) {
      const offer = offered(id);
      if ('outcome' in offer) return offer;
      return registerWebhooks(rooms, offer, options);
    },
    async remove(id, options) {
      const offer = offered(id);
      if ('outcome' in offer) return offer;
      return removeWebhooks(rooms, offer, options);
    },
    async test(id, waitMs) {
      const offer = offered(id);
      if ('outcome' in offer) return offer;
      return testWebhooks(rooms, offer, waitMs);
    },
    async keepRight() {
      for (const id of await registrations.targets()) {
        const offer = findTarget(id) ? offered(id) : undefined;
        if (!offer || 'outcome' in offer) continue;
        await keepHooksRight(rooms, offer);
      }
    },
    async check(id) {
      const offer = offered(id);
      const known = 'outcome' in offer ? undefined : await registrations.read(id);
      if ('outcome' in offer || !known?.registeredAt) return [];
      const answer = await ask(offer, known);
      if (answer.outcome === 'unavailable') {
        return [{ path: 'webhooks', message: unavailableAdvice(answer.code) }];
      }
      return answer.hooks.filter(({ state }) => state !== 'right').map((hook) => problemOf(id, hook));
    },
    async receive(system, id, message) {
      const target = findTarget(id);
      if (target?.open.webhooks?.system !== system) return { outcome: 'unknown' };
      return receiveWebhook({ needs, registrations }, target, message);
    },
  };
}

function problemOf(target: string, { event, state }: Hook): Problem {
  const message = `the hook for ${event} is ${state}; vestibule webhooks register ${target} puts it right`;
  return { path: 'webhooks', message };
}
