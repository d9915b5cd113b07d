import type { z } from 'zod';
import type { Secret } from '../../../base/index.ts';
import { contentRefused, type StoreAnswer, storeFailure } from '../../bigcommerce/customers-answers.ts';
import { RateLimit, storeWindow } from '../../bigcommerce/rate-limit.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { type CallNeeds, TokenCalls } from './token-calls.ts';

/** What may be said to a store; there is no other way to reach it. Writes reach one customer at a time. */
export type CustomersRequest =
  | { readonly verb: 'GET'; readonly path: ReadPath; readonly query?: Query }
  | {
      readonly verb: 'POST';
      readonly path: '/v3/customers' | '/v3/customers/attributes';
      readonly item: object;
    }
  | {
      readonly verb: 'PUT';
      readonly path: '/v3/customers';
      readonly item: { readonly id: number } & Record<string, unknown>;
    }
  | { readonly verb: 'DELETE'; readonly path: '/v3/customers'; readonly id: number };

type ReadPath = '/v2/time' | '/v3/customers' | '/v3/customers/attributes' | `/v3/channels/${number}/site`;
/** Filters are integers, one mail address or paging: an unknown filter makes the store refuse. */
type Query = {
  readonly 'id:in'?: number;
  readonly 'email:in'?: string;
  readonly name?: string;
  readonly include?: 'attributes';
  readonly limit?: number;
};

export type CustomersAnswer<T> = StoreAnswer<T>;

type Options = CallNeeds & {
  readonly storeHash: string;
  readonly apiUrl: URL;
  readonly tokens: readonly Secret[];
};

/**
 * Typed client of the Customers API of one store. Calls that could harm more than one customer cannot be expressed.
 * Never throws for what the store does. Source: BigCommerce docs, Customers V3.
 */
export class CustomersApi {
  readonly #options: Options;
  readonly #limit: RateLimit;
  readonly #calls: TokenCalls;

  constructor(options: Options) {
    this.#options = options;
    this.#limit = new RateLimit(options.clock, storeWindow);
    this.#calls = new TokenCalls({
      ...options,
      ...{ headers: {}, limit: this.#limit, statusOf: (status) => status },
    });
  }

  async send<T>(
    request: CustomersRequest,
    schema: z.ZodType<T>,
    budget: CallBudget,
  ): Promise<CustomersAnswer<T>> {
    const { verb, path } = request;
    const isWrite = verb !== 'GET';
    const body = 'item' in request ? { body: [request.item] } : {};
    const answer = await this.#calls.send({ method: verb, url: this.#urlOf(request), ...body }, budget);
    if (answer.outcome === 'unavailable') return answer;
    const { status, headers } = answer;
    if (status >= 200 && status < 300) {
      const parsed = schema.safeParse(answer.body);
      if (parsed.success) return { outcome: 'ok', body: parsed.data };
      this.#options.log.error('store answered in an unknown form', { target: this.#options.id, path });
      return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: isWrite };
    }
    if (status === 404 && !isWrite) return { outcome: 'missing' };
    const refused = contentRefused(status, answer.body);
    if (refused) return refused;
    this.#options.log.warn('store refused a call', { target: this.#options.id, verb, path, status });
    return storeFailure(status, status === 429 ? this.#limit.retryAfterSeconds(headers) : headers, isWrite);
  }

  #urlOf(request: CustomersRequest): URL {
    const { apiUrl, storeHash } = this.#options;
    const root = apiUrl.href.replace(/\/+$/, '');
    return new URL(`${root}/stores/${storeHash}${request.path}${queryOf(request)}`);
  }
}

/** Values are encoded whole: a bare `+` would arrive as a space, a comma would ask for two addresses. */
function queryOf(request: CustomersRequest): string {
  const query: object =
    request.verb === 'GET' ? (request.query ?? {}) : request.verb === 'DELETE' ? { 'id:in': request.id } : {};
  const parts = Object.entries(query).map(([name, value]) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new TypeError(`filter ${name} takes whole numbers only`);
    }
    return `${name}=${encodeURIComponent(String(value))}`;
  });
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
