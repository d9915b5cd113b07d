import { accessEvents } from '../../access-log/index.ts';
import { newId } from '../../base/index.ts';
import { type CallBudget, createCallBudget } from '../call-budget.ts';
import type { CallFailed } from '../connector.ts';
import type { RunNeeds } from '../run.ts';
import { HOOKS_BUDGET_MS, type Offered, wantedHooks } from './offered.ts';
import type { RegistrationStore } from './registration-store.ts';
import type { RegisteredWebhooks, WebhookActor } from './webhooks.ts';

type Needs = { readonly needs: RunNeeds; readonly registrations: RegistrationStore };

/** The secret is written down before a hook carries it, so that no message that follows is refused. */
export async function registerWebhooks(
  { needs, registrations }: Needs,
  { target, webhooks, destination }: Offered,
  { by, thread, newSecret = false }: WebhookActor & { readonly newSecret?: boolean },
  budget: CallBudget,
): Promise<RegisteredWebhooks> {
  const detail = webhooks.refusal(destination);
  if (detail !== undefined) return { outcome: 'refused', detail };
  await target.restore();
  if (target.moved) return target.moved;
  const registration = await registrations.begin(target.id, destination, newSecret);
  const wanted = { ...wantedHooks(destination, registration), secret: registration.secret };
  const answer = await webhooks.register(wanted, budget);
  if (answer.outcome !== 'registered') return answer;
  const { changes } = answer;
  await needs.db.transaction().execute(async (trx) => {
    await registrations.complete(trx, target.id, destination);
    if (changes.length === 0) return;
    const facts = { by, changes: changes.length, newSecret };
    await needs.accessLog.appendIn(trx, [
      accessEvents.webhookRegistered({ thread, target: target.id, facts }),
    ]);
  });
  return { outcome: 'registered', destination: destination.href, changes };
}

/** In the background: an operator reads what changed, or why nothing could be, in the log. */
export async function keepHooksRight(rooms: Needs, offer: Offered): Promise<void> {
  const { log } = rooms.needs;
  const target = offer.target.id;
  try {
    const as = { by: { via: 'system' }, thread: newId('lgn') } as const;
    const budget = createCallBudget('background', HOOKS_BUDGET_MS);
    const answer = await registerWebhooks(rooms, offer, as, budget);
    if (answer.outcome !== 'registered') log.warn('webhooks could not be looked at', { target, answer });
    else if (answer.changes.length > 0)
      log.warn('webhooks were put right', { target, changes: answer.changes });
  } catch (error) {
    log.warn('webhooks could not be looked at', { target, error });
  }
}

/** The secret is forgotten when no hook carries it any more. */
export async function removeWebhooks(
  { needs, registrations }: Needs,
  { target, webhooks, destination }: Offered,
  { by, thread }: WebhookActor,
  budget: CallBudget,
): Promise<{ readonly outcome: 'removed'; readonly count: number } | CallFailed> {
  const known = await registrations.read(target.id);
  const answer = await webhooks.remove(wantedHooks(destination, known), budget);
  if (answer.outcome === 'unavailable') return answer;
  await needs.db.transaction().execute(async (trx) => {
    await registrations.forget(trx, target.id);
    if (!known && answer.count === 0) return;
    const facts = { by, hooks: answer.count };
    await needs.accessLog.appendIn(trx, [accessEvents.webhookRemoved({ thread, target: target.id, facts })]);
  });
  return answer;
}
