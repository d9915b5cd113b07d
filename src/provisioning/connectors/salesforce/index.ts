/**
 * salesforce: users of a Salesforce organization, made right over the REST API.
 *
 * What a sign-in does:  one composite request that reads the user with all rights ──▶ one that makes or changes it
 * When access ends:     freeze ─▶ end sessions and tokens ─▶ take rights away ─▶ deactivate (R5.5)
 *
 * A person's user is the one that carries their id as Federation ID (R1.4); mail and username only nominate. Expiry
 * dates of permission sets follow the end of access, so that Salesforce revokes even while we are down. Never deletes,
 * never moves records, never touches its own user or an administrator.
 * Source: Salesforce docs, REST API developer guide and object reference.
 */
import { defineConnector } from '../../connector/connector.ts';
import { policyOf } from '../../connector/target-policy.ts';
import { checkSalesforceTarget } from './check-config.ts';
import { SalesforceRole, SalesforceTarget } from './config.ts';
import { openOrganization } from './open-org.ts';

export { SalesforceRole, SalesforceTarget } from './config.ts';

export const salesforce = defineConnector<SalesforceTarget, SalesforceRole>({
  kind: 'salesforce',
  title: 'Salesforce',
  capabilities: {
    ...{ createsAccounts: true, adoptsAccounts: true, findsByMail: true },
    ...{ listsAccounts: true, endsSessions: true, measuresClock: false },
  },
  serves: ['salesforce', 'saml', 'oidc'],
  targetConfig: SalesforceTarget,
  roleConfig: SalesforceRole,
  checkTarget: checkSalesforceTarget,
  // A look, a token now and then, and what a mover costs: taken away, changed, given.
  place: ({ url }) => url.hostname,
  policy: (settings) => policyOf(settings, { callsInSignIn: 5 }),
  open: openOrganization,
});
