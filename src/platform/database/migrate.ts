import { type Migration, type MigrationResultSet, Migrator } from 'kysely/migration';
import { VestibuleError } from '../../base/index.ts';
import type { Database } from './database.ts';
import { DatabaseError } from './errors.ts';

/** Steps of one room or of all, by name: `grants_0001_tables`. A released step is never changed. */
export type Migrations = Readonly<Record<string, Migration>>;

/**
 * Brings the schema up to date, each run in one transaction. Any number of processes may start it at once: one
 * works, the others wait for it. Rooms grow independently, so a new step may sort before one that already ran.
 *
 * @returns the names of the steps that this call applied.
 * @throws DatabaseError `database.migration_failed`, naming the step; `database.schema_newer` when the database
 *   was migrated by a newer version of the product.
 */
export async function migrate(db: Database, migrations: Migrations): Promise<readonly string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    allowUnorderedMigrations: true,
    migrationTableName: 'database_migration',
    migrationLockTableName: 'database_migration_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw migrationError(error, results);
  return (results ?? []).map(({ migrationName }) => migrationName);
}

function migrationError(error: unknown, results: MigrationResultSet['results']): Error {
  if (error instanceof VestibuleError) return error;
  const missing =
    error instanceof Error && /previously executed migration (\S+) is missing/.exec(error.message);
  if (missing) {
    return new DatabaseError({
      code: 'database.schema_newer',
      detail: `the database was migrated by a newer version (it knows ${missing[1]}); start that version, or restore a backup`,
    });
  }
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'the first step';
  return new DatabaseError({
    code: 'database.migration_failed',
    detail: `${failed} failed; nothing of this run was kept`,
    cause: error,
  });
}
