/**
 * bigcommerce-storefront: customers of a BigCommerce store, made right over the Customers V3 API.
 *
 * What a sign-in does:    GET /v3/customers (by id, or by mail) ──▶ POST or PUT /v3/customers
 * What the queue does:    PUT form fields, PUT attribute-values, POST or PUT addresses
 * When access ends (R5.5): random password ──▶ parking channel ──▶ group without access ──▶ delete, as configured
 *
 * Translates between the engine's images and the API, nothing else. It cannot reach more than one customer with a
 * write, deletes one at a time and only where the ladder says so, leaves the groups of B2B Edition alone, and never
 * sends store credit, consent, notes or tax exemption.
 * Source: BigCommerce docs, Customers V3 and channel-specific customers.
 */
import { defineConnector } from '../../connector/connector.ts';
import { policyOf } from '../../connector/target-policy.ts';
import { checkStorefrontAccess, checkStorefrontTarget } from './check-config.ts';
import { StorefrontAccess, StorefrontTarget } from './config.ts';
import { openStore } from './open-store.ts';

export { StorefrontAccess, StorefrontTarget } from './config.ts';

export const bigcommerceStorefront = defineConnector<StorefrontTarget, never, StorefrontAccess>({
  kind: 'bigcommerce-storefront',
  title: 'BigCommerce storefront',
  capabilities: {
    ...{ createsAccounts: true, adoptsAccounts: true, findsByMail: true },
    ...{ listsAccounts: true, endsSessions: false, measuresClock: true },
  },
  serves: ['bigcommerce-storefront'],
  holdsOthers: true,
  targetConfig: StorefrontTarget,
  accessConfig: StorefrontAccess,
  checkTarget: checkStorefrontTarget,
  checkAccess: checkStorefrontAccess,
  place: ({ storeHash }) => storeHash,
  policy: (settings) => policyOf(settings, { callsInSignIn: 2 }),
  open: openStore,
});
