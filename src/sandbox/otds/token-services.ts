import type { Request, Response } from 'express';
import { z } from 'zod';
import { sendErrorPage, sendOAuthError } from './answers.ts';
import { claimsOf } from './claims.ts';
import { authenticateClient } from './client-authentication.ts';
import type { Otds } from './server.ts';
import type { Token } from './store.ts';

const RevokeBody = z.record(z.string(), z.string());
const TokenInfoBody = z.object({ token: z.string(), resourceId: z.string().optional() });

/** The access token of a request, while it is valid. */
export function bearerOf(otds: Otds, req: Request): Token | undefined {
  const text = /^Bearer\s+(\S+)$/i.exec(req.get('authorization') ?? '')?.[1] ?? '';
  const token = otds.store.tokens.get(text);
  return token?.kind === 'access' && token.ends > otds.needs.clock.now() ? token : undefined;
}

/** OpenID Connect Core 5.3. The path is known only from discovery. */
export function sendUserinfo(otds: Otds, req: Request, res: Response): void {
  const token = bearerOf(otds, req);
  const person = token?.uuid === undefined ? undefined : otds.needs.people.byUuid(token.uuid);
  if (!token || !person || person.disabled) {
    refuseToken(res);
    return;
  }
  res.json(claimsOf(otds, person, token.scopes));
}

/** RFC 6750 3.1. */
export function refuseToken(res: Response): void {
  res
    .status(401)
    .set('www-authenticate', 'Bearer error="invalid_token"')
    .json({ error: 'invalid_token', error_description: 'The access token is expired, revoked or invalid.' });
}

/** RFC 7009: an unknown token is no error. */
export function revoke(otds: Otds, req: Request, res: Response): void {
  const body = RevokeBody.safeParse(req.body ?? {});
  const client = body.success ? authenticateClient(otds, req, body.data) : undefined;
  if (!body.success || !client) {
    sendOAuthError(res, 401, 'invalid_client', 'Client authentication failed.');
    return;
  }
  const text = body.data['token'] ?? '';
  if (otds.store.tokens.get(text)?.clientId === client.id) otds.store.tokens.delete(text);
  res.status(200).end();
}

/** `POST /rest/authentication/oauth/tokeninfo`: 410 once a token is expired or revoked. */
export function sendTokenInfo(otds: Otds, req: Request, res: Response): void {
  const body = TokenInfoBody.safeParse(req.body);
  if (!body.success) {
    sendErrorPage(res, 400, 'Bad request.');
    return;
  }
  const token = otds.store.tokens.get(body.data.token);
  if (token?.kind !== 'access' || token.ends <= otds.needs.clock.now()) {
    res.status(410).json({ status: 410, error: 'The token is expired or revoked', errorDetails: null });
    return;
  }
  const person = token.uuid === undefined ? undefined : otds.needs.people.byUuid(token.uuid);
  res.json({
    clientId: token.clientId,
    userId: person ? `${person.login}@${person.partition}` : `${token.clientId}@OAuthClients`,
    scope: token.scopes.join(' '),
    expires: token.ends.toISOString(),
  });
}
