import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { DAY, MINUTE } from '../../base/index.ts';
import type { KeyValueStore } from '../../platform/key-value/index.ts';
import type { Keys } from '../../platform/keys/index.ts';
import type { GoneRequest, LoginRequest } from '../issuer.ts';

const Stored = z.strictObject({
  relyingParty: z.string(),
  requestId: z.string(),
  consumerUrl: z.string(),
  relayState: z.string().optional(),
  receivedAt: z.coerce.date(),
  force: z.boolean(),
  passive: z.boolean(),
  context: z
    .strictObject({
      comparison: z.enum(['exact', 'minimum', 'maximum', 'better']),
      classes: z.array(z.string()),
    })
    .optional(),
});

/** A request that was checked and waits for its answer. */
export type StoredRequest = z.output<typeof Stored>;

/** How long a person may take to sign in. */
const LIFETIME_MS = 15 * MINUTE;
/** How long it is still known where a request led. */
const GONE_MS = DAY;
/** Longer than a request is fresh, so that none can come again after it was forgotten. */
export const SPENT_MS = 30 * MINUTE;

const HANDLE = /^[A-Za-z0-9_-]{43}$/;
const OWNER = 'system:saml-requests';

/** Requests of service providers between their arrival and their one answer. */
export interface RequestStore {
  /**
   * Keeps a request under a new handle. One that came before, with the same id and the same content, is the same
   * request: its handle is given again, so that a reload goes on and nothing is answered twice.
   *
   * @param content everything that the browser brought.
   * @returns undefined when the id was used for something else.
   */
  keep(request: StoredRequest, content: string): Promise<string | undefined>;
  find(handle: string): Promise<LoginRequest | GoneRequest | undefined>;
  /** Reads without using up. */
  read(handle: string): Promise<StoredRequest | undefined>;
  /** Uses it up: of any number of callers, in all processes, one gets it. */
  take(handle: string): Promise<StoredRequest | undefined>;
}

export function createRequestStore(keyValue: KeyValueStore, keys: Pick<Keys, 'sealer'>): RequestStore {
  const open = async (sealed: string | undefined, handle: string): Promise<StoredRequest | undefined> => {
    if (sealed === undefined) return undefined;
    const sealer = await keys.sealer(OWNER);
    return Stored.parse(JSON.parse(sealer.open(sealed, placeOf(handle))));
  };
  return {
    async keep(request, content) {
      const handle = randomBytes(32).toString('base64url');
      const spentKey = `issuing:saml-id:${hash(request.relyingParty, request.requestId)}`;
      const digest = hash(request.relyingParty, content);
      if (!(await keyValue.add(spentKey, `${handle} ${digest}`, SPENT_MS))) {
        const [former, formerDigest] = ((await keyValue.get(spentKey)) ?? '').split(' ');
        return formerDigest === digest ? former : undefined;
      }
      const sealer = await keys.sealer(OWNER);
      await Promise.all([
        keyValue.set(goneKey(handle), request.relyingParty, GONE_MS),
        keyValue.set(keyOf(handle), sealer.seal(JSON.stringify(request), placeOf(handle)), LIFETIME_MS),
      ]);
      return handle;
    },

    async find(handle) {
      if (!HANDLE.test(handle)) return undefined;
      const [sealed, gone] = await keyValue.getMany([keyOf(handle), goneKey(handle)]);
      const stored = await open(sealed, handle);
      if (stored) return asLoginRequest(handle, stored);
      return gone === undefined ? undefined : { gone: true, relyingParty: gone };
    },

    read: async (handle) =>
      HANDLE.test(handle) ? open(await keyValue.get(keyOf(handle)), handle) : undefined,

    take: async (handle) =>
      HANDLE.test(handle) ? open(await keyValue.take(keyOf(handle)), handle) : undefined,
  };
}

function asLoginRequest(handle: string, stored: StoredRequest): LoginRequest {
  const { relyingParty, requestId, receivedAt, force, passive, context } = stored;
  return {
    ...{ handle, protocol: 'saml', relyingParty, requestId, receivedAt, force, passive },
    // SAML Core 3.3.2.2.1: it is a demand, always.
    ...(context && { context: { ...context, essential: true } }),
  };
}

function keyOf(handle: string): string {
  return `issuing:saml-request:${handle}`;
}

function goneKey(handle: string): string {
  return `issuing:saml-gone:${handle}`;
}

function placeOf(handle: string): string {
  return `issuing/saml-request/${handle}`;
}

/** Two texts, so joined that no other pair gives the same. */
function hash(first: string, second: string): string {
  return createHash('sha256')
    .update(JSON.stringify([first, second]))
    .digest('base64url');
}
