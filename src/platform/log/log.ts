import { type DestinationStream, type Logger, pino } from 'pino';
import { VestibuleError } from '../../base/index.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFields = Readonly<Record<string, unknown>>;

/** One line per call. `message` is static text; everything that varies is a field. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with fields that every line carries: `{ room: 'jobs' }`. */
  child(fields: LogFields): Log;
}

/** JSON lines on `destination` (standard error by default, so that commands can print results on standard output). */
export function createLog(level: LogLevel, destination: DestinationStream = pino.destination(2)): Log {
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination));
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(safeFields(fields), message),
    info: (message, fields) => logger.info(safeFields(fields), message),
    warn: (message, fields) => logger.warn(safeFields(fields), message),
    error: (message, fields) => logger.error(safeFields(fields), message),
    child: (fields) => wrap(logger.child(safeFields(fields))),
  };
}

function safeFields(fields: LogFields | undefined): Record<string, unknown> {
  if (!fields) return {};
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, safeValue(value)]));
}

function safeValue(value: unknown): unknown {
  if (value instanceof URL) return `${value.origin}${value.pathname}`;
  if (value instanceof Error) return describeError(value);
  return value;
}

/**
 * Errors of other libraries may quote what they choked on (a URL with a code, a row with a mail address), so
 * only our own errors show their detail; of others the name, the code and the stack's places remain.
 */
function describeError(error: Error, depth = 0): Record<string, unknown> {
  const own = error instanceof VestibuleError;
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: error.name,
    ...(typeof code === 'string' && { code }),
    ...(own && error.detail !== undefined && { detail: error.detail }),
    at: places(error.stack),
    ...(error.cause instanceof Error && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  };
}

function places(stack: string | undefined): string[] {
  const lines = stack?.split('\n') ?? [];
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => line.trim());
}

/** For tests and for commands that speak on standard output themselves. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
