import { type Configuration, errors } from 'oidc-provider';

type RequestObjects = NonNullable<NonNullable<Configuration['features']>['requestObjects']>;

/** With keys that are registered: a secret is only kept here as what it must match, and `none` signs nothing. */
export const REQUEST_OBJECT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;

const TYPES: ReadonlySet<unknown> = new Set([undefined, 'JWT', 'oauth-authz-req+jwt']);

/**
 * Signed requests by value (RFC 9101), of applications that have keys. Nothing is ever fetched: `request_uri` names
 * pushed requests alone.
 */
export const requestObjects: RequestObjects = {
  enabled: true,
  assertJwtClaimsAndHeader: async (ctx, claims, header) => {
    // What was pushed is kept in the same form, and was checked when it came.
    if ('PushedAuthorizationRequest' in ctx.oidc.entities) return;
    // RFC 9101 10.8: a client assertion is signed by the same key, and must not pass for a request.
    if (claims['sub'] !== undefined || !TYPES.has(header['typ'])) {
      throw new errors.InvalidRequestObject('the token was not made to be a request');
    }
  },
};
