import type { Log } from '../../../platform/log/index.ts';
import type { AccountImage } from '../../account-image.ts';
import type { CallBudget } from '../../call-budget.ts';
import type { WriteAnswer } from '../../connector.ts';
import { checkCapacity, seatsNeeded } from './capacity.ts';
import { ensureContact } from './contact.ts';
import { HALTED, NOT_PREPARED, recordFailure, unavailable } from './failures.ts';
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
  const { api, facts } = needs;
  const capacity = await checkCapacity(
    api,
    facts,
    seatsNeeded(facts, {}, { active: 'yes', ...desired }),
    budget,
  );
  if (capacity.outcome === 'unavailable') return capacity;
  if (capacity.reasons.length > 0) return { outcome: 'blocked', reasons: capacity.reasons };
  const given = givenRequests(needs, desired);
  if (!given) return NOT_PREPARED;
  const contact = await ensureContact(api, desired, budget);
  if (contact.outcome !== 'contact') return contact;
  const username = String(desired['username'] ?? '');
  for (let attempt = 1; attempt <= MOST_USERNAMES; attempt += 1) {
    const named = { ...desired, username: usernameCandidate(username, attempt) };
    const body = {
      ...newUserBody(needs.settings, facts, named),
      ...(contact.id !== undefined && { ContactId: contact.id }),
    };
    const user: SubRequest = { id: USER, method: 'POST', path: '/sobjects/User', body };
    const requests = [user, ...given, ...readRequests(needs, "Id = '@{user.id}'")];
    const answer = await api.composite(requests, { allOrNone: true, writes: true }, budget);
    if (isUsernameTaken(answer)) {
      needs.log.info('username is taken somewhere, trying the next', { target: needs.target, attempt });
      continue;
    }
    return settled(needs, requests, answer, desired, attempt);
  }
  return { outcome: 'invalid', detail: `the username and ${MOST_USERNAMES - 1} variants of it are taken` };
}

function givenRequests({ facts }: WriteNeeds, desired: AccountImage): readonly SubRequest[] | undefined {
  const { come } = memberships({}, desired);
  const context = { expiry: expiryOf(desired['expiry']), refs: {}, facts };
  const requests = come.map((each, index) => giveRequest(`give${index}`, '@{user.id}', each, context));
  const known = requests.filter((each) => each !== undefined);
  return known.length < requests.length ? undefined : known.slice(0, MOST_GIVEN);
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
  if (!account || account === 'none') return unavailable('provisioning.bad_answer', true);
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
