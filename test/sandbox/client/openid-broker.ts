import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../../../src/base/index.ts';

type Reply = { status?: number; json?: unknown; location?: string; headers?: Record<string, string> };
type Code = { challenge: string; nonce: string; redirectUri: string; resource: string; scope: string };

/** Stands for the broker as OpenID provider, over real HTTP. It asks nobody for a password. */
export class OpenIdBroker implements AsyncDisposable {
  /** Parameters of requests, by the path below `/oidc`. */
  readonly received: {
    readonly path: string;
    readonly fields: URLSearchParams;
    readonly authorization: string;
  }[] = [];
  claims: Record<string, unknown> = {};
  /** Replaces the next answers of this path below `/oidc`. */
  refuse: Record<string, Reply> = {};
  /** The answer to authorization requests, instead of a code. */
  error: Record<string, string> | undefined;
  forge: (payload: JWTPayload) => JWTPayload = (payload) => payload;
  secret = 'wiki-demo-secret-0000000000000000';
  readonly #clock: Clock;
  readonly #key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #codes = new Map<string, Code>();
  readonly #refreshTokens = new Map<string, { resource: string; scope: string }>();
  readonly #server = createServer((req, res) => {
    void this.#handle(req).then(({ status = 200, json, location, headers = {} }) => {
      const fields = { 'content-type': 'application/json', ...headers, ...(location && { location }) };
      res.writeHead(location ? 302 : status, fields).end(json === undefined ? '' : JSON.stringify(json));
    });
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async start(clock: Clock): Promise<OpenIdBroker> {
    const broker = new OpenIdBroker(clock);
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get origin(): string {
    return `http://broker.localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  get issuer(): string {
    return `${this.origin}/oidc`;
  }

  reset(): void {
    this.claims = { sub: 'per_mira', sid: 'sid-1', name: 'Mira Lindqvist' };
    this.refuse = {};
    this.error = undefined;
    this.forge = (payload) => payload;
    this.received.length = 0;
    this.#refreshTokens.clear();
  }

  last(path: string): URLSearchParams {
    const found = this.received.findLast((each) => each.path === path);
    if (!found) throw new Error(`nothing came to ${path}`);
    return found.fields;
  }

  /** A logout token (Back-Channel Logout 1.0, 2.4), changed as a test wants. */
  logoutToken(
    change: Record<string, unknown> = {},
    header: object = {},
    key: KeyObject = this.#key.privateKey,
  ): Promise<string> {
    const now = Math.floor(this.#clock.now().getTime() / 1_000);
    const payload = {
      ...{ iss: this.issuer, aud: 'wiki', iat: now, exp: now + 120, jti: randomUUID() },
      ...{ sub: 'per_mira', sid: 'sid-1' },
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      ...change,
    };
    return this.#sign(payload, { typ: 'logout+jwt', ...header }, key);
  }

  #sign(payload: JWTPayload, header: object = {}, key = this.#key.privateKey): Promise<string> {
    const given = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
    return new SignJWT(given).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key);
  }

  async #handle(req: IncomingMessage): Promise<Reply> {
    const { pathname, searchParams } = new URL(req.url ?? '/', this.origin);
    let text = '';
    for await (const part of req) text += String(part);
    const path = pathname.replace('/oidc/', '');
    const fields = req.method === 'POST' ? new URLSearchParams(text) : searchParams;
    const authorization = req.headers.authorization ?? '';
    this.received.push({ path, fields, authorization });
    const refusal = this.refuse[path];
    if (refusal) return refusal;
    switch (path) {
      case '.well-known/openid-configuration':
        return { json: this.#discovery() };
      case 'jwks':
        return {
          json: {
            keys: [{ ...(await exportJWK(this.#key.publicKey)), kid: 'k1', use: 'sig', alg: 'RS256' }],
          },
        };
      case 'auth':
        return this.#authorize(fields);
      case 'token':
        return this.#token(fields, authorization);
      case 'me':
        return { json: { sub: this.claims['sub'], email: 'mira@halden.example' } };
      case 'session/end':
        return { location: `${fields.get('post_logout_redirect_uri')}?state=${fields.get('state')}` };
      default:
        return { status: 404, json: {} };
    }
  }

  #discovery(): object {
    const at = (path: string): string => `${this.issuer}/${path}`;
    return {
      issuer: this.issuer,
      authorization_endpoint: at('auth'),
      token_endpoint: at('token'),
      userinfo_endpoint: at('me'),
      jwks_uri: at('jwks'),
      end_session_endpoint: at('session/end'),
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  #authorize(fields: URLSearchParams): Reply {
    const get = (name: string): string => fields.get(name) ?? '';
    const answer = new URLSearchParams({ state: get('state'), iss: this.issuer, ...this.error });
    if (!this.error) {
      const code = randomUUID();
      this.#codes.set(code, {
        challenge: get('code_challenge'),
        nonce: get('nonce'),
        redirectUri: get('redirect_uri'),
        resource: get('resource'),
        scope: get('scope'),
      });
      answer.set('code', code);
    }
    return { location: `${get('redirect_uri')}?${answer}` };
  }

  async #token(fields: URLSearchParams, authorization: string): Promise<Reply> {
    // RFC 6749 2.3.1: both parts are form-encoded, down to the hyphens of a careful client.
    const given = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    if (decodeURIComponent(given) !== `wiki:${this.secret}`) {
      return { status: 401, json: { error: 'invalid_client' } };
    }
    if (fields.get('grant_type') === 'refresh_token') {
      const held = this.#refreshTokens.get(fields.get('refresh_token') ?? '');
      this.#refreshTokens.delete(fields.get('refresh_token') ?? '');
      if (!held) return { status: 400, json: { error: 'invalid_grant' } };
      return { json: await this.#tokens(held, '') };
    }
    const code = this.#codes.get(fields.get('code') ?? '');
    this.#codes.delete(fields.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(fields.get('code_verifier') ?? '')
      .digest('base64url');
    if (!code || challenge !== code.challenge || fields.get('redirect_uri') !== code.redirectUri) {
      return { status: 400, json: { error: 'invalid_grant' } };
    }
    return { json: await this.#tokens(code, code.nonce) };
  }

  async #tokens({ resource, scope }: { resource: string; scope: string }, nonce: string): Promise<object> {
    const now = Math.floor(this.#clock.now().getTime() / 1_000);
    const base = { iss: this.issuer, aud: 'wiki', iat: now, exp: now + 300, ...this.claims };
    const refreshToken = randomUUID();
    this.#refreshTokens.set(refreshToken, { resource, scope });
    const bound = {
      iss: this.issuer,
      aud: resource,
      sub: this.claims['sub'],
      scope,
      exp: now + 300,
    } as JWTPayload;
    return {
      access_token: resource === '' ? randomUUID() : await this.#sign(bound, { typ: 'at+jwt' }),
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: refreshToken,
      scope,
      id_token: await this.#sign(this.forge(nonce === '' ? base : { ...base, nonce })),
    };
  }
}
