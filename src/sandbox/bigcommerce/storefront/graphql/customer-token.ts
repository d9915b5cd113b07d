import { addMs, randomText } from '../../../../base/index.ts';
import { coversChannel } from '../../coverage.ts';
import type { Channel, Customer } from '../../model.ts';
import type { Store } from '../../store.ts';

const HOUR_MS = 3_600_000;

/** A customer is signed in on one device at a time this way: earlier tokens end. */
export function openCustomerToken(
  store: Store,
  channel: Channel,
  customer: Customer,
): { readonly value: string; readonly expiresAt: Date } {
  endCustomerTokens(store, customer.id);
  const value = randomText();
  const expiresAt = addMs(store.now(), store.turned().customerTokenHours * HOUR_MS);
  store.customerTokens.set(value, { customerId: customer.id, channelId: channel.id, expiresAt });
  return { value, expiresAt };
}

export function customerOfToken(
  store: Store,
  channel: Channel,
  value: string | undefined,
): Customer | undefined {
  const token = value === undefined ? undefined : store.customerTokens.get(value);
  if (!token || token.channelId !== channel.id || token.expiresAt <= store.now()) return undefined;
  const customer = store.customers.get(token.customerId);
  const isShut =
    customer &&
    store.turned().sessionAfterChannelLoss === 'ends' &&
    !coversChannel(store, customer, channel.id);
  return isShut ? undefined : customer;
}

/** @returns how many have ended. */
export function endCustomerTokens(store: Store, customerId: number): number {
  const ended = [...store.customerTokens].filter(([, token]) => token.customerId === customerId);
  for (const [value] of ended) store.customerTokens.delete(value);
  return ended.length;
}
