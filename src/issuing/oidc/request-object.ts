import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { type Clock, HOUR, SECOND } from '../../base/index.ts';
import { CLOCK_TOLERANCE_SECONDS } from './rights.ts';

type Feature = NonNullable<NonNullable<Configuration['features']>['requestObjects']>;

/** With keys that are registered: a secret is only kept here as what it must match, and `none` signs nothing. */
export const REQUEST_OBJECT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;

const TYPES: ReadonlySet<unknown> = new Set([undefined, 'JWT', 'oauth-authz-req+jwt']);

/** FAPI 2.0 Message Signing, 5.3.1: as long as a request may be good, and as old as it may be. */
const LIFETIME_SECONDS = HOUR / SECOND;

export type RequestObjects = {
  readonly feature: Feature;
  /**
   * Uses up the `jti` of this request, if it was signed and has one. To be called once everything else about the
   * request was found right: before, its signature is not verified yet, and a stranger could use up what is not theirs.
   *
   * @throws errors.InvalidRequestObject when it was used before.
   */
  spend(ctx: KoaContextWithOIDC | undefined): Promise<void>;
};

type OneTime = { readonly jti: string; readonly ends: number };

/**
 * Signed requests by value (RFC 9101), of applications that have keys. Nothing is ever fetched: `request_uri` names
 * pushed requests alone. Issuer, audience and `nbf` are the library's to check; how long a request is good, and that it
 * is used once where it has an id, are ours.
 */
export function createRequestObjects({ clock }: { readonly clock: Clock }): RequestObjects {
  const oneTime = new WeakMap<object, OneTime>();
  return {
    feature: {
      enabled: true,
      assertJwtClaimsAndHeader: async (ctx, claims, header) => {
        // What was pushed is kept in the same form, and was checked when it came.
        if ('PushedAuthorizationRequest' in ctx.oidc.entities) return;
        // RFC 9101 10.8: a client assertion is signed by the same key, and must not pass for a request.
        if (claims['sub'] !== undefined || !TYPES.has(header['typ'])) {
          throw new errors.InvalidRequestObject('the token was not made to be a request');
        }
        const ends = checkedEnd(claims, clock.now().getTime() / SECOND);
        if (typeof claims['jti'] === 'string') oneTime.set(ctx, { jti: claims['jti'], ends });
      },
    },
    async spend(ctx) {
      const held = ctx && oneTime.get(ctx);
      if (!held) return;
      oneTime.delete(ctx);
      // Beside client assertions, which some libraries number in the same way.
      const isFirst = await ctx.oidc.provider.ReplayDetection.unique(
        `request object of ${ctx.oidc.client?.clientId ?? ''}`,
        held.jti,
        held.ends + CLOCK_TOLERANCE_SECONDS,
      );
      if (!isFirst) throw new errors.InvalidRequestObject('the request was used before');
    },
  };
}

/** @returns `exp`; without one, a request in somebody's log would be good for ever. */
function checkedEnd({ exp, nbf, iat }: Readonly<Record<string, unknown>>, nowSeconds: number): number {
  if (typeof exp !== 'number') throw new errors.InvalidRequestObject('the request has no exp');
  const begins = [nbf, iat].find((time) => typeof time === 'number') ?? nowSeconds;
  const latest = Math.min(begins, nowSeconds + CLOCK_TOLERANCE_SECONDS) + LIFETIME_SECONDS;
  if (exp <= latest) return exp;
  throw new errors.InvalidRequestObject('the request is good for more than an hour');
}
