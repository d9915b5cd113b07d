import type { z } from 'zod';
import { type Clock, SECOND, type Secret } from '../../../base/index.ts';
import type { HttpClient, HttpResponse } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import { contentRefused, type StoreAnswer, storeFailure } from '../../bigcommerce/customers-answers.ts';
import { RateLimit, storeWindow } from '../../bigcommerce/rate-limit.ts';
import { TokenRing } from '../../bigcommerce/token-ring.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { KeyedLimit } from '../../targets/keyed-limit.ts';

/** The requests that this product may send to a store; there is no other way to reach it. */
export type StoreRequest =
  | { readonly verb: 'GET'; readonly path: ReadPath; readonly query?: Query }
  | { readonly verb: 'POST' | 'PUT'; readonly path: WritePath; readonly items: readonly object[] }
  | {
      readonly verb: 'POST';
      readonly path: '/v2/customer_groups';
      readonly item: { readonly name: string; readonly category_access?: { readonly type: 'none' } };
    }
  | {
      readonly verb: 'POST';
      readonly path: '/v3/storefront/api-token-private';
      readonly item: {
        readonly channel_id: number;
        /** Seconds since 1970. */
        readonly expires_at: number;
        readonly scopes: readonly ('Unauthenticated' | 'Customer')[];
      };
    }
  | { readonly verb: 'POST'; readonly path: '/v3/hooks'; readonly item: HookItem }
  | { readonly verb: 'PUT'; readonly path: `/v3/hooks/${number}`; readonly item: HookItem }
  | { readonly verb: 'DELETE'; readonly path: `/v3/hooks/${number}` }
  /** One customer: there is no way to say more than one, or none, which the store would take for something else. */
  | { readonly verb: 'DELETE'; readonly path: '/v3/customers'; readonly id: number };

/** A webhook of ours. */
type HookItem = {
  readonly scope: string;
  readonly destination: string;
  readonly is_active: true;
  readonly headers: Readonly<Record<string, string>>;
};

type ReadPath =
  | '/v2/time'
  | '/v3/hooks'
  | '/v2/customer_groups'
  | '/v3/customers'
  | '/v3/customers/attributes'
  | `/v3/customers/settings/channels/${number}`
  | `/v3/channels/${number}`
  | `/v3/channels/${number}/site`;
type WritePath =
  | '/v3/customers'
  | '/v3/customers/addresses'
  | '/v3/customers/attributes'
  | '/v3/customers/attribute-values';
/** Filters are integers, one mail address, one instant or paging: an unknown filter makes the store refuse or, worse, ignore. */
export type Query = {
  readonly 'id:in'?: number;
  readonly 'email:in'?: string;
  readonly 'date_created:min'?: string;
  readonly include?: 'attributes' | 'addresses,attributes' | 'addresses,attributes,formfields';
  readonly limit?: number;
  readonly page?: number;
  readonly after?: string;
};

export type { StoreAnswer };

export type StoreApiOptions = {
  readonly id: string;
  readonly storeHash: string;
  readonly apiUrl: URL;
  /** Newest first (R5.1). */
  readonly tokens: readonly Secret[];
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
};

/** One try with one token. */
type By = { readonly budget: CallBudget; readonly token: Secret };

export const MAX_ITEMS = 10;
/** 250 customers with fifty attributes each, and their notes. */
const LARGEST_ANSWER = 16 * 1024 * 1024;
/** Of one endpoint at a time. BigCommerce docs: Customers V3. */
const CONCURRENT_UPDATES = 3;

/**
 * Typed client of one store. Calls that could harm more than one customer cannot be expressed: no DELETE
 * but of one customer, no write without items or with more than ten, no free-form filter. Obeys the rate limit that the store names.
 * Never throws for what the store does.
 */
export class StoreApi {
  readonly #options: StoreApiOptions;
  readonly #limit: RateLimit;
  readonly #updates = new KeyedLimit(CONCURRENT_UPDATES);
  readonly #tokens: TokenRing;

  constructor(options: StoreApiOptions) {
    this.#options = options;
    this.#limit = new RateLimit(options.clock, storeWindow);
    this.#tokens = new TokenRing(options.tokens);
  }

  send<T>(request: StoreRequest, schema: z.ZodType<T>, budget: CallBudget): Promise<StoreAnswer<T>> {
    return this.#tokens.send<StoreAnswer<T>>(
      (token) => this.#attempt(request, schema, { budget, token }),
      (answer) => answer.outcome === 'unavailable' && answer.code === 'provisioning.token_revoked',
    );
  }

  /** Updates of one kind stay below the store's limit of concurrent ones, or it turns them away. */
  async #attempt<T>(request: StoreRequest, schema: z.ZodType<T>, by: By): Promise<StoreAnswer<T>> {
    if (request.verb !== 'PUT') return this.#exchange(request, schema, by);
    const turn = await this.#updates.run(request.path, by.budget.remainingMs(), () =>
      this.#exchange(request, schema, by),
    );
    return turn?.value ?? { outcome: 'unavailable', code: 'provisioning.slow', maybeApplied: false };
  }

  async #exchange<T>(
    request: StoreRequest,
    schema: z.ZodType<T>,
    { budget, token }: By,
  ): Promise<StoreAnswer<T>> {
    const blocked = this.#overQuota(budget);
    if (blocked) return blocked;
    this.#limit.spend();
    const answer = await callTarget(
      this.#options,
      {
        method: request.verb,
        url: this.#urlOf(request),
        headers: headersFor(request, token),
        maxBytes: LARGEST_ANSWER,
        ...bodyOf(request),
      },
      budget,
      request.verb !== 'GET',
    );
    if (answer.outcome === 'unavailable') return answer;
    this.#limit.observe(answer.response.headers);
    return this.#read(request, answer.response, schema);
  }

  /** A used-up quota is not tried again before the store's window ends; waiting would hold up a sign-in. */
  #overQuota(budget: CallBudget): CallFailed | undefined {
    const waitMs = this.#limit.waitMs(budget.lane);
    if (waitMs === 0) return undefined;
    return {
      outcome: 'unavailable',
      code: 'provisioning.rate_limited',
      retryAfterSeconds: Math.ceil(waitMs / SECOND),
      maybeApplied: false,
    };
  }

  #urlOf(request: StoreRequest): URL {
    const { apiUrl, storeHash } = this.#options;
    const root = apiUrl.href.replace(/\/+$/, '');
    const query = queryText(filterOf(request));
    return new URL(`${root}/stores/${storeHash}${request.path}${query}`);
  }

  #read<T>(request: StoreRequest, response: HttpResponse, schema: z.ZodType<T>): StoreAnswer<T> {
    const { status, headers, body } = response;
    if (status >= 200 && status < 300) return this.#parse(request, body, schema);
    if (status === 404 && (request.verb === 'GET' || request.path.startsWith('/v3/hooks/'))) {
      return { outcome: 'missing' };
    }
    const refused = contentRefused(status, parseJson(body) ?? body);
    if (refused) return refused;
    this.#options.log.warn('store refused a call', {
      ...{ target: this.#options.id, verb: request.verb, path: request.path, status },
    });
    return storeFailure(
      status,
      status === 429 ? this.#limit.retryAfterSeconds(headers) : headers,
      request.verb !== 'GET',
    );
  }

  #parse<T>(request: StoreRequest, body: string, schema: z.ZodType<T>): StoreAnswer<T> {
    // Version 2 answers 204 without a body when a list is empty.
    const parsed = schema.safeParse(body === '' ? [] : parseJson(body));
    if (parsed.success) return { outcome: 'ok', body: parsed.data };
    this.#options.log.error('store answered in an unknown form', {
      ...{ target: this.#options.id, path: request.path },
      paths: parsed.error.issues.slice(0, 5).map(({ path }) => path.join('.')),
    });
    const maybeApplied = request.verb !== 'GET';
    return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied };
  }
}

/** BigCommerce docs: a DELETE without a filter does nothing today; the older version deletes all customers. */
function filterOf(request: StoreRequest): Query | undefined {
  if (request.verb === 'GET') return request.query;
  if (request.verb !== 'DELETE' || !('id' in request)) return undefined;
  if (!Number.isSafeInteger(request.id) || request.id <= 0) {
    throw new TypeError('one customer is deleted by its number, or none at all');
  }
  return { 'id:in': request.id };
}

function bodyOf(request: StoreRequest): { readonly body?: string } {
  if (request.verb === 'GET' || request.verb === 'DELETE') return {};
  if ('item' in request) return { body: JSON.stringify(request.item) };
  const { items } = request;
  if (items.length === 0 || items.length > MAX_ITEMS) {
    throw new RangeError(`a call takes 1 to ${MAX_ITEMS} items, not ${items.length}`);
  }
  const needsId = request.verb === 'PUT' && request.path !== '/v3/customers/attribute-values';
  if (needsId && !items.every((item) => 'id' in item && Number.isSafeInteger(item.id))) {
    throw new TypeError('an update without an id could reach other customers');
  }
  return { body: JSON.stringify(items) };
}

/** Values are encoded whole: a bare `+` would arrive as a space, a comma would ask for two addresses. */
function queryText(query: Query | undefined): string {
  const parts = Object.entries(query ?? {}).map(([name, value]) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new TypeError(`filter ${name} takes whole numbers only`);
    }
    return `${name}=${name === 'include' ? value : encodeURIComponent(String(value))}`;
  });
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function headersFor(request: StoreRequest, token: Secret): Record<string, string> {
  return {
    'x-auth-token': token.reveal(),
    ...('items' in request || 'item' in request ? { 'content-type': 'application/json' } : {}),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
