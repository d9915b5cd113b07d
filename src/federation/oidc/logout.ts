import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { addMs, type Clock, MINUTE, VestibuleError } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import { FederationError } from '../errors.ts';
import type { BegunLogout, UpstreamLogout, UpstreamLogoutToken } from '../logout.ts';
import { spendOnce } from '../one-time-ids.ts';
import type { ProviderMetadata } from './discovery.ts';
import type { OidcSettings } from './settings.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** A token says once that a session ended; one that is older was on its way for too long. */
const MAX_AGE_MS = 5 * MINUTE;
const MAX_LENGTH = 16_000;

/** Back-Channel Logout 1.0, 2.4 and 2.6. */
const LogoutToken = z.looseObject({
  iat: z.number(),
  exp: z.number().optional(),
  jti: z.string().min(1).max(512),
  sub: z.string().min(1).max(512).optional(),
  sid: z.string().min(1).max(512).optional(),
  events: z.looseObject({ [EVENT]: z.looseObject({}) }),
});
type LogoutToken = z.output<typeof LogoutToken>;

type Needs = {
  readonly settings: OidcSettings;
  readonly provider: () => Promise<ProviderMetadata>;
  readonly keys: (provider: ProviderMetadata) => JWTVerifyGetKey;
  readonly clock: Clock;
  readonly db: Database;
};

export function createOidcLogout(needs: Needs): UpstreamLogout {
  return {
    begin: (session, back) => begin(session, back, needs),
    receiveToken: (token) => receiveToken(token, needs),
  };
}

/** OpenID Connect RP-Initiated Logout 1.0, 2. */
async function begin(
  session: Readonly<Record<string, string>>,
  back: { readonly url: URL; readonly state: string },
  { provider, settings }: Needs,
): Promise<BegunLogout | undefined> {
  const { endSession } = (await provider()).endpoints;
  if (!endSession) return undefined;
  const url = new URL(endSession);
  const { idTokenHint } = session;
  if (idTokenHint !== undefined) url.searchParams.set('id_token_hint', idTokenHint);
  url.searchParams.set('client_id', settings.clientId);
  url.searchParams.set('post_logout_redirect_uri', back.url.href);
  url.searchParams.set('state', back.state);
  return { go: { kind: 'redirect', url }, binding: 'end session endpoint' };
}

/** R8.2: signature, iss, aud, iat, jti once, events, no nonce, sub or sid. */
async function receiveToken(token: string, needs: Needs): Promise<UpstreamLogoutToken> {
  const { settings, clock, db } = needs;
  if (token.length > MAX_LENGTH) throw new FederationError('federation.answer_too_large', 'the logout token');
  const provider = await needs.provider();
  const payload = await verify(token, provider, needs);
  const parsed = LogoutToken.safeParse(payload);
  if (!parsed.success)
    throw new FederationError('federation.answer_malformed', 'the logout token lacks a claim');
  const claims = parsed.data;
  checkClaims(claims, payload, needs);
  const until = addMs(clock.now(), MAX_AGE_MS + 2 * settings.toleranceSeconds * 1000);
  if (!(await spendOnce(db, settings.id, `logout:${claims.jti}`, until))) {
    throw new FederationError('federation.replayed', 'the logout token was used before');
  }
  return {
    ...(claims.sub !== undefined && { subject: claims.sub }),
    ...(claims.sid !== undefined && { session: claims.sid }),
  };
}

async function verify(
  token: string,
  provider: ProviderMetadata,
  { settings, clock, keys }: Needs,
): Promise<JWTPayload> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys(provider), {
      issuer: provider.issuer,
      audience: settings.clientId,
      algorithms: [...provider.algorithms],
      currentDate: clock.now(),
      clockTolerance: settings.toleranceSeconds,
    });
    // 2.4: an ID token or an access token must not pass as a logout token. Older providers send no type, or JWT.
    const { typ } = protectedHeader;
    if (typ !== undefined && !/^((application\/)?logout\+jwt|JWT)$/i.test(typ)) {
      throw new FederationError('federation.answer_malformed', 'the token is of another type');
    }
    return payload;
  } catch (error) {
    if (error instanceof VestibuleError) throw error;
    throw described(error);
  }
}

function checkClaims(claims: LogoutToken, payload: JWTPayload, { settings, clock }: Needs): void {
  if ('nonce' in payload) {
    throw new FederationError('federation.answer_malformed', 'a logout token must not have a nonce');
  }
  if (claims.sub === undefined && claims.sid === undefined) {
    throw new FederationError('federation.answer_malformed', 'the logout token names neither sub nor sid');
  }
  const ageMs = clock.now().getTime() - claims.iat * 1000;
  const toleranceMs = settings.toleranceSeconds * 1000;
  if (!(ageMs <= MAX_AGE_MS + toleranceMs && ageMs >= -toleranceMs)) {
    throw new FederationError('federation.expired', 'the logout token was not issued just now');
  }
}

function described(error: unknown): FederationError {
  if (error instanceof errors.JWTExpired)
    return new FederationError('federation.expired', 'the logout token has expired', error);
  if (error instanceof errors.JWTClaimValidationFailed) {
    const code =
      error.claim === 'iss'
        ? 'federation.wrong_issuer'
        : error.claim === 'aud'
          ? 'federation.wrong_audience'
          : 'federation.expired';
    return new FederationError(code, `the logout token's ${error.claim} is not as expected`, error);
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new FederationError(
      'federation.algorithm_refused',
      'the logout token uses another algorithm',
      error,
    );
  return new FederationError(
    'federation.signature_invalid',
    'the logout token is not signed by a known key',
    error,
  );
}
