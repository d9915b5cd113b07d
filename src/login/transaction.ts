import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Json, type LoginId, MINUTE, newId, SECOND } from '../base/index.ts';
import type { Received } from '../federation/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Keys } from '../platform/keys/index.ts';

/** A request of a relying party that waits for this sign-in. Handles are unguessable and made by us. */
export const RequestRef = z.object({
  protocol: z.enum(['oidc', 'saml']),
  handle: z.string().regex(/^[\w-]{16,128}$/),
});

/** Where the person wants to go; empty is the launchpad. */
export const Destination = z.object({
  relyingParty: z.string().optional(),
  to: z.string().optional(),
  request: RequestRef.optional(),
});
export type Destination = z.infer<typeof Destination>;

const Transaction = z.object({
  id: z.custom<LoginId>((value) => typeof value === 'string'),
  connection: z.string(),
  destination: Destination,
  /** SHA-256 of the browser's secret for this one attempt. */
  binding: z.string(),
  /** The upstream must not show anything; a refusal leads to a visible try. */
  silent: z.boolean(),
  pending: z.custom<Json>((value) => value !== undefined),
});

/** One attempt to sign in upstream, between leaving and coming back (R2.2, R2.4). */
export type Transaction = z.infer<typeof Transaction>;

const Parked = z.object({
  connection: z.string(),
  received: z.object({ correlation: z.string(), facts: z.custom<Json>((value) => value !== undefined) }),
});

/** How long a person may take at the upstream's sign-in page. */
export const TRANSACTION_MS = 15 * MINUTE;
/** Between a cross-site POST and the same-origin GET that follows at once. */
const PARKED_MS = 60 * SECOND;

/** An attempt that is over: its thread, and where it led. */
const UsedUp = z.object({ id: Transaction.shape.id, destination: Destination });
export type UsedUp = z.infer<typeof UsedUp>;

/** Keeps attempts in the key-value store, sealed: they hold secrets of the transaction and personal data. */
export interface Transactions {
  /** @returns the browser's secret, to be set as the cookie of this attempt. */
  start(correlation: string, wanted: Omit<Transaction, 'binding'>): Promise<string>;
  /** Reads without using up, so that a wrong browser cannot spend somebody else's attempt. */
  peek(correlation: string): Promise<Transaction | undefined>;
  /** Of any number of callers one gets it. */
  take(correlation: string): Promise<Transaction | undefined>;
  /** What a used-up attempt was, for the link that starts it again; `again` from the second time on. */
  usedUp(correlation: string): Promise<(UsedUp & { readonly again: boolean }) | undefined>;
  /** Did a browser that did not start it come with an answer to this attempt for the first time? */
  isFirstStray(correlation: string): Promise<boolean>;
  /**
   * Keeps an answer for the browser that follows at once. Of one that answers no attempt of ours only its name is
   * kept: anybody can post anything, and it must not fill the store.
   *
   * @returns the one-time handle of `/login/continue/:handle`.
   */
  park(connection: string, received: Received): Promise<string>;
  peekParked(handle: string): Promise<{ connection: string; received: Received } | undefined>;
  takeParked(handle: string): Promise<boolean>;
}

export function createTransactions(keyValue: KeyValueStore, keys: Keys): Transactions {
  const seal = async (value: Json, place: string): Promise<string> =>
    (await keys.sealer('system:login')).seal(JSON.stringify(value), place);
  const open = async (sealed: string | undefined, place: string): Promise<unknown> =>
    sealed === undefined ? undefined : JSON.parse((await keys.sealer('system:login')).open(sealed, place));

  const readTransaction = async (sealed: string | undefined, correlation: string) => {
    const value = await open(sealed, transactionKey(correlation));
    return value === undefined ? undefined : Transaction.parse(value);
  };

  return {
    async start(correlation, wanted) {
      const secret = randomBytes(32).toString('base64url');
      const key = transactionKey(correlation);
      await keyValue.set(key, await seal({ ...wanted, binding: hash(secret) } as Json, key), TRANSACTION_MS);
      return secret;
    },
    peek: async (correlation) =>
      readTransaction(await keyValue.get(transactionKey(correlation)), correlation),
    async take(correlation) {
      const transaction = await readTransaction(
        await keyValue.take(transactionKey(correlation)),
        correlation,
      );
      if (transaction) {
        const { id, destination } = transaction;
        await keyValue.set(usedKey(correlation), JSON.stringify({ id, destination }), TRANSACTION_MS);
      }
      return transaction;
    },
    async usedUp(correlation) {
      const text = await keyValue.get(usedKey(correlation));
      if (text === undefined) return undefined;
      const isFirst = await keyValue.add(repeatedKey(correlation), '1', TRANSACTION_MS);
      return { ...UsedUp.parse(JSON.parse(text)), again: !isFirst };
    },
    isFirstStray: (correlation) => keyValue.add(strayKey(correlation), '1', TRANSACTION_MS),
    async park(connection, { correlation, facts }) {
      const handle = randomBytes(32).toString('base64url');
      const key = parkedKey(handle);
      const isAwaited = (await keyValue.get(transactionKey(correlation))) !== undefined;
      const received = { correlation, facts: isAwaited ? facts : null };
      await keyValue.set(key, await seal({ connection, received } as Json, key), PARKED_MS);
      return handle;
    },
    async peekParked(handle) {
      const value = await open(await keyValue.get(parkedKey(handle)), parkedKey(handle));
      return value === undefined ? undefined : Parked.parse(value);
    },
    takeParked: async (handle) => (await keyValue.take(parkedKey(handle))) !== undefined,
  };
}

/** Does the browser hold the secret of this attempt? Compared by hash in constant time. */
export function isBound(transaction: Transaction, secret: string | undefined): boolean {
  if (secret === undefined) return false;
  return timingSafeEqual(Buffer.from(hash(secret)), Buffer.from(transaction.binding));
}

export function newLoginId(): LoginId {
  return newId('lgn');
}

/** Correlations come from outside; a hash keeps keys short and of one shape. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const transactionKey = (correlation: string): string => `login:transaction:${hash(correlation)}`;
const usedKey = (correlation: string): string => `login:used:${hash(correlation)}`;
const repeatedKey = (correlation: string): string => `login:repeated:${hash(correlation)}`;
const strayKey = (correlation: string): string => `login:stray:${hash(correlation)}`;
const parkedKey = (handle: string): string => `login:parked:${hash(handle)}`;
