import { z } from 'zod';
import { MINUTE } from '../../base/index.ts';
import { duration, identifier, secret } from '../../platform/config/index.ts';
import { accountOfRole, type KindShape } from '../../relying-parties/index.ts';

/** Kept as written: redirect URIs are compared character by character (RFC 9700 4.1.3). */
const uri = (): z.ZodString =>
  z
    .string()
    .max(2_000)
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'not an http(s) URL')
    .meta({ format: 'uri' });

const PublicKeySet = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) })).min(1),
});

/** A text, or `{ secretFile: … }`: a list itself cannot name files. */
const clientSecret = () =>
  z.union([secret(), z.strictObject({ secret: secret() }).transform((each) => each.secret)]);

const scope = (): z.ZodString =>
  z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'use visible characters without quotes or spaces');

export const SIGNING_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** An application that signs people in with OpenID Connect. */
export const OidcAccess = z
  .strictObject({
    redirectUris: z
      .array(uri())
      .min(1)
      .describe(
        'Where answers may go; compared exactly. https, or loopback http with allowInsecureLoopback.',
      ),
    postLogoutRedirectUris: z
      .array(uri())
      .default([])
      .describe('Where the browser may be sent after signing out; compared exactly.'),
    clientSecrets: z
      .array(clientSecret())
      .default([])
      .describe(
        'Newest first, each a text or { secretFile }; all are accepted, so that they can be replaced without an outage.',
      ),
    jwks: PublicKeySet.optional().describe('Public keys of the application, for private_key_jwt.'),
    jwksUri: uri().optional().describe('Where the application publishes its keys, for private_key_jwt.'),
    tokenEndpointAuthMethod: z
      .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
      .default('client_secret_basic')
      .describe('How the application proves itself. none: a public client, protected by PKCE alone.'),
    initiateLoginUri: uri()
      .optional()
      .describe('Page of the application that begins a sign-in; the tile on the launchpad leads there.'),
    startUrl: uri().optional().describe('Where the tile leads when there is no initiateLoginUri.'),
    backchannelLogoutUri: uri().optional().describe('Told server to server when a session is over.'),
    backchannelLogoutSessionRequired: z
      .boolean()
      .default(true)
      .describe('Whether the logout token must name the session, and not the person alone.'),
    idTokenAlg: z
      .enum(SIGNING_ALGORITHMS)
      .default('RS256')
      .describe('How tokens for the application are signed.'),
    accessTokenFormat: z
      .enum(['opaque', 'jwt'])
      .default('opaque')
      .describe(
        'opaque: ends at once when access ends, and opens userinfo. jwt: the API of the application checks it by itself until it expires, or asks at the introspection endpoint; userinfo does not take it.',
      ),
    accessTokenLifetime: duration({ min: MINUTE, max: 10 * MINUTE })
      .prefault('5m')
      .describe('At most 10m; the end of the access cuts it shorter.'),
    refreshTokens: z
      .boolean()
      .default(false)
      .describe(
        'Whether refresh tokens are given. Each refresh asks for access anew; they end with the session.',
      ),
    pkce: z
      .enum(['required', 'nonce-instead'])
      .default('required')
      .describe(
        'nonce-instead: for a library that cannot send code_challenge, if the application proves itself, sends a nonce and compares it with the one of the ID token.',
      ),
    requirePar: z.boolean().default(false).describe('Whether requests must be pushed first (RFC 9126).'),
    requireSignedRequests: z
      .boolean()
      .default(false)
      .describe(
        'Whether requests must be signed with a key of the application (RFC 9101); it needs jwks or jwksUri.',
      ),
    requireDpop: z.boolean().default(false).describe('Whether tokens must be bound to a key (RFC 9449).'),
    claims: z
      .record(z.string().regex(/^[A-Za-z][\w.:/-]{0,99}$/, 'not a claim name'), z.string().min(1))
      .default({})
      .describe(
        'Claim → CEL expression that gives a text or a list of texts, over person, identity, entitlement.roles, entitlement.scopes and session.',
      ),
    resource: z
      .string()
      .max(500)
      .refine((text) => URL.canParse(text) && !text.includes('#'), 'not an absolute URI without fragment')
      .optional()
      .describe(
        'Identifier of this application as audience of tokens (RFC 8707). Default: urn:vestibule:ID.',
      ),
    resources: z
      .array(identifier())
      .default([])
      .describe('Other relying parties (stores) that the application may ask access tokens for.'),
    roles: z
      .array(
        z.strictObject({
          id: identifier(),
          title: z.string().min(1).max(100).optional().describe('Shown to people. Default: the id.'),
          ...accountOfRole,
        }),
      )
      .min(1)
      .describe('Roles in order of precedence.'),
  })
  .meta({ title: 'OpenID Connect application' });
export type OidcAccess = z.infer<typeof OidcAccess>;

export const oidcKind: KindShape = { kind: 'oidc', access: OidcAccess };

/** A program that signs in for itself (RFC 6749 4.4): a directory that pushes SCIM, a script at our API. */
export const MachineConfig = z
  .strictObject({
    id: identifier().describe('Its client_id.'),
    clientSecrets: z
      .array(clientSecret())
      .default([])
      .describe('Newest first, each a text or { secretFile }; all are accepted.'),
    jwks: PublicKeySet.optional().describe('Public keys for private_key_jwt, in place of a secret.'),
    scopes: z.array(scope()).min(1).describe('All that it may ever ask for.'),
    accessTokenLifetime: duration({ min: MINUTE, max: 60 * MINUTE })
      .prefault('10m')
      .describe('At most 60m.'),
  })
  .meta({ title: 'Machine' });
export type MachineConfig = z.infer<typeof MachineConfig>;
