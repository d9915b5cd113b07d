/**
 * platform/key-value: short-lived state behind one small interface: sessions, login transactions, codes, rate
 * limits, caches. In memory for the embedded mode, Redis for any number of processes; one conformance suite holds
 * both to the same behaviour.
 *
 * Nothing here must survive: what safety leans on (grants, one-time ids, the session index) is in PostgreSQL
 * (R7.3). A call without an answer throws `Unavailable` (`key_value.unavailable`) within two seconds.
 */
export { checkRedis } from './check-redis.ts';
export type { KeyValueErrorCode } from './errors.ts';
export type { KeyValueStore } from './key-value.ts';
export { openMemoryKeyValue } from './memory.ts';
export { openRedisKeyValue, type RedisKeyValueOptions } from './redis.ts';
