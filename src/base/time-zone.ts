/** Wall clocks: what a clock on the wall of a time zone shows, and the instants that belong to it (R3.6). */

const HOUR_MS = 3_600_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

// IANA names only: an offset such as +02:00 would silently ignore summer time.
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

/** Is this an IANA time zone that the platform knows, such as `Europe/Berlin` or `UTC`? */
export function isTimeZone(zone: string): boolean {
  if (zone.length > 64 || !ZONE_NAME.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

/**
 * What the wall clock shows at an instant, as milliseconds of a clock without a zone: read it with the `getUTC…`
 * methods of a Date. Bounds: years 1 to 9999.
 *
 * @throws RangeError for an unknown zone; check with `isTimeZone` at the border.
 */
export function wallClockAt(instantMs: number, zone: string): number {
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = formatterOf(zone)
    .format(instantMs)
    .split(/\D+/)
    .map(Number);
  const wall = new Date(0);
  wall.setUTCFullYear(year, month - 1, day);
  wall.setUTCHours(hour, minute, second, ((instantMs % 1000) + 1000) % 1000);
  return wall.getTime();
}

/**
 * The first instant at which the wall clock shows this time or a later one. A time that a spring change skips
 * means the change itself; one that an autumn change repeats means its first occurrence. One reading for starts
 * and ends alike, so that neighbouring windows neither overlap nor leave a hole.
 */
export function instantOfWallClock(wallMs: number, zone: string): number {
  // No zone is further from UTC than 14 hours, so a day on either side sees both offsets of a change.
  const before = offsetAt(wallMs - 24 * HOUR_MS, zone);
  const after = offsetAt(wallMs + 24 * HOUR_MS, zone);
  const candidates = before > after ? [wallMs - before, wallMs - after] : [wallMs - after, wallMs - before];
  for (const instant of candidates) if (wallClockAt(instant, zone) === wallMs) return instant;
  return changeBetween(wallMs - 24 * HOUR_MS, wallMs + 24 * HOUR_MS, zone);
}

function offsetAt(instantMs: number, zone: string): number {
  return wallClockAt(instantMs, zone) - instantMs;
}

/** The instant at which the zone's offset changes; there is exactly one change between the two. */
function changeBetween(fromMs: number, toMs: number, zone: string): number {
  const offset = offsetAt(fromMs, zone);
  let low = fromMs;
  let high = toMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle, zone) === offset) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Reads a date-only end: `2026-12-31` means the midnight after that day in the zone (R3.6), so the day itself is
 * still included.
 *
 * @returns undefined when the text is not an existing date.
 */
export function endOfDate(text: string, zone: string): Date | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return undefined;
  const day = new Date(0);
  day.setUTCFullYear(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  if (day.toISOString().slice(0, 10) !== text) return undefined;
  return new Date(instantOfWallClock(day.getTime() + 24 * HOUR_MS, zone));
}
