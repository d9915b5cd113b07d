import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { addMs, MINUTE, randomText, SECOND, Unavailable } from '../../../src/base/index.ts';
import { readProblems } from '../../../src/platform/key-value/check-redis.ts';
import { checkRedis, type KeyValueStore, openRedisKeyValue } from '../../../src/platform/key-value/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';
import { type KeyValueHarness, keyValueConformance } from '../../conformance/key-value.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { testRedisUrl } from '../../support/redis.ts';
import { startTestRedis } from '../../support/redis-server.ts';

let raw: Redis | undefined;
after(() => raw?.disconnect());

async function openHarness(): Promise<KeyValueHarness> {
  const url = await testRedisUrl();
  raw ??= new Redis(url);
  const direct = raw;
  const prefix = `test-${randomText(12)}:`;
  const clock = new ManualClock();
  const store = await openRedisKeyValue({ url, log: silentLog, clock, prefix });
  return {
    store,
    clock,
    elapse: async (ms) => {
      clock.advance(ms);
      await shortenLives(direct, prefix, ms);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Redis's own clock cannot be set, so the remaining lifetimes are. A key without one is a fault of the store. */
async function shortenLives(direct: Redis, prefix: string, ms: number): Promise<void> {
  for (const key of await direct.keys(`${prefix}*`)) {
    const left = await direct.pttl(key);
    assert.notEqual(left, -1, `${key} has no lifetime`);
    await direct.pexpire(key, left - ms);
  }
}

keyValueConformance('redis', openHarness);

async function openOn(url: string, openWithinMs = 5 * SECOND): Promise<KeyValueStore> {
  return openRedisKeyValue({ url, log: silentLog, clock: new ManualClock(), openWithinMs });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('it did not happen');
}

test('when redis dies all calls fail fast, and they work again after its restart', async () => {
  await using server = await startTestRedis();
  await using store = await openOn(server.url);
  await store.set('a', '1', MINUTE);
  await server.kill();

  const began = performance.now();
  const calls = [
    () => store.get('a'),
    () => store.getMany(['a', 'b']),
    () => store.set('a', '1', MINUTE),
    () => store.add('a', '1', MINUTE),
    () => store.take('a'),
    () => store.delete('a'),
    () => store.increment('a', MINUTE),
    () => store.indexAdd('i', 'a', addMs(new Date(), MINUTE)),
    () => store.indexList('i'),
    () => store.indexRemove('i', 'a'),
    () => store.ping(),
  ];
  for (const call of calls) {
    await assert.rejects(
      call(),
      (error) => error instanceof Unavailable && error.code === 'key_value.unavailable',
    );
  }
  assert.ok(performance.now() - began < 2 * SECOND);

  await server.restart();
  await until(() =>
    store.ping().then(
      () => true,
      () => false,
    ),
  );
  assert.equal(await store.increment('n', MINUTE), 1);
  assert.equal(await store.add('a', '2', MINUTE), true);
});

test('calls in flight when redis dies are refused and never repeated behind our back', async () => {
  await using server = await startTestRedis();
  await using store = await openOn(server.url);

  const calls = Array.from({ length: 200 }, (_, n) => store.add(`k${n}`, '1', MINUTE));
  const settled = Promise.allSettled(calls);
  await server.kill();

  for (const call of await settled) {
    assert.ok(call.status === 'fulfilled' || call.reason instanceof Unavailable);
  }
});

for (const how of ['drop', 'go mute'] as const) {
  test(`calls over a connection that ${how === 'drop' ? 'drops' : 'goes mute'} are refused, and a new one serves the next`, async () => {
    await using server = await startTestRedis();
    await using line = await openLine(Number(new URL(server.url).port));
    await using store = await openOn(`redis://127.0.0.1:${line.port}`);
    await store.set('a', '1', MINUTE);

    line.disturb(how);
    const lost = await Promise.allSettled(Array.from({ length: 20 }, () => store.get('a')));
    assert.ok(lost.every((call) => call.status === 'rejected' && call.reason instanceof Unavailable));

    await until(async () => (await store.get('a').catch(() => undefined)) === '1');
    assert.equal(await store.increment('n', MINUTE), 1);
  });
}

/** A line to Redis whose present connections break, with a word or without, when the next call comes. */
async function openLine(
  to: number,
): Promise<AsyncDisposable & { readonly port: number; disturb(how: 'drop' | 'go mute'): void }> {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  const server = createServer((near) => {
    const pair = { near, far: connect(to, '127.0.0.1') };
    pairs.add(pair);
    for (const end of [near, pair.far]) end.on('error', () => undefined);
    near.pipe(pair.far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    disturb: (how) => {
      for (const { near, far } of pairs) {
        near.unpipe(far);
        near.on('data', () => (how === 'drop' ? near.destroy() : undefined)).resume();
      }
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { near, far } of pairs) for (const end of [near, far]) end.destroy();
      await closed;
    },
  };
}

test('a server that accepts and never answers is unavailable, not a hanging start', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  await assert.rejects(openOn(`redis://127.0.0.1:${port}`, 300), Unavailable);
  server.close();
});

test('errors never quote keys or values', async () => {
  await using server = await startTestRedis();
  await using store = await openOn(server.url);
  await server.kill();

  await assert.rejects(store.set('session:ses_1', 'very-secret', MINUTE), (error) => {
    const text = JSON.stringify([error, error instanceof Error && [error.message, error.stack, error.cause]]);
    return !text.includes('very-secret') && !text.includes('ses_1');
  });
});

test('a full redis refuses writes as unavailable and keeps what it has', async () => {
  await using server = await startTestRedis();
  await using store = await openOn(server.url);
  await store.set('a', '1', MINUTE);
  const direct = new Redis(server.url);
  await direct.config('SET', 'maxmemory', '1');

  await assert.rejects(store.add('b', '1', MINUTE), Unavailable);
  await assert.rejects(store.increment('n', MINUTE), Unavailable);
  assert.equal(await store.get('a'), '1');
  direct.disconnect();
});

test('a cluster is served through the same calls', async () => {
  await using server = await startTestRedis({ cluster: true });
  await using store = await openOn(server.url.replace('redis:', 'redis-cluster:'));
  const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);

  await Promise.all(keys.map((key) => store.set(key, key, MINUTE)));
  await store.indexAdd('i', 'a', addMs(new ManualClock().now(), MINUTE));

  assert.deepEqual(await store.getMany(keys), keys);
  assert.equal(await store.increment('n', MINUTE), 1);
  assert.deepEqual(await store.indexList('i'), ['a']);
  await store.delete(...keys);
  assert.equal(await store.take('k1'), undefined);
});

test('check accepts a redis that keeps its data', async () => {
  await using server = await startTestRedis();

  assert.deepEqual(await checkRedis({ url: server.url, log: silentLog }), []);
});

test('check names a redis that evicts', async () => {
  await using server = await startTestRedis();
  const direct = new Redis(server.url);
  await direct.config('SET', 'maxmemory-policy', 'allkeys-lru');

  const [problem] = await checkRedis({ url: server.url, log: silentLog });

  assert.match(problem?.message ?? '', /noeviction/);
  direct.disconnect();
});

test('check names a redis that is too old', () => {
  const [problem, ...others] = readProblems('redis_version:6.2.14\r\nmaxmemory_policy:noeviction\r\n');

  assert.match(problem?.message ?? '', /6\.2\.14/);
  assert.deepEqual(others, []);
});
