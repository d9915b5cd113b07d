import type { CallFailed, UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import { members } from '../../planning/plan.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { AccountApi } from './account-api.ts';
import type { AccountReader } from './account-reader.ts';
import { addToStores, type Operation, removeFromStores } from './documents.ts';
import { FULL_REASON, failureOf, isFull, type Objection, objectionOf } from './failures.ts';
import { accountOf, findUser, joinRef, type MembershipRules } from './membership.ts';
import { ChangedStores } from './schema.ts';

export type ChangeNeeds = {
  readonly api: AccountApi;
  readonly reader: AccountReader;
  readonly rules: MembershipRules;
  readonly budget: CallBudget;
};

const storeId = (hash: string): string => `bc/account/store/${hash}`;

/** Takes somebody out of stores, then into others; each is one request for any number of stores. */
export async function changeStores(needs: ChangeNeeds, request: UpdateRequest): Promise<WriteAnswer> {
  const { externalId, changes, current, refs } = request;
  const wanted = 'stores' in changes ? members(changes['stores']) : members(current['stores']);
  const before = members(current['stores']);
  const leaving = before.filter((hash) => !wanted.includes(hash));
  const joining = wanted.filter((hash) => !before.includes(hash));
  const isChange = leaving.length > 0 || joining.length > 0;
  if (!isChange) return lookAgain(needs, request, wanted, []);
  if (refs['untouchable']) return blocked(untouchableReason(refs['untouchable']));
  for (const [hashes, operation] of [
    [leaving, removeFromStores],
    [joining, addToStores],
  ] as const) {
    if (hashes.length === 0) continue;
    const sent = await send(needs, operation(externalId, hashes.map(storeId)), hashes.length);
    if (sent.outcome === 'unavailable') return isFull(sent) ? blocked(FULL_REASON) : sent;
    if (sent.outcome === 'refused') return lookAgain(needs, request, wanted, sent.objections);
  }
  // The answer names each store that took the change; permissions are looked at with the next reading.
  const image = { stores: [...wanted].sort() };
  return { outcome: 'written', account: { externalId, image, refs: { stores: joinRef(wanted) } } };
}

type Sent =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'refused'; readonly objections: readonly Objection[] }
  | CallFailed;

/** Done when each of the stores says so: one that is not in the answer may not have taken the change. */
async function send({ api, budget }: ChangeNeeds, operation: Operation, stores: number): Promise<Sent> {
  const answer = await api.send(operation, budget);
  if (answer.outcome === 'unavailable') return answer;
  if (answer.outcome === 'rejected') return failureOf(400, {}, false);
  const changed = ChangedStores.safeParse(answer.data);
  const results = changed.success ? Object.values(changed.data.user ?? {}) : [];
  const isDone = results.length === stores && results.every((result) => result !== null);
  if (isDone && answer.errors.length === 0) return { outcome: 'done' };
  if (answer.errors.length === 0) return failureOf(200, {}, true);
  return { outcome: 'refused', objections: answer.errors.map(objectionOf) };
}

/**
 * What counts is where the user is now, not why a part was refused: somebody may have done by hand what we wanted, or an
 * earlier request whose reply was lost.
 */
async function lookAgain(
  { reader, rules, budget }: ChangeNeeds,
  { externalId, refs }: UpdateRequest,
  wanted: readonly string[],
  objections: readonly Objection[],
): Promise<WriteAnswer> {
  const answer = await reader.read(budget);
  if (answer.outcome === 'unavailable') return { ...answer, maybeApplied: objections.length > 0 };
  const user = findUser(answer.snapshot, externalId);
  if (!user) return { outcome: 'gone' };
  const account = accountOf(rules, user, { ...refs, stores: joinRef([...wanted, refs['stores'] ?? '']) });
  const isThere = joinRef(members(account.image['stores'])) === joinRef(wanted);
  if (objections.length === 0 || isThere) return { outcome: 'written', account };
  const unknown = wanted.filter((hash) => answer.snapshot.stores[hash] === undefined);
  if (unknown.length > 0)
    return { outcome: 'invalid', detail: `the account has no store ${unknown.join(', ')}` };
  if (objections.includes('full')) return blocked(FULL_REASON);
  const isOwner = objections.includes('owner') || account.refs['untouchable'] === 'owner';
  const other = 'BigCommerce refused to change the stores of this user; do it in the control panel';
  return blocked(isOwner ? untouchableReason('owner') : other);
}

function blocked(reason: string): WriteAnswer {
  return { outcome: 'blocked', reasons: [reason] };
}

export function untouchableReason(why: string): string {
  return why === 'owner'
    ? 'This user owns a store. Hand the store over to somebody else in the control panel first'
    : 'This user is listed as untouchable; change that in the configuration, or do it in the control panel';
}
