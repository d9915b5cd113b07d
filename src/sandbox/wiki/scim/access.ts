import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { wikiCredentials } from './credentials.ts';
import { ScimProblem } from './problem.ts';
import type { Scim } from './scim.ts';

/** The bearer token of a request (RFC 6750). @throws ScimProblem 401 */
export function checkToken(scim: Scim, req: Request): void {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(req.get('authorization') ?? '')?.[1];
  if (token === wikiCredentials.token) return;
  const ends = token === undefined ? undefined : scim.directory().tokens.get(token);
  if (ends !== undefined && scim.clock.now() < ends) return;
  throw new ScimProblem(
    401,
    undefined,
    token === undefined ? 'There is no bearer token.' : 'The token is unknown or over.',
  );
}

/** `POST /oauth/token`: `client_credentials` with the secret in the header or in the form (RFC 6749 4.4). */
export function issueToken(scim: Scim, req: Request, res: Response): void {
  res.set('cache-control', 'no-store');
  const form = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  const [clientId, clientSecret] = clientOf(scim, req, form);
  if (clientId !== wikiCredentials.clientId || clientSecret !== wikiCredentials.clientSecret) {
    res.status(401).set('www-authenticate', 'Basic realm="wiki"').json({ error: 'invalid_client' });
    return;
  }
  if (form['grant_type'] !== 'client_credentials') {
    res.status(400).json({ error: 'unsupported_grant_type' });
    return;
  }
  const token = randomBytes(24).toString('base64url');
  const seconds = scim.positions().scimTokenSeconds;
  scim.directory().tokens.set(token, new Date(scim.clock.now().getTime() + seconds * 1_000));
  res.json({ access_token: token, token_type: 'Bearer', expires_in: seconds, scope: 'scim' });
}

function clientOf(scim: Scim, req: Request, form: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { scimClientSecret } = scim.positions();
  const basic = /^Basic (.+)$/i.exec(req.get('authorization') ?? '')?.[1];
  if (basic === undefined) {
    return scimClientSecret === 'header' ? [] : [form['client_id'], form['client_secret']];
  }
  if (scimClientSecret === 'form') return [];
  // Both parts are form-encoded (RFC 6749 2.3.1).
  return Buffer.from(basic, 'base64')
    .toString('utf8')
    .split(':')
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
}

const MINUTE = 60_000;

/** Counts the request. @returns false when it was one too many and is answered. */
export function isWithinQuota(scim: Scim, res: Response): boolean {
  const { scimQuota, scimRetryAfter } = scim.positions();
  const now = scim.clock.now().getTime();
  const directory = scim.directory();
  if (now >= directory.window.endsAt) directory.window = { endsAt: now + MINUTE, used: 0 };
  directory.window.used += 1;
  if (scimQuota === 0 || directory.window.used <= scimQuota) return true;
  const { endsAt } = directory.window;
  if (scimRetryAfter === 'seconds') res.set('retry-after', String(Math.ceil((endsAt - now) / 1_000)));
  // A date means something beside the server's own.
  const own = { date: new Date(now).toUTCString(), 'retry-after': new Date(endsAt).toUTCString() };
  if (scimRetryAfter === 'date') res.set(own);
  return false;
}
