import { addMs, SECOND } from '../../../base/index.ts';
import type { HttpResponse } from '../../../platform/http/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { ScimTarget } from './config.ts';
import { type CredentialNeeds, type Credentials, createCredentials } from './credentials.ts';
import { failureOf, type Objection, objectionOf } from './failures.ts';
import { parseJson } from './json.ts';
import { type Body, member, textOf, valuesOf } from './resource.ts';

export type ScimRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base URL; every part is encoded already. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: Body;
  readonly ifMatch?: string | undefined;
  /** Largest answer that is read, where it may be larger than usual. */
  readonly maxBytes?: number;
};

export type ScimAnswer =
  | {
      readonly outcome: 'ok';
      readonly status: number;
      /** Undefined when there was none, as after 204. */
      readonly body: unknown;
      readonly etag?: string;
      readonly location?: string;
    }
  | Objection
  | CallFailed;

const ACCEPT = 'application/scim+json, application/json;q=0.9';
const LONGEST_PAUSE_SECONDS = 15 * 60;
/** Say something about the request itself. 501 is how PATCH and filters are declined (RFC 7644 3.5.2, 3.12). */
const OBJECTIONS = new Set([400, 404, 405, 406, 409, 410, 412, 413, 414, 415, 422, 428, 501]);

/**
 * Client of one service provider: credentials, media types, limits. Sends nowhere but below the base URL and follows
 * no address that an answer names. Never throws for what the other side does.
 */
export class ScimApi {
  readonly #needs: CredentialNeeds;
  readonly #root: string;
  readonly #credentials: Credentials;
  readonly #mediaTypes: readonly string[];
  /** Index of the media type that the server takes. */
  #mediaType = 0;
  /** The server named an instant before which it wants to hear nothing. */
  #pausedUntil: Date | undefined;

  constructor(settings: ScimTarget, needs: CredentialNeeds) {
    this.#needs = needs;
    this.#root = settings.baseUrl.href.replace(/\/+$/, '');
    this.#credentials = createCredentials(settings, needs);
    const { mediaType } = settings.server;
    this.#mediaTypes =
      mediaType === 'auto' ? ['application/scim+json', 'application/json'] : [`application/${mediaType}`];
  }

  async send(request: ScimRequest, budget: CallBudget): Promise<ScimAnswer> {
    const answer = await this.#sendAuthorized(request, budget);
    if (request.body === undefined || answer.outcome !== 'objection' || answer.status !== 415) return answer;
    // Turned away for its content type alone; what it says was not looked at.
    const next = this.#mediaTypes.length - 1 - this.#mediaType;
    if (next === this.#mediaType || this.#mediaTypes.length < 2) return answer;
    this.#mediaType = next;
    return this.#sendAuthorized(request, budget);
  }

  /** A refused credential makes room for the next one; the request was not looked at. */
  async #sendAuthorized(request: ScimRequest, budget: CallBudget): Promise<ScimAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const paused = this.#paused();
      if (paused) return paused;
      const authorization = await this.#credentials.authorize(budget);
      if (authorization.outcome === 'unavailable') return authorization;
      const { headers } = authorization;
      const answer = await this.#exchange(request, headers, budget);
      if (answer.outcome !== 'unavailable' || answer.code !== 'provisioning.token_revoked') return answer;
      this.#credentials.refused(headers);
      if (attempt >= this.#credentials.attempts) return answer;
    }
  }

  async #exchange(
    request: ScimRequest,
    authorization: Readonly<Record<string, string>>,
    budget: CallBudget,
  ): Promise<ScimAnswer> {
    const { method, body, ifMatch, maxBytes } = request;
    const answer = await callTarget(
      this.#needs,
      {
        method,
        url: this.#urlOf(request),
        headers: {
          accept: ACCEPT,
          ...authorization,
          ...(body !== undefined && { 'content-type': this.#mediaTypes[this.#mediaType] ?? '' }),
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(maxBytes !== undefined && { maxBytes }),
      },
      budget,
      method !== 'GET',
    );
    return answer.outcome === 'unavailable' ? answer : this.#read(request, answer.response);
  }

  #urlOf({ path, query = {} }: ScimRequest): URL {
    const parts = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`],
    );
    return new URL(`${this.#root}${path}${parts.length > 0 ? `?${parts.join('&')}` : ''}`);
  }

  #read(request: ScimRequest, { status: told, headers, body }: HttpResponse): ScimAnswer {
    const writes = request.method !== 'GET';
    const json = body.trim() === '' ? undefined : parseJson(body);
    const status = statusMeant(told, json);
    if (status >= 200 && status < 300) {
      const isReadable = json !== undefined || (body.trim() === '' && writes);
      // A page of somebody in between: nobody knows what became of the request.
      if (!isReadable) return this.#unreadable(request, writes);
      const { etag, location } = headers;
      return {
        ...{ outcome: 'ok', status, body: json },
        ...(etag !== undefined && { etag }),
        ...(location !== undefined && { location }),
      };
    }
    if (OBJECTIONS.has(status) || (status === 403 && textOf(member(json, 'scimType')) !== '')) {
      return objectionOf(status, json);
    }
    const { method, path } = request;
    const endpoint = path.split('/')[1] ?? '';
    this.#needs.log.warn('scim server refused a call', { target: this.#needs.id, method, endpoint, status });
    const failed = failureOf(status, headers, writes);
    if (status === 429 && headers['retry-after'] !== undefined) this.#pause(failed.retryAfterSeconds ?? 1);
    return failed;
  }

  #unreadable({ method, path }: ScimRequest, maybeApplied: boolean): CallFailed {
    const endpoint = path.split('/')[1] ?? '';
    this.#needs.log.error('scim server answered with something else than JSON', {
      ...{ target: this.#needs.id, method, endpoint },
    });
    return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied };
  }

  #pause(seconds: number): void {
    const bounded = Math.min(seconds, LONGEST_PAUSE_SECONDS);
    this.#pausedUntil = addMs(this.#needs.clock.now(), bounded * SECOND);
  }

  /** Asking again before the named instant would only be counted against us. */
  #paused(): CallFailed | undefined {
    if (!this.#pausedUntil) return undefined;
    const leftMs = this.#pausedUntil.getTime() - this.#needs.clock.now().getTime();
    if (leftMs <= 0) {
      this.#pausedUntil = undefined;
      return undefined;
    }
    const retryAfterSeconds = Math.ceil(leftMs / SECOND);
    return {
      ...{ outcome: 'unavailable', code: 'provisioning.rate_limited' },
      ...{ retryAfterSeconds, maybeApplied: false },
    };
  }
}

/** Some answer errors with 200 and the status in the body (RFC 7644 3.12). */
function statusMeant(told: number, body: unknown): number {
  const isError = valuesOf(body, 'schemas').some((each) => /:messages:2\.0:Error$/i.test(textOf(each)));
  const status = Number(textOf(member(body, 'status')) || Number.NaN);
  return told < 300 && isError && status >= 400 && status < 600 ? status : told;
}
