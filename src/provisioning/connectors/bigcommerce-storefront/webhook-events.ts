import { z } from 'zod';
import type { StorefrontTarget } from './config.ts';

/** BigCommerce docs: webhook events. `updated` says nothing of addresses, and the channels have an event of their own. */
const CUSTOMERS = [
  'store/customer/created',
  'store/customer/updated',
  'store/customer/deleted',
  'store/customer/channel/login/access/updated',
] as const;
const ADDRESSES = [
  'store/customer/address/created',
  'store/customer/address/updated',
  'store/customer/address/deleted',
] as const;

/** What the store is to tell of: no more than what we write. */
export function wantedEvents({ addresses }: Pick<StorefrontTarget, 'addresses'>): readonly string[] {
  return addresses ? [...CUSTOMERS, ...ADDRESSES] : CUSTOMERS;
}

/** Only numbers: what changed is read from the store, never believed from a message. */
export const WebhookData = z.object({
  id: z.int().positive().optional(),
  customer_id: z.int().positive().optional(),
  address: z.object({ customer_id: z.int().positive().optional() }).optional(),
});
export type WebhookData = z.infer<typeof WebhookData>;

/** Number of the customer that an event is about. */
export function subjectOf(event: string, data: WebhookData): string | undefined {
  const id = numberOf(event, data);
  return id === undefined ? undefined : String(id);
}

function numberOf(event: string, { id, customer_id, address }: WebhookData): number | undefined {
  if (event.startsWith('store/customer/address/')) return address?.customer_id;
  if (event === 'store/customer/channel/login/access/updated') return customer_id;
  return CUSTOMERS.some((each) => each === event) ? id : undefined;
}
