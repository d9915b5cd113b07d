/**
 * platform/log: lines for operators. Static message plus fields, so that lines can be grouped. Access events
 * are another thing: they go through `access-log` only.
 *
 * Secrets are redacted by type (`Secret`), and query strings are never logged: they hold codes and assertions.
 */
export { createLog, type Log, type LogFields, type LogLevel, silentLog } from './log.ts';
