import type { Sandbox } from '../../../src/sandbox/index.ts';
import { type Reply, send } from './request.ts';

export type Json = Record<string, unknown>;
export type User = {
  id: string;
  email: string;
  first_name: string;
  last_name: string;
  type: string;
  status: string;
  is_admin: boolean;
  groups: string[];
  primary_group: string | null;
  identity_provider_id: string | null;
  metadata: unknown;
  date_created: string;
};
export type Group = { id: string; name: string; roles: string[]; external_id: string | null };
export type Page<T> = {
  objects: T[];
  page: number;
  pages: number;
  per_page: number;
  total: number;
  next_url: string | null;
};

/** What the demo gives to a connector, written here as its configuration would have it. */
export const APP_ID = '7c0e5b1a-40d2-11f0-8f6e-000000000051';
export const AUTH_TOKEN = 'sandbox-token-of-iconik-integration';
export const GROUP = {
  producers: '7c0e5b1a-40d2-11f0-8f6e-000000000011',
  editors: '7c0e5b1a-40d2-11f0-8f6e-000000000012',
  reviewers: '7c0e5b1a-40d2-11f0-8f6e-000000000013',
  campaign: '7c0e5b1a-40d2-11f0-8f6e-000000000014',
  emea: '7c0e5b1a-40d2-11f0-8f6e-000000000015',
  na: '7c0e5b1a-40d2-11f0-8f6e-000000000016',
  integration: '7c0e5b1a-40d2-11f0-8f6e-000000000017',
} as const;
export const COLLECTION = {
  emea: '7c0e5b1a-40d2-11f0-8f6e-000000000041',
  emeaRaw: '7c0e5b1a-40d2-11f0-8f6e-000000000042',
  na: '7c0e5b1a-40d2-11f0-8f6e-000000000043',
  campaign: '7c0e5b1a-40d2-11f0-8f6e-000000000044',
} as const;
export const USER = {
  integration: '7c0e5b1a-40d2-11f0-8f6e-000000000021',
  admin: '7c0e5b1a-40d2-11f0-8f6e-000000000022',
  elin: '7c0e5b1a-40d2-11f0-8f6e-000000000023',
  jonah: '7c0e5b1a-40d2-11f0-8f6e-000000000024',
  leo: '7c0e5b1a-40d2-11f0-8f6e-000000000025',
} as const;

/** Calls the API as a connector would; `headers` replaces the credentials. */
export class IconikApi {
  readonly #sandbox: Sandbox;
  readonly headers: Record<string, string>;

  constructor(
    sandbox: Sandbox,
    headers: Record<string, string> = { 'App-ID': APP_ID, 'Auth-Token': AUTH_TOKEN },
  ) {
    this.#sandbox = sandbox;
    this.headers = headers;
  }

  /** The same API as somebody of the domain. */
  as(email: string): IconikApi {
    const token = this.#sandbox.system('iconik').actions?.['token-for']?.run({ email }) as {
      appId: string;
      authToken: string;
    };
    return new IconikApi(this.#sandbox, { 'App-ID': token.appId, 'Auth-Token': token.authToken });
  }

  send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Reply> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return send(this.#sandbox.url('iconik', `/API${path}`), {
      method,
      headers: { ...this.headers, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: text }),
    });
  }

  async status(method: string, path: string, body?: unknown): Promise<number> {
    return (await this.send(method, path, body)).status;
  }

  /** The body of an answer that must be good. */
  async call<T>(method: string, path: string, body?: unknown, type?: string): Promise<T> {
    const reply = await this.send(method, path, body, type);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.body}`);
    return (reply.body === '' ? undefined : reply.json()) as T;
  }

  /** Status and errors of an answer that must be bad. */
  async refusal(method: string, path: string, body?: unknown): Promise<[number, unknown]> {
    const reply = await this.send(method, path, body);
    if (reply.status < 300) throw new Error(`${method} ${path} went well: ${reply.status}`);
    return [reply.status, (reply.json() as { errors?: unknown }).errors];
  }

  async list<T>(path: string): Promise<T[]> {
    return (await this.call<Page<T>>('GET', path)).objects;
  }
}
