import type { ActRequest } from '../../connector.ts';
import { ADMINISTERS } from './administrators.ts';
import type { SalesforceTarget } from './config.ts';
import type { OrgFacts } from './facts.ts';
import { isSameUser } from './own-user.ts';
import { ADMINISTRATOR } from './read-users.ts';

const OURSELVES = 'this is the user of our own integration, which is never changed';
export const SELF_UNKNOWN =
  'Salesforce does not say which user the integration runs as, and that one must never be changed: add the scope openid to the External Client App, or use JWT bearer';
const THEIRS = `the user is an administrator (${ADMINISTERS}), and such users are never changed from here: take this away in Salesforce, then the rest is done by itself, or do it there by hand`;

/** Why a user must not be written: locking ourselves or the administrators out is not to be undone from here. */
export function untouchableReason(
  { facts, settings }: { readonly facts: OrgFacts; readonly settings: SalesforceTarget },
  { externalId, current, refs }: Pick<ActRequest, 'externalId' | 'current' | 'refs'>,
): string | undefined {
  if (facts.self === '') return SELF_UNKNOWN;
  if (isSameUser(externalId, facts.self)) return OURSELVES;
  if (refs[ADMINISTRATOR] === 'yes') return THEIRS;
  const profile = String(current['profile'] ?? '');
  if (!settings.protectedProfiles.includes(profile)) return undefined;
  return `the user has the protected profile ${profile}; give them another one in Salesforce, or take it out of protectedProfiles`;
}
