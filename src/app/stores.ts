import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type AccessLog, createAccessLog, fileSink } from '../access-log/index.ts';
import { addMs, type Clock, ConfigurationError, MINUTE, SECOND, Unavailable } from '../base/index.ts';
import type { Environment } from '../platform/config/index.ts';
import {
  type DatabaseHandle,
  findBundledPostgres,
  migrate,
  openBundledPostgres,
  openDatabase,
} from '../platform/database/index.ts';
import { type KeyValueStore, openMemoryKeyValue, openRedisKeyValue } from '../platform/key-value/index.ts';
import { hasSealedData, type KeyRing, loadMasterKey, openKeys } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import { createMetrics, type Metrics } from '../platform/metrics/index.ts';
import type { Configuration } from './config.ts';
import { keyEvents } from './key-events.ts';
import { accessLogMetrics } from './metrics.ts';
import { migrations } from './migrations.ts';

const STORES_WITHIN_MS = MINUTE;
const ASK_AGAIN_MS = SECOND / 2;

/** What keeps state, open and migrated: the ground that the broker and the commands stand on. */
export type Stores = AsyncDisposable & {
  readonly database: DatabaseHandle;
  readonly keyValue: KeyValueStore;
  readonly keys: KeyRing;
  readonly accessLog: AccessLog;
  readonly metrics: Metrics;
};

export type StoresOptions = {
  readonly env: Environment;
  /** As the process got them; the master key is read from here. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly config: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  /** A command beside a broker that may be running: it uses the broker's database and keeps no spool of its own. */
  readonly isCommand?: boolean;
  /** A command about what a broker did: an empty database made here would answer for another one. */
  readonly mustExist?: boolean;
};

/**
 * Opens database, keys, key-value store and access log, in this order, and migrates. Disposing closes them in the
 * reverse order, so that the access log can write its last checkpoint.
 */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const { env, config, clock, log } = options;
  await using opening = new AsyncDisposableStack();
  const metrics = createMetrics();

  const url = await databaseUrl(options, opening);
  await bringUpToDate(url, options);
  const database = opening.use(openDatabase({ url, log }));
  const { masterKeys, made } = await loadMasterKey({
    env: options.variables,
    // Server mode brings its key; only the bundled database may have one made for it (R7.1).
    ...(env.databaseUrl === undefined && { keyFile: join(dirname(resolve(env.configPath)), 'master.key') }),
    hasSealedData: () => hasSealedData(database.db),
  });
  if (made) log.warn('made a master key; back it up apart from the database', { file: 'master.key' });
  const keys = opening.use(
    await openKeys({
      ...{ db: database.db, clock, masterKeys, rotation: config.keys },
      listen: (...args) => database.listen(...args),
      events: keyEvents(() => accessLog),
    }),
  );
  const keyValue = opening.use(await openKeyValue(options));
  const accessLog: AccessLog = opening.use(
    createAccessLog({
      db: database.db,
      keys,
      clock,
      log,
      ...(!options.isCommand && { spoolDir: spoolFolder(env) }),
      checkpointSinks: config.accessLog.checkpointFile
        ? [fileSink(resolve(config.accessLog.checkpointFile))]
        : [],
      metrics: accessLogMetrics(metrics),
    }),
  );

  const closing = opening.move();
  return {
    database,
    keyValue,
    keys,
    accessLog,
    metrics,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Server mode by DATABASE_URL, else the bundled PostgreSQL: that of the running broker, or one started here. */
async function databaseUrl(options: StoresOptions, opening: AsyncDisposableStack): Promise<string> {
  const { env, log, clock } = options;
  if (env.databaseUrl) return env.databaseUrl.reveal();
  if (options.mustExist && !existsSync(join(resolve(env.dataDir), 'postgres'))) {
    const message = `there is no database of a broker in ${resolve(env.dataDir)}; set it, or DATABASE_URL, as the broker has it`;
    throw new ConfigurationError([{ path: 'VESTIBULE_DATA', message }]);
  }
  const dataDir = folder(env.dataDir, 'postgres');
  const running = options.isCommand ? await findBundledPostgres(dataDir) : undefined;
  return running ?? opening.use(await openBundledPostgres({ dataDir, log, clock })).url;
}

/**
 * On a connection of its own: a migration of a large table may take longer than any statement of a sign-in. A broker that
 * starts while the database is still away, or mends itself after a crash, waits for it as it does for Redis; a command
 * says at once that it is.
 */
async function bringUpToDate(url: string, { log, clock, isCommand }: StoresOptions): Promise<void> {
  await using database = openDatabase({ url, log, maxConnections: 1, statementTimeoutMs: 0 });
  const until = addMs(clock.now(), isCommand ? 0 : STORES_WITHIN_MS);
  for (let tries = 0; ; tries += 1) {
    try {
      await migrate(database.db, migrations);
      return;
    } catch (error) {
      if (!(error instanceof Unavailable) || clock.now() >= until) throw error;
      if (tries === 0) log.warn('waits for the database', { error });
      await wait(ASK_AGAIN_MS);
    }
  }
}

async function openKeyValue({ env, clock, log, isCommand }: StoresOptions): Promise<KeyValueStore> {
  if (!env.redisUrl || isCommand) return openMemoryKeyValue({ clock });
  return openRedisKeyValue({ url: env.redisUrl.reveal(), log, clock, openWithinMs: STORES_WITHIN_MS });
}

/** Each process has its own and finds it again after a restart: its ports tell it from others on this machine. */
function spoolFolder({ dataDir, listen, management }: Environment): string {
  return folder(dataDir, `spool/${listen.port}-${management.port}`);
}

function folder(dataDir: string, name: string): string {
  const path = resolve(dataDir, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return path;
}
