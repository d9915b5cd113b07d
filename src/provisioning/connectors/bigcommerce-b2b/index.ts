/**
 * bigcommerce-b2b: company users and super admins of B2B Edition, with the customers of the store behind them.
 *
 * What a sign-in does:   customer (by id, or by mail) ─ standing in B2B Edition ──▶ POST customer
 *                        ──▶ make company user or super admin ──▶ assign companies one step at a time
 * What ends do:          unassign ─ delete the company user ─ lock out ─ park ─ delete the customer (R5.5)
 *
 * The account is the customer, whose number login tokens carry; what B2B Edition made of it hangs on it. Its customer
 * group is never read and never written: companies and masquerades decide about it. Cannot delete a super admin, cannot
 * write companies or roles. Sources: BigCommerce docs, Customers V3 and B2B Edition REST management.
 */
import { defineConnector } from '../../connector/connector.ts';
import { policyOf } from '../../connector/target-policy.ts';
import { checkB2bAccess, checkB2bTarget } from './check-config.ts';
import { B2bAccess, B2bTarget } from './config.ts';
import { openB2b } from './open-b2b.ts';

export { B2bAccess, B2bTarget } from './config.ts';

export const bigcommerceB2b = defineConnector<B2bTarget, never, B2bAccess>({
  kind: 'bigcommerce-b2b',
  title: 'BigCommerce B2B Edition',
  capabilities: {
    ...{ createsAccounts: true, adoptsAccounts: true, findsByMail: true },
    ...{ listsAccounts: true, endsSessions: false, measuresClock: true },
  },
  serves: ['bigcommerce-b2b'],
  targetConfig: B2bTarget,
  accessConfig: B2bAccess,
  checkTarget: checkB2bTarget,
  checkAccess: checkB2bAccess,
  // Customer, user and super admin are looked at; the customer is made, then what B2B Edition makes of it.
  place: ({ storeHash }) => storeHash,
  policy: (settings) => policyOf(settings, { callsInSignIn: 8 }),
  open: openB2b,
});
