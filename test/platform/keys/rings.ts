import { randomBytes } from 'node:crypto';
import { openDatabase } from '../../../src/platform/database/index.ts';
import {
  type KeyEvent,
  type KeyRing,
  KeysConfig,
  MasterKey,
  type MasterKeys,
  migrations,
  openKeys,
} from '../../../src/platform/keys/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

export { until } from '../../support/waiting.ts';

import { ManualClock } from '../../support/manual-clock.ts';
import type { TestServer } from '../../support/postgres-server.ts';

/** One database with any number of processes on it, each with its own connections and key ring. */
export type KeysWorld = AsyncDisposable & {
  readonly t: TestDatabase;
  readonly clock: ManualClock;
  readonly masters: MasterKeys;
  /** What was recorded by transactions that committed, oldest first. */
  events(): Promise<readonly KeyEvent[]>;
  process(options?: { readonly rotation?: object; readonly masters?: MasterKeys }): Promise<KeyRing>;
};

export async function openKeysWorld(server: TestServer = 'bundled'): Promise<KeysWorld> {
  const clock = new ManualClock();
  const masters = { current: new MasterKey(randomBytes(32)), previous: [] };
  await using opened = new AsyncDisposableStack();
  const t = opened.use(
    await createTestDatabase(
      { ...migrations, recorded_0001: { up: (db) => createRecorded(db.schema) } },
      { server },
    ),
  );
  const closing = opened.move();
  return {
    ...{ t, clock, masters },
    async events() {
      const rows = await t.db
        .$extendTables<{ recorded: { at: number; event: KeyEvent } }>()
        .selectFrom('recorded')
        .select('event')
        .orderBy('at')
        .execute();
      return rows.map(({ event }) => event);
    },
    async process(options = {}) {
      const own = closing.use(openDatabase({ url: t.url, log: silentLog }));
      return closing.use(
        await openKeys({
          ...{ db: own.db, listen: own.listen, clock, masterKeys: options.masters ?? masters },
          rotation: KeysConfig.parse(options.rotation ?? {}),
          events: {
            async record(trx, events) {
              const table = trx.$extendTables<{ recorded: { event: string } }>();
              for (const event of events)
                await table
                  .insertInto('recorded')
                  .values({ event: JSON.stringify(event) })
                  .execute();
            },
          },
        }),
      );
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

type Schema = TestDatabase['db']['schema'];

async function createRecorded(schema: Schema): Promise<void> {
  await schema
    .createTable('recorded')
    .addColumn('at', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('event', 'jsonb', (column) => column.notNull())
    .execute();
}
