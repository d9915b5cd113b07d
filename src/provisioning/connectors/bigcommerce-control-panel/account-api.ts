import type { Clock, Secret } from '../../../base/index.ts';
import type { HttpClient, HttpResponse } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import { TokenRing } from '../../bigcommerce/token-ring.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { Operation } from './documents.ts';
import { failureOf, isOutOfScope } from './failures.ts';
import { RateLimit } from './rate-limit.ts';
import { GraphqlBody, type GraphqlError } from './schema.ts';

export type AccountApiOptions = {
  readonly id: string;
  readonly accountUuid: string;
  readonly apiUrl: URL;
  /** Newest first (R5.1). */
  readonly tokens: readonly Secret[];
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
};

export type AccountAnswer =
  | {
      readonly outcome: 'ran';
      readonly data: Readonly<Record<string, unknown>>;
      readonly errors: readonly GraphqlError[];
    }
  /** The whole document was refused and nothing ran. */
  | { readonly outcome: 'rejected' }
  | CallFailed;

/** Everybody of an account with all their permissions is more than the client reads by default. */
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * The Account API of one BigCommerce account. It takes only operations of documents.ts: reading users, adding them to
 * account and stores, removing them. Never throws for what the other side does.
 */
export class AccountApi {
  readonly #options: AccountApiOptions;
  readonly #limit: RateLimit;
  readonly #tokens: TokenRing;

  constructor(options: AccountApiOptions) {
    this.#options = options;
    this.#limit = new RateLimit(options.clock);
    this.#tokens = new TokenRing(options.tokens);
  }

  send(operation: Operation, budget: CallBudget): Promise<AccountAnswer> {
    return this.#tokens.send((token) => this.#exchange(operation, token, budget), isRevoked);
  }

  async #exchange(operation: Operation, token: Secret, budget: CallBudget): Promise<AccountAnswer> {
    const waitSeconds = this.#limit.waitSeconds();
    if (waitSeconds > 0) return failureOf(429, waitSeconds, false);
    const { query, variables, writes } = operation;
    const answer = await callTarget(
      this.#options,
      {
        method: 'POST',
        url: this.#url(),
        headers: {
          'content-type': 'application/json',
          'x-auth-token': token.reveal(),
        },
        body: JSON.stringify({ query, variables }),
        maxBytes: LARGEST_ANSWER_BYTES,
      },
      budget,
      writes,
    );
    if (answer.outcome === 'unavailable') return answer;
    this.#limit.observe(answer.response.headers);
    return this.#read(operation, answer.response);
  }

  #url(): URL {
    const { apiUrl, accountUuid } = this.#options;
    return new URL(`${apiUrl.href.replace(/\/+$/, '')}/accounts/${accountUuid}/graphql`);
  }

  #read({ writes }: Operation, { status, headers, body }: HttpResponse): AccountAnswer {
    const parsed = GraphqlBody.safeParse(parseJson(body));
    const errors = (parsed.success && parsed.data.errors) || [];
    if (status === 400 && errors.length > 0) return this.#rejected(status, errors);
    if (status < 200 || status >= 300) {
      this.#log('the account refused a call', status, errors);
      return failureOf(status, status === 429 ? this.#limit.retryAfterSeconds(headers) : headers, writes);
    }
    // Nothing is done where the token lacks the scope: one scope covers each of our documents.
    if (isOutOfScope(errors)) {
      this.#log('the token of the account lacks a scope', status, errors);
      return failureOf(403, headers, false);
    }
    const data = parsed.success ? parsed.data.data : undefined;
    if (data) return { outcome: 'ran', data, errors };
    // A list of nothing but errors: it did not run, or it only read.
    if (errors.length > 0 && (data === undefined || !writes)) return this.#rejected(status, errors);
    this.#log('the account answered in an unknown form', status, errors);
    return failureOf(status, headers, writes);
  }

  #rejected(status: number, errors: readonly GraphqlError[]): AccountAnswer {
    this.#log('the account refused a document', status, errors);
    return { outcome: 'rejected' };
  }

  /** Messages name people; their codes and number do not. */
  #log(message: string, status: number, errors: readonly GraphqlError[]): void {
    const codes = errors.map(({ extensions }) => extensions?.code ?? 'none').slice(0, 5);
    this.#options.log.warn(message, { target: this.#options.id, status, errors: errors.length, codes });
  }
}

function isRevoked(answer: AccountAnswer): boolean {
  return answer.outcome === 'unavailable' && answer.code === 'provisioning.token_revoked';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
