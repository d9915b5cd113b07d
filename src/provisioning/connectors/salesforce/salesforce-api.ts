import type { z } from 'zod';
import type { Clock } from '../../../base/index.ts';
import type { HttpClient, HttpResponse } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { ApiLimit } from './api-limit.ts';
import type { SalesforceTarget } from './config.ts';
import { failureOf, LOCKED_ROW, unavailable } from './failures.ts';
import { type ApiError, ApiErrors, CompositeAnswer } from './schema.ts';
import { queryText } from './soql.ts';
import { parseJson, type Token, TokenSource } from './token-source.ts';

/** Below `/services/data/vNN.0`. */
export type SubRequest = {
  /** Letters and digits; later requests may refer to the answer as `@{id.field}`. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
};

export type SubResult =
  | { readonly outcome: 'ok'; readonly body: unknown }
  | { readonly outcome: 'error'; readonly status: number; readonly errors: readonly ApiError[] };
export type CompositeResult =
  | { readonly outcome: 'results'; readonly results: ReadonlyMap<string, SubResult> }
  | CallFailed;

export type ApiAnswer<T> =
  | { readonly outcome: 'ok'; readonly body: T }
  | { readonly outcome: 'error'; readonly status: number; readonly errors: readonly ApiError[] }
  | CallFailed;

/** Salesforce docs: a composite request counts as one call and holds so many, of which five may be queries. */
export const MOST_SUBREQUESTS = 25;
const QUERY_PAGE = 500;
const LIMIT_CODE = 'REQUEST_LIMIT_EXCEEDED';

type Outgoing = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Absolute on the My Domain host. */
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly writes: boolean;
};

/**
 * Client of one organization, on its My Domain host and no other. A new token after a refused one, then those of the
 * other credentials (R5.1); stays inside the daily limit; a locked row is tried once more at once. Never throws for what Salesforce does.
 */
export class SalesforceApi {
  readonly #options: Options;
  readonly #tokens: TokenSource;
  readonly #limit: ApiLimit;
  readonly #root: string;

  constructor(options: Options) {
    this.#options = options;
    const { id, http, clock, log, settings } = options;
    this.#tokens = new TokenSource({ id, http, clock, log, url: settings.url, auth: settings.auth });
    this.#limit = new ApiLimit(clock, settings.apiReserve);
    this.#root = `/services/data/v${settings.apiVersion}.0`;
  }

  /** The token in use, for who we are over there. */
  async token(budget: CallBudget): Promise<Token | undefined> {
    const answer = await this.#tokens.get(budget);
    return answer.outcome === 'token' ? answer.token : undefined;
  }

  /** Positions of credentials that Salesforce does not take. */
  refusedCredentials(budget: CallBudget): Promise<readonly number[] | CallFailed> {
    return this.#tokens.refused(budget);
  }

  get<T extends z.ZodType>(path: string, schema: T, budget: CallBudget): Promise<ApiAnswer<z.infer<T>>> {
    return this.#call({ method: 'GET', path: this.#root + path, writes: false }, schema, budget);
  }

  /** One page of a query: the first by its text, later ones by the address that the page before told. */
  async page<T extends z.ZodType>(
    query: { readonly soql: string } | { readonly next: string },
    schema: T,
    budget: CallBudget,
  ): Promise<ApiAnswer<z.infer<T>>> {
    // A token goes nowhere but below the API of this host.
    if ('next' in query && !isPageAddress(query.next)) return unavailable('provisioning.bad_answer');
    const path = 'next' in query ? query.next : `${this.#root}/query?q=${queryText(query.soql)}`;
    // Pages of the usual 2,000 records could be longer than an answer may be.
    const headers = { 'sforce-query-options': `batchSize=${QUERY_PAGE}` };
    return this.#call({ method: 'GET', path, headers, writes: false }, schema, budget);
  }

  /**
   * Several requests as one. With `allOrNone` the first that fails undoes the others, otherwise each stands for
   * itself; requests that refer to one that failed fail too.
   */
  async composite(
    requests: readonly SubRequest[],
    options: { readonly allOrNone: boolean; readonly writes: boolean },
    budget: CallBudget,
  ): Promise<CompositeResult> {
    if (requests.length === 0) return { outcome: 'results', results: new Map() };
    if (requests.length > MOST_SUBREQUESTS) throw new RangeError('a composite request holds 25 at most');
    const first = await this.#compositeOnce(requests, options, budget);
    return isLocked(first) ? this.#compositeOnce(requests, options, budget) : first;
  }

  /** Whose token is in use. OpenID Connect Core 5.3. */
  userInfo<T extends z.ZodType>(schema: T, budget: CallBudget): Promise<ApiAnswer<z.infer<T>>> {
    return this.#call({ method: 'GET', path: '/services/oauth2/userinfo', writes: false }, schema, budget);
  }

  /** Salesforce docs: sObject User Password. Nobody is mailed about it, unlike after a reset. */
  setPassword(userId: string, password: string, budget: CallBudget): Promise<ApiAnswer<unknown>> {
    const path = `${this.#root}/sobjects/User/${userId}/password`;
    const body = JSON.stringify({ NewPassword: password });
    return this.#send({ method: 'POST', path, body, writes: true }, budget);
  }

  /** Ends an OAuth token by its DeleteToken. RFC 7009. */
  async revoke(deleteToken: string, budget: CallBudget): Promise<ApiAnswer<unknown>> {
    return this.#send(
      {
        ...{ method: 'POST', path: '/services/oauth2/revoke', writes: true },
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token: deleteToken }).toString(),
      },
      budget,
    );
  }

  async #compositeOnce(
    requests: readonly SubRequest[],
    { allOrNone, writes }: { readonly allOrNone: boolean; readonly writes: boolean },
    budget: CallBudget,
  ): Promise<CompositeResult> {
    const body = JSON.stringify({
      allOrNone,
      compositeRequest: requests.map(({ id, method, path, body: own }) => ({
        ...{ referenceId: id, method, url: `${this.#root}${path}` },
        ...(own && { body: own }),
      })),
    });
    const outgoing: Outgoing = { method: 'POST', path: `${this.#root}/composite`, body, writes };
    const answer = await this.#call(outgoing, CompositeAnswer, budget);
    if (answer.outcome === 'unavailable') return answer;
    if (answer.outcome === 'error') {
      this.#options.log.error('Salesforce refused a composite request', {
        ...{ target: this.#options.id, status: answer.status },
        codes: answer.errors.map(({ errorCode }) => errorCode),
      });
      return unavailable('provisioning.bad_answer');
    }
    return {
      outcome: 'results',
      results: new Map(answer.body.compositeResponse.map((each) => [each.referenceId, subResult(each)])),
    };
  }

  async #call<T extends z.ZodType>(
    outgoing: Outgoing,
    schema: T,
    budget: CallBudget,
  ): Promise<ApiAnswer<z.infer<T>>> {
    const answer = await this.#send(outgoing, budget);
    if (answer.outcome !== 'ok') return answer;
    const parsed = schema.safeParse(answer.body);
    if (parsed.success) return { outcome: 'ok', body: parsed.data };
    this.#options.log.error('Salesforce answered in an unknown form', {
      target: this.#options.id,
      paths: parsed.error.issues.slice(0, 5).map(({ path }) => path.join('.')),
    });
    return unavailable('provisioning.bad_answer', outgoing.writes);
  }

  async #send(outgoing: Outgoing, budget: CallBudget): Promise<ApiAnswer<unknown>> {
    const wait = this.#limit.waitSeconds(budget.lane);
    if (wait !== undefined) return unavailable('provisioning.rate_limited', false, wait);
    // Tokens end by time, by an administrator's hand and by policy: first it may be this one alone.
    let answer = await this.#attempt(outgoing, budget, 0);
    for (let refused = answer.refused && -1; refused !== undefined; refused = answer.refused?.credential) {
      answer = await this.#attempt(outgoing, budget, refused + 1);
    }
    return answer;
  }

  async #attempt(
    outgoing: Outgoing,
    budget: CallBudget,
    from: number,
  ): Promise<ApiAnswer<unknown> & { readonly refused?: Token }> {
    const asked = await this.#tokens.get(budget, from);
    if (asked.outcome === 'unavailable') return asked;
    const { token } = asked;
    const answer = await callTarget(
      this.#options,
      {
        method: outgoing.method,
        url: new URL(outgoing.path, this.#options.settings.url),
        headers: {
          authorization: `Bearer ${token.text}`,
          ...(outgoing.body !== undefined && { 'content-type': 'application/json' }),
          ...outgoing.headers,
        },
        ...(outgoing.body !== undefined && { body: outgoing.body }),
      },
      budget,
      outgoing.writes,
    );
    if (answer.outcome === 'unavailable') return answer;
    this.#limit.observe(answer.response.headers['sforce-limit-info']);
    if (answer.response.status !== 401) return this.#read(answer.response, outgoing.writes);
    this.#tokens.forget(token);
    return { ...unavailable('provisioning.token_revoked'), refused: token };
  }

  #read(response: HttpResponse, writes: boolean): ApiAnswer<unknown> {
    const { status, body, headers } = response;
    if (status >= 200 && status < 300) return { outcome: 'ok', body: parseJson(body) };
    const parsed = ApiErrors.safeParse(parseJson(body));
    const errors = parsed.success ? parsed.data : [];
    if (errors.some(({ errorCode }) => errorCode === LIMIT_CODE)) {
      return unavailable('provisioning.rate_limited', false, this.#limit.exhausted());
    }
    if (parsed.success && (status === 400 || status === 404)) return { outcome: 'error', status, errors };
    this.#options.log.warn('Salesforce refused a call', {
      ...{ target: this.#options.id, status },
      codes: errors.map(({ errorCode }) => errorCode),
    });
    return failureOf(status, writes, headers);
  }
}

type Options = {
  readonly id: string;
  readonly settings: SalesforceTarget;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
};

function isPageAddress(text: string): boolean {
  return /^\/services\/data\/v\d+\.\d+\/query\/[A-Za-z0-9-]+$/.test(text);
}

function subResult({ httpStatusCode, body }: { httpStatusCode: number; body?: unknown }): SubResult {
  if (httpStatusCode >= 200 && httpStatusCode < 300) return { outcome: 'ok', body };
  const parsed = ApiErrors.safeParse(body);
  const unknown: ApiError = { errorCode: `HTTP_${httpStatusCode}`, message: '' };
  return { outcome: 'error', status: httpStatusCode, errors: parsed.success ? parsed.data : [unknown] };
}

/** Nothing is lost by sending it again: our requests are all safe to repeat. */
function isLocked(answer: CompositeResult): boolean {
  if (answer.outcome !== 'results') return false;
  return [...answer.results.values()].some(
    (each) => each.outcome === 'error' && each.errors.some(({ errorCode }) => errorCode === LOCKED_ROW),
  );
}
