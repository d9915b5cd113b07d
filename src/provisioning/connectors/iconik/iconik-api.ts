import { type Clock, SECOND } from '../../../base/index.ts';
import type { HttpClient, HttpResponse } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { IconikCall } from './calls.ts';
import type { Credential } from './config.ts';
import { Authorizer } from './credentials.ts';
import { failureOf, type Invalid, invalidOf } from './failures.ts';
import { parseJson } from './json.ts';
import { RateLimit } from './rate-limit.ts';

export type IconikAnswer<T> =
  | { readonly outcome: 'ok'; readonly body: T }
  /** iconik does not accept the request's content. */
  | Invalid
  | { readonly outcome: 'missing' }
  | CallFailed;

export type IconikApiOptions = {
  readonly id: string;
  readonly url: URL;
  /** Newest first (R5.1). */
  readonly credentials: readonly Credential[];
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Typed client of one iconik domain. Sends only what calls.ts can make. Tries older credentials when a newer one is
 * not accepted, obeys the rate limit, and never throws for what the other side does.
 */
export class IconikApi {
  readonly #options: IconikApiOptions;
  readonly #limit: RateLimit;
  readonly #authorizers: readonly Authorizer[];
  /** Index of the credential that works. */
  #current = 0;

  constructor(options: IconikApiOptions) {
    this.#options = options;
    this.#limit = new RateLimit(options.clock);
    this.#authorizers = options.credentials.map((credential) => new Authorizer(options, credential));
  }

  async send<T>(call: IconikCall<T>, budget: CallBudget): Promise<IconikAnswer<T>> {
    const first = await this.#attempt(call, this.#current, budget);
    if (!isRevoked(first) || this.#authorizers.length < 2) return first;
    const used = this.#current;
    for (let next = 0; next < this.#authorizers.length; next += 1) {
      if (next === used) continue;
      const again = await this.#attempt(call, next, budget);
      if (isRevoked(again)) continue;
      this.#current = next;
      return again;
    }
    this.#current = 0;
    return first;
  }

  async #attempt<T>(call: IconikCall<T>, index: number, budget: CallBudget): Promise<IconikAnswer<T>> {
    const authorizer = this.#authorizers[index];
    if (!authorizer) throw new RangeError('a target has at least one credential');
    const authorization = await authorizer.authorize(budget);
    if (authorization.outcome === 'unavailable') return authorization;
    const answer = await this.#exchange(call, authorization.headers, budget);
    if (!isRevoked(answer) || !authorization.kept) return answer;
    // A token that was kept may have been taken back; a fresh one tells.
    authorizer.forget();
    return this.#attempt(call, index, budget);
  }

  async #exchange<T>(
    call: IconikCall<T>,
    authorization: Readonly<Record<string, string>>,
    budget: CallBudget,
  ): Promise<IconikAnswer<T>> {
    const waitMs = this.#limit.waitMs(budget.lane);
    if (waitMs > 0) return failureOf(429, Math.ceil(waitMs / SECOND), false);
    const answer = await callTarget(
      this.#options,
      {
        method: call.verb,
        url: this.#urlOf(call),
        headers: { ...authorization, ...contentType(call) },
        ...(call.body !== undefined && {
          body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body),
        }),
      },
      budget,
      isWrite(call),
    );
    if (answer.outcome === 'unavailable') return answer;
    this.#limit.observe(answer.response.headers);
    return this.#read(call, answer.response);
  }

  #urlOf({ path, query }: IconikCall<unknown>): URL {
    const url = new URL(`/API${path}`, this.#options.url);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    return url;
  }

  #read<T>(call: IconikCall<T>, { status, headers, body }: HttpResponse): IconikAnswer<T> {
    if (status >= 200 && status < 300) return this.#parse(call, body);
    if (status === 404) return { outcome: 'missing' };
    if (status === 400 || status === 409 || status === 413 || status === 422) {
      return invalidOf(status, parseJson(body));
    }
    this.#options.log.warn('iconik refused a call', {
      ...{ target: this.#options.id, verb: call.verb, path: withoutIds(call.path), status },
    });
    const retry = status === 429 ? this.#limit.retryAfterSeconds(headers) : headers;
    return failureOf(status, retry, isWrite(call));
  }

  #parse<T>(call: IconikCall<T>, body: string): IconikAnswer<T> {
    const parsed = call.answer.safeParse(body === '' ? undefined : parseJson(body));
    if (parsed.success) return { outcome: 'ok', body: parsed.data };
    this.#options.log.error('iconik answered in an unknown form', {
      ...{ target: this.#options.id, path: withoutIds(call.path) },
      paths: parsed.error.issues.slice(0, 5).map(({ path }) => path.join('.')),
    });
    return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: isWrite(call) };
  }
}

function isWrite({ verb, reads }: IconikCall<unknown>): boolean {
  return verb !== 'GET' && reads !== true;
}

function isRevoked(answer: IconikAnswer<unknown>): boolean {
  return answer.outcome === 'unavailable' && answer.code === 'provisioning.token_revoked';
}

function contentType({ body }: IconikCall<unknown>): Readonly<Record<string, string>> {
  if (body === undefined) return {};
  return { 'content-type': typeof body === 'string' ? 'application/xml' : 'application/json' };
}

/** Logs are grouped by it, and names of mappings stay out of them. */
function withoutIds(path: string): string {
  return path
    .replace(/\/mappings\/[^/]+\//, '/mappings/*/')
    .replace(/\/[0-9a-f]{8}-[0-9a-f-]{27}(?=\/)/gi, '/*');
}
