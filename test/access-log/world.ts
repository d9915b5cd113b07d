import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type AccessLog,
  type AccessLogOptions,
  accessEvents,
  createAccessLog,
  migrations,
  type NewAccessEvent,
} from '../../src/access-log/index.ts';
import { newId } from '../../src/base/index.ts';
import {
  type KeyRing,
  migrations as keysMigrations,
  MasterKey,
  openKeys,
} from '../../src/platform/keys/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { TestServer } from '../support/postgres-server.ts';

export const allMigrations = { ...keysMigrations, ...migrations };

/** A database, keys and one access log on them; all gone after the test. */
export type World = {
  readonly db: TestDatabase['db'];
  readonly url: string;
  readonly keys: KeyRing;
  readonly clock: ManualClock;
  readonly log: AccessLog;
  /** Another access log on the same database, as another process would have it. */
  another(options?: Partial<AccessLogOptions>): AccessLog;
};

export async function openWorld(
  t: TestContext,
  options: Partial<AccessLogOptions> & { readonly server?: TestServer } = {},
): Promise<World> {
  const { server, ...rest } = options;
  const database = await createTestDatabase(allMigrations, { maxConnections: 8, ...(server && { server }) });
  t.after(() => database[Symbol.asyncDispose]());
  const clock = new ManualClock();
  const masterKeys = { current: new MasterKey(randomBytes(32)), previous: [] };
  const keys = await openKeys({ db: database.db, listen: database.listen, clock, masterKeys });
  t.after(() => keys[Symbol.asyncDispose]());
  const another = (more: Partial<AccessLogOptions> = {}): AccessLog => {
    const log = createAccessLog({ db: database.db, keys, clock, log: silentLog, ...rest, ...more });
    t.after(() => log.stop());
    return log;
  };
  return { db: database.db, url: database.url, keys, clock, log: another(), another };
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vst-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** One event about somebody, with something personal in it. */
export function someEvent(more: Partial<NewAccessEvent> = {}): NewAccessEvent {
  return {
    ...accessEvents.loginStarted({
      thread: newId('lgn'),
      relyingParty: 'store-emea',
      facts: { protocol: 'oidc', scopes: ['orders:read'] },
      personal: { address: '192.0.2.7', userAgent: 'Firefox' },
    }),
    ...more,
  };
}
