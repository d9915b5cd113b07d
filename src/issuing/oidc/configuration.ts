import { type AccessToken, type Configuration, errors, type JWKS } from 'oidc-provider';
import { HOUR, SECOND } from '../../base/index.ts';
import { findAccount, openGrant, STANDARD_SCOPES } from './account.ts';
import { type AdapterDeps, adapterFor } from './adapter.ts';
import type { ConfiguredClaims } from './claims.ts';
import { checkClaimsRequest } from './claims-request.ts';
import { SIGNING_ALGORITHMS } from './config.ts';
import { introspection } from './introspection.ts';
import { codeSeconds, INTERACTION_SECONDS, machineSeconds, tokenSeconds } from './lifetimes.ts';
import { errorPage } from './pages.ts';
import { isPkceRequired } from './pkce.ts';
import type { OidcNeeds } from './ports.ts';
import { REQUEST_OBJECT_ALGORITHMS, type RequestObjects } from './request-object.ts';
import type { RequestNotes } from './requests.ts';
import { resourceIndicators } from './resources.ts';
import { CLOCK_TOLERANCE_SECONDS, type Rights } from './rights.ts';
import { signInPolicy } from './sign-in-prompt.ts';
import { factsOf, grantNamedBy } from './token-facts.ts';

export type EngineDeps = OidcNeeds &
  AdapterDeps & {
    readonly claims: ConfiguredClaims;
    readonly notes: RequestNotes;
    readonly requestObjects: RequestObjects;
  };

export const ROUTES = {
  authorization: '/auth',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwks',
  introspection: '/introspect',
  revocation: '/revoke',
  pushed_authorization_request: '/par',
  end_session: '/unused',
};

/** A client assertion may be dated so far ahead; its id is remembered until then. */
const ASSERTION_AT_MOST_SECONDS = HOUR / SECOND;

/** Every helper that the library would warn about is defined, though it is never reached. */
export function configurationOf(deps: EngineDeps, jwks: JWKS): Configuration {
  const { parties, rights, publicUrl } = deps;
  const algorithms = [...SIGNING_ALGORITHMS];
  return {
    adapter: adapterFor(deps),
    jwks,
    routes: ROUTES,
    cookies: cookiesOf(publicUrl),
    acrValues: [...new Set(deps.authnContexts)],
    responseTypes: ['code'],
    scopes: ['openid', ...Object.keys(STANDARD_SCOPES)],
    claims: claimsOf(deps),
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'RS256' },
    enabledJWA: {
      idTokenSigningAlgValues: algorithms,
      clientAuthSigningAlgValues: [...algorithms, 'PS256', 'Ed25519'],
      requestObjectSigningAlgValues: [...REQUEST_OBJECT_ALGORITHMS],
      dPoPSigningAlgValues: ['ES256', 'EdDSA', 'Ed25519'],
    },
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    // Many applications read name and mail from the ID token alone; OpenID Connect Core 5.4 leaves it to the provider.
    conformIdTokenClaims: false,
    pkce: { required: (ctx) => isPkceRequired(ctx, parties) },
    features: featuresOf(deps),
    interactions: {
      policy: signInPolicy(deps) as never,
      url: async (_ctx, interaction) => {
        await deps.notes.expect(interaction.uid, String(interaction.params['client_id']));
        return `/login/request/oidc/${interaction.uid}`;
      },
    },
    discovery: {
      end_session_endpoint: new URL('/logout', publicUrl).href,
      prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    },
    findAccount: (ctx, subject, token) => findAccount(ctx, subject, token, deps),
    loadExistingGrant: (ctx) => openGrant(ctx, deps),
    issueRefreshToken: async (_ctx, client) =>
      parties.application(client.clientId)?.access.refreshTokens === true,
    rotateRefreshToken: () => true,
    // Whatever is revoked or used twice, all that hangs on the same sign-on goes (RFC 9700 4.14).
    revokeGrantPolicy: async () => true,
    expiresWithSession: async () => false,
    extraTokenClaims: async (ctx, token) => {
      const held = token.kind === 'AccessToken' ? rights.held(ctx) : undefined;
      return held && { ...factsOf(held), ...grantNamedBy(token as AccessToken) };
    },
    ttl: lifetimesOf(deps),
    assertJwtClientAuthClaimsAndHeader: async (_ctx, claims) => {
      const ahead = Number(claims['exp']) - deps.clock.now().getTime() / SECOND;
      if (ahead > ASSERTION_AT_MOST_SECONDS) throw new errors.InvalidClientAuth('exp is too far ahead');
    },
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((redirect) => new URL(redirect).origin === origin),
    fetch: (url, options) => {
      // The library's own guard knows no allow-list; ours checks the address at connect time instead (R8.1).
      const { dispatcher: _dispatcher, ...rest } = (options ?? {}) as RequestInit & { dispatcher?: unknown };
      return deps.http.fetchFor('relying party', 'foreign')(url, rest);
    },
    renderError: (ctx, out, error) => errorPage(ctx, out, error, deps.views),
  };
}

function cookiesOf({ protocol }: URL): NonNullable<Configuration['cookies']> {
  // R2.7: `__Host-` wants the path `/`, and these are bound to one request's own path.
  const name = (what: string): string => `${protocol === 'https:' ? '__Secure-' : ''}vestibule-oidc-${what}`;
  return {
    names: { session: name('session'), interaction: name('request'), resume: name('resume') },
    long: { httpOnly: true, sameSite: 'lax', signed: false },
    short: { httpOnly: true, sameSite: 'lax', signed: false },
  };
}

function featuresOf(deps: EngineDeps): NonNullable<Configuration['features']> {
  const { rights, keys } = deps;
  return {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    backchannelLogout: { enabled: true },
    claimsParameter: {
      enabled: true,
      assertClaimsParameter: async (_ctx, claims) => checkClaimsRequest(claims),
    },
    requestObjects: deps.requestObjects.feature,
    clientCredentials: { enabled: true },
    userinfo: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, allowUnregisteredRedirectUris: false },
    resourceIndicators: resourceIndicators(deps),
    dPoP: {
      enabled: true,
      requireNonce: () => true,
      // The same in all processes, so that a nonce of one is known to the others.
      nonceSecret: Buffer.from(keys.lookup('issuing-oidc/dpop-nonce', 'secret'), 'hex'),
    },
    revocation: {
      enabled: true,
      allowedPolicy: async (ctx, client, token) => {
        // Read now: when the event is written, the grant that knows the thread is gone.
        if ('grantId' in token && token.grantId !== undefined) await rights.grant(ctx, token.grantId);
        return token.clientId === client.clientId;
      },
    },
    introspection: introspection(deps),
  };
}

/** The names of all configured claims: which of them an application gets is decided per application. */
function claimsOf({ parties }: EngineDeps): NonNullable<Configuration['claims']> {
  const configured = parties.applications().flatMap(({ access }) => Object.keys(access.claims));
  const truthful = ['sub', 'sid', 'auth_time', 'acr', 'amr'];
  return {
    openid: [...new Set([...truthful, ...configured])],
    ...Object.fromEntries(Object.entries(STANDARD_SCOPES).map(([scope, claims]) => [scope, [...claims]])),
    sid: null,
    auth_time: null,
    iss: null,
  };
}

/** Read synchronously by the library, from what the request decided before. Undecided: as short as can be. */
function lifetimesOf({ parties, rights }: EngineDeps): NonNullable<Configuration['ttl']> {
  const seconds = (ctx: object, of: (rights: Rights) => number): number => {
    const held = rights.held(ctx);
    return held ? of(held) : 1;
  };
  return {
    AccessToken: (ctx, token) =>
      token.resourceServer?.accessTokenTTL ?? seconds(ctx, (held) => tokenSeconds(held.client, held)),
    AuthorizationCode: (ctx) => seconds(ctx, codeSeconds),
    IdToken: (ctx) => seconds(ctx, (held) => tokenSeconds(held.client, held)),
    RefreshToken: (ctx) => seconds(ctx, (held) => held.secondsLeft),
    Grant: (ctx) => seconds(ctx, (held) => held.secondsLeft),
    ClientCredentials: (_ctx, token, client) => {
      const machine = parties.machine(client.clientId);
      return token.resourceServer?.accessTokenTTL ?? (machine ? machineSeconds(machine) : 1);
    },
    Interaction: INTERACTION_SECONDS,
    Session: INTERACTION_SECONDS,
    DeviceCode: 1,
    BackchannelAuthenticationRequest: 1,
  };
}
