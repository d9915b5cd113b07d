import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import { addMs, type Clock, HOUR, MINUTE, SECOND } from '../../base/index.ts';
import type { KeyValueStore } from '../../platform/key-value/index.ts';
import type { Keys } from '../../platform/keys/index.ts';

export type ShortLivedDeps = {
  readonly keyValue: KeyValueStore;
  readonly keys: Pick<Keys, 'sealer' | 'lookup'>;
  readonly clock: Clock;
};

/** Longer than anything here that can be consumed lives. */
const CONSUMED_FOR_MS = HOUR;
/**
 * The same code or token again within this time is one request that was sent twice: refused, and no more. Later it is
 * somebody else's, and the library ends the whole grant (RFC 9700 4.14.2). Without it, which of two requests of one
 * moment ends the other's tokens would be chance.
 */
export const SENT_TWICE_MS = 2 * SECOND;
/** Until the library says how long a one-time id must be remembered. */
const REPLAY_AT_LEAST_MS = 10 * MINUTE;

/**
 * Codes, interactions, opaque access tokens and pushed requests, sealed in the key-value store under a keyed hash of
 * their id: reading the store gives nobody a token (R7.3).
 */
export function createShortLivedStore(model: string, deps: ShortLivedDeps): Adapter {
  const { keyValue, keys, clock } = deps;
  const keyOf = (id: string): string => `issuing:oidc:${model}:${keys.lookup(`issuing-oidc/${model}`, id)}`;
  const open = async (key: string, sealed: string): Promise<AdapterPayload> =>
    JSON.parse((await keys.sealer(OWNER)).open(sealed, key));
  return {
    async upsert(id, payload, expiresIn = 0) {
      const key = keyOf(id);
      const sealer = await keys.sealer(OWNER);
      const writes = [keyValue.set(key, sealer.seal(JSON.stringify(payload), key), expiresIn * SECOND)];
      if (payload.grantId !== undefined) {
        const ends = addMs(clock.now(), expiresIn * SECOND);
        writes.push(keyValue.indexAdd(grantIndex(model, payload.grantId, keys), key, ends));
      }
      await Promise.all(writes);
    },
    async find(id) {
      const key = keyOf(id);
      const [sealed, consumed] = await keyValue.getMany([key, consumedKey(key)]);
      if (sealed === undefined) return undefined;
      const payload = await open(key, sealed);
      const isUsed = payload.grantId === undefined ? consumed !== undefined : isReuse(consumed, clock);
      return isUsed ? { ...payload, consumed: true } : payload;
    },
    async consume(id) {
      // Of any number of callers in any number of processes one gets through; the library alone lets all through.
      const at = String(clock.now().getTime());
      if (await keyValue.add(consumedKey(keyOf(id)), at, CONSUMED_FOR_MS)) return;
      throw model === 'PushedAuthorizationRequest'
        ? new errors.InvalidRequestUri('request_uri was already used')
        : new errors.InvalidGrant('already used');
    },
    async destroy(id) {
      if (model !== 'Interaction') return keyValue.delete(keyOf(id));
      // Answering an interaction begins with its destruction, so this is what makes it count once.
      if ((await keyValue.take(keyOf(id))) === undefined) {
        throw new errors.SessionNotFound('the request was already answered');
      }
    },
    async revokeByGrantId(grantId) {
      const index = grantIndex(model, grantId, keys);
      await keyValue.delete(...(await keyValue.indexList(index)), index);
    },
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
  };
}

/**
 * One-time ids of client assertions and DPoP proofs. The library looks and then writes; here the look itself is the
 * atomic write, so of two that look at once only one sees nothing.
 */
export function createReplayStore(deps: ShortLivedDeps): Adapter {
  const store = createShortLivedStore('ReplayDetection', deps);
  const keyOf = (id: string): string => `issuing:oidc:replay:${deps.keys.lookup('issuing-oidc/replay', id)}`;
  return {
    ...store,
    async find(id) {
      const isFirst = await deps.keyValue.add(keyOf(id), '1', REPLAY_AT_LEAST_MS);
      return isFirst ? undefined : { jti: id, kind: 'ReplayDetection' };
    },
    async upsert(id, _payload, expiresIn = 0) {
      await deps.keyValue.set(keyOf(id), '1', Math.max(expiresIn * SECOND, REPLAY_AT_LEAST_MS));
    },
  };
}

/** Our session is the only truth (R2.1): the library's own lives for one request and is never kept. */
export function createNoSessionStore(): Adapter {
  const nothing = async (): Promise<undefined> => undefined;
  return {
    upsert: nothing,
    find: nothing,
    findByUid: nothing,
    findByUserCode: nothing,
    consume: nothing,
    destroy: nothing,
    revokeByGrantId: nothing,
  };
}

const OWNER = 'system:oidc';

function isReuse(consumedAt: string | undefined, clock: Clock): boolean {
  return consumedAt !== undefined && clock.now().getTime() - Number(consumedAt) >= SENT_TWICE_MS;
}

function consumedKey(key: string): string {
  return `${key}:consumed`;
}

function grantIndex(model: string, grantId: string, keys: Pick<Keys, 'lookup'>): string {
  return `issuing:oidc:${model}:of-grant:${keys.lookup('issuing-oidc/grant', grantId)}`;
}
