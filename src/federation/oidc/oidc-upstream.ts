import { createHash, randomBytes } from 'node:crypto';
import { type Clock, type Json, MINUTE, type Problem, VestibuleError } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import { type HttpClient, Refreshed } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { theirNames } from '../context-names.ts';
import { FederationError } from '../errors.ts';
import type { UpstreamLogout } from '../logout.ts';
import type { UpstreamValues } from '../mapping.ts';
import { toJson } from '../pending.ts';
import { fetchByHost, hostTrust } from '../trust-of-host.ts';
import type {
  BeginOptions,
  Begun,
  Received,
  Upstream,
  UpstreamAnswer,
  UpstreamHealth,
  UpstreamResult,
} from '../upstream.ts';
import { checkIssParameter, parametersOf, readAnswer, refusedByUpstream } from './answer.ts';
import { valuesOfClaims } from './claims.ts';
import { OidcClient, type Tokens } from './client.ts';
import { type ProviderMetadata, readProvider } from './discovery.ts';
import { type IdTokenClaims, verifyIdToken } from './id-token.ts';
import { identify } from './identify.ts';
import { createOidcLogout } from './logout.ts';
import { checkTransaction, Pending } from './pending.ts';
import type { OidcSettings } from './settings.ts';
import { SigningKeys } from './signing-keys.ts';

/** Discovery changes rarely; keys have their own, quicker way. */
const DISCOVERY_REFRESH_MS = 60 * MINUTE;
type Needs = {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly db: Database;
};

/** One OpenID provider upstream: authorization code flow with PKCE, state and nonce. */
export class OidcUpstream implements Upstream, Disposable {
  readonly protocol = 'oidc';
  readonly id: string;
  readonly title: string;
  readonly mailDomains: readonly string[];
  readonly authnContexts: readonly string[];
  readonly logout: UpstreamLogout;
  readonly #settings: OidcSettings;
  readonly #clock: Clock;
  readonly #provider: Refreshed<ProviderMetadata>;
  readonly #keys: SigningKeys;
  readonly #client: OidcClient;

  constructor(settings: OidcSettings, { http, clock, log, db }: Needs) {
    this.id = settings.id;
    this.title = settings.title;
    this.mailDomains = settings.mailDomains;
    this.authnContexts = settings.authnContexts;
    this.#settings = settings;
    this.#clock = clock;
    const trustOf = hostTrust([
      settings.browserBaseUrl,
      settings.backChannelBaseUrl,
      ...settings.discoveryUrls,
      ...Object.values(settings.endpoints ?? {}),
    ]);
    this.#provider = new Refreshed({
      load: () => readProvider(settings, { http, trustOf }),
      clock,
      refreshMs: DISCOVERY_REFRESH_MS,
      onFailure: (error) => log.warn('upstream discovery failed', { connection: settings.id, error }),
    });
    this.#keys = new SigningKeys({ system: settings.id, http, trustOf, clock });
    this.#client = new OidcClient({ settings, clock, fetch: fetchByHost(http, settings.id, trustOf) });
    this.logout = createOidcLogout({
      ...{ settings, clock, db },
      provider: () => this.#provider.get(),
      keys: ({ endpoints }) => this.#keys.finder(endpoints.jwks),
    });
  }

  start(): void {
    this.#provider.start();
  }

  [Symbol.dispose](): void {
    this.#provider[Symbol.dispose]();
  }

  async begin(options: BeginOptions): Promise<Begun> {
    const provider = await this.#provider.get();
    const maxAgeSeconds = options.forceLogin ? 0 : options.maxAgeSeconds;
    const pending: Pending = {
      connection: this.id,
      state: options.correlation ?? randomValue(),
      nonce: randomValue(),
      codeVerifier: randomValue(),
      issuer: provider.issuer,
      tokenEndpoint: provider.endpoints.token.href,
      startedAt: this.#clock.now(),
      ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    };
    const url = this.#client.authorizationUrl(provider, this.#parameters(pending, options));
    return {
      correlation: pending.state,
      pending: toJson(pending),
      go: { kind: 'redirect', url },
    };
  }

  #parameters(pending: Pending, options: BeginOptions): Record<string, string> {
    const prompt = options.forceLogin ? 'login' : options.passive ? 'none' : undefined;
    return {
      response_type: 'code',
      redirect_uri: this.#settings.redirectUri.href,
      scope: this.#settings.scopes.join(' '),
      state: pending.state,
      nonce: pending.nonce,
      // RFC 7636 4.2, RFC 9700 2.1.1: always S256; an upstream that does not know PKCE ignores it.
      code_challenge: createHash('sha256').update(pending.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(this.#settings.responseMode === 'form_post' && { response_mode: 'form_post' }),
      ...(prompt && { prompt }),
      ...(options.loginHint !== undefined && { login_hint: options.loginHint }),
      // Core 3.1.2.1: a wish there; what was proven is judged here.
      ...(options.context && {
        acr_values: theirNames(options.context.classes, this.#settings.contextNames).join(' '),
      }),
      ...(pending.maxAgeSeconds !== undefined && { max_age: String(pending.maxAgeSeconds) }),
    };
  }

  async receive(answer: UpstreamAnswer): Promise<Received> {
    return readAnswer(answer, this.id);
  }

  async finish(received: Received, rawPending: Json): Promise<UpstreamResult> {
    const pending = Pending.parse(rawPending);
    const provider = await this.#provider.get();
    checkTransaction(pending, { connection: this.id, state: received.correlation, provider });
    const parameters = parametersOf(received);
    checkIssParameter(parameters, provider, this.id);
    const error = parameters.get('error');
    if (error !== null) return refusedByUpstream(error);

    const answer = new URL(this.#settings.redirectUri);
    answer.search = parameters.toString();
    const tokens = await this.#client.exchangeCode(provider, { answer, ...pending });
    const claims = await verifyIdToken(tokens.idToken, this.#keys.finder(provider.endpoints.jwks), {
      issuer: provider.issuer,
      clientId: this.#settings.clientId,
      nonce: pending.nonce,
      algorithms: provider.algorithms,
      now: this.#clock.now(),
      toleranceSeconds: this.#settings.toleranceSeconds,
    });
    this.#checkFreshness(claims, pending);
    const values = await this.#valuesOf(claims, tokens, provider);
    // A forced sign-in that got here without auth_time is believed by configuration, so it happened now.
    const isUndated = claims.auth_time === undefined && pending.maxAgeSeconds === undefined;
    const verifiedAt = this.#clock.now();
    return identify({ claims, values, tokens, isUndated, verifiedAt }, this.#settings);
  }

  #checkFreshness(claims: IdTokenClaims, pending: Pending): void {
    if (pending.maxAgeSeconds === undefined) return;
    if (claims.auth_time === undefined) {
      if (pending.maxAgeSeconds === 0 && this.#settings.freshWithoutAuthTime) return;
      throw new FederationError('federation.not_fresh', `${this.id}: the ID token has no auth_time`);
    }
    const oldestMs =
      pending.startedAt.getTime() - (pending.maxAgeSeconds + this.#settings.toleranceSeconds) * 1000;
    if (claims.auth_time * 1000 < oldestMs) {
      throw new FederationError('federation.not_fresh', `${this.id}: auth_time is older than asked for`);
    }
  }

  async #valuesOf(
    claims: IdTokenClaims,
    tokens: Tokens,
    provider: ProviderMetadata,
  ): Promise<UpstreamValues> {
    const signed = valuesOfClaims(claims, undefined);
    const missing = this.#settings.wantedClaims.some((names) => !names.some((name) => signed.has(name)));
    const wanted = this.#settings.userinfo === 'always' || (this.#settings.userinfo === 'auto' && missing);
    if (!wanted || !provider.endpoints.userinfo) return signed;
    return valuesOfClaims(claims, await this.#client.userinfo(provider, tokens.accessToken, claims.sub));
  }

  health(): UpstreamHealth {
    const { usable, failing, checkedAt } = this.#provider.state();
    const state = !usable && failing ? 'unavailable' : failing ? 'stale' : 'ok';
    return {
      state,
      ...(failing && { detail: 'discovery cannot be read' }),
      ...(checkedAt && { checkedAt }),
    };
  }

  async check(): Promise<readonly Problem[]> {
    try {
      const provider = await this.#provider.load();
      await this.#keys.load(provider.endpoints.jwks);
      return [];
    } catch (error) {
      const message = error instanceof VestibuleError ? (error.detail ?? error.code) : 'cannot be reached';
      return [{ path: `connections.${this.id}`, message }];
    }
  }
}

/** 256 bits. */
function randomValue(): string {
  return randomBytes(32).toString('base64url');
}
