import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { wikiCredentials } from '../../../src/sandbox/wiki/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Reply, send } from './request.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into, field by field.
export type Json = any;
type Options = { readonly token?: string; readonly headers?: Record<string, string>; readonly type?: string };

/** The wiki over real HTTP, spoken to as any SCIM client would. */
export interface ScimWorld extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly clock: ManualClock;
  call(method: string, path: string, body?: unknown, options?: Options): Promise<Reply>;
  json(method: string, path: string, body?: unknown, options?: Options): Promise<Json>;
  /** Makes an account. @returns it. */
  user(fields: Record<string, unknown>): Promise<Json>;
  group(displayName: string, members?: readonly string[]): Promise<Json>;
  patch(path: string, ...operations: readonly Record<string, unknown>[]): Promise<Reply>;
  turn(positions: Record<string, unknown>): void;
  act(action: string, body?: unknown): unknown;
  state(): Json;
}

export async function startScimWorld(): Promise<ScimWorld> {
  const clock = new ManualClock();
  const sandbox = await startSandbox({ port: 0, clock, only: ['wiki', 'otds'] });
  const wiki = sandbox.system('wiki');
  const call: ScimWorld['call'] = (method, path, body, { token, headers, type } = {}) =>
    send(sandbox.url('wiki', `/scim/v2${path}`), {
      method,
      headers: {
        authorization: `Bearer ${token ?? wikiCredentials.token}`,
        ...(body !== undefined && { 'content-type': type ?? 'application/scim+json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const json: ScimWorld['json'] = async (...parameters) => (await call(...parameters)).json();
  return {
    sandbox,
    clock,
    call,
    json,
    user: (fields) => json('POST', '/Users', { schemas: [USER, ENTERPRISE], ...fields }),
    group: (displayName, members = []) =>
      json('POST', '/Groups', {
        schemas: [GROUP],
        displayName,
        members: members.map((value) => ({ value })),
      }),
    patch: (path, ...Operations) => call('PATCH', path, { schemas: [PATCH_OP], Operations }),
    turn: (positions) => wiki.turn(positions),
    act: (action, body = {}) => wiki.actions?.[action]?.run(body),
    state: () => wiki.state()['scim'],
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** What an error answer says, in short: `409 uniqueness`. */
export function problemOf(reply: Reply): string {
  const { status, scimType, schemas } = reply.json() as Json;
  if (schemas?.[0] !== 'urn:ietf:params:scim:api:messages:2.0:Error') return `no SCIM error: ${reply.body}`;
  if (status !== String(reply.status)) return `status differs: ${reply.body}`;
  return [status, scimType].filter(Boolean).join(' ');
}
