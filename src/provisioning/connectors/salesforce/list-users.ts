import type { CallBudget } from '../../call-budget.ts';
import type { ListAnswer, ListedAccount } from '../../connector.ts';
import type { SalesforceTarget } from './config.ts';
import type { OrgFacts } from './facts.ts';
import { unavailable } from './failures.ts';
import { plainOf } from './read-users.ts';
import type { SalesforceApi } from './salesforce-api.ts';
import { LoginPage, UserPage, type UserRecord } from './schema.ts';

type Needs = { readonly api: SalesforceApi; readonly settings: SalesforceTarget; readonly facts: OrgFacts };

const SOQL =
  'SELECT Id, Username, FederationIdentifier, Email, FirstName, LastName, IsActive, LastLoginDate, UserType, Profile.Name, UserRole.DeveloperName FROM User ORDER BY Id';
/** What a licence is used for; robots, guests of sites and the platform's own users are none of ours. */
const PEOPLE = new Set([
  'Standard',
  'CsnOnly',
  'PowerPartner',
  'PowerCustomerSuccess',
  'CspLitePortal',
  'CustomerSuccess',
]);
const MOST_FROZEN_PAGES = 20;

/** One page of all users, with who is frozen: two calls. The cursor is the address of the next page. */
export async function listUsers(
  { api, settings, facts }: Needs,
  cursor: string | undefined,
  budget: CallBudget,
): Promise<ListAnswer> {
  const answer = await api.page(cursor ? { next: cursor } : { soql: SOQL }, UserPage, budget);
  if (answer.outcome === 'unavailable') return answer;
  if (answer.outcome === 'error') return unavailable('provisioning.bad_answer');
  const frozen = await frozenUsers(api, budget);
  if ('outcome' in frozen) return frozen;
  const { records, nextRecordsUrl, totalSize } = answer.body;
  return {
    outcome: 'listed',
    accounts: records.map((user) => listed(settings, facts, user, frozen.has(user.Id))),
    total: totalSize,
    ...(nextRecordsUrl !== undefined && { next: nextRecordsUrl }),
  };
}

async function frozenUsers(
  api: SalesforceApi,
  budget: CallBudget,
): Promise<ReadonlySet<string> | Exclude<ListAnswer, { outcome: 'listed' }>> {
  const frozen = new Set<string>();
  let next: string | undefined;
  for (let page = 0; page < MOST_FROZEN_PAGES; page += 1) {
    const soql = 'SELECT Id, UserId, IsFrozen FROM UserLogin WHERE IsFrozen = true';
    const answer = await api.page(next === undefined ? { soql } : { next }, LoginPage, budget);
    if (answer.outcome === 'unavailable') return answer;
    if (answer.outcome === 'error') return unavailable('provisioning.bad_answer');
    for (const { UserId } of answer.body.records) if (UserId) frozen.add(UserId);
    next = answer.body.nextRecordsUrl;
    if (next === undefined) return frozen;
  }
  return unavailable('provisioning.bad_answer');
}

function listed(
  settings: SalesforceTarget,
  facts: OrgFacts,
  user: UserRecord,
  isFrozen: boolean,
): ListedAccount {
  const profile = user.Profile?.Name ?? '';
  const isPerson = PEOPLE.has(user.UserType ?? 'Standard');
  const isUntouchable = user.Id === facts.self || settings.protectedProfiles.includes(profile) || !isPerson;
  const lastSignIn = user.LastLoginDate ? new Date(user.LastLoginDate) : undefined;
  return {
    externalId: user.Id,
    refs: {},
    image: {
      ...plainOf(settings, user),
      ...{ active: user.IsActive ? 'yes' : 'no', signIn: isFrozen ? '' : 'allowed' },
      ...{ profile, role: user.UserRole?.DeveloperName ?? '' },
    },
    isActive: user.IsActive === true && !isFrozen,
    ...(user.FederationIdentifier && { subject: user.FederationIdentifier.toLowerCase() }),
    ...(lastSignIn && !Number.isNaN(lastSignIn.getTime()) && { lastSignIn }),
    ...(isUntouchable && { untouchable: true }),
  };
}
