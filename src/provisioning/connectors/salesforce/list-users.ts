import type { z } from 'zod';
import type { CallFailed, ListAnswer, ListedAccount } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { SalesforceTarget } from './config.ts';
import type { OrgFacts } from './facts.ts';
import { unavailable } from './failures.ts';
import { isSameUser } from './own-user.ts';
import { plainOf } from './read-users.ts';
import type { SalesforceApi } from './salesforce-api.ts';
import { AssigneePage, LoginPage, UserPage, type UserRecord } from './schema.ts';
import { ADMINISTRATION, isPerson } from './special-users.ts';

type Needs = { readonly api: SalesforceApi; readonly settings: SalesforceTarget; readonly facts: OrgFacts };

const SOQL =
  'SELECT Id, Username, FederationIdentifier, Email, FirstName, LastName, IsActive, LastLoginDate, UserType, Profile.Name, UserRole.DeveloperName FROM User ORDER BY Id';
const FROZEN = 'SELECT Id, UserId, IsFrozen FROM UserLogin WHERE IsFrozen = true';
const ADMINISTRATORS = `SELECT AssigneeId FROM PermissionSetAssignment WHERE ${ADMINISTRATION.map((name) => `PermissionSet.${name} = true`).join(' OR ')}`;
const MOST_PAGES = 20;

/** One page of all users, with who is frozen and who administers: three calls. The cursor is the address of the next page. */
export async function listUsers(
  { api, settings, facts }: Needs,
  cursor: string | undefined,
  budget: CallBudget,
): Promise<ListAnswer> {
  const answer = await api.page(cursor ? { next: cursor } : { soql: SOQL }, UserPage, budget);
  if (answer.outcome === 'unavailable') return answer;
  if (answer.outcome === 'error') return unavailable('provisioning.bad_answer');
  const frozen = await everyId(api, FROZEN, LoginPage, ({ UserId }) => UserId, budget);
  if ('outcome' in frozen) return frozen;
  const rulers = await everyId(api, ADMINISTRATORS, AssigneePage, ({ AssigneeId }) => AssigneeId, budget);
  if ('outcome' in rulers) return rulers;
  const { records, nextRecordsUrl, totalSize } = answer.body;
  return {
    outcome: 'listed',
    accounts: records.map((user) => {
      const is = { frozen: frozen.has(user.Id), administrator: rulers.has(user.Id) };
      return listed(settings, facts, user, is);
    }),
    total: totalSize,
    ...(nextRecordsUrl !== undefined && { next: nextRecordsUrl }),
  };
}

type Page<T> = { readonly records: readonly T[]; readonly nextRecordsUrl?: string | undefined };

/** Users of all pages of a query that finds few. */
async function everyId<T>(
  api: SalesforceApi,
  soql: string,
  schema: z.ZodType<Page<T>>,
  idOf: (record: T) => string | null | undefined,
  budget: CallBudget,
): Promise<ReadonlySet<string> | CallFailed> {
  const found = new Set<string>();
  let next: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await api.page(next === undefined ? { soql } : { next }, schema, budget);
    if (answer.outcome === 'unavailable') return answer;
    if (answer.outcome === 'error') return unavailable('provisioning.bad_answer');
    for (const record of answer.body.records) {
      const id = idOf(record);
      if (id) found.add(id);
    }
    next = answer.body.nextRecordsUrl;
    if (next === undefined) return found;
  }
  return unavailable('provisioning.bad_answer');
}

function listed(
  settings: SalesforceTarget,
  facts: OrgFacts,
  user: UserRecord,
  is: { readonly frozen: boolean; readonly administrator: boolean },
): ListedAccount {
  const profile = user.Profile?.Name ?? '';
  const isOurs = facts.self !== '' && isSameUser(user.Id, facts.self);
  const isUntouchable =
    isOurs || is.administrator || settings.protectedProfiles.includes(profile) || !isPerson(user);
  const lastSignIn = user.LastLoginDate ? new Date(user.LastLoginDate) : undefined;
  return {
    externalId: user.Id,
    refs: {},
    image: {
      ...plainOf(settings, user),
      ...{ active: user.IsActive ? 'yes' : 'no', signIn: is.frozen ? '' : 'allowed' },
      ...{ profile, role: user.UserRole?.DeveloperName ?? '' },
    },
    isActive: user.IsActive === true && !is.frozen,
    ...(user.FederationIdentifier && { subject: user.FederationIdentifier.toLowerCase() }),
    ...(lastSignIn && !Number.isNaN(lastSignIn.getTime()) && { lastSignIn }),
    ...(isUntouchable && { untouchable: true }),
  };
}
