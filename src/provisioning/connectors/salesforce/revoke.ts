import { z } from 'zod';
import type { CallFailed, WriteAnswer } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { isGone, recordFailure, unavailable } from './failures.ts';
import { query } from './read-users.ts';
import { MOST_SUBREQUESTS, type SalesforceApi, type SubRequest } from './salesforce-api.ts';
import { IdPage, queryPage } from './schema.ts';
import { quoted } from './soql.ts';

const TokenPage = queryPage(z.object({ Id: z.string(), DeleteToken: z.string().nullish() }));
/** More sessions than this are ended in further rounds. */
const MOST_ROUNDS = 20;
const ROUND = MOST_SUBREQUESTS;

/**
 * Ends a user's sessions and OAuth tokens, which outlive a freeze and may outlive a deactivation. Safe to repeat:
 * each round looks at what is left.
 */
export async function revokeSessions(
  api: SalesforceApi,
  externalId: string,
  budget: CallBudget,
): Promise<WriteAnswer> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const found = await findSessions(api, externalId, budget);
    if (found.outcome === 'unavailable') return found;
    if (found.sessions.length === 0 && found.tokens.length === 0) {
      return { outcome: 'written', account: { externalId, image: {}, refs: {} } };
    }
    const failed =
      (await endSessions(api, found.sessions, budget)) ?? (await endTokens(api, found.tokens, budget));
    if (failed) return failed;
  }
  return unavailable('provisioning.not_applied', true);
}

type OauthToken = { readonly Id: string; readonly DeleteToken?: string | null | undefined };
type Found =
  | {
      readonly outcome: 'found';
      readonly sessions: readonly string[];
      readonly tokens: readonly OauthToken[];
    }
  | CallFailed;

async function findSessions(api: SalesforceApi, externalId: string, budget: CallBudget): Promise<Found> {
  const user = quoted(externalId);
  const answer = await api.composite(
    [
      query('sessions', `SELECT Id FROM AuthSession WHERE UsersId = ${user} LIMIT 200`),
      query('tokens', `SELECT Id, DeleteToken FROM OauthToken WHERE UserId = ${user} LIMIT 200`),
    ],
    { allOrNone: false, writes: false },
    budget,
  );
  if (answer.outcome === 'unavailable') return answer;
  const [sessions, tokens] = ['sessions', 'tokens'].map((id) => {
    const result = answer.results.get(id);
    return result?.outcome === 'ok' ? result.body : undefined;
  });
  const ids = IdPage.safeParse(sessions);
  const known = TokenPage.safeParse(tokens);
  if (!ids.success || !known.success) return unavailable('provisioning.forbidden');
  return {
    outcome: 'found',
    sessions: ids.data.records.map(({ Id }) => Id),
    tokens: known.data.records,
  };
}

async function endSessions(
  api: SalesforceApi,
  sessions: readonly string[],
  budget: CallBudget,
): Promise<Exclude<WriteAnswer, { outcome: 'written' }> | undefined> {
  for (let start = 0; start < sessions.length; start += ROUND) {
    const requests = sessions.slice(start, start + ROUND).map(
      (id, index): SubRequest => ({
        ...{ id: `end${index}`, method: 'DELETE', path: `/sobjects/AuthSession/${id}` },
      }),
    );
    const answer = await api.composite(requests, { allOrNone: false, writes: true }, budget);
    if (answer.outcome === 'unavailable') return answer;
    for (const result of answer.results.values()) {
      const error = result.outcome === 'error' ? result.errors[0] : undefined;
      if (error && !isGone(error)) return recordFailure(error);
    }
  }
  return undefined;
}

/** By DeleteToken, which always works; some organizations do not let records of tokens be deleted. */
async function endTokens(
  api: SalesforceApi,
  tokens: readonly OauthToken[],
  budget: CallBudget,
): Promise<Exclude<WriteAnswer, { outcome: 'written' }> | undefined> {
  for (const { DeleteToken } of tokens) {
    if (!DeleteToken) return unavailable('provisioning.forbidden');
    const answer = await api.revoke(DeleteToken, budget);
    // A token that ended by itself meanwhile is refused as unknown, with 400.
    if (answer.outcome === 'unavailable') return answer;
  }
  return undefined;
}
