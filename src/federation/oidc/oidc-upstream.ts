import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Clock, type Json, MINUTE, type Problem, VestibuleError } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import { type HttpClient, Refreshed } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { FederationError, type RefusalCode } from '../errors.ts';
import type { UpstreamLogout } from '../logout.ts';
import { isPartitionAllowed, mapValues, subjectFrom, type UpstreamValues } from '../mapping.ts';
import { refused } from '../refused.ts';
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
import { valuesOfClaims } from './claims.ts';
import { OidcClient, type Tokens } from './client.ts';
import { type ProviderMetadata, readProvider } from './discovery.ts';
import { type IdTokenClaims, verifyIdToken } from './id-token.ts';
import { createOidcLogout } from './logout.ts';
import type { OidcSettings } from './settings.ts';
import { SigningKeys } from './signing-keys.ts';

/** Discovery changes rarely; keys have their own, quicker way. */
const DISCOVERY_REFRESH_MS = 60 * MINUTE;
/** An ID token is kept for the logout hint only if a session can carry it. */
const MAX_HINT_LENGTH = 1_500;
const MAX_PARAMETER_LENGTH = 4_096;
/** Of all parameters: what an answer needs is a code, a state and an issuer. */
const MAX_ANSWER_LENGTH = 8_192;

/** What finish() needs again; the transaction fixes connection, issuer and endpoints (R2.4). */
const Pending = z.strictObject({
  connection: z.string(),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  issuer: z.string(),
  tokenEndpoint: z.string(),
  startedAt: z.coerce.date(),
  /** Oldest acceptable proof, in seconds before `startedAt`; 0 for a forced sign-in. */
  maxAgeSeconds: z.number().optional(),
});
type Pending = z.output<typeof Pending>;

const Facts = z.strictObject({ parameters: z.array(z.tuple([z.string(), z.string()])) });

type Answered = {
  readonly claims: IdTokenClaims;
  readonly values: UpstreamValues;
  readonly tokens: Tokens;
  readonly isUndated: boolean;
};

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
      pending: { ...pending, startedAt: pending.startedAt.toISOString() },
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
      ...(options.context && { acr_values: options.context.classes.join(' ') }),
      ...(pending.maxAgeSeconds !== undefined && { max_age: String(pending.maxAgeSeconds) }),
    };
  }

  async receive(answer: UpstreamAnswer): Promise<Received> {
    const parameters = answer.kind === 'query' ? [...answer.params] : Object.entries(answer.fields);
    if (parameters.some(([name, value]) => name.length + value.length > MAX_PARAMETER_LENGTH)) {
      throw new FederationError('federation.answer_too_large', `${this.id}: a parameter is too long`);
    }
    if (parameters.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > MAX_ANSWER_LENGTH) {
      throw new FederationError('federation.answer_too_large', `${this.id}: the parameters are too long`);
    }
    const [state, ...more] = parameters.filter(([name]) => name === 'state').map(([, value]) => value);
    // RFC 6749 3.1: parameters must not be repeated; a second one is how two readers come to differ.
    if (new Set(parameters.map(([name]) => name)).size !== parameters.length || more.length > 0) {
      throw new FederationError('federation.answer_malformed', `${this.id}: a parameter is repeated`);
    }
    if (!state) throw new FederationError('federation.answer_unsolicited', `${this.id}: no state`);
    return { correlation: state, facts: { parameters } };
  }

  async finish(received: Received, rawPending: Json): Promise<UpstreamResult> {
    const pending = Pending.parse(rawPending);
    const provider = await this.#provider.get();
    this.#checkTransaction(received, pending, provider);
    const parameters = new URLSearchParams(Facts.parse(received.facts).parameters);
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
    return this.#identify({ claims, values, tokens, isUndated });
  }

  /** R2.4. The login room found `pending` by the state; that it belongs to this connection is ours to check. */
  #checkTransaction(received: Received, pending: Pending, provider: ProviderMetadata): void {
    const problem =
      pending.connection !== this.id
        ? 'the transaction belongs to another connection'
        : pending.state !== received.correlation
          ? 'the state is another one'
          : pending.issuer !== provider.issuer || pending.tokenEndpoint !== provider.endpoints.token.href
            ? 'issuer or token endpoint changed during the sign-in'
            : undefined;
    if (problem) throw new FederationError('federation.wrong_transaction', `${this.id}: ${problem}`);
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

  #identify({ claims, values, tokens, isUndated }: Answered): UpstreamResult {
    const subject = subjectFrom(values.get(this.#settings.subjectClaim));
    if (subject === undefined) {
      return refused('federation.subject_missing', `no usable ${this.#settings.subjectClaim}`);
    }
    if (!isPartitionAllowed(values, this.#settings.partition)) {
      return refused('federation.partition_refused', 'allowedPartitions');
    }
    const verified = values.get('email_verified')?.[0];
    return {
      outcome: 'identity',
      identity: {
        connection: this.id,
        issuer: claims.iss,
        subject,
        ...mapValues(values, this.#settings.mapping),
        ...((verified === 'true' || verified === 'false') && { mailVerified: verified === 'true' }),
        // Without auth_time, the token's own time is the earliest that is known for certain.
        authTime: new Date((claims.auth_time ?? claims.iat) * 1000),
        ...(isUndated && { isUndated }),
        verifiedAt: this.#clock.now(),
        ...(claims.acr !== undefined && { authnContext: claims.acr }),
        amr: claims.amr ?? [],
        upstreamSession: upstreamSession(claims, tokens),
      },
    };
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

/** RFC 9207 2.4, against mix-up: an `iss` must be the issuer that was asked, and must be there if it is announced. */
function checkIssParameter(
  parameters: URLSearchParams,
  provider: ProviderMetadata,
  connection: string,
): void {
  const iss = parameters.get('iss');
  if (iss === provider.issuer || (iss === null && !provider.sendsIssParameter)) return;
  throw new FederationError(
    'federation.wrong_issuer',
    `${connection}: the answer's iss is not the issuer asked`,
  );
}

const REFUSAL_OF: Readonly<Record<string, RefusalCode>> = {
  access_denied: 'federation.upstream_denied',
  unmet_authentication_requirements: 'federation.context_refused',
  login_required: 'federation.login_required',
  interaction_required: 'federation.login_required',
  consent_required: 'federation.login_required',
  account_selection_required: 'federation.login_required',
};

function refusedByUpstream(error: string): UpstreamResult {
  // The error text comes from a URL that anyone can write: only known codes are repeated.
  const known = /^[a-z_]{1,40}$/.test(error) ? error : 'unknown error';
  return refused(REFUSAL_OF[error] ?? 'federation.upstream_failed', known);
}

function upstreamSession(claims: IdTokenClaims, tokens: Tokens): Record<string, string> {
  return {
    sub: claims.sub,
    ...(claims.sid !== undefined && { sid: claims.sid }),
    ...(tokens.idToken.length <= MAX_HINT_LENGTH && { idTokenHint: tokens.idToken }),
  };
}
