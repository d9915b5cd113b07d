import { accessEvents } from '../../access-log/index.ts';
import { addMs, newId } from '../../base/index.ts';
import type { WebhookMessage, WebhookRefusal, WebhookVerdict } from '../connector/target-webhooks.ts';
import { finishJob } from '../outbox/record.ts';
import type { RunNeeds } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { doubtAccount, noteDelivery } from './delivery-store.ts';
import type { RegistrationStore } from './registration-store.ts';

export type ReceivedWebhook =
  /** Whatever it leads to is written down. */
  | { readonly outcome: 'taken' }
  /** It came before. */
  | { readonly outcome: 'repeated' }
  /** There is no such target, or it tells nothing. */
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'refused'; readonly code: WebhookRefusal };

type Needs = {
  readonly needs: RunNeeds;
  readonly registrations: RegistrationStore;
};
type Believed = Extract<WebhookVerdict, { outcome: 'believed' }>;

/**
 * Takes a message that may come from a target. What it says is not believed beyond this: an account is to be looked at.
 * The queue does that a moment later, once for however many messages, unless it was looked at since.
 */
export async function receiveWebhook(
  { needs, registrations }: Needs,
  target: LiveTarget,
  message: WebhookMessage,
): Promise<ReceivedWebhook> {
  const { webhooks } = target.open;
  if (!webhooks) return { outcome: 'unknown' };
  await target.restore();
  const registration = await registrations.read(target.id);
  const offsetMs = target.clockOffset?.offsetMs ?? 0;
  const verdict = webhooks.read(message, {
    secrets: registration ? [registration.secret, ...(registration.former ? [registration.former] : [])] : [],
    now: addMs(needs.clock.now(), offsetMs),
  });
  if (verdict.outcome === 'refused') return verdict;
  return takeMessage(needs, target, verdict, offsetMs);
}

async function takeMessage(
  needs: RunNeeds,
  { id: target }: LiveTarget,
  told: Believed,
  offsetMs: number,
): Promise<ReceivedWebhook> {
  const now = needs.clock.now();
  const { messageId, event, externalId } = told;
  // Whoever looks after this instant sees the change, however coarsely the target tells its time.
  const over = addMs(told.at, told.toMs - offsetMs);
  const latest = addMs(now, told.toMs);
  const readAfter = over < latest ? over : latest;
  return needs.db.transaction().execute(async (trx): Promise<ReceivedWebhook> => {
    const isNew = await noteDelivery(trx, { target, messageId, event, externalId }, now);
    if (!isNew) return { outcome: 'repeated' };
    const about = { readAfter, thread: newId('lgn') };
    const account =
      externalId === undefined ? undefined : await doubtAccount(trx, { target, externalId }, about, now);
    if (!account) {
      needs.log.debug('a target told of what is not ours or was looked at since', { target, event });
      return { outcome: 'taken' };
    }
    const { thread } = account;
    const job = finishJob(account.id, thread, { runAt: account.lookAt });
    // What follows from messages before a look stands under the thread of the first, and a storm of them is one event.
    await needs.jobs.enqueue(trx, { ...job, renews: account.isFirst, patient: true });
    if (account.isFirst) {
      const facts = { source: target, event, account: account.id, externalId: externalId ?? '' };
      await needs.accessLog.appendIn(trx, [
        accessEvents.webhookAccepted({ thread, personId: account.person, target, facts }),
      ]);
    }
    return { outcome: 'taken' };
  });
}
