import { DAY, HOUR, MINUTE, SECOND } from '../base/index.ts';

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * An xs:dateTime. SAML Core 1.3.3 wants UTC; an offset is read too, a time without zone is not.
 *
 * @returns an invalid Date for anything else: every comparison with it is false, so that checks fail closed.
 */
export function parseInstant(text: string): Date {
  return DATE_TIME.test(text) ? new Date(text) : new Date(Number.NaN);
}

const DURATION =
  /^P(?:(\d{1,5})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?$/;

/**
 * An xs:duration in milliseconds, as a span to wait: a month is 30 days, a year 365.
 *
 * @returns undefined for anything else, a negative one included.
 */
export function parseSpan(text: string): number | undefined {
  const parts = DURATION.exec(text)?.slice(1);
  if (!parts || parts.every((part) => part === undefined) || text.endsWith('T')) return undefined;
  const units = [365 * DAY, 30 * DAY, DAY, HOUR, MINUTE, SECOND];
  return units.reduce((sum, unit, index) => sum + unit * Number(parts[index] ?? 0), 0);
}

/** As SAML writes instants: UTC, whole seconds. */
export function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}
