import type { Request, Response } from 'express';
import type { App } from '../model.ts';
import type { Iconik } from '../server.ts';
import { type Answer, errors, ok } from './call.ts';
import { issueToken } from './tokens.ts';

/**
 * Client credentials (RFC 6749 4.4) for applications that are back-end services. No document that could be read
 * says where this is or what scopes are called: here a scope is a role, and none means all roles of the user.
 */
export function sendOAuthToken(iconik: Iconik, req: Request, res: Response): void {
  const { status, body } = grant(iconik, req);
  res.set('cache-control', 'no-store').status(status).json(body);
}

const refuse = (status: number, error: string): Answer => ({ status, body: { error } });

function grant(iconik: Iconik, req: Request): Answer {
  const { oauth, oauthMinutes } = iconik.switches.positions;
  const body = (req.body ?? {}) as Readonly<Record<string, string>>;
  if (oauth === 'off') return errors(404, 'Not found.');
  if (body['grant_type'] !== 'client_credentials') return refuse(400, 'unsupported_grant_type');
  const app = clientOf(iconik, req, body);
  if (!app || app.default_user_id === null) return refuse(401, 'invalid_client');
  const user = iconik.store.users.get(app.default_user_id);
  if (user?.status !== 'ACTIVE') return refuse(400, 'invalid_grant');
  const scope = body['scope']?.split(' ').filter((each) => each !== '') ?? null;
  const expires = new Date(iconik.needs.clock.now().getTime() + oauthMinutes * 60_000);
  const { token } = issueToken(iconik, { app_id: app.id, user_id: user.id, expires, scope });
  const granted = scope && { scope: scope.join(' ') };
  return ok({ access_token: token, token_type: 'Bearer', expires_in: oauthMinutes * 60, ...granted });
}

/** By Basic authentication or by the fields of the form. */
function clientOf({ store }: Iconik, req: Request, body: Readonly<Record<string, string>>): App | undefined {
  const basic = /^Basic (.+)$/i.exec(req.get('authorization') ?? '')?.[1];
  const [id, secret] =
    basic === undefined
      ? [body['client_id'], body['client_secret']]
      : Buffer.from(basic, 'base64').toString('utf8').split(':', 2).map(decodePart);
  const app = store.apps.get(id ?? '');
  return app?.clientSecret && app.clientSecret === secret ? app : undefined;
}

/** RFC 6749 2.3.1: both parts are form-encoded. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return part;
  }
}
