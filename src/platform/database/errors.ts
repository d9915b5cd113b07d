import { Unavailable, VestibuleError } from '../../base/index.ts';

export type DatabaseErrorCode =
  | 'database.unavailable'
  | 'database.migration_failed'
  | 'database.schema_newer'
  | 'database.in_use'
  | 'database.bundled_missing'
  | 'database.bundled_not_startable'
  | 'database.bundled_folder';

/** A fault of the database room that trying again does not mend. */
export class DatabaseError extends VestibuleError {
  override readonly name = 'DatabaseError';

  constructor(fields: {
    readonly code: DatabaseErrorCode;
    readonly detail: string;
    readonly cause?: unknown;
  }) {
    super({ status: 500, publicMessage: 'The database cannot be used.', ...fields });
  }
}

/** The database did not answer: no connection, connection lost, timeout, or it is shutting down or full. */
export function databaseUnavailable(cause: unknown): Unavailable {
  return new Unavailable({
    code: 'database.unavailable',
    system: 'database',
    publicMessage: 'The service cannot reach its database at the moment. Please try again.',
    detail: `the database did not answer (${errorCode(cause) ?? 'no code'})`,
    retryAfterSeconds: 5,
    cause,
  });
}

/** The SQLSTATE of PostgreSQL (`23505`) or the code of the network (`ECONNREFUSED`). */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Two rows with the same key: lets a room turn a lost race into a value. */
export function isUniqueViolation(error: unknown): boolean {
  return errorCode(error) === '23505';
}

// 08 connection, 53 resources (too many connections, disk full), 57P shutting down or starting, 57014 statement
// timeout, 25006 a standby after failover, 25P03 ended while idle in a transaction.
const AWAY = /^(08...|53...|57P..|57014|25006|25P03)$/;
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
// The driver reports these without a code.
const DRIVER =
  /^(Connection terminated|timeout e|timeout expired|Query read timeout|Client has encountered|Client was closed)/;

/** True when the statement failed because the database is away, not because of the statement. */
export function isAway(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== undefined) return AWAY.test(code) || NETWORK.has(code);
  return error instanceof Error && DRIVER.test(error.message);
}
