import type { IncomingMessage, ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';
import { configurationOf, type EngineDeps } from './configuration.ts';
import { withExits } from './exits.ts';
import { constantTimeMatch } from './secret-match.ts';
import { isOidcPurpose, type PublishedKey, publishedKeys, toJwk } from './signing-keys.ts';

export type Callback = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/** One configured instance of the library, with the keys it publishes. */
type Built = {
  readonly provider: Provider;
  readonly callback: Callback;
  readonly keys: readonly PublishedKey[];
  readonly applications: unknown;
};

/**
 * The library in use. Keys and claim names are fixed when an instance is made, so a change makes a new one beside it;
 * requests under way finish on the old. All state is in the stores, so nobody notices.
 */
export interface Engine extends Disposable {
  provider(): Provider;
  keys(): readonly PublishedKey[];
  callback: Callback;
  /** After keys or registrations changed. Resolves when the new instance answers. */
  rebuild(): Promise<void>;
}

export async function openEngine(issuer: string, deps: EngineDeps): Promise<Engine> {
  let current = await build(issuer, deps);
  let isStale = false;
  let running: Promise<void> | undefined;
  const isCurrent = (): boolean => !isStale && current.applications === deps.registry.relyingParties();
  const renew = async (): Promise<void> => {
    try {
      // What changed in the meantime counts as well.
      while (!isCurrent()) {
        isStale = false;
        current = await build(issuer, deps);
      }
    } catch (error) {
      isStale = true;
      throw error;
    } finally {
      running = undefined;
    }
  };
  // All who need it wait for the same one: where it fails they hear so together, and the next to come tries again.
  const catchUp = (): Promise<void> => {
    running ??= renew();
    return running;
  };
  const rebuild = (): Promise<void> => {
    isStale = true;
    return catchUp();
  };
  const listening = deps.keys.onIssuingKeysChange((purpose) => {
    if (!isOidcPurpose(purpose)) return;
    void rebuild().catch((error) =>
      deps.log.warn('new signing keys are not in use yet; the next request tries again', { error }),
    );
  });
  return {
    provider: () => current.provider,
    keys: () => current.keys,
    rebuild,
    async callback(req, res) {
      // The registry hands out another list when registrations change; claim names may have.
      if (!isCurrent()) await catchUp();
      await current.callback(req, res);
    },
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}

async function build(issuer: string, deps: EngineDeps): Promise<Built> {
  const applications = deps.registry.relyingParties();
  const keys = await publishedKeys(deps.keys);
  const provider = new Provider(issuer, configurationOf(deps, { keys: keys.map(toJwk) }));
  // Only so is the scheme taken from the header that the handler writes; nothing of the sender's is left in it.
  provider.proxy = true;
  // Without a listener the framework would print to the console.
  (provider as NodeJS.EventEmitter).on('error', (error: unknown) => {
    if (isBrokenOff(error)) deps.log.info('a request broke off', { error });
    else deps.log.error('request failed', { error });
  });
  acceptAnySecret(provider, deps);
  knowOfflineAccess(provider);
  refuseByType(provider);
  keepIdsApart(provider);
  withExits(provider, { ...deps, signingKeys: keys });
  return { provider, callback: provider.callback() as Callback, keys, applications };
}

/** Whoever sends nonsense, or goes away in the middle of it, is no fault of ours that somebody should be woken for. */
function isBrokenOff(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('HPE_') || code === 'ECONNRESET' || code === 'ECONNABORTED' || code === 'EPIPE';
}

/** Each of a client's secrets is good, so that they can be replaced one after the other. */
function acceptAnySecret(provider: Provider, { parties }: EngineDeps): void {
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: { readonly clientId: string }, shown: string): boolean {
      return constantTimeMatch(shown, parties.secretsOf(this.clientId));
    },
  });
}

/**
 * RFC 6749 4.1.2.1: a response type that nobody offers is refused as one. The library looks at the response mode first,
 * and each of those types brings a mode of its own, which is not offered either.
 */
function refuseByType({ Client: { prototype } }: Provider): void {
  const isAllowed = prototype.responseModeAllowed;
  const responseModeAllowed: typeof isAllowed = function (this: typeof prototype, mode, type, profile) {
    const isCode = type?.split(' ').every((part) => part === 'code') ?? true;
    return !isCode || isAllowed.call(this, mode, type, profile);
  };
  Object.assign(prototype, { responseModeAllowed });
}

/**
 * `offline_access` asks for a refresh token, which the registration gives or not (OpenID Connect Core 11), so it is
 * never granted as a scope. Applications that name all of their scopes again when they refresh, as mod_auth_openidc
 * does, must not fail for it: whoever holds a refresh token was given just that.
 */
function knowOfflineAccess(provider: Provider): void {
  Object.defineProperty(provider.RefreshToken.prototype, 'scopes', {
    get(this: { readonly scope?: string }): Set<string> {
      return new Set([...(this.scope?.split(' ') ?? []), 'offline_access']);
    },
  });
}

/**
 * One-time ids of client assertions, proofs and signed requests. The library writes the name of the application and the id
 * one after the other, so `wiki` with `2-1` would be `wiki2` with `-1`, and one could use up what another is about to
 * send. No name has a line break in it.
 */
function keepIdsApart({ ReplayDetection }: Provider): void {
  const remember = ReplayDetection.unique;
  const unique: typeof remember = (name, id, ends) => remember.call(ReplayDetection, `${name}\n`, id, ends);
  Object.assign(ReplayDetection, { unique });
}
