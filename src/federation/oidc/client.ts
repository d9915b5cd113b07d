import * as oidc from 'openid-client';
import {
  type Clock,
  SECOND,
  type Secret,
  systemClock,
  Unavailable,
  VestibuleError,
} from '../../base/index.ts';
import { FederationError, unavailable } from '../errors.ts';
import type { ProviderMetadata } from './discovery.ts';
import type { OidcSettings } from './settings.ts';

type Needs = {
  readonly settings: OidcSettings;
  readonly clock: Clock;
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
};

type Exchange = {
  /** Our callback with the answer's parameters. */
  readonly answer: URL;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
};

export type Tokens = { readonly idToken: string; readonly accessToken: string };

/** Talks OAuth to one upstream as its registered client. Configurations are kept per metadata and secret. */
export class OidcClient {
  readonly #needs: Needs;
  readonly #configurations = new Map<
    number,
    { provider: ProviderMetadata; skew: number; made: oidc.Configuration }
  >();
  #secretInUse = 0;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  authorizationUrl(provider: ProviderMetadata, parameters: Record<string, string>): URL {
    return oidc.buildAuthorizationUrl(this.#configuration(provider, this.#secretInUse), parameters);
  }

  /**
   * Spends the code. When the upstream does not know our newest secret, the older ones are tried: client
   * authentication fails before the code is looked at (RFC 6749 5.2).
   */
  async exchangeCode(provider: ProviderMetadata, exchange: Exchange): Promise<Tokens> {
    const count = Math.max(1, this.#needs.settings.clientSecrets.length);
    for (let tried = 0; ; tried += 1) {
      const index = (this.#secretInUse + tried) % count;
      try {
        const tokens = await this.#exchange(this.#configuration(provider, index), exchange);
        this.#secretInUse = index;
        return tokens;
      } catch (error) {
        if (tried + 1 >= count || !isClientRefused(error)) throw this.#describe(error);
      }
    }
  }

  /** Claims of userinfo, whose `sub` is that of the ID token (OpenID Connect Core 5.3.2). */
  async userinfo(
    provider: ProviderMetadata,
    accessToken: string,
    subject: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await oidc.fetchUserInfo(this.#configuration(provider, this.#secretInUse), accessToken, subject);
    } catch (error) {
      throw this.#describe(error);
    }
  }

  async #exchange(configuration: oidc.Configuration, exchange: Exchange): Promise<Tokens> {
    const tokens = await oidc.authorizationCodeGrant(configuration, exchange.answer, {
      expectedState: exchange.state,
      expectedNonce: exchange.nonce,
      pkceCodeVerifier: exchange.codeVerifier,
      idTokenExpected: true,
    });
    if (tokens.id_token === undefined) {
      throw new FederationError('federation.upstream_misbehaved', 'the token answer holds no ID token');
    }
    return { idToken: tokens.id_token, accessToken: tokens.access_token };
  }

  #configuration(provider: ProviderMetadata, secretIndex: number): oidc.Configuration {
    const skew = Math.round((this.#needs.clock.now().getTime() - systemClock.now().getTime()) / SECOND);
    const known = this.#configurations.get(secretIndex);
    if (known && known.provider === provider && Math.abs(known.skew - skew) <= 1) return known.made;
    const made = this.#configure(provider, this.#needs.settings.clientSecrets[secretIndex], skew);
    this.#configurations.set(secretIndex, { provider, skew, made });
    return made;
  }

  #configure(provider: ProviderMetadata, secret: Secret | undefined, skew: number): oidc.Configuration {
    const { settings, fetch } = this.#needs;
    const configuration = new oidc.Configuration(
      serverMetadata(provider),
      settings.clientId,
      // The library reads the system's time; the skew makes it read ours.
      { [oidc.clockSkew]: skew, [oidc.clockTolerance]: settings.toleranceSeconds },
      authentication(settings, secret),
    );
    configuration.timeout = 10;
    configuration[oidc.customFetch] = (url, init) => fetch(url, init as RequestInit);
    // Our client refuses http to everything but loopback; the library only knows yes or no.
    if (settings.allowInsecureLoopback) oidc.allowInsecureRequests(configuration);
    return configuration;
  }

  #describe(error: unknown): VestibuleError {
    return describeOAuthFailure(error, this.#needs.settings.id);
  }
}

function serverMetadata(provider: ProviderMetadata): oidc.ServerMetadata {
  const { endpoints } = provider;
  return {
    issuer: provider.issuer,
    authorization_endpoint: endpoints.authorization.href,
    token_endpoint: endpoints.token.href,
    jwks_uri: endpoints.jwks.href,
    ...(endpoints.userinfo && { userinfo_endpoint: endpoints.userinfo.href }),
    id_token_signing_alg_values_supported: [...provider.algorithms],
    authorization_response_iss_parameter_supported: provider.sendsIssParameter,
  };
}

function authentication(settings: OidcSettings, secret: Secret | undefined): oidc.ClientAuth {
  if (!secret) return oidc.None();
  return settings.clientAuthentication === 'client_secret_basic'
    ? oidc.ClientSecretBasic(secret.reveal())
    : oidc.ClientSecretPost(secret.reveal());
}

function isClientRefused(error: unknown): boolean {
  if (error instanceof oidc.ResponseBodyError) return error.error === 'invalid_client';
  return error instanceof oidc.WWWAuthenticateChallengeError && error.status === 401;
}

/** The one place where OAuth failures become ours. Nothing of the answer's body is repeated. */
function describeOAuthFailure(error: unknown, connection: string): VestibuleError {
  const own = ownError(error);
  if (own instanceof Unavailable) {
    return unavailable('federation.upstream_unavailable', connection, own.code, error);
  }
  if (own) return own;
  if (isClientRefused(error)) {
    return new FederationError('federation.client_refused', `${connection}: invalid_client`, error);
  }
  if (error instanceof oidc.ResponseBodyError) {
    if (error.status >= 500) {
      return unavailable('federation.upstream_unavailable', connection, 'server error', error);
    }
    const code =
      error.error === 'invalid_grant' ? 'federation.code_refused' : 'federation.upstream_misbehaved';
    return new FederationError(code, `${connection}: the token endpoint refused the code`, error);
  }
  return describeClientError(error, connection);
}

function describeClientError(error: unknown, connection: string): VestibuleError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Response && cause.status >= 500) {
    return unavailable('federation.upstream_unavailable', connection, 'server error', error);
  }
  if (code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT') {
    return unavailable('federation.upstream_unavailable', connection, 'no answer in time', error);
  }
  const claim = claimOf(cause);
  if (claim === 'iss') return new FederationError('federation.wrong_issuer', `${connection}: iss`, error);
  if (claim === 'aud') return new FederationError('federation.wrong_audience', `${connection}: aud`, error);
  if (claim === 'nonce')
    return new FederationError('federation.wrong_transaction', `${connection}: nonce`, error);
  if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') {
    return new FederationError('federation.expired', `${connection}: ${claim ?? 'timestamp'}`, error);
  }
  return new FederationError(
    'federation.upstream_misbehaved',
    `${connection}: ${code || 'not an OAuth answer'}`,
    error,
  );
}

/** Which claim the library complained about; it says so in the cause of its own cause. */
function claimOf(cause: unknown): string | undefined {
  for (let depth = 0; depth < 4 && typeof cause === 'object' && cause !== null; depth += 1) {
    if ('claim' in cause && typeof cause.claim === 'string') return cause.claim;
    cause = 'cause' in cause ? cause.cause : undefined;
  }
  return undefined;
}

function ownError(error: unknown): VestibuleError | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if (current instanceof VestibuleError) return current;
    current = current.cause;
  }
  return undefined;
}
