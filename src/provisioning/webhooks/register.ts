import { accessEvents } from '../../access-log/index.ts';
import { newId } from '../../base/index.ts';
import type { CallFailed } from '../connector/connector.ts';
import type { RunNeeds } from '../run.ts';
import type { Sleep } from '../sleep.ts';
import { createCallBudget } from '../targets/call-budget.ts';
import { HOOKS_BUDGET_MS, type HooksTurn, inHooksTurn, TURN_MS } from './hooks-turn.ts';
import { type Offered, wantedHooks } from './offered.ts';
import type { RegistrationStore } from './registration-store.ts';
import type { RegisteredWebhooks, RemovedWebhooks, WebhookActor } from './webhooks.ts';

type Rooms = {
  readonly needs: RunNeeds;
  readonly registrations: RegistrationStore;
  readonly sleep: Sleep;
};
type Registering = WebhookActor & { readonly newSecret?: boolean };

/** Waits for whoever changes the hooks at the moment. */
export function registerWebhooks(rooms: Rooms, offer: Offered, as: Registering): Promise<RegisteredWebhooks> {
  return inTurn(rooms, offer, TURN_MS, (turn) => makeRight(rooms, offer, turn, as));
}

/**
 * In the background: an operator reads what changed, or why nothing could be, in the log. Hooks that somebody removes or
 * registers at this moment are none of its business.
 */
export async function keepHooksRight(rooms: Rooms, offer: Offered): Promise<void> {
  const { log } = rooms.needs;
  const target = offer.target.id;
  try {
    const as = { by: { via: 'system' }, thread: newId('lgn') } as const;
    const answer = await inTurn(rooms, offer, 0, async (turn) => {
      const known = await rooms.registrations.read(target);
      return known?.registeredAt ? makeRight(rooms, offer, turn, as) : ('not registered' as const);
    });
    if (answer === 'not registered') return;
    if (answer.outcome !== 'registered') log.warn('webhooks could not be looked at', { target, answer });
    else if (answer.changes.length > 0)
      log.warn('webhooks were put right', { target, changes: answer.changes });
  } catch (error) {
    log.warn('webhooks could not be looked at', { target, error });
  }
}

/**
 * What was begun stays: a removal that fails half-way is not undone by a worker. The secret is forgotten when no hook
 * carries it any more. Waits for whoever changes the hooks at the moment.
 */
export function removeWebhooks(
  rooms: Rooms,
  offer: Offered,
  { by, thread }: WebhookActor,
): Promise<RemovedWebhooks> {
  const { needs, registrations } = rooms;
  const { target, webhooks, destination } = offer;
  return inTurn(rooms, offer, TURN_MS, async (turn): Promise<RemovedWebhooks> => {
    const known = await registrations.read(target.id);
    await registrations.leave(turn);
    const answer = await webhooks.remove(wantedHooks(destination, known), hooksBudget());
    if (answer.outcome === 'unavailable') return answer;
    await needs.db.transaction().execute(async (trx) => {
      await registrations.forget(trx, turn);
      if (!known && answer.count === 0) return;
      const facts = { by, hooks: answer.count };
      await needs.accessLog.appendIn(trx, [
        accessEvents.webhookRemoved({ thread, target: target.id, facts }),
      ]);
    });
    return answer;
  });
}

function inTurn<T>(
  { needs: { db, clock }, sleep }: Rooms,
  { target }: Offered,
  waitMs: number,
  work: (turn: HooksTurn) => Promise<T>,
): Promise<T | CallFailed> {
  return inHooksTurn({ db, clock, sleep }, target.id, waitMs, work);
}

/** The secret is written down before a hook carries it, so that no message that follows is refused. */
async function makeRight(
  { needs, registrations }: Rooms,
  { target, webhooks, destination }: Offered,
  turn: HooksTurn,
  { by, thread, newSecret = false }: Registering,
): Promise<RegisteredWebhooks> {
  const detail = webhooks.refusal(destination);
  if (detail !== undefined) return { outcome: 'refused', detail };
  await target.restore();
  if (target.moved) return target.moved;
  const registration = await registrations.begin(turn, destination, newSecret);
  const wanted = { ...wantedHooks(destination, registration), secret: registration.secret };
  const answer = await webhooks.register(wanted, hooksBudget());
  if (answer.outcome !== 'registered') return answer;
  const { changes } = answer;
  await needs.db.transaction().execute(async (trx) => {
    await registrations.complete(trx, turn, destination);
    if (changes.length === 0) return;
    const facts = { by, changes: changes.length, newSecret };
    await needs.accessLog.appendIn(trx, [
      accessEvents.webhookRegistered({ thread, target: target.id, facts }),
    ]);
  });
  return { outcome: 'registered', destination: destination.href, changes };
}

/** Begins with the turn, so that nobody writes after it. */
const hooksBudget = () => createCallBudget('background', HOOKS_BUDGET_MS);
