import {
  Kysely,
  type Transaction as KyselyTransaction,
  type Kysely as KyselyType,
  PostgresDialect,
  sql,
} from 'kysely';
import type { ClientConfig } from 'pg';
import { SECOND } from '../../base/index.ts';
import type { Log } from '../log/index.ts';
import { Listener, type OnNotify } from './listener.ts';
import { openPool } from './pool.ts';
import { columnTypes } from './value-types.ts';

// biome-ignore lint/complexity/noBannedTypes: "no tables yet" is what each room extends with its own.
type NoTables = {};

/** A room narrows it to its own tables: `db.withTables<GrantTables>()`. */
export type Database = KyselyType<NoTables>;
export type Transaction = KyselyTransaction<NoTables>;

export interface DatabaseHandle extends AsyncDisposable {
  readonly db: Database;
  /**
   * Calls `onNotify` for each NOTIFY on the channel, and with `undefined` when the connection was lost and is
   * back. All channels of a handle share one connection. Resolves when it listens.
   */
  listen(channel: string, onNotify: OnNotify): Promise<AsyncDisposable>;
  /** Answers when the database does. @throws Unavailable `database.unavailable` */
  ping(): Promise<void>;
}

export type DatabaseOptions = {
  /** `postgres://user:password@host:port/name`; `?host=/folder` for a socket. */
  readonly url: string;
  readonly log: Log;
  /** Default 10. The listening connection comes on top. */
  readonly maxConnections?: number;
  /** The server ends a statement after this time; 0 for never (long migrations). Default 30 s. */
  readonly statementTimeoutMs?: number;
};

/**
 * Opens a pool on PostgreSQL 15 or newer. Connects when first used, so it also opens while the database is away.
 * Every call throws `Unavailable` (`database.unavailable`) while it is.
 */
export function openDatabase(options: DatabaseOptions): DatabaseHandle {
  const log = options.log.child({ room: 'database' });
  const statementTimeoutMs = options.statementTimeoutMs ?? 30 * SECOND;
  const connection = connectionConfig(options.url);
  const pool = openPool({
    ...connection,
    max: options.maxConnections ?? 10,
    idleTimeoutMillis: 30 * SECOND,
    types: columnTypes(),
    statement_timeout: statementTimeoutMs,
    // The client's own limit catches a server that vanished without a word; the server's comes first.
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + 5 * SECOND }),
    idle_in_transaction_session_timeout: 60 * SECOND,
  });
  const db: Database = new Kysely<NoTables>({ dialect: new PostgresDialect({ pool }) });
  const listener = new Listener(connection, log);
  let closing: Promise<void> | undefined;
  return {
    db,
    listen: (channel, onNotify) => listener.listen(channel, onNotify),
    ping: async () => {
      await sql`select 1`.execute(db);
    },
    [Symbol.asyncDispose]: () => {
      closing ??= close(db, listener);
      return closing;
    },
  };
}

async function close(db: Database, listener: Listener): Promise<void> {
  await listener[Symbol.asyncDispose]();
  await db.destroy();
}

function connectionConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'vestibule',
    connectionTimeoutMillis: 5 * SECOND,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10 * SECOND,
  };
}

/** Wakes whoever listens on the channel; inside a transaction it is sent at commit. Payloads hold ids only. */
export async function notify(db: Database | Transaction, channel: string, payload = ''): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(db);
}
