import type { AccountImage } from '../../connector/account-image.ts';
import type { ReadAccount, UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { seatsLacking } from './capacity.ts';
import type { SalesforceTarget } from './config.ts';
import { deactivationFailure } from './deactivation.ts';
import type { OrgFacts } from './facts.ts';
import { recordFailure, unavailable } from './failures.ts';
import { accountOf, query, readRequests, usersIn } from './read-users.ts';
import type { SalesforceApi, SubRequest, SubResult } from './salesforce-api.ts';
import { type ApiError, IdPage } from './schema.ts';
import { quoted } from './soql.ts';
import { userBody } from './user-body.ts';

export type WriteNeeds = {
  readonly api: SalesforceApi;
  readonly settings: SalesforceTarget;
  readonly facts: OrgFacts;
  readonly hasPartners: boolean;
};

/** Fields of the user itself: one write and the look at what became of it, in one call. */
export async function updateUser(
  needs: WriteNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { settings, facts } = needs;
  const { externalId, changes, current } = request;
  const lacking = await seatsLacking(needs, current, changes, budget);
  if (lacking) return lacking;
  const body = userBody(settings, facts, changes);
  const write: SubRequest = { id: 'write', method: 'PATCH', path: `/sobjects/User/${externalId}`, body };
  return writeAndRead(needs, [write], request, budget, (error) =>
    changes['active'] === 'no' ? deactivationFailure(error) : recordFailure(error),
  );
}

/** Freezes or thaws. The record that says so hangs on the user and is found in the same call. */
export async function updateLogin(
  needs: WriteNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const IsFrozen = request.changes['signIn'] !== 'allowed';
  const soql = `SELECT Id FROM UserLogin WHERE UserId = ${quoted(request.externalId)}`;
  const path = '/sobjects/UserLogin/@{find.records[0].Id}';
  const requests: SubRequest[] =
    'signIn' in request.changes
      ? [query('find', soql), { id: 'write', method: 'PATCH', path, body: { IsFrozen } }]
      : [];
  return writeAndRead(needs, requests, request, budget);
}

/** Salesforce knows the manager by id: found by Federation ID or mail, and only if it is one person. */
export async function updateManager(
  needs: WriteNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { externalId } = request;
  const named = String(request.changes['manager'] ?? '');
  let ManagerId: string | null = null;
  if (named !== '') {
    const found = await findManager(needs.api, named, externalId, budget);
    if (typeof found !== 'string') return found;
    ManagerId = found;
  }
  const path = `/sobjects/User/${externalId}`;
  const write: SubRequest = { id: 'write', method: 'PATCH', path, body: { ManagerId } };
  return writeAndRead(needs, [write], request, budget);
}

const NO_MANAGER =
  'the manager has no active user here yet; once there is one the manager is set by itself. If there will be none, correct the manager in the directory';
const SEVERAL_MANAGERS =
  'several active users have the mail address of the manager: give all but one another address, or name the manager by Federation ID in the directory';

function blocked(reason: string): Exclude<WriteAnswer, { outcome: 'written' }> {
  return { outcome: 'blocked', reasons: [reason] };
}

async function findManager(
  api: SalesforceApi,
  named: string,
  ownId: string,
  budget: CallBudget,
): Promise<string | Exclude<WriteAnswer, { outcome: 'written' }>> {
  const name = quoted(named);
  const where = `IsActive = true AND (FederationIdentifier = ${name} OR Email = ${name})`;
  const answer = await api.page({ soql: `SELECT Id FROM User WHERE ${where} LIMIT 3` }, IdPage, budget);
  if (answer.outcome === 'unavailable') return answer;
  if (answer.outcome === 'error') return unavailable('provisioning.bad_answer');
  const [manager, ...others] = answer.body.records.filter(({ Id }) => Id !== ownId);
  // Blocked and not invalid: it is tried again by itself, and closes when the manager has come.
  if (!manager) return blocked(NO_MANAGER);
  if (others.length > 0) return blocked(SEVERAL_MANAGERS);
  return manager.Id;
}

/** Sends writes and reads the user back in one call; each of the writes stands for itself. */
export async function writeAndRead(
  needs: WriteNeeds,
  writes: readonly SubRequest[],
  request: Pick<UpdateRequest, 'externalId' | 'desired'>,
  budget: CallBudget,
  failureOf: (error: ApiError, request: SubRequest) => WriteAnswer | undefined = recordFailure,
): Promise<WriteAnswer> {
  const { externalId, desired } = request;
  const reads = readRequests(needs, { id: externalId });
  const options = { allOrNone: false, writes: writes.length > 0 };
  const answer = await needs.api.composite([...writes, ...reads], options, budget);
  if (answer.outcome === 'unavailable') return answer;
  const account = accountIn(needs, answer.results, desired);
  // Nothing is ever deleted there; a user that is not there never was, or another organization answers.
  if (account === 'none') return { outcome: 'gone' };
  const failure = worstFailure(writes, answer.results, failureOf);
  if (failure) return failure;
  return account
    ? { outcome: 'written', account }
    : unavailable('provisioning.bad_answer', writes.length > 0);
}

export function accountIn(
  needs: WriteNeeds,
  results: ReadonlyMap<string, SubResult>,
  desired: AccountImage,
): ReadAccount | 'none' | undefined {
  const users = usersIn(results);
  const [user] = users ?? [];
  return user ? accountOf(needs, user, desired) : users && 'none';
}

const RANK = ['unavailable', 'blocked', 'duplicate', 'invalid', 'gone'];

/** Of several failures the one that says most about what to do: first whether trying again helps. */
function worstFailure(
  writes: readonly SubRequest[],
  results: ReadonlyMap<string, SubResult>,
  failureOf: (error: ApiError, request: SubRequest) => WriteAnswer | undefined,
): WriteAnswer | undefined {
  const failures = writes.flatMap((write) => {
    const result = results.get(write.id);
    if (result?.outcome === 'ok') return [];
    const [error] = result?.errors ?? [];
    if (!error) return [unavailable('provisioning.bad_answer', true)];
    return failureOf(error, write) ?? [];
  });
  return failures.toSorted((a, b) => RANK.indexOf(a.outcome) - RANK.indexOf(b.outcome))[0];
}
