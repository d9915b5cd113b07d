import { createHmac } from 'node:crypto';
import type { Customer } from '../model.ts';
import type { Store } from '../store.ts';

const LIFETIME_SECONDS = 15 * 60;

/**
 * BigCommerce docs: Current Customer API. Signed with the secret of the app that asks.
 *
 * @returns undefined when there is no such app.
 */
export function currentCustomerToken(store: Store, customer: Customer, clientId: string): string | undefined {
  const account = store.accounts.find((each) => each.clientId === clientId && !each.revoked);
  const isServed = account && (account.level === 'app' || store.turned().currentCustomerAccounts === 'any');
  if (!isServed) return undefined;
  const iat = Math.floor(store.now().getTime() / 1000);
  const claims = {
    customer: { id: customer.id, email: customer.email, group_id: String(customer.customer_group_id) },
    iss: 'bc/apps',
    sub: store.hash,
    iat,
    exp: iat + LIFETIME_SECONDS,
    version: 1,
    aud: clientId,
    application_id: clientId,
    store_hash: store.hash,
    operation: 'current_customer',
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', account.clientSecret).update(signed).digest('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
