import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { sendOAuthError } from './answers.ts';
import { authenticateClient } from './client-authentication.ts';
import type { OAuthClient } from './clients.ts';
import { authenticate } from './login.ts';
import type { Otds } from './server.ts';
import type { Code, Grant } from './store.ts';
import { issueTokens } from './tokens.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

const Body = z.record(z.string(), z.string());
type Body = z.infer<typeof Body>;

type Granted =
  | {
      readonly outcome: 'granted';
      readonly grant: Grant;
      readonly code?: Code;
      readonly keepRefreshToken?: string;
    }
  | {
      readonly outcome: 'refused';
      readonly error: string;
      readonly description: string;
      readonly status?: number;
    };

type GrantRule = (otds: Otds, client: OAuthClient, body: Body) => Granted;

const refused = (error: string, description: string): Granted => ({ outcome: 'refused', error, description });

/** `POST /oauth2/token` (RFC 6749 3.2). */
export async function exchange(otds: Otds, req: Request, res: Response): Promise<void> {
  if (req.is('json') && !otds.switches.positions.jsonTokenRequests) {
    sendOAuthError(res, 400, 'invalid_request', 'The body must be form-encoded.');
    return;
  }
  const parsed = Body.safeParse(req.body ?? {});
  if (!parsed.success) {
    sendOAuthError(res, 400, 'invalid_request', 'Each parameter may be present once.');
    return;
  }
  const body = parsed.data;
  const client = authenticateClient(otds, req, body);
  if (!client) {
    sendOAuthError(res, 401, 'invalid_client', 'Client authentication failed.');
    return;
  }
  const type = body['grant_type'] ?? '';
  const rule = Object.hasOwn(GRANTS, type) ? GRANTS[type] : undefined;
  const result = rule
    ? rule(otds, client, body)
    : refused('unsupported_grant_type', `No grant type "${type}".`);
  if (result.outcome === 'refused') {
    sendOAuthError(res, result.status ?? 400, result.error, result.description);
    return;
  }
  const answer = await issueTokens(otds, req, result.grant);
  const { access_token: access, refresh_token: refresh } = answer;
  result.code?.issued.push(...[access, refresh].filter((token) => typeof token === 'string'));
  const kept = result.keepRefreshToken;
  if (kept !== undefined && typeof refresh === 'string') otds.store.tokens.delete(refresh);
  res
    .set('cache-control', 'no-store')
    .json({ ...answer, ...(kept !== undefined && { refresh_token: kept }) });
}

const redeemCode: GrantRule = (otds, client, body) => {
  const code = otds.store.codes.get(body['code'] ?? '');
  if (!code || code.clientId !== client.id) return refused('invalid_grant', 'The code is not valid.');
  if (code.used && !otds.switches.positions.codeReuse) {
    for (const token of code.issued) otds.store.tokens.delete(token);
    return refused('invalid_grant', 'The code was used before.');
  }
  code.used = true;
  if (code.ends <= otds.needs.clock.now()) return refused('invalid_grant', 'The code has expired.');
  if (code.redirectUri !== body['redirect_uri'])
    return refused('invalid_grant', 'The redirect_uri differs from that of the authorization request.');
  if (!isVerifierRight(code, body['code_verifier']))
    return refused('invalid_grant', 'The code_verifier is wrong.');
  if (!isActive(otds, code)) return refused('invalid_grant', 'The user is not active.');
  return { outcome: 'granted', grant: grantOf(code), code };
};

/** RFC 7636 4.6. */
function isVerifierRight(code: Code, verifier: string | undefined): boolean {
  if (!code.challenge) return true;
  if (verifier === undefined) return false;
  const { method, value } = code.challenge;
  return (
    value === (method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url'))
  );
}

const refresh: GrantRule = (otds, client, body) => {
  const { refreshTokens, refreshWhenDisabled } = otds.switches.positions;
  const text = body['refresh_token'] ?? '';
  const token = otds.store.tokens.get(text);
  if (token?.kind !== 'refresh' || token.clientId !== client.id || token.ends <= otds.needs.clock.now())
    return refused('invalid_grant', 'The refresh token is not valid.');
  if (refreshWhenDisabled === 'refuse' && !isActive(otds, token))
    return refused('invalid_grant', 'The user is not active.');
  if (refreshTokens === 'rotate') otds.store.tokens.delete(text);
  // An ID token from a refresh carries no nonce of the first sign-in (OpenID Connect Core 12.2).
  const { nonce: _nonce, ...grant } = grantOf(token);
  return { outcome: 'granted', grant, ...(refreshTokens === 'reuse' && { keepRefreshToken: text }) };
};

/** The token stands for the client, not for a person, and there is no refresh token. */
const asClient: GrantRule = (_otds, client, body) => ({
  outcome: 'granted',
  grant: { clientId: client.id, scopes: (body['scope'] ?? '').split(' ').filter(Boolean) },
});

const byPassword: GrantRule = (otds, client, body) => {
  const result = authenticate(otds, body['username'] ?? '', body['password'] ?? '');
  if (result.outcome === 'refused') return refused('invalid_grant', result.problem);
  return { outcome: 'granted', grant: personGrant(otds, client, result.person.uuid, body) };
};

/** Impersonation: works although discovery does not list it; refused together with a resource scope. */
const byExchange: GrantRule = (otds, client, body) => {
  if (body['subject_token_type'] !== 'urn:opentext.com:oauth:string:user_id')
    return refused('invalid_request', 'Unknown subject_token_type.');
  const person = otds.needs.people.find(body['subject_token'] ?? '');
  if (!person || person.disabled) return refused('invalid_grant', 'No such user.');
  if ((body['scope'] ?? '').includes('resource:'))
    return refused('access_denied', `${person.login} cannot be impersonated in resource`);
  return { outcome: 'granted', grant: personGrant(otds, client, person.uuid, body) };
};

const GRANTS: Readonly<Record<string, GrantRule>> = {
  authorization_code: redeemCode,
  refresh_token: refresh,
  client_credentials: asClient,
  password: byPassword,
  [TOKEN_EXCHANGE]: byExchange,
};

function personGrant(otds: Otds, client: OAuthClient, uuid: string, body: Body): Grant {
  const scopes = (body['scope'] ?? '').split(' ').filter((scope) => client.allowedScopes.includes(scope));
  return { clientId: client.id, uuid, scopes, authTime: otds.needs.clock.now() };
}

function grantOf({ clientId, uuid, scopes, authTime, sid, nonce }: Grant): Grant {
  return {
    clientId,
    scopes,
    ...(uuid !== undefined && { uuid }),
    ...(authTime && { authTime }),
    ...(sid !== undefined && { sid }),
    ...(nonce !== undefined && { nonce }),
  };
}

function isActive(otds: Otds, grant: Grant): boolean {
  const person = grant.uuid === undefined ? undefined : otds.needs.people.byUuid(grant.uuid);
  return person !== undefined && !person.disabled;
}
