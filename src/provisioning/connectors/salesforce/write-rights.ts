import type { Refs, UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { seatsLacking } from './capacity.ts';
import { isDuplicate, isGone, NOT_PREPARED, recordFailure } from './failures.ts';
import { accountOf, readUsers } from './read-users.ts';
import { giveRequest, type Membership, memberships, takeRequest } from './rights-requests.ts';
import { MOST_SUBREQUESTS, type SubRequest } from './salesforce-api.ts';
import type { ApiError } from './schema.ts';
import { type WriteNeeds, writeAndRead } from './write-user.ts';

/** The last three of a composite request look at what became of it. */
const MOST_WRITES = MOST_SUBREQUESTS - 3;

/**
 * Gives and takes permission sets, groups and the like. Each stands for itself: what was given or taken by an earlier
 * attempt whose reply was lost counts as done.
 */
export async function updateRights(
  needs: WriteNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const { facts } = needs;
  const lacking = await seatsLacking(needs, request.current, request.changes, budget);
  if (lacking) return lacking;
  const { come, go } = memberships(request.current, request.changes);
  const refs = await refsFor(needs, request, go, budget);
  if (refs.outcome !== 'refs') return refs;
  const expiry = expiryOf(request.desired['expiry']);
  const given = { expiry, refs: refs.refs, facts };
  const taking = go.flatMap((each, index) => takeRequest(`take${index}`, each, refs.refs) ?? []);
  const giving = come.map((each, index) => giveRequest(`give${index}`, request.externalId, each, given));
  const known = giving.filter((each) => each !== undefined);
  if (known.length < giving.length) return NOT_PREPARED;
  return inPortions(needs, [...taking, ...known], request, budget);
}

/** Moves the dates on which permission sets expire by themselves. */
export function updateExpiry(
  needs: WriteNeeds,
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  const before = expiryOf(request.current['expiry']);
  const after = expiryOf(request.changes['expiry']);
  const moved = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (member) => before[member] !== after[member],
  );
  const writes = moved.flatMap((member, index): SubRequest[] => {
    const record = request.refs[member];
    if (record === undefined) return [];
    const body = { ExpirationDate: after[member] ?? null };
    const path = `/sobjects/PermissionSetAssignment/${record}`;
    return [{ id: `date${index}`, method: 'PATCH', path, body }];
  });
  return inPortions(needs, writes, request, budget);
}

async function inPortions(
  needs: WriteNeeds,
  writes: readonly SubRequest[],
  request: UpdateRequest,
  budget: CallBudget,
): Promise<WriteAnswer> {
  for (let start = 0; ; start += MOST_WRITES) {
    const portion = writes.slice(start, start + MOST_WRITES);
    const answer = await writeAndRead(needs, portion, request, budget, rightsFailure);
    const isLast = start + MOST_WRITES >= writes.length;
    if (isLast || answer.outcome !== 'written') return answer;
  }
}

/** What is given already and what is gone already is as it should be. */
function rightsFailure(error: ApiError, { method, path }: SubRequest): WriteAnswer | undefined {
  if (method === 'POST' && isDuplicate(error)) return undefined;
  if (method === 'DELETE' && isGone(error)) return undefined;
  if (method === 'DELETE' && path.includes('PermissionSetLicenseAssign')) return licenceInUse(error);
  return rightsRefusal(error);
}

function licenceInUse(error: ApiError): WriteAnswer {
  const failure = recordFailure(error);
  if (failure.outcome !== 'blocked') return failure;
  const advice =
    'a permission set that somebody assigned by hand needs a licence that no role gives; take it away';
  return { outcome: 'blocked', reasons: [advice, ...failure.reasons] };
}

/** Why something was not given, in words that people can act on. */
export function rightsRefusal(error: ApiError): Exclude<WriteAnswer, { outcome: 'written' }> {
  const failure = recordFailure(error);
  if (error.fields?.includes('ExpirationDate'))
    return { outcome: 'invalid', detail: 'the end date has passed' };
  if (error.errorCode === 'LICENSE_LIMIT_EXCEEDED') {
    return {
      outcome: 'blocked',
      reasons: ['all seats of a permission set licence are used; buy more or free some'],
    };
  }
  if (error.errorCode === 'FIELD_INTEGRITY_EXCEPTION' && failure.outcome === 'blocked') {
    const advice =
      'the user lacks a licence that a permission set needs; add it to permissionSetLicenses of the role, or choose another profile';
    return { outcome: 'blocked', reasons: [advice, ...failure.reasons] };
  }
  return failure;
}

/** Records that must go are named by id; if one is not known, the account is read again. */
async function refsFor(
  needs: WriteNeeds,
  request: UpdateRequest,
  go: readonly Membership[],
  budget: CallBudget,
): Promise<{ readonly outcome: 'refs'; readonly refs: Refs } | WriteAnswer> {
  const { externalId, refs, desired } = request;
  if (go.every(({ field, member }) => refs[`${field}/${member}`] !== undefined)) {
    return { outcome: 'refs', refs };
  }
  const answer = await readUsers(needs.api, needs, { id: externalId }, budget);
  if (answer.outcome === 'unavailable') return answer;
  const [user] = answer.users;
  return user ? { outcome: 'refs', refs: accountOf(needs, user, desired).refs } : { outcome: 'gone' };
}

export function expiryOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([member, date]) => [member, String(date)]));
}
