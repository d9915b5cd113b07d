import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestPostgres } from './postgres-server.ts';
import { writeReadyKeys } from './ready-keys.ts';
import { startTestRedis } from './redis-server.ts';

let stack = new AsyncDisposableStack();

/** One PostgreSQL 18, one PostgreSQL 15, one redis-server and some keys for the whole run (node --test-global-setup). */
export async function globalSetup(): Promise<void> {
  const started = await Promise.allSettled([
    startTestPostgres('bundled'),
    startTestPostgres('debian-15'),
    startTestRedis(),
  ]);
  for (const server of started) if (server.status === 'fulfilled') stack.use(server.value);
  const failed = started.find((server) => server.status === 'rejected');
  if (failed) {
    await globalTeardown();
    throw failed.reason;
  }
  const names = ['VESTIBULE_TEST_POSTGRES_URL', 'VESTIBULE_TEST_POSTGRES_15_URL', 'VESTIBULE_TEST_REDIS_URL'];
  for (const [place, server] of started.entries()) {
    const name = names[place];
    if (name && server.status === 'fulfilled') process.env[name] = server.value.url;
  }
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-test-keys-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  Object.assign(process.env, await writeReadyKeys(folder));
}

export async function globalTeardown(): Promise<void> {
  const running = stack;
  stack = new AsyncDisposableStack();
  await running.disposeAsync();
}
