import { type Clock, SECOND, type Secret } from '../../../base/index.ts';
import type { HttpClient } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { RateLimit } from '../../bigcommerce/rate-limit.ts';
import { TokenRing } from '../../bigcommerce/token-ring.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';

export type CallNeeds = {
  readonly id: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
};

type Options = CallNeeds & {
  /** Newest first (R5.1). */
  readonly tokens: readonly Secret[];
  /** Sent with each request, beside the token. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limit: RateLimit;
  /** The status that counts, which some answers hide in their body. */
  readonly statusOf: (status: number, body: unknown) => number;
};

export type RawRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly body?: unknown;
};
export type RawAnswer =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** Parsed; undefined when it was no JSON. */
      readonly body: unknown;
    }
  | CallFailed;

/** Requests with one kind of token; limits are obeyed. */
export class TokenCalls {
  readonly #options: Options;
  readonly #tokens: TokenRing;

  constructor(options: Options) {
    this.#options = options;
    this.#tokens = new TokenRing(options.tokens);
  }

  send(request: RawRequest, budget: CallBudget): Promise<RawAnswer> {
    return this.#tokens.send((token) => this.#exchange(request, token, budget), isRevoked);
  }

  async #exchange({ method, url, body }: RawRequest, token: Secret, budget: CallBudget): Promise<RawAnswer> {
    const { limit, headers, statusOf } = this.#options;
    const waitMs = limit.waitMs(budget.lane);
    if (waitMs > 0) return overQuota(waitMs);
    limit.spend();
    const isWrite = method !== 'GET';
    const request = {
      ...{ method, url },
      headers: {
        ...headers,
        'x-auth-token': token.reveal(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const answer = await callTarget(this.#options, request, budget, isWrite);
    if (answer.outcome === 'unavailable') return answer;
    const { response } = answer;
    limit.observe(response.headers);
    const parsed = parseJson(response.body);
    const status = statusOf(response.status, parsed);
    return { outcome: 'answered', status, headers: response.headers, body: parsed };
  }
}

/** A used-up quota is not tried again before the window ends; waiting would hold up a sign-in. */
function overQuota(waitMs: number): CallFailed {
  const retryAfterSeconds = Math.ceil(waitMs / SECOND);
  return {
    outcome: 'unavailable',
    code: 'provisioning.rate_limited',
    retryAfterSeconds,
    maybeApplied: false,
  };
}

function isRevoked(answer: RawAnswer): boolean {
  return answer.outcome === 'answered' && answer.status === 401;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
