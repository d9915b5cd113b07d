import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { SalesforceTarget } from './config.ts';
import type { SalesforceApi } from './salesforce-api.ts';
import { IdPage, UserInfo } from './schema.ts';
import { quoted } from './soql.ts';

/** Shape of the id of a user: 15 characters, and three that guard their case. */
const USER_ID = /^005[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$/;

export function isUserId(text: string): boolean {
  return USER_ID.test(text);
}

/** The last three characters of an id only guard the case of the others, and may be missing. */
export function isSameUser(one: string, other: string): boolean {
  return one.slice(0, 15) === other.slice(0, 15);
}

/**
 * The user whom the integration runs as: as the answer to the request for a token tells, else by the username of the
 * assertion, else as the organization says whose the token is. @returns '' when nobody tells.
 */
export async function ownUser(
  api: SalesforceApi,
  { auth }: SalesforceTarget,
  budget: CallBudget,
): Promise<string | CallFailed> {
  const token = await api.token(budget);
  if (token?.userId !== undefined && isUserId(token.userId)) return token.userId;
  const answer =
    auth.flow === 'jwt-bearer'
      ? await api.page(
          { soql: `SELECT Id FROM User WHERE Username = ${quoted(auth.username)}` },
          IdPage,
          budget,
        )
      : await api.userInfo(UserInfo, budget);
  if (answer.outcome === 'unavailable') return isSilence(answer) ? '' : answer;
  if (answer.outcome === 'error') return '';
  const told = 'records' in answer.body ? answer.body.records[0]?.Id : answer.body.user_id;
  return told !== undefined && isUserId(told) ? told : '';
}

/** It answers and does not tell: asking again would not help. */
function isSilence({ code }: CallFailed): boolean {
  return code === 'provisioning.forbidden' || code === 'provisioning.bad_answer';
}
