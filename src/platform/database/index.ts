/**
 * platform/database: PostgreSQL, by URL or bundled, and its migrations.
 *
 * Owns connections, timeouts, LISTEN, the migration tables, the bundled server and the lock on a data folder. Never
 * knows another room's table: rooms narrow `Database` to their own tables and bring their migrations, `app.ts` puts
 * them together.
 *
 * While the database is away every call throws `Unavailable` with code `database.unavailable`; errors of the
 * statement itself keep the SQLSTATE in `code`.
 */
export type { Migration } from 'kysely/migration';
export {
  type BundledPostgres,
  type BundledPostgresOptions,
  openBundledPostgres,
} from './bundled/bundled-postgres.ts';
export { lockFolder, type OwnerLock } from './bundled/owner-lock.ts';
export { findBundledPostgres } from './bundled/running-server.ts';
export {
  type Database,
  type DatabaseHandle,
  type DatabaseOptions,
  notify,
  openDatabase,
  type Transaction,
} from './database.ts';
export { DatabaseError, type DatabaseErrorCode, errorCode, isUniqueViolation } from './errors.ts';
export type { OnNotify } from './listener.ts';
export { type Migrations, migrate } from './migrate.ts';
