import { addMs, type Clock, SECOND } from '../../../base/index.ts';
import type { HttpClient } from '../../../platform/http/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import type { CallFailed } from '../../connector/connector.ts';
import { callTarget } from '../../connector/target-call.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { RENEW_EARLY_MS, type ScimTarget, UNDATED_TOKEN_MS } from './config.ts';
import { failureOf, unavailable } from './failures.ts';
import { parseJson } from './json.ts';
import { member, textOf } from './resource.ts';

export type CredentialNeeds = {
  readonly id: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
};

type Headers = Readonly<Record<string, string>>;
export type Authorization = { readonly outcome: 'headers'; readonly headers: Headers } | CallFailed;

/** Whatever proves to the service provider who we are. Lists are newest first (R5.1). */
export interface Credentials {
  /** How often one request may be sent before a 401 counts. */
  readonly attempts: number;
  authorize(budget: CallBudget): Promise<Authorization>;
  /** These headers were answered with 401. */
  refused(headers: Headers): void;
}

export function createCredentials(settings: ScimTarget, needs: CredentialNeeds): Credentials {
  return settings.oauth
    ? new ClientCredentials(settings.oauth, settings.tokenHeader, needs)
    : new FixedTokens(settings);
}

function headersFor(token: string, name: string | undefined): Headers {
  return name === undefined ? { authorization: `Bearer ${token}` } : { [name.toLowerCase()]: token };
}

class FixedTokens implements Credentials {
  readonly attempts: number;
  readonly #headers: readonly Headers[];
  /** Index of the token that works; an older one serves while the newest is not active yet. */
  #current = 0;

  constructor({ tokens = [], tokenHeader }: ScimTarget) {
    this.#headers = tokens.map(({ token }) => headersFor(token.reveal(), tokenHeader));
    this.attempts = tokens.length;
  }

  authorize(): Promise<Authorization> {
    const headers = this.#headers[this.#current];
    return Promise.resolve(
      headers ? { outcome: 'headers', headers } : unavailable('provisioning.token_revoked'),
    );
  }

  /** A request that ran meanwhile may have moved on already. */
  refused(headers: Headers): void {
    if (headers === this.#headers[this.#current]) this.#current = (this.#current + 1) % this.#headers.length;
  }
}

type Token = { readonly headers: Headers; readonly renewAt: Date };

/** Tokens of `client_credentials` (RFC 6749 4.4): kept until shortly before their end, one request for all callers. */
class ClientCredentials implements Credentials {
  /** The token that was kept, and a fresh one. */
  readonly attempts = 2;
  readonly #oauth: NonNullable<ScimTarget['oauth']>;
  readonly #header: string | undefined;
  readonly #needs: CredentialNeeds;
  #token: Token | undefined;
  #asking: Promise<Authorization> | undefined;

  constructor(oauth: NonNullable<ScimTarget['oauth']>, header: string | undefined, needs: CredentialNeeds) {
    this.#oauth = oauth;
    this.#header = header;
    this.#needs = needs;
  }

  authorize(budget: CallBudget): Promise<Authorization> {
    const token = this.#token;
    if (token && this.#needs.clock.now() < token.renewAt) {
      return Promise.resolve({ outcome: 'headers', headers: token.headers });
    }
    this.#asking ??= this.#ask(budget).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** A token that another caller has replaced meanwhile says nothing about the new one. */
  refused(headers: Headers): void {
    if (this.#token?.headers === headers) this.#token = undefined;
  }

  async #ask(budget: CallBudget): Promise<Authorization> {
    let failed = unavailable('provisioning.token_revoked');
    for (const client of this.#oauth.clients) {
      const answer = await this.#askAs(client, budget);
      if (answer.outcome === 'headers' || answer.code !== 'provisioning.token_revoked') return answer;
      failed = answer;
    }
    return failed;
  }

  async #askAs(client: Client, budget: CallBudget): Promise<Authorization> {
    const { tokenUrl } = this.#oauth;
    const request = { method: 'POST', url: tokenUrl, ...this.#form(client) } as const;
    // Asking for a token changes no account, so a lost reply leaves nothing behind.
    const answer = await callTarget(this.#needs, request, budget, false);
    if (answer.outcome === 'unavailable') return answer;
    const { status, headers, body } = answer.response;
    if (status !== 200) {
      this.#needs.log.warn('token endpoint refused a client', { target: this.#needs.id, status });
      // RFC 6749 5.2: an unknown client is 400 or 401.
      if (status === 400 || status === 401) return unavailable('provisioning.token_revoked');
      return failureOf(status, headers, false);
    }
    return this.#keep(parseJson(body));
  }

  #form({ clientId, clientSecret }: Client): { readonly headers: Headers; readonly body: string } {
    const { scope, audience, sendSecret } = this.#oauth;
    const secret = clientSecret.reveal();
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scope !== undefined) form.set('scope', scope);
    if (audience !== undefined) form.set('audience', audience);
    if (sendSecret === 'post') {
      form.set('client_id', clientId);
      form.set('client_secret', secret);
    }
    const pair = `${formEncoded(clientId)}:${formEncoded(secret)}`;
    return {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(sendSecret === 'basic' && { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
      },
      body: form.toString(),
    };
  }

  #keep(body: unknown): Authorization {
    const text = textOf(member(body, 'access_token'));
    const type = textOf(member(body, 'token_type')).toLowerCase();
    // It becomes part of a header; one of another type could not be used (RFC 6749 7.1).
    if (!/^[\x21-\x7e]+$/.test(text) || (type !== '' && type !== 'bearer')) {
      this.#needs.log.error('token endpoint gave no bearer token', { target: this.#needs.id });
      return unavailable('provisioning.bad_answer');
    }
    const seconds = Number(textOf(member(body, 'expires_in')) || Number.NaN);
    const livesMs = seconds > 0 ? seconds * SECOND : UNDATED_TOKEN_MS;
    const keptMs = Math.max(livesMs / 2, livesMs - RENEW_EARLY_MS);
    const headers = headersFor(text, this.#header);
    this.#token = { headers, renewAt: addMs(this.#needs.clock.now(), keptMs) };
    return { outcome: 'headers', headers };
  }
}

type Client = NonNullable<ScimTarget['oauth']>['clients'][number];

/** RFC 6749 2.3.1: both parts are encoded like a form before they are joined. */
function formEncoded(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2);
}
