import { createHash, createSecretKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../../src/base/index.ts';

type Key = { kid: string; privateKey: KeyObject; publicKey: KeyObject };

/** What a test may change about the provider; everything is read at the time of each request. */
export type OpenIdBehaviour = {
  claims: Record<string, unknown>;
  /** Left out of the ID token and told by userinfo only. */
  userinfo: Record<string, unknown>;
  userinfoSubject?: string;
  clientSecrets: string[];
  clientAuthentication: 'post' | 'basic';
  /** Replaces the ID token as a whole. */
  forgeIdToken?: (payload: JWTPayload, provider: OpenIdProvider) => Promise<string>;
  discovery: Record<string, unknown>;
  discoveryPaths: string[];
  down: boolean;
};

/** A small OpenID provider over real HTTP, made to misbehave on demand. Not the sandbox's. */
export class OpenIdProvider implements AsyncDisposable {
  readonly behaviour: OpenIdBehaviour = {
    claims: {},
    userinfo: {},
    clientSecrets: ['top-secret'],
    clientAuthentication: 'post',
    discovery: {},
    discoveryPaths: ['/.well-known/openid-configuration'],
    down: false,
  };
  readonly requests: string[] = [];
  keys: Key[] = [newKey('k1')];
  issuer = '';
  readonly #clock: Clock;
  readonly #codes = new Map<string, { nonce: string; challenge: string; redirectUri: string }>();
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async start(clock: Clock): Promise<OpenIdProvider> {
    const provider = new OpenIdProvider(clock);
    await new Promise<void>((resolve) => provider.#server.listen(0, '127.0.0.1', resolve));
    provider.issuer = `http://op.localhost:${(provider.#server.address() as AddressInfo).port}`;
    return provider;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The person signs in: what the browser would carry back to us. */
  authorize(url: URL): URLSearchParams {
    const code = randomUUID();
    this.#codes.set(code, {
      nonce: url.searchParams.get('nonce') ?? '',
      challenge: url.searchParams.get('code_challenge') ?? '',
      redirectUri: url.searchParams.get('redirect_uri') ?? '',
    });
    return new URLSearchParams({ code, state: url.searchParams.get('state') ?? '' });
  }

  nowSeconds(): number {
    return Math.floor(this.#clock.now().getTime() / 1000);
  }

  sign(payload: JWTPayload, key: Key | undefined = this.keys[0], header: object = {}): Promise<string> {
    if (!key) throw new Error('the provider has no key');
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header })
      .sign(key.privateKey);
  }

  signWithSecret(payload: JWTPayload, secret: string | Buffer): Promise<string> {
    const key = createSecretKey(typeof secret === 'string' ? Buffer.from(secret) : secret);
    return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: this.keys[0]?.kid ?? '' }).sign(key);
  }

  rotate(kid: string): Key {
    const key = newKey(kid);
    this.keys = [key];
    return key;
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const { pathname } = new URL(request.url ?? '/', this.issuer);
    this.requests.push(pathname);
    let text = '';
    for await (const part of request) text += String(part);
    if (this.behaviour.down) return { status: 503, body: {} };
    if (this.behaviour.discoveryPaths.includes(pathname)) return { status: 200, body: this.#discovery() };
    if (pathname === '/jwks') return { status: 200, body: await this.#jwks() };
    if (pathname === '/token') return await this.#token(new URLSearchParams(text), request);
    if (pathname === '/userinfo') {
      const sub = this.behaviour.userinfoSubject ?? this.behaviour.claims['sub'];
      return { status: 200, body: { sub, ...this.behaviour.userinfo } };
    }
    return { status: 404, body: {} };
  }

  #discovery(): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/jwks`,
      userinfo_endpoint: `${this.issuer}/userinfo`,
      ...this.behaviour.discovery,
    };
  }

  async #jwks(): Promise<object> {
    const keys = this.keys.map(async ({ kid, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid,
      use: 'sig',
    }));
    return { keys: await Promise.all(keys) };
  }

  async #token(form: URLSearchParams, request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const [clientId, secret] = this.#credentials(form, request);
    if (!this.behaviour.clientSecrets.includes(secret))
      return { status: 401, body: { error: 'invalid_client' } };
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!code || code.challenge !== challenge || code.redirectUri !== form.get('redirect_uri')) {
      return { status: 400, body: { error: 'invalid_grant' } };
    }
    const now = this.nowSeconds();
    const payload = {
      iss: this.issuer,
      aud: clientId,
      nonce: code.nonce,
      iat: now,
      exp: now + 300,
      auth_time: now,
      ...this.behaviour.claims,
    };
    const idToken = (await this.behaviour.forgeIdToken?.(payload, this)) ?? (await this.sign(payload));
    return {
      status: 200,
      body: { access_token: 'at', token_type: 'Bearer', expires_in: 300, id_token: idToken },
    };
  }

  #credentials(form: URLSearchParams, request: IncomingMessage): [string, string] {
    if (this.behaviour.clientAuthentication === 'post') {
      return [form.get('client_id') ?? '', form.get('client_secret') ?? ''];
    }
    const basic = Buffer.from(
      (request.headers.authorization ?? '').replace('Basic ', ''),
      'base64',
    ).toString();
    const [id = '', secret = ''] = basic
      .split(':')
      .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    return [id, secret];
  }
}

function newKey(kid: string): Key {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}
