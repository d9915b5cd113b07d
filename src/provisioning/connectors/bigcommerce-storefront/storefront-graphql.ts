import { z } from 'zod';
import { type Clock, SECOND } from '../../../base/index.ts';
import type { HttpClient } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import { storeFailure } from '../../bigcommerce/customers-answers.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { StorefrontToken } from './schema.ts';
import type { StoreAnswer, StoreApi } from './store-api.ts';

export type StorefrontAccessToken = { readonly url: URL; readonly token: string };

const TOKEN_LIFETIME_SECONDS = 300;

/**
 * A short-lived token for the GraphQL Storefront API of one channel, for servers. Needs the scope Storefront API Tokens.
 *
 * @param origin where the channel's storefront answers.
 * @param offsetMs the store's clock minus ours.
 */
export async function openStorefront(
  needs: { readonly api: StoreApi; readonly clock: Clock },
  channel: { readonly id: number; readonly origin: URL },
  options: { readonly scopes: readonly ('Unauthenticated' | 'Customer')[]; readonly offsetMs: number },
  budget: CallBudget,
): Promise<StoreAnswer<StorefrontAccessToken>> {
  const now = Math.floor((needs.clock.now().getTime() + options.offsetMs) / SECOND);
  const item = {
    ...{ channel_id: channel.id, expires_at: now + TOKEN_LIFETIME_SECONDS, scopes: options.scopes },
  };
  const path = '/v3/storefront/api-token-private';
  const answer = await needs.api.send({ verb: 'POST', path, item }, StorefrontToken, budget);
  if (answer.outcome !== 'ok') return answer;
  const url = new URL('/graphql', channel.origin);
  return { outcome: 'ok', body: { url, token: answer.body.data.token } };
}

export type GraphqlAnswer<T> =
  | { readonly outcome: 'ok'; readonly data: T }
  /** The storefront answered with errors; their texts may quote what was sent, so only their number is told. */
  | { readonly outcome: 'refused'; readonly status: number }
  | CallFailed;

type Needs = { readonly id: string; readonly http: HttpClient; readonly log: Log };

/** One operation of the GraphQL Storefront API. */
export async function askStorefront<T>(
  needs: Needs,
  storefront: StorefrontAccessToken,
  operation: {
    readonly query: string;
    readonly variables?: Readonly<Record<string, string>>;
    readonly customerToken?: string;
  },
  schema: z.ZodType<T>,
  budget: CallBudget,
): Promise<GraphqlAnswer<T>> {
  const { query, variables = {}, customerToken } = operation;
  const answer = await callTarget(
    needs,
    {
      method: 'POST',
      url: storefront.url,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${storefront.token}`,
        ...(customerToken !== undefined && { 'x-bc-customer-access-token': customerToken }),
      },
      body: JSON.stringify({ query, variables }),
    },
    budget,
    false,
  );
  if (answer.outcome === 'unavailable') return answer;
  const { status, headers, body } = answer.response;
  if (status === 429 || status >= 500) return storeFailure(status, headers, false);
  const parsed = Envelope.safeParse(parseJson(body));
  if (status >= 400 || !parsed.success || (parsed.data.errors ?? []).length > 0) {
    return { outcome: 'refused', status };
  }
  const data = schema.safeParse(parsed.data.data);
  return data.success ? { outcome: 'ok', data: data.data } : { outcome: 'refused', status };
}

const Envelope = z.object({ data: z.unknown(), errors: z.array(z.unknown()).optional() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
