import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { SECOND } from '../../base/index.ts';
import type { Log } from '../log/index.ts';
import { keyValueUnavailable } from './errors.ts';

// A sign-in waits for the store several times: rather refuse at once than let requests pile up.
export const COMMAND_TIMEOUT_MS = 2 * SECOND;
/** Whoever asked has given up by then, so a server that vanished without a word is not waited for. */
const SILENCE_MS = COMMAND_TIMEOUT_MS + SECOND;
const LAST_RETRY_MS = 2 * SECOND;

/**
 * Connects to one server (`redis://`, `rediss://`), to a cluster (`redis-cluster://host:port,host:port`) or by
 * sentinels (`redis-sentinel://host:port,host:port/master-name`; `rediss-…` for TLS), and waits until it answers.
 * Later losses are mended in the background while calls fail at once.
 *
 * @throws Unavailable `key_value.unavailable` when nothing answers within `withinMs`.
 */
export async function connectRedis(url: string, log: Log, withinMs: number): Promise<Redis | Cluster> {
  const redis = createClient(url);
  let up = true;
  // Without a listener an error of the connection would end the process.
  redis.on('error', (error: Error) => {
    if (up) log.warn('redis connection lost', { error });
    up = false;
  });
  redis.on('ready', () => {
    if (!up) log.info('redis connection is back');
    up = true;
  });
  try {
    await becomesReady(redis, withinMs);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}

/** Ends the connection without waiting for a server that may be gone. */
export async function disconnectRedis(redis: Redis | Cluster): Promise<void> {
  // Only a live connection announces its end; one between two attempts just stops.
  if (redis.status !== 'ready') return redis.disconnect();
  const ended = new Promise<void>((resolve) => redis.once('end', () => resolve()));
  redis.disconnect();
  await ended;
}

function becomesReady(redis: Redis | Cluster, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => reject(keyValueUnavailable('redis did not answer at start')), withinMs);
    redis.once('ready', () => {
      clearTimeout(tooLate);
      resolve();
    });
    // Rejects when the first attempt fails; the next attempts go on until the time is over.
    redis.connect().catch(() => undefined);
  });
}

const OPTIONS = {
  lazyConnect: true,
  connectTimeout: 5 * SECOND,
  // What is in flight when the connection ends is refused at once. With any other number the driver forgets calls over
  // a quick reconnect, and then waits for ever to send the next pipeline.
  maxRetriesPerRequest: 0,
  socketTimeout: SILENCE_MS,
  enableOfflineQueue: false,
  // A command whose reply was lost must not be sent again behind the caller's back: the caller refuses.
  autoResendUnfulfilledCommands: false,
  // Commands of one tick travel together, also those of different requests.
  enableAutoPipelining: true,
  keepAlive: 10 * SECOND,
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, LAST_RETRY_MS),
  // After a failover the old primary answers READONLY: connect again and find the new one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} satisfies RedisOptions;

function createClient(url: string): Redis | Cluster {
  const match = /^(rediss?)-(cluster|sentinel):\/\/(?:([^:@/]*):([^@/]*)@)?([^/?]+)(?:\/([^/?]+))?$/.exec(
    url,
  );
  if (!match) return new Redis(url, OPTIONS);
  const [, scheme, kind, username, password, hosts = '', name = 'mymaster'] = match;
  const access = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(scheme === 'rediss' && { tls: {} }),
  };
  const nodes = hosts.split(',').map(parseNode);
  if (kind === 'sentinel') return new Redis({ ...OPTIONS, ...access, sentinels: nodes, name });
  // The cluster's own connections to its nodes open when first used: these calls wait, inside our time limit.
  const { retryStrategy, lazyConnect, enableOfflineQueue, ...perNode } = OPTIONS;
  return new Cluster(nodes, {
    lazyConnect,
    enableOfflineQueue,
    enableAutoPipelining: true,
    clusterRetryStrategy: retryStrategy,
    redisOptions: { ...perNode, ...access },
  });
}

function parseNode(text: string): { host: string; port: number } {
  const { hostname, port } = new URL(`redis://${text}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
}
