import { type Cluster, type Redis, ReplyError } from 'ioredis';
import { type Clock, SECOND } from '../../base/index.ts';
import type { Log } from '../log/index.ts';
import { keyValueUnavailable } from './errors.ts';
import type { KeyValueStore } from './key-value.ts';
import { COMMAND_TIMEOUT_MS, connectRedis, disconnectRedis } from './redis-connection.ts';

export type RedisKeyValueOptions = {
  /** See `connectRedis` for clusters and sentinels. */
  readonly url: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Before every key. Default `vestibule:`. */
  readonly prefix?: string;
  /** How long to wait for the first connection. Default 10 s. */
  readonly openWithinMs?: number;
};

/**
 * The store of server mode, shared by all processes; Redis 7 or newer with `noeviction` (R7.3). Values end by
 * Redis's clock, members of an index by ours. Every command names one key, so a cluster works.
 *
 * @throws Unavailable `key_value.unavailable` when Redis does not answer at start.
 */
export async function openRedisKeyValue(options: RedisKeyValueOptions): Promise<KeyValueStore> {
  const log = options.log.child({ room: 'key-value' });
  const redis = await connectRedis(options.url, log, options.openWithinMs ?? 10 * SECOND);
  return redisKeyValue(redis, options.clock, options.prefix ?? 'vestibule:');
}

function redisKeyValue(redis: Redis | Cluster, clock: Clock, prefix: string): KeyValueStore {
  const at = (key: string): string => `${prefix}${key}`;
  const now = (): number => clock.now().getTime();
  return {
    get: async (key) => (await answered(redis.get(at(key)))) ?? undefined,
    getMany: async (keys) => {
      // Auto-pipelining sends them together; MGET would fail across the slots of a cluster.
      const values = await answered(Promise.all(keys.map((key) => redis.get(at(key)))));
      return values.map((value) => value ?? undefined);
    },
    set: async (key, value, ttlMs) => {
      await answered(redis.set(at(key), value, 'PX', wholeMs(ttlMs)));
    },
    add: async (key, value, ttlMs) =>
      (await answered(redis.set(at(key), value, 'PX', wholeMs(ttlMs), 'NX'))) === 'OK',
    take: async (key) => (await answered(redis.getdel(at(key)))) ?? undefined,
    delete: async (...keys) => {
      await answered(Promise.all(keys.map((key) => redis.del(at(key)))));
    },
    increment: (key, ttlMs) => increment(redis, at(key), wholeMs(ttlMs)),
    indexAdd: (key, member, ends) => indexAdd(redis, at(key), member, ends.getTime(), now()),
    indexList: (key) => answered(redis.zrange(at(key), `(${now()}`, '+inf', 'BYSCORE')),
    indexRemove: async (key, member) => {
      await answered(redis.zrem(at(key), member));
    },
    ping: async () => {
      await answered(redis.ping());
    },
    [Symbol.asyncDispose]: () => disconnectRedis(redis),
  };
}

/** In one transaction: between two single commands the key could end and come back without a lifetime. */
async function increment(redis: Redis | Cluster, key: string, ttlMs: number): Promise<number> {
  const replies = await answered(redis.multi().set(key, 0, 'PX', ttlMs, 'NX').incr(key).exec());
  return Number(replied(replies)[1]);
}

/** The index itself lives as long as its longest member; it can only grow older (GT), and starts with one (NX). */
async function indexAdd(
  redis: Redis | Cluster,
  key: string,
  member: string,
  ends: number,
  now: number,
): Promise<void> {
  const ttlMs = wholeMs(ends - now);
  const transaction = redis
    .multi()
    .zremrangebyscore(key, '-inf', now)
    .zadd(key, ends, member)
    .pexpire(key, ttlMs, 'NX')
    .pexpire(key, ttlMs, 'GT');
  replied(await answered(transaction.exec()));
}

/** Replies of a transaction; an error inside one is thrown like an error of the whole. */
function replied(replies: readonly [Error | null, unknown][] | null): readonly unknown[] {
  if (!replies) throw keyValueUnavailable('the transaction was dropped');
  return replies.map(([error, reply]) => {
    if (error) throw fault(error);
    return reply;
  });
}

/** The driver's own timeout does not cover pipelines, and can lose calls that are in flight when Redis dies. */
async function answered<T>(reply: Promise<T>): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no reply in time')), COMMAND_TIMEOUT_MS);
  try {
    return await Promise.race([reply, tooLate]);
  } catch (error) {
    throw fault(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Only the first word of Redis's error goes on: the driver's errors carry the command with its values, and those
 * are sessions and codes.
 */
function fault(error: unknown): Error {
  if (!(error instanceof ReplyError) || !(error instanceof Error)) {
    return keyValueUnavailable(`no answer (${error instanceof Error ? error.name : 'unknown'})`);
  }
  const kind = error.message.split(' ', 1)[0] ?? '';
  if (kind === 'WRONGTYPE')
    return new TypeError('the key holds an index where a value was asked for, or the reverse');
  return keyValueUnavailable(`redis answered ${kind}`);
}

/** Redis takes whole milliseconds from 1. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}
