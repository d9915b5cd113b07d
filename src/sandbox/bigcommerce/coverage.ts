import type { Customer } from './model.ts';
import type { Store } from './store.ts';

type Reach = Customer['channel_ids'];

/** Channels that a customer may enter: an explicit list overrides `allow_global_logins`; null means all that allow it. */
export function coveredChannels(store: Store, reach: Reach): readonly number[] {
  if (reach !== null) return reach;
  return store.channels.filter((channel) => channel.allow_global_logins).map((channel) => channel.id);
}

export function coversChannel(store: Store, customer: Customer, channelId: number): boolean {
  return coveredChannels(store, customer.channel_ids).includes(channelId);
}

/** Another customer whose mail address stands in the way of this one. Addresses are unique per channel, not per store. */
export function findDuplicate(
  store: Store,
  candidate: { readonly email: string; readonly reach: Reach; readonly exceptId?: number },
): Customer | undefined {
  const email = candidate.email.toLowerCase();
  for (const customer of store.customers.values()) {
    if (customer.id === candidate.exceptId || customer.email.toLowerCase() !== email) continue;
    if (collide(store, customer.channel_ids, candidate.reach)) return customer;
  }
  return undefined;
}

function collide(store: Store, left: Reach, right: Reach): boolean {
  if (left === null && right === null) return true;
  const a = coveredChannels(store, left);
  const b = coveredChannels(store, right);
  if (store.turned().duplicateRule === 'overlap') return a.some((id) => b.includes(id));
  return a.length === b.length && a.every((id) => b.includes(id));
}

/** Whom a password sign-in with this mail address means on a channel. */
export function customerByEmail(store: Store, email: string, channelId: number): Customer | undefined {
  for (const customer of store.customers.values()) {
    const isSame = customer.email.toLowerCase() === email.toLowerCase();
    if (isSame && coversChannel(store, customer, channelId)) return customer;
  }
  return undefined;
}
