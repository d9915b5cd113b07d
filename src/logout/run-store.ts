import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Json, MINUTE } from '../base/index.ts';
import type { KeyValueStore } from '../platform/key-value/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { LogoutRun, PART_STATES, type PartState, type Progress } from './run.ts';

/** How long a logout can be followed, and its results looked at. */
export const RUN_MS = 30 * MINUTE;

/** A message of ours that waits for the other side's answer. */
export const OpenMessage = z.object({
  run: z.string(),
  /** Index of the relying party in the run, or its upstream. */
  part: z.union([z.int(), z.literal('upstream')]),
  /** Id of the relying party or connection that alone may answer. */
  peer: z.string(),
});
export type OpenMessage = z.infer<typeof OpenMessage>;

const Binding = z.object({ secret: z.string(), isHeld: z.boolean() });

/** Running logouts in the key-value store. What holds personal data is sealed; states are single words. */
export interface LogoutRuns {
  create(run: Omit<LogoutRun, 'handle'>): Promise<LogoutRun>;
  find(handle: string): Promise<LogoutRun | undefined>;
  progress(run: LogoutRun, isHeld: boolean): Promise<Progress>;
  /** A confirmation is final: nothing that comes later takes it back. */
  setState(handle: string, part: OpenMessage['part'], state: PartState): Promise<void>;
  isFinished(handle: string): Promise<boolean>;
  /** @returns whether this was the first time. */
  markClosed(handle: string): Promise<boolean>;
  markFinished(handle: string): Promise<boolean>;
  /** Binds the run to the first browser that opens it. @returns undefined for every other browser. */
  bind(handle: string, secret: string, isHeld: boolean): Promise<{ readonly isHeld: boolean } | undefined>;
  waitFor(messageId: string, message: OpenMessage): Promise<void>;
  /** Without using it up: an answer that is refused must not spend the right one's place. */
  waiting(messageId: string): Promise<OpenMessage | undefined>;
  /** Of any number of callers one gets it. */
  answered(messageId: string): Promise<OpenMessage | undefined>;
}

export function createLogoutRuns(keyValue: KeyValueStore, keys: Pick<Keys, 'sealer'>): LogoutRuns {
  const sealed = createSealedValues(keyValue, keys);
  const readState = (text: string | undefined): PartState | undefined =>
    PART_STATES.find((state) => state === text);

  return {
    async create(wanted) {
      const run: LogoutRun = { ...wanted, handle: randomText() };
      await sealed.set(runKey(run.handle), run, RUN_MS);
      return run;
    },
    async find(handle) {
      const value = await sealed.get(runKey(handle));
      return value === undefined ? undefined : LogoutRun.parse(value);
    },
    async progress(run, isHeld) {
      const parts = [...run.parties.keys(), 'upstream' as const];
      const texts = await keyValue.getMany([
        ...parts.map((part) => stateKey(run.handle, part)),
        closedKey(run.handle),
      ]);
      const states = texts.map(readState);
      const count = run.parties.length;
      return {
        run,
        isHeld,
        states: states.slice(0, count),
        upstream: states[count],
        isClosed: texts[count + 1] !== undefined,
      };
    },
    async setState(handle, part, state) {
      const key = stateKey(handle, part);
      if (state !== 'confirmed' && (await keyValue.get(key)) === 'confirmed') return;
      await keyValue.set(key, state, RUN_MS);
    },
    markClosed: (handle) => keyValue.add(closedKey(handle), '1', RUN_MS),
    isFinished: async (handle) => (await keyValue.get(finishedKey(handle))) !== undefined,
    markFinished: (handle) => keyValue.add(finishedKey(handle), '1', RUN_MS),
    async bind(handle, secret, isHeld) {
      const key = `logout:browser:${handle}`;
      const mine: z.infer<typeof Binding> = { secret: digest(secret), isHeld };
      if (await keyValue.add(key, JSON.stringify(mine), RUN_MS)) return { isHeld };
      const bound = Binding.safeParse(JSON.parse((await keyValue.get(key)) ?? 'null'));
      if (!bound.success || !isSame(bound.data.secret, mine.secret)) return undefined;
      return { isHeld: bound.data.isHeld };
    },
    waitFor: (messageId, message) => sealed.set(messageKey(messageId), message, RUN_MS),
    async waiting(messageId) {
      const value = await sealed.get(messageKey(messageId));
      return value === undefined ? undefined : OpenMessage.parse(value);
    },
    async answered(messageId) {
      const value = await sealed.take(messageKey(messageId));
      return value === undefined ? undefined : OpenMessage.parse(value);
    },
  };
}

/** JSON values of the key-value store, sealed in their place. */
export function createSealedValues(keyValue: KeyValueStore, keys: Pick<Keys, 'sealer'>) {
  const open = async (text: string | undefined, key: string): Promise<unknown> =>
    text === undefined ? undefined : JSON.parse((await keys.sealer('system:logout')).open(text, key));
  return {
    async set(key: string, value: Json | object, ttlMs: number): Promise<void> {
      const sealer = await keys.sealer('system:logout');
      await keyValue.set(key, sealer.seal(JSON.stringify(value), key), ttlMs);
    },
    get: async (key: string): Promise<unknown> => open(await keyValue.get(key), key),
    take: async (key: string): Promise<unknown> => open(await keyValue.take(key), key),
  };
}

/** 256 bits. */
export function randomText(): string {
  return randomBytes(32).toString('base64url');
}

/** Names from outside never become keys as they are: they may be long, or hold anything. */
function runKey(handle: string): string {
  return `logout:run:${digest(handle)}`;
}

function messageKey(messageId: string): string {
  return `logout:message:${digest(messageId)}`;
}

function stateKey(handle: string, part: OpenMessage['part']): string {
  return `logout:state:${handle}:${part}`;
}

function closedKey(handle: string): string {
  return `logout:closed:${handle}`;
}

function finishedKey(handle: string): string {
  return `logout:finished:${handle}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
