/**
 * bigcommerce-storefront: customers of a BigCommerce store, made right over the Customers V3 API.
 *
 * What a sign-in does:   GET /v3/customers (by id, or by mail) ──▶ POST or PUT /v3/customers
 * What the queue does:   PUT attribute-values, POST or PUT addresses
 *
 * Translates between the engine's images and the API, nothing else. It cannot delete, cannot reach more than one
 * customer with a write, and never sends store credit, consent, notes or tax exemption.
 * Source: BigCommerce docs, Customers V3 and channel-specific customers.
 */
import { defineConnector } from '../../connector.ts';
import { policyOf } from '../../target-policy.ts';
import { checkStorefrontAccess, checkStorefrontTarget } from './check-config.ts';
import { StorefrontAccess, StorefrontTarget } from './config.ts';
import { openStore } from './open-store.ts';

export { StorefrontAccess, StorefrontTarget } from './config.ts';

export const bigcommerceStorefront = defineConnector<StorefrontTarget, never, StorefrontAccess>({
  kind: 'bigcommerce-storefront',
  title: 'BigCommerce storefront',
  capabilities: {
    ...{ createsAccounts: true, adoptsAccounts: true, findsByMail: true },
    ...{ listsAccounts: false, endsSessions: false, measuresClock: true },
  },
  serves: ['bigcommerce-storefront'],
  targetConfig: StorefrontTarget,
  accessConfig: StorefrontAccess,
  checkTarget: checkStorefrontTarget,
  checkAccess: checkStorefrontAccess,
  policy: (settings) => policyOf(settings, { callsInSignIn: 2 }),
  open: openStore,
});
