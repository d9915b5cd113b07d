import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { VestibuleError } from '../../base/index.ts';
import { FederationError, type FederationErrorCode } from '../errors.ts';

/** Protocol claims that we read. Everything else is data for the mapping. */
const IdTokenClaims = z.looseObject({
  iss: z.string(),
  sub: z.string().min(1).max(512),
  iat: z.number().min(0),
  exp: z.number(),
  nonce: z.string(),
  auth_time: z.number().min(0).optional(),
  acr: z.string().optional(),
  amr: z.array(z.string()).optional().catch(undefined),
  sid: z.string().max(512).optional(),
});
export type IdTokenClaims = z.output<typeof IdTokenClaims>;

export type IdTokenExpectations = {
  readonly issuer: string;
  readonly clientId: string;
  readonly nonce: string;
  readonly algorithms: readonly string[];
  readonly now: Date;
  readonly toleranceSeconds: number;
};

/**
 * Verifies an ID token by itself, whatever the library that fetched it has checked (OpenID Connect Core 3.1.3.7):
 * signature by a key of this connection and an allowed algorithm; `iss`; `aud` with `azp`; `exp`; `iat` and `auth_time`
 * not in the future; `nonce`.
 *
 * @throws FederationError
 */
export async function verifyIdToken(
  token: string,
  keys: JWTVerifyGetKey,
  expected: IdTokenExpectations,
): Promise<IdTokenClaims> {
  const payload = await verifySignature(token, keys, expected);
  const claims = IdTokenClaims.safeParse(payload);
  if (!claims.success)
    throw new FederationError('federation.upstream_misbehaved', 'the ID token lacks a claim');
  // NOTE: an `iat` far in the future is how a token outlives its key; jose does not look at it by itself.
  const { iat, auth_time: authTime = iat } = claims.data;
  const latest = expected.now.getTime() / 1000 + expected.toleranceSeconds;
  if (iat > latest) throw new FederationError('federation.expired', 'the ID token was issued in the future');
  // A proof of the future would stay fresh until then, whatever age an application asks for.
  if (authTime > latest) throw new FederationError('federation.expired', 'auth_time is in the future');
  checkAuthorizedParty(payload, expected.clientId);
  if (claims.data.nonce !== expected.nonce) {
    throw new FederationError('federation.wrong_transaction', 'the ID token has another nonce');
  }
  return claims.data;
}

async function verifySignature(
  token: string,
  keys: JWTVerifyGetKey,
  expected: IdTokenExpectations,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: expected.issuer,
      audience: expected.clientId,
      algorithms: [...expected.algorithms],
      currentDate: expected.now,
      clockTolerance: expected.toleranceSeconds,
      requiredClaims: ['exp', 'iat', 'sub'],
    });
    return payload;
  } catch (error) {
    if (error instanceof VestibuleError) throw error;
    throw describe(error);
  }
}

/** With several audiences we must be the one that the token was issued to (OpenID Connect Core 3.1.3.7, 4 and 5). */
function checkAuthorizedParty(payload: JWTPayload, clientId: string): void {
  const several = Array.isArray(payload.aud) && payload.aud.length > 1;
  const party = payload['azp'];
  if (party === clientId || (party === undefined && !several)) return;
  throw new FederationError('federation.wrong_audience', 'the ID token was issued to another party');
}

const CLAIM_CODES: Readonly<Record<string, FederationErrorCode>> = {
  iss: 'federation.wrong_issuer',
  aud: 'federation.wrong_audience',
};

function describe(error: unknown): FederationError {
  if (error instanceof errors.JWTExpired) {
    return new FederationError('federation.expired', 'the ID token has expired', error);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const code = CLAIM_CODES[error.claim] ?? 'federation.expired';
    return new FederationError(code, `the ID token's ${error.claim} is not as expected`, error);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new FederationError('federation.algorithm_refused', 'the ID token uses another algorithm', error);
  }
  return new FederationError(
    'federation.signature_invalid',
    'the ID token is not signed by a known key',
    error,
  );
}
