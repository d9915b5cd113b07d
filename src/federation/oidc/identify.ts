import type { Identity } from '../../model/index.ts';
import { ourName } from '../context-names.ts';
import { isPartitionAllowed, mapValues, subjectFrom, type UpstreamValues } from '../mapping.ts';
import { refused } from '../refused.ts';
import type { UpstreamResult } from '../upstream.ts';
import type { Tokens } from './client.ts';
import type { IdTokenClaims } from './id-token.ts';
import type { OidcSettings } from './settings.ts';

/** An ID token is kept for the logout hint only if a session can carry it. */
const MAX_HINT_LENGTH = 1_500;

/** What an upstream said, verified. */
export type Answered = {
  readonly claims: IdTokenClaims;
  readonly values: UpstreamValues;
  readonly tokens: Tokens;
  /** Nobody said when the person signed in. */
  readonly isUndated: boolean;
  readonly verifiedAt: Date;
};

/** Who the person is, by the rules of the connection (R1.2). */
export function identify(answered: Answered, settings: OidcSettings): UpstreamResult {
  const { claims, values, tokens, isUndated, verifiedAt } = answered;
  const subject = subjectFrom(values.get(settings.subjectClaim));
  if (subject === undefined) {
    return refused('federation.subject_missing', `no usable ${settings.subjectClaim}`);
  }
  if (!isPartitionAllowed(values, settings.partition)) {
    return refused('federation.partition_refused', 'allowedPartitions');
  }
  return {
    outcome: 'identity',
    identity: {
      connection: settings.id,
      issuer: claims.iss,
      subject,
      ...mapValues(values, settings.mapping),
      ...mailVerified(values, settings),
      // Without auth_time, the token's own time is the earliest that is known for certain.
      authTime: new Date((claims.auth_time ?? claims.iat) * 1000),
      ...(isUndated && { isUndated }),
      verifiedAt,
      ...(claims.acr !== undefined && { authnContext: ourName(claims.acr, settings.contextNames) }),
      amr: claims.amr ?? [],
      upstreamSession: upstreamSession(claims, tokens),
    },
  };
}

/** What the upstream vouches for itself; nothing where its "no" is said of everybody. Whatever is no clear yes is a no. */
function mailVerified(
  values: UpstreamValues,
  { ignoreEmailVerified }: OidcSettings,
): Pick<Identity, 'mailVerified'> {
  const said = values.get('email_verified');
  if (said?.length === 1 && said[0] === 'true') return { mailVerified: true };
  return said === undefined || ignoreEmailVerified ? {} : { mailVerified: false };
}

function upstreamSession(claims: IdTokenClaims, tokens: Tokens): Record<string, string> {
  return {
    sub: claims.sub,
    ...(claims.sid !== undefined && { sid: claims.sid }),
    ...(tokens.idToken.length <= MAX_HINT_LENGTH && { idTokenHint: tokens.idToken }),
  };
}
