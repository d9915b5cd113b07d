import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';
import { addMs, type Clock, HOUR, SECOND } from '../../base/index.ts';
import type { HttpClient, UrlTrust } from '../../platform/http/index.ts';
import { unavailable } from '../errors.ts';

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** How long a key set is used before it is read again. */
const REFRESH_MS = HOUR;
/** How long an upstream that does not answer may live on the keys we hold: then a revoked key must be gone. */
const MAX_AGE_MS = 24 * HOUR;
/** Unknown key ids cause at most one read in this time, whoever sends them. */
const UNKNOWN_KEY_PAUSE_MS = 30 * SECOND;

type Needs = {
  readonly system: string;
  readonly http: HttpClient;
  readonly trustOf: (url: URL) => UrlTrust;
  readonly clock: Clock;
};

/** The upstream's public signing keys, read again when a token names a key that we do not know. */
export class SigningKeys {
  readonly #needs: Needs;
  #held: { readonly url: string; readonly find: JWTVerifyGetKey; readonly loadedAt: Date } | undefined;
  #loading: Promise<JWTVerifyGetKey> | undefined;
  #lastTry: Date | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Chooses the key for a token's header. @throws jose's JWKSNoMatchingKey, or Unavailable. */
  finder(url: URL): JWTVerifyGetKey {
    return async (header, token) => {
      const find = await this.#current(url);
      try {
        return await find(header, token as FlattenedJWSInput);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayAskAgain()) throw error;
        const refreshed = await this.#load(url);
        return await refreshed(header, token as FlattenedJWSInput);
      }
    };
  }

  /** Reads the keys now. @throws Unavailable */
  async load(url: URL): Promise<void> {
    await this.#load(url);
  }

  async #current(url: URL): Promise<JWTVerifyGetKey> {
    const now = this.#needs.clock.now();
    const held = this.#held?.url === url.href ? this.#held : undefined;
    if (held && now < addMs(held.loadedAt, REFRESH_MS)) return held.find;
    try {
      return await this.#load(url);
    } catch (error) {
      if (held && now < addMs(held.loadedAt, MAX_AGE_MS)) return held.find;
      throw error;
    }
  }

  #mayAskAgain(): boolean {
    const { clock } = this.#needs;
    return this.#lastTry === undefined || clock.now() >= addMs(this.#lastTry, UNKNOWN_KEY_PAUSE_MS);
  }

  #load(url: URL): Promise<JWTVerifyGetKey> {
    this.#loading ??= this.#read(url).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read(url: URL): Promise<JWTVerifyGetKey> {
    const { http, system, trustOf, clock } = this.#needs;
    this.#lastTry = clock.now();
    try {
      const headers = { accept: 'application/json' };
      const answer = await http.request({ method: 'GET', url, headers, system, trust: trustOf(url) });
      const keys = KeySet.parse(JSON.parse(answer.status === 200 ? answer.body : ''));
      const find = createLocalJWKSet(keys as JSONWebKeySet);
      this.#held = { url: url.href, find, loadedAt: clock.now() };
      return find;
    } catch (error) {
      throw unavailable('federation.upstream_unavailable', system, 'the signing keys cannot be read', error);
    }
  }
}
