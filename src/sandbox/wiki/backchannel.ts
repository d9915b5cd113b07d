import type { Request, Response } from 'express';
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { configurationOf } from './broker.ts';
import type { Wiki } from './server.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const OLDEST = 120;

/** `POST /backchannel-logout`: OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8. */
export async function receiveLogout(wiki: Wiki, req: Request, res: Response): Promise<void> {
  res.set('cache-control', 'no-store');
  const at = wiki.needs.clock.now().toISOString();
  try {
    const { logout_token: token } = (req.body ?? {}) as { readonly logout_token?: unknown };
    if (typeof token !== 'string') throw new Error('there is no logout_token');
    const payload = await verify(wiki, token);
    const sessions = endNamed(wiki, payload);
    wiki.store.logouts.push({ at, outcome: 'ended', sessions });
    res.status(200).end();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    wiki.store.logouts.push({ at, outcome: 'refused', problem });
    res.status(400).json({ error: 'invalid_request', error_description: problem });
  }
}

async function verify(wiki: Wiki, token: string): Promise<JWTPayload> {
  const { needs, switches, store } = wiki;
  const { audienceOfLogout, logoutTokenType } = switches.positions;
  const config = await configurationOf(wiki);
  const { issuer, jwks_uri: keysAt = '' } = config.serverMetadata();
  const { body } = await needs.outbound({ url: keysAt });
  const { payload } = await jwtVerify(token, createLocalJWKSet(JSON.parse(body) as JSONWebKeySet), {
    issuer,
    algorithms: ALGORITHMS,
    currentDate: needs.clock.now(),
    clockTolerance: 5,
    maxTokenAge: OLDEST,
    requiredClaims: ['iat', 'exp', 'jti', 'aud'],
    ...(audienceOfLogout === 'checked' && { audience: needs.broker().wiki.clientId }),
    ...(logoutTokenType !== 'any' && { typ: logoutTokenType }),
  });
  checkShape(payload);
  const jti = String(payload.jti);
  if (store.seen.has(jti)) throw new Error('the token was used before');
  store.seen.add(jti);
  return payload;
}

/** What tells a logout token from an ID token. */
function checkShape(payload: JWTPayload): void {
  const { events, nonce, sub, sid } = payload;
  const isEvent = typeof events === 'object' && events !== null && EVENT in events;
  if (!isEvent) throw new Error('"events" does not say back-channel logout');
  if (nonce !== undefined) throw new Error('a logout token has no nonce');
  if (typeof sub !== 'string' && typeof sid !== 'string') throw new Error('neither sub nor sid');
}

/** The named session, or every session of the person. @returns how many have ended. */
function endNamed({ store }: Wiki, { sub, sid }: JWTPayload): number {
  const meant = [...store.sessions.values()].filter((session) =>
    sid === undefined
      ? session.sub === sub
      : session.sid === sid && (sub === undefined || session.sub === sub),
  );
  for (const { id } of meant) store.sessions.delete(id);
  return meant.length;
}
