import { after } from 'node:test';
import { type RunningTestRedis, startTestRedis } from './redis-server.ts';

let own: Promise<RunningTestRedis> | undefined;
after(async () => {
  const started = await own;
  await started?.[Symbol.asyncDispose]();
});

/**
 * URL of a redis-server: the run's when there is one (see global-setup.ts), else one that this file starts and
 * stops itself. It is shared: use random keys, and `startTestRedis` of redis-server.ts to break one.
 */
export async function testRedisUrl(): Promise<string> {
  const given = process.env['VESTIBULE_TEST_REDIS_URL'];
  if (given) return given;
  own ??= startTestRedis();
  return (await own).url;
}
