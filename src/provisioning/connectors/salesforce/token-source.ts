import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Clock, Secret } from '../../../base/index.ts';
import type { HttpClient } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { SalesforceTarget } from './config.ts';
import { failureOf, unavailable } from './failures.ts';
import { OAuthError, TokenAnswer } from './schema.ts';

/** Salesforce takes assertions that end within about three minutes, of a clock that may differ. */
const ASSERTION_SECONDS = 120;
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export type Token = {
  readonly text: string;
  /** Position of the credential that it was given for. */
  readonly credential: number;
  /** Id of the user whom the integration runs as, if the answer told. */
  readonly userId?: string;
  /** Where Salesforce says that the organization is; not followed. */
  readonly instanceUrl?: string;
};
export type TokenAnswered = { readonly outcome: 'token'; readonly token: Token } | CallFailed;

export type TokenSourceOptions = {
  readonly id: string;
  readonly url: URL;
  readonly auth: SalesforceTarget['auth'];
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
};

type Credential = { readonly form: () => Promise<URLSearchParams> };

/**
 * Access tokens of the integration: kept until Salesforce refuses one, asked for once however many wait. Tries
 * credentials newest first (R5.1). RFC 7523 for the assertion, RFC 6749 4.4 for client credentials.
 */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  readonly #credentials: readonly Credential[];
  #token: Token | undefined;
  #asking: Promise<TokenAnswered> | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
    this.#credentials = credentialsOf(options);
  }

  /** @param from position of the first credential to be tried, when there is no token. */
  async get(budget: CallBudget, from = 0): Promise<TokenAnswered> {
    if (this.#token) return { outcome: 'token', token: this.#token };
    this.#asking ??= this.#ask(budget, from).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Tries each credential. @returns the positions of those that Salesforce does not take. */
  async refused(budget: CallBudget): Promise<readonly number[] | CallFailed> {
    const refused: number[] = [];
    for (const index of this.#credentials.keys()) {
      const answer = await this.#exchange(index, budget);
      if (answer.outcome === 'token') continue;
      if (answer.code !== 'provisioning.token_revoked') return answer;
      refused.push(index);
    }
    return refused;
  }

  /** The API refused this token; another that was got meanwhile stays. */
  forget(token: Token): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #ask(budget: CallBudget, from: number): Promise<TokenAnswered> {
    let last: CallFailed = unavailable('provisioning.token_revoked');
    for (let position = from; position < this.#credentials.length; position += 1) {
      const answer = await this.#exchange(position, budget);
      if (answer.outcome === 'token') {
        this.#token = answer.token;
        return answer;
      }
      last = answer;
      if (answer.code !== 'provisioning.token_revoked') return answer;
    }
    return last;
  }

  async #exchange(position: number, budget: CallBudget): Promise<TokenAnswered> {
    const credential = this.#credentials[position];
    if (!credential) return unavailable('provisioning.token_revoked');
    const url = new URL('/services/oauth2/token', this.#options.url);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = (await credential.form()).toString();
    const answer = await callTarget(this.#options, { method: 'POST', url, headers, body }, budget, false);
    if (answer.outcome === 'unavailable') return answer;
    const { response } = answer;
    if (response.status === 400 || response.status === 401) {
      const parsed = OAuthError.safeParse(parseJson(response.body));
      const error = parsed.success ? parsed.data.error : 'unknown';
      this.#options.log.warn('Salesforce gave no token', { target: this.#options.id, error });
      return unavailable('provisioning.token_revoked');
    }
    if (response.status !== 200) return failureOf(response.status, false, response.headers);
    const parsed = TokenAnswer.safeParse(parseJson(response.body));
    return parsed.success
      ? { outcome: 'token', token: tokenOf(parsed.data, position) }
      : unavailable('provisioning.bad_answer');
  }
}

function tokenOf(answer: TokenAnswer, credential: number): Token {
  const userId = /\/id\/00D\w+\/(005\w+)$/.exec(answer.id ?? '')?.[1];
  return {
    text: answer.access_token,
    credential,
    ...(userId !== undefined && { userId }),
    ...(answer.instance_url !== undefined && { instanceUrl: answer.instance_url }),
  };
}

function credentialsOf({ auth, clock }: TokenSourceOptions): readonly Credential[] {
  if (auth.flow === 'client-credentials') {
    return auth.clients.map(({ clientId, clientSecret }) => ({
      form: async () =>
        new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: clientSecret.reveal(),
        }),
    }));
  }
  const audience = auth.audience.href.replace(/\/$/, '');
  return auth.keys.map(({ clientId, privateKey }) => {
    let key: KeyObject | undefined;
    return {
      form: async () => {
        key ??= privateKeyOf(privateKey);
        const now = Math.floor(clock.now().getTime() / 1000);
        const assertion = await new SignJWT({})
          .setProtectedHeader({ alg: 'RS256' })
          .setIssuer(clientId)
          .setSubject(auth.username)
          .setAudience(audience)
          .setJti(randomUUID())
          .setExpirationTime(now + ASSERTION_SECONDS)
          .sign(key);
        return new URLSearchParams({ grant_type: JWT_BEARER, assertion });
      },
    };
  });
}

/** @throws when the text is no private key in PEM; `checkTarget` says so before. */
function privateKeyOf(secret: Secret): KeyObject {
  return createPrivateKey(secret.reveal());
}

/** Whether a text is an RSA key that RS256 may use. */
export function isRsaKey(secret: Secret): boolean {
  try {
    const key = createPrivateKey(secret.reveal());
    return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  } catch {
    return false;
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
