import type { ActRequest } from '../../connector/connector.ts';
import type { SalesforceTarget } from './config.ts';
import type { OrgFacts } from './facts.ts';
import { isSameUser } from './own-user.ts';
import { ADMINISTERS, SPECIAL } from './special-users.ts';

const OURSELVES = 'this is the user of our own integration, which is never changed';
export const SELF_UNKNOWN =
  'Salesforce does not say which user the integration runs as, and that one must never be changed: add the scope openid to the External Client App, or use JWT bearer';
const THEIRS = `the user is an administrator (${ADMINISTERS}), and such users are never changed from here: take this away in Salesforce, then the rest is done by itself, or do it there by hand`;

const ROBOT =
  'the user is no person but one of Salesforce itself, of a site or of an integration, and is never changed: give it another mail address';

/** Why a user must not be written: locking ourselves or the administrators out is not to be undone from here. */
export function untouchableReason(
  { facts, settings }: { readonly facts: OrgFacts; readonly settings: SalesforceTarget },
  { externalId, current, refs }: Pick<ActRequest, 'externalId' | 'current' | 'refs'>,
): string | undefined {
  if (facts.self === '') return SELF_UNKNOWN;
  if (isSameUser(externalId, facts.self)) return OURSELVES;
  if (refs[SPECIAL] === 'administrator') return THEIRS;
  if (refs[SPECIAL] === 'robot') return ROBOT;
  const profile = String(current['profile'] ?? '');
  if (!settings.protectedProfiles.includes(profile)) return undefined;
  return `the user has the protected profile ${profile}; give them another one in Salesforce, or take it out of protectedProfiles`;
}
