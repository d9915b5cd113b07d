/** Lengths of time in milliseconds; build every timeout and lifetime from these. */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/**
 * Reads a duration as written in configuration: `500ms`, `30s`, `15m`, `8h`, `7d`.
 *
 * @returns milliseconds, or undefined when the text is not a duration.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}

/** The earliest of the given instants; `undefined` means "no end" and is ignored. */
export function earliest(...instants: readonly (Date | undefined)[]): Date | undefined {
  let first: Date | undefined;
  for (const instant of instants) if (instant && (!first || instant < first)) first = instant;
  return first;
}

export function addMs(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms);
}
