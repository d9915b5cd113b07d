import { randomText } from '../../../base/index.ts';
import { coversChannel } from '../coverage.ts';
import type { Channel, Customer, ShopperSession } from '../model.ts';
import type { Store } from '../store.ts';
import { endCustomerTokens } from './graphql/customer-token.ts';

const HOUR_MS = 3_600_000;

export function openSession(
  store: Store,
  channel: Channel,
  customer: Customer,
  by: ShopperSession['by'],
): ShopperSession {
  const session: ShopperSession = {
    id: randomText(),
    customerId: customer.id,
    channelId: channel.id,
    startedAt: store.now(),
    by,
    remembered: { ...customer },
  };
  store.sessions.set(session.id, session);
  return session;
}

/** Whom a cookie stands for on this channel. Each channel has its own host, hence its own sessions. */
export function shopperOf(
  store: Store,
  channel: Channel,
  sessionId: string | undefined,
): Customer | undefined {
  const session = sessionId === undefined ? undefined : store.sessions.get(sessionId);
  if (!session || session.channelId !== channel.id) return undefined;
  const customer = store.customers.get(session.customerId);
  const { sessionLifetimeHours, sessionAfterDelete, sessionAfterChannelLoss } = store.turned();
  const isOld = store.now().getTime() - session.startedAt.getTime() >= sessionLifetimeHours * HOUR_MS;
  const isGone = !customer && sessionAfterDelete === 'ends';
  const isShut =
    customer && !coversChannel(store, customer, channel.id) && sessionAfterChannelLoss === 'ends';
  if (isOld || isGone || isShut) {
    store.sessions.delete(session.id);
    return undefined;
  }
  return customer ?? session.remembered;
}

export function endSessionsOf(store: Store, customerId: number): number {
  const ended = [...store.sessions.values()].filter((session) => session.customerId === customerId);
  for (const { id } of ended) store.sessions.delete(id);
  return ended.length + endCustomerTokens(store, customerId);
}

/** A new password or a forced reset may end running sessions; nobody documents whether they do. */
export function endSessionsAfter(
  store: Store,
  customerId: number,
  { newPassword, resetForced }: { readonly newPassword: boolean; readonly resetForced: boolean },
): void {
  const { sessionAfterPasswordChange, sessionDuringReset } = store.turned();
  const isEnd =
    (newPassword && sessionAfterPasswordChange === 'ends') || (resetForced && sessionDuringReset === 'ends');
  if (isEnd) endSessionsOf(store, customerId);
}
