import { addMs, type Clock, SECOND } from '../../../base/index.ts';
import type { HttpClient } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { type Credential, TOKEN_PATH } from './config.ts';
import { failureOf } from './failures.ts';
import { parseJson } from './json.ts';
import { OAuthToken } from './schema.ts';

type Needs = {
  readonly id: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly url: URL;
};
type Headers = Readonly<Record<string, string>>;
export type Authorization =
  | {
      readonly outcome: 'headers';
      readonly headers: Headers /** From an earlier call. */;
      readonly kept: boolean;
    }
  | CallFailed;

const SHORTEST_LIFE_SECONDS = 30;
const DEFAULT_LIFE_SECONDS = 300;

/** One credential: App-ID and Auth-Token, or OAuth client credentials (RFC 6749 4.4) whose token is kept. */
export class Authorizer {
  readonly #needs: Needs;
  readonly #credential: Credential;
  #token: { readonly text: string; readonly until: Date } | undefined;

  constructor(needs: Needs, credential: Credential) {
    this.#needs = needs;
    this.#credential = credential;
  }

  /** Headers of a request. May spend one call on a new token. */
  async authorize(budget: CallBudget): Promise<Authorization> {
    const { appId, authToken } = this.#credential;
    if (authToken) {
      const headers = { 'app-id': appId ?? '', 'auth-token': authToken.reveal() };
      return { outcome: 'headers', kept: false, headers };
    }
    const kept = this.#token !== undefined && this.#token.until > this.#needs.clock.now();
    if (!kept) {
      const failed = await this.#fetch(budget);
      if (failed) return failed;
    }
    const bearer = { authorization: `Bearer ${this.#token?.text ?? ''}` };
    return {
      outcome: 'headers',
      kept,
      headers: { ...bearer, ...(appId !== undefined && { 'app-id': appId }) },
    };
  }

  /** The other side did not accept the token. */
  forget(): void {
    this.#token = undefined;
  }

  async #fetch(budget: CallBudget): Promise<CallFailed | undefined> {
    const { tokenUrl, clientId = '', clientSecret, scopes, appId } = this.#credential;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret?.reveal() ?? '',
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    });
    const request = {
      method: 'POST',
      url: tokenUrl ?? new URL(TOKEN_PATH, this.#needs.url),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(appId !== undefined && { 'app-id': appId }),
      },
      body: form.toString(),
    } as const;
    const answer = await callTarget(this.#needs, request, budget, false);
    if (answer.outcome === 'unavailable') return answer;
    const { status, headers, body } = answer.response;
    const parsed = OAuthToken.safeParse(parseJson(body));
    // RFC 6749 5.2: a client that is not accepted gets 400 or 401.
    if (status >= 400) return failureOf(status === 400 ? 401 : status, headers, false);
    if (!parsed.success) return failureOf(418, headers, false);
    const seconds = parsed.data.expires_in ?? DEFAULT_LIFE_SECONDS;
    // Renewed before it ends, so that no request travels with a token that dies on the way.
    const until = addMs(this.#needs.clock.now(), Math.max(0, seconds - SHORTEST_LIFE_SECONDS) * SECOND);
    this.#token = { text: parsed.data.access_token, until };
    return undefined;
  }
}
