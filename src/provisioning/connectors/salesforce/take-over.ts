import { randomText } from '../../../base/index.ts';
import type { UpdateRequest, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { recordFailure, theirWords, unavailable } from './failures.ts';
import { revokeSessions } from './revoke.ts';
import type { SalesforceApi } from './salesforce-api.ts';

type Refusal = Exclude<WriteAnswer, { outcome: 'written' }>;

const NOT_ALLOWED =
  'the integration may not set passwords, so whoever knows the former one would keep it: allow Manage Users, or Reset User Passwords and Unlock Users, in its profile';
const INACTIVE =
  'the user is inactive, and Salesforce sets no password of such a user, so whoever knows the former one would get in: activate the user there, then it is taken over';

/**
 * Locks out whoever used the account before: a password that nobody learns, then the end of all sessions and tokens
 * (R1.3). @returns why it could not be done; undefined when it was.
 */
export async function lockFormerOut(
  api: SalesforceApi,
  { externalId, current }: Pick<UpdateRequest, 'externalId' | 'current'>,
  budget: CallBudget,
): Promise<Refusal | undefined> {
  const answer = await api.setPassword(externalId, `${randomText(40)}-aA1`, budget);
  if (answer.outcome === 'unavailable') {
    return answer.code === 'provisioning.forbidden' ? blocked(NOT_ALLOWED) : answer;
  }
  if (answer.outcome === 'error') {
    if (current['active'] !== 'yes') return blocked(INACTIVE);
    const [error] = answer.errors;
    if (!error) return unavailable('provisioning.bad_answer');
    const failure = recordFailure(error);
    return failure.outcome === 'invalid' ? blocked(theirWords(error)) : failure;
  }
  const ended = await revokeSessions(api, externalId, budget);
  return ended.outcome === 'written' ? undefined : ended;
}

function blocked(reason: string): Refusal {
  return { outcome: 'blocked', reasons: [reason] };
}
