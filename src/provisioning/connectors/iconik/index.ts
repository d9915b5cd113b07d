/**
 * iconik: users of an iconik domain, made right over its REST API.
 *
 * What a sign-in does:   GET user (by id, or by mail) ──▶ POST user, or groups one by one and PATCH user ──▶ bind to us
 * What prepare does:     who we are ─ groups or teams ─ collections ─ permissions of project groups ─ identity provider
 *
 * Translates between the engine's images and the API, nothing else. It cannot delete a user or a group, cannot make
 * an administrator, and knows no call that overwrites access lists of many. Sources: iconik's API descriptions.
 */
import { defineConnector } from '../../connector/connector.ts';
import { policyOf } from '../../connector/target-policy.ts';
import { checkIconikTarget } from './check-config.ts';
import { IconikTarget, RoleMeaning } from './config.ts';
import { openDomain } from './open-domain.ts';
import { WINDOW } from './rate-limit.ts';

/** Requests of an application that background work leaves to sign-ins and ends. */
const RESERVED = 100;

export const iconik = defineConnector<IconikTarget, RoleMeaning>({
  kind: 'iconik',
  title: 'iconik',
  capabilities: {
    ...{ createsAccounts: true, adoptsAccounts: true, findsByMail: true },
    ...{ listsAccounts: true, endsSessions: false, measuresClock: false },
  },
  serves: ['iconik', 'saml'],
  targetConfig: IconikTarget,
  roleConfig: RoleMeaning,
  checkTarget: checkIconikTarget,
  // Find and make, or read and change; binding a new user is the third.
  place: ({ url }) => url.hostname,
  policy: (settings) => policyOf(settings, { callsInSignIn: 3, rate: { ...WINDOW, reserved: RESERVED } }),
  open: openDomain,
});
