import type { Log } from '../../../platform/log/index.ts';
import type { AccountImage } from '../../connector/account-image.ts';
import type { WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { seatsLacking } from './capacity.ts';
import { ensureContact } from './contact.ts';
import { HALTED, isDuplicate, NOT_PREPARED, recordFailure, unavailable } from './failures.ts';
import { readRequests } from './read-users.ts';
import { giveRequest, memberships } from './rights-requests.ts';
import { type CompositeResult, MOST_SUBREQUESTS, type SubRequest } from './salesforce-api.ts';
import type { ApiError } from './schema.ts';
import { newUserBody } from './user-body.ts';
import { usernameCandidate } from './username.ts';
import { expiryOf, rightsRefusal } from './write-rights.ts';
import { accountIn, type WriteNeeds } from './write-user.ts';

const MOST_USERNAMES = 6;
/** Beside the user itself and the three that read it back. */
const MOST_GIVEN = MOST_SUBREQUESTS - 4;
const USER = 'user';

/**
 * Makes the user with what it is given, all or nothing, and reads it back: one call. When the username is taken in
 * some organization of the world, the next one is tried (S39). What does not fit into one call is given later.
 */
export async function createUser(
  needs: WriteNeeds & { readonly log: Log; readonly target: string },
  desired: AccountImage,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const lacking = await seatsLacking(needs, {}, { active: 'yes', ...desired }, budget);
  if (lacking) return lacking;
  const given = givenRequests(needs, desired);
  if (!given) return NOT_PREPARED;
  const contact = await ensureContact(needs, desired, budget);
  if (contact.outcome !== 'contact') return contact;
  return makeUser(needs, { desired, given, contactId: contact.id }, budget);
}

type Draft = {
  readonly desired: AccountImage;
  readonly given: readonly SubRequest[];
  readonly contactId: string | undefined;
};

/** Again with another username while one is taken, and without what the organization gives new users by itself. */
async function makeUser(
  needs: WriteNeeds & { readonly log: Log; readonly target: string },
  draft: Draft,
  budget: CallBudget,
): Promise<WriteAnswer> {
  let given = draft.given;
  let attempt = 1;
  while (attempt <= MOST_USERNAMES) {
    const requests = creationRequests(needs, { ...draft, given }, attempt);
    const answer = await needs.api.composite(requests, { allOrNone: true, writes: true }, budget);
    const twin = givenAlready(answer, given);
    if (twin) given = given.filter((each) => each !== twin);
    else if (isUsernameTaken(answer)) {
      needs.log.info('username is taken somewhere, trying the next', { target: needs.target, attempt });
      attempt += 1;
    } else return settled(needs, requests, answer, draft.desired, attempt);
  }
  const reason = `the username and ${MOST_USERNAMES - 1} variants of it are taken, perhaps in other organizations: write a template for username that tells this organization apart, such as {mail}.example`;
  return { outcome: 'blocked', reasons: [reason] };
}

function creationRequests(
  needs: WriteNeeds,
  { desired, given, contactId }: Draft,
  attempt: number,
): readonly SubRequest[] {
  const username = usernameCandidate(String(desired['username'] ?? ''), attempt);
  const body = {
    ...newUserBody(needs.settings, needs.facts, { ...desired, username }),
    ...(contactId !== undefined && { ContactId: contactId }),
  };
  const user: SubRequest = { id: USER, method: 'POST', path: '/sobjects/User', body };
  return [user, ...given, ...readRequests(needs, { id: '@{user.id}' })];
}

function givenRequests({ facts }: WriteNeeds, desired: AccountImage): readonly SubRequest[] | undefined {
  const { come } = memberships({}, desired);
  const context = { expiry: expiryOf(desired['expiry']), refs: {}, facts };
  const requests = come.map((each, index) => giveRequest(`give${index}`, '@{user.id}', each, context));
  const known = requests.filter((each) => each !== undefined);
  return known.length < requests.length ? undefined : known.slice(0, MOST_GIVEN);
}

/** User access policies assign permission sets to new users themselves; all or nothing would then be nothing. */
function givenAlready(answer: CompositeResult, given: readonly SubRequest[]): SubRequest | undefined {
  if (answer.outcome !== 'results') return undefined;
  return given.find(({ id }) => {
    const result = answer.results.get(id);
    return result?.outcome === 'error' && result.errors.some(isDuplicate);
  });
}

function isUsernameTaken(answer: CompositeResult): boolean {
  if (answer.outcome !== 'results') return false;
  const user = answer.results.get(USER);
  return user?.outcome === 'error' && user.errors.some(({ errorCode }) => errorCode === 'DUPLICATE_USERNAME');
}

function settled(
  needs: WriteNeeds,
  requests: readonly SubRequest[],
  answer: CompositeResult,
  desired: AccountImage,
  attempt: number,
): WriteAnswer {
  if (answer.outcome === 'unavailable') return answer;
  for (const { id } of requests) {
    const result = answer.results.get(id);
    const error = result?.outcome === 'error' ? result.errors[0] : undefined;
    if (!error || error.errorCode === HALTED) continue;
    return id === USER ? newUserFailure(error) : rightsRefusal(error);
  }
  const account = accountIn(needs, answer.results, desired);
  // Another user than the one that was sent: whoever looks again goes by the Federation ID.
  if (!account || account === 'none' || !account.ours) return unavailable('provisioning.bad_answer', true);
  const refs = { ...account.refs, ...(attempt > 1 && { usernameAttempt: String(attempt) }) };
  return { outcome: 'written', account: { ...account, refs } };
}

/** What is particular to people from outside, in words; the rest is as with every record. */
function newUserFailure(error: ApiError): Exclude<WriteAnswer, { outcome: 'written' }> {
  if (error.errorCode === 'REQUIRED_FIELD_MISSING' && error.fields?.includes('ContactId')) {
    const reason = 'users with this profile come from a contact; name partnerAccount at the role';
    return { outcome: 'blocked', reasons: [reason] };
  }
  if (/account owner must have a role/i.test(error.message)) {
    const reason = 'the owner of the partner account has no role; give them one in Salesforce';
    return { outcome: 'blocked', reasons: [reason] };
  }
  return recordFailure(error);
}
