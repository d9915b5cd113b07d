import type { z } from 'zod';
import type { Secret } from '../../../base/index.ts';
import { storeFailure } from '../../bigcommerce/customers-answers.ts';
import { RateLimit } from '../../bigcommerce/rate-limit.ts';
import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { b2bWindow } from './b2b-window.ts';
import { Envelope, ErrorData } from './schema.ts';
import { type CallNeeds, TokenCalls } from './token-calls.ts';

/** What may be said to B2B Edition. Companies, roles and groups are only read. */
export type B2bRequest =
  | { readonly verb: 'GET'; readonly path: ReadPath; readonly query?: Query }
  | { readonly verb: 'POST'; readonly path: '/users' | '/super-admins'; readonly body: object }
  | {
      readonly verb: 'PUT';
      readonly path: `/users/${number}` | `/super-admins/${number}`;
      readonly body: object;
    }
  | { readonly verb: 'DELETE'; readonly path: `/users/${number}` };

type ReadPath =
  | '/companies'
  | '/companies/roles'
  | '/companies/super-admins'
  | '/channels'
  | '/users'
  | `/users/${number}`
  | `/users/customer/${number}`
  | `/super-admins/info/${number}`
  | `/super-admins/${number}/companies`;
type Query = { readonly limit?: number; readonly offset?: number; readonly q?: string };

/** Why B2B Edition does not want a request, as far as its words tell; the words stay here. */
export type Objection = 'taken' | 'last-user' | 'channel' | 'company' | 'role' | 'mail' | 'other';
export type B2bInvalid = {
  readonly outcome: 'invalid';
  readonly status: number;
  readonly objection: Objection;
  /** In the letters of bodies, whatever letters the error used. */
  readonly fields: readonly string[];
};
export type B2bAnswer<T> =
  | { readonly outcome: 'ok'; readonly data: T; readonly total?: number }
  | B2bInvalid
  | { readonly outcome: 'missing' }
  | CallFailed;

type Options = CallNeeds & {
  readonly storeHash: string;
  readonly b2bUrl: URL;
  readonly tokens: readonly Secret[];
};

/**
 * Typed client of the management API of B2B Edition. Never throws for what the store does.
 * Source: BigCommerce docs, B2B Edition REST management.
 */
export class B2bApi {
  readonly #options: Options;
  readonly #limit: RateLimit;
  readonly #calls: TokenCalls;

  constructor(options: Options) {
    this.#options = options;
    this.#limit = new RateLimit(options.clock, b2bWindow);
    this.#calls = new TokenCalls({
      ...options,
      ...{ headers: { 'x-store-hash': options.storeHash }, limit: this.#limit, statusOf },
    });
  }

  async send<T>(request: B2bRequest, schema: z.ZodType<T>, budget: CallBudget): Promise<B2bAnswer<T>> {
    const { verb, path } = request;
    const { id, log, b2bUrl } = this.#options;
    const isWrite = verb !== 'GET';
    const url = new URL(`${b2bUrl.href.replace(/\/+$/, '')}/api/v3/io${path}${queryOf(request)}`);
    const body = 'body' in request ? { body: request.body } : {};
    const answer = await this.#calls.send({ method: verb, url, ...body }, budget);
    if (answer.outcome === 'unavailable') return answer;
    const { status, headers } = answer;
    const envelope = Envelope.safeParse(answer.body).data;
    if (status >= 200 && status < 300) {
      const parsed = schema.safeParse(envelope?.data);
      if (envelope && parsed.success) {
        const total = envelope.meta?.pagination?.totalCount;
        return { outcome: 'ok', data: parsed.data, ...(typeof total === 'number' && { total }) };
      }
      log.error('B2B Edition answered in an unknown form', { target: id, path: shapeOf(path) });
      return { outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: isWrite };
    }
    if (status === 404) return { outcome: 'missing' };
    if (status === 400 || status === 413 || status === 422) return invalidOf(status, envelope);
    log.warn('B2B Edition refused a call', { target: id, verb, path: shapeOf(path), status });
    return storeFailure(status, status === 429 ? this.#limit.retryAfterSeconds(headers) : headers, isWrite);
  }
}

/** The envelope has a code of its own, and some errors were seen to travel with status 200. */
function statusOf(status: number, body: unknown): number {
  const code = Envelope.safeParse(body).data?.code;
  return status >= 200 && status < 300 && code !== undefined && code >= 100 && code < 600 ? code : status;
}

function queryOf(request: B2bRequest): string {
  if (request.verb !== 'GET' || !request.query) return '';
  const parts = Object.entries(request.query).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
  );
  return `?${parts.join('&')}`;
}

function shapeOf(path: string): string {
  return path.replaceAll(/\d+/g, 'N');
}

function invalidOf(status: number, envelope: z.infer<typeof Envelope> | undefined): B2bInvalid {
  const errMsg = ErrorData.safeParse(envelope?.data).data?.errMsg;
  const fields = typeof errMsg === 'object' ? Object.keys(errMsg).map(camel) : [];
  const words = `${typeof errMsg === 'string' ? errMsg : JSON.stringify(errMsg ?? '')} ${envelope?.meta?.message ?? ''}`;
  return { outcome: 'invalid', status, fields, objection: objectionOf(words, fields) };
}

/** Errors name fields as `companyId` or as `company_id`. */
function camel(name: string): string {
  return name.replaceAll(/_+([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

const BY_FIELD: Readonly<Record<string, Objection>> = {
  companyId: 'company',
  role: 'role',
  companyRoleId: 'role',
  channelIds: 'channel',
  email: 'mail',
};

/** No error has a code. A quoted mail address must not be able to change what an error means. */
function objectionOf(words: string, fields: readonly string[]): Objection {
  const text = words.replaceAll(/[^\s'"[\]]+@[^\s'"[\]]+/g, '');
  if (/last user/i.test(text)) return 'last-user';
  if (/already exist|already in use|duplicate/i.test(text)) return 'taken';
  if (/storefront needs to be enabled|channel does not exist/i.test(text)) return 'channel';
  return fields.map((field) => BY_FIELD[field]).find((known) => known !== undefined) ?? 'other';
}
