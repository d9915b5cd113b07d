import { createHash, createHmac } from 'node:crypto';
import { randomText } from '../../../base/index.ts';
import type { Outbound } from '../../frame/outbound.ts';
import { remember, type Store } from '../store.ts';
import { type Delivery, type Hook, wants } from './hook.ts';

/** BigCommerce docs: webhooks retry after these seconds; the hook is deactivated after the last. */
export const RETRY_SECONDS = [60, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 50_400, 86_400];

/** Tells all hooks of the store that want to know. Messages leave after the API's answer, each on its own. */
export function raise(store: Store, scope: string, data: Readonly<Record<string, unknown>>): void {
  for (const hook of store.hooks.values()) {
    if (!wants(hook, scope)) continue;
    const delivery: Delivery = {
      messageId: `msg_${randomText()}`,
      hookId: hook.id,
      scope,
      body: payload(store, scope, data),
      attempts: 0,
      lastStatus: null,
      state: 'pending',
    };
    remember(store.deliveries, delivery);
    if (store.turned().webhookDelivery === 'held') continue;
    void attempt(store, delivery);
    if (store.turned().webhookDelivery === 'twice') void attempt(store, { ...delivery });
  }
}

/** `hash` tells two events apart; it proves nothing about who sent them. */
function payload(store: Store, scope: string, data: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    scope,
    store_id: String(store.seed.storeId),
    data,
    hash: createHash('sha1').update(JSON.stringify(data)).digest('hex'),
    created_at: Math.floor(store.now().getTime() / 1000),
    producer: `stores/${store.hash}`,
  });
}

/** Sends once; plans the next try when nobody took it. */
export async function attempt(store: Store, delivery: Delivery): Promise<void> {
  const hook = store.hooks.get(delivery.hookId);
  if (!hook?.is_active || delivery.state !== 'pending') return;
  delivery.attempts += 1;
  delivery.lastStatus = await post(store.outbound, hook.destination, delivery.body, {
    'content-type': 'application/json',
    ...hook.headers,
    ...signature(store, hook, delivery),
  });
  const isTaken = delivery.lastStatus !== null && delivery.lastStatus >= 200 && delivery.lastStatus < 300;
  if (isTaken) delivery.state = 'delivered';
  else planRetry(store, hook, delivery);
}

function planRetry(store: Store, hook: Hook, delivery: Delivery): void {
  const seconds = RETRY_SECONDS[delivery.attempts - 1];
  if (seconds === undefined) {
    delivery.state = 'given-up';
    hook.is_active = false;
    return;
  }
  const { webhookMinuteMs } = store.turned();
  if (webhookMinuteMs === 0) return;
  setTimeout(() => void attempt(store, delivery), (seconds / 60) * webhookMinuteMs).unref();
}

/** Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` with the bare client secret. */
function signature(store: Store, hook: Hook, { messageId, body }: Delivery): Record<string, string> {
  const position = store.turned().webhookSignature;
  const account = store.accounts.find(
    ({ clientId }) => (clientId === hook.client_id) === (position !== 'foreign'),
  );
  if (!account || position === 'absent') return {};
  const ago = position === 'stale' ? 600 : 0;
  const at = String(Math.floor(store.now().getTime() / 1000) - ago);
  const mac = createHmac('sha256', account.clientSecret).update(`${messageId}.${at}.${body}`);
  return {
    'webhook-id': messageId,
    'webhook-timestamp': at,
    'webhook-signature': `v1,${mac.digest('base64')}`,
  };
}

async function post(
  outbound: Outbound,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<number | null> {
  try {
    return (await outbound({ method: 'POST', url, body, headers })).status;
  } catch {
    // Nobody answered: retried like any other failure.
    return null;
  }
}
