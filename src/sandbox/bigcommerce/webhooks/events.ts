import type { Address, Customer } from '../model.ts';
import type { Store } from '../store.ts';
import { raise } from './deliver.ts';

export function customerHappened(
  store: Store,
  what: 'created' | 'updated' | 'deleted',
  customer: Customer,
): void {
  const channels = {
    origin_channel_id: customer.origin_channel_id,
    ...(customer.channel_ids !== null && { channel_ids: customer.channel_ids }),
  };
  raise(store, `store/customer/${what}`, {
    type: 'customer',
    id: customer.id,
    ...(what !== 'deleted' && channels),
  });
}

/** Only changes of `channel_ids` over the API raise this one. */
export function channelAccessChanged(store: Store, customer: Customer): void {
  raise(store, 'store/customer/channel/login/access/updated', {
    customer_id: customer.id,
    channel_ids: customer.channel_ids,
  });
}

export function addressHappened(
  store: Store,
  what: 'created' | 'updated' | 'deleted',
  address: Address,
): void {
  raise(store, `store/customer/address/${what}`, {
    type: 'customer',
    id: address.id,
    address: { customer_id: address.customer_id },
  });
}
