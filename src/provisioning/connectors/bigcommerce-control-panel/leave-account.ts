import type { ActRequest, WriteAnswer } from '../../connector/connector.ts';
import { type ChangeNeeds, untouchableReason } from './change-stores.ts';
import type { ControlPanelTarget } from './config.ts';
import { removeFromAccount } from './documents.ts';
import { failureOf, objectionOf } from './failures.ts';
import { splitRef } from './membership.ts';
import { RemovedUser } from './schema.ts';

export const LEAVE_ACCOUNT = 'leave-account';

/** Takes somebody out of the account, who by then is in none of our stores. */
export async function leaveAccount(
  { api, budget }: Pick<ChangeNeeds, 'api' | 'budget'>,
  { ladder }: ControlPanelTarget,
  request: ActRequest,
): Promise<WriteAnswer> {
  const { externalId, current, refs } = request;
  if (refs['untouchable']) return { outcome: 'blocked', reasons: [untouchableReason(refs['untouchable'])] };
  const others = splitRef(refs['others']);
  if (others.length > 0 && ladder.otherStores === 'wait') {
    const stores = others.join(', ');
    const reason = `Still a user of stores that no relying party names: ${stores}. Take the user out of them, or out of the account`;
    return { outcome: 'blocked', reasons: [reason] };
  }
  // The API goes by address; that it is this user's was read a moment ago.
  const answer = await api.send(removeFromAccount(String(current['mail'] ?? '')), budget);
  if (answer.outcome === 'unavailable') return answer;
  if (answer.outcome === 'rejected') return failureOf(400, {}, false);
  if (RemovedUser.safeParse(answer.data).data?.account?.removeUserFromAccount) {
    return { outcome: 'written', account: { externalId, image: {}, refs: {} } };
  }
  const objections = answer.errors.map(objectionOf);
  if (objections.length === 0) return failureOf(200, {}, true);
  if (objections.includes('owner')) return { outcome: 'blocked', reasons: [untouchableReason('owner')] };
  if (objections.includes('missing')) return { outcome: 'gone' };
  const reason = 'BigCommerce refused to take this user out of the account; do it in the control panel';
  return { outcome: 'blocked', reasons: [reason] };
}
