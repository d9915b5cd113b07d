/**
 * scim: accounts of any SCIM 2.0 service provider (RFC 7643, RFC 7644), for people of OIDC and SAML relying parties.
 *
 *   prepare     discovery ─▶ Traits (what the server can do), groups of roles ─▶ ids, where memberships can be read
 *   sign-in     GET /Users/{id}, or a search by our id ─▶ POST, PATCH or PUT /Users ─▶ PATCH or PUT /Groups
 *
 * scim-api.ts speaks HTTP (credentials, media types, limits), scim-server.ts knows resources, user-image.ts and
 * user-body.ts translate. Strict in what is sent, generous in what is accepted: where the plain way of the RFC is
 * refused for its form, dialects.ts and facts.ts keep the way that works. Our id is the account's externalId.
 */
import { defineConnector } from '../../connector/connector.ts';
import { policyOf } from '../../connector/target-policy.ts';
import { checkScimTarget } from './check-config.ts';
import { ScimRole, ScimTarget } from './config.ts';
import { openScim } from './open-scim.ts';

export { ScimRole, ScimTarget } from './config.ts';

export const scim = defineConnector<ScimTarget, ScimRole>({
  kind: 'scim',
  title: 'SCIM 2.0',
  capabilities: {
    ...{ createsAccounts: true, adoptsAccounts: true, findsByMail: true },
    ...{ listsAccounts: true, endsSessions: false, measuresClock: false },
  },
  serves: ['oidc', 'saml'],
  targetConfig: ScimTarget,
  roleConfig: ScimRole,
  checkTarget: checkScimTarget,
  // Three searches, a creation, and two requests for each of a few groups.
  place: ({ baseUrl }) => `${baseUrl.hostname}${baseUrl.pathname}`,
  policy: (settings) => policyOf(settings, { callsInSignIn: 20 }),
  open: openScim,
});
