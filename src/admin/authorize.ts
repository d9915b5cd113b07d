import { type Actor, accessEvents } from '../access-log/index.ts';
import type { AdminDeps } from './deps.ts';
import { AdminError } from './errors.ts';

export const SCOPES = {
  read: 'relying-parties:read',
  write: 'relying-parties:write',
} as const;
export type Scope = (typeof SCOPES)[keyof typeof SCOPES];

/** Who acts, and the id under which answer, operator log and access log find one another. */
export type Caller = { readonly by: Actor & { readonly name: string }; readonly thread: string };

export type Asking = {
  readonly authorization: string | undefined;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly thread: string;
};

/** RFC 6750 2.1. Cookies and query parameters are never looked at, so no browser can be made to speak for anybody. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,2048}=*)$/i;

/** Lets machines pass whose token has the scope. @throws AdminError `admin.token_…`, `admin.scope_missing` */
export async function authorize(
  { authorization, address, method, path, thread }: Asking,
  scope: Scope,
  { machineAccess, accessLog }: Pick<AdminDeps, 'machineAccess' | 'accessLog'>,
): Promise<Caller> {
  if (authorization === undefined) throw challenge('admin.token_missing', '');
  const token = BEARER.exec(authorization)?.[1];
  const access = token === undefined ? undefined : await machineAccess(token);
  if (!access) {
    // R6.3: nobody is known yet, so it is counted and not recorded one by one.
    accessLog.countJunk('api.token', address);
    throw challenge('admin.token_invalid', ', error="invalid_token"');
  }
  const by = { via: 'api', name: access.machine } as const;
  if (access.scopes.includes(scope)) return { by, thread };
  const code = 'admin.scope_missing';
  await recordRefused({ caller: { by, thread }, code, method, path, address }, { accessLog });
  throw challenge(code, `, error="insufficient_scope", scope="${scope}"`);
}

type Refused = {
  readonly caller: Caller;
  readonly code: string;
  readonly method: string;
  readonly path: string;
  readonly address?: string;
};

const ACTIONS: Readonly<Record<string, string>> = {
  POST: 'relying-party.create',
  PUT: 'relying-party.change',
  PATCH: 'relying-party.change',
  DELETE: 'relying-party.delete',
};

/** A machine that is known was refused. */
export async function recordRefused(
  { caller: { by, thread }, code, method, path, address }: Refused,
  { accessLog }: Pick<AdminDeps, 'accessLog'>,
): Promise<void> {
  const id = /\/relying-parties\/([a-z0-9-]{1,64})$/.exec(path)?.[1];
  await accessLog.append(
    accessEvents.adminRefused({
      ...{ thread, code, facts: { by, action: ACTIONS[method] ?? 'relying-party.read' } },
      ...(id !== undefined && { relyingParty: id }),
      ...(address !== undefined && { personal: { address } }),
    }),
  );
}

function challenge(
  code: 'admin.token_missing' | 'admin.token_invalid' | 'admin.scope_missing',
  why: string,
): AdminError {
  return new AdminError(code, { headers: { 'WWW-Authenticate': `Bearer realm="vestibule"${why}` } });
}
