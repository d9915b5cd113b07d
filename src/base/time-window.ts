import { DAY, MINUTE } from './duration.ts';
import { instantOfWallClock, isTimeZone, wallClockAt } from './time-zone.ts';

/**
 * A recurring window on the wall clock of one zone, read from `Mon-Fri 08:00-18:00 Europe/Berlin`. Half-open: the
 * opening edge is inside, the closing edge is not (R3.6).
 */
export type TimeWindow = {
  /** As written, for pages and messages. */
  readonly text: string;
  /** Days on which it opens, 0 is Sunday. A window that crosses midnight belongs to the day on which it opens. */
  readonly days: ReadonlySet<number>;
  /** Minutes after midnight; `to` is above 1440 when the window crosses midnight. */
  readonly hours: readonly { readonly from: number; readonly to: number }[];
  readonly zone: string;
};

/** Where an instant stands in relation to one or several windows. */
export type WindowState =
  | { readonly open: true; readonly ends: Date }
  /** `opens` is absent only when no window opens within two weeks. */
  | { readonly open: false; readonly opens?: Date };

const DAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const EXAMPLE = 'write it like "Mon-Fri 08:00-18:00 Europe/Berlin"';

/**
 * Reads a window: days (`Mon-Fri`, `Sat,Sun`, `Mon-Wed,Fri`, `Fri-Mon`, `daily`), one or more times
 * (`08:00-12:00,13:00-18:00`, `22:00-06:00` crosses midnight, `24:00` is the end of the day), and the zone, which
 * is required.
 */
export function parseTimeWindow(
  text: string,
): { readonly window: TimeWindow } | { readonly problem: string } {
  const parts = text.length > 200 ? [] : text.trim().split(/\s+/);
  const [dayText = '', hourText = '', zone = ''] = parts;
  if (parts.length === 2) return { problem: `has no time zone; ${EXAMPLE}` };
  if (parts.length !== 3) return { problem: `is not days, hours and a time zone; ${EXAMPLE}` };

  const days = parseDays(dayText);
  if (typeof days === 'string') return { problem: days };
  const hours = parseHours(hourText);
  if (typeof hours === 'string') return { problem: hours };
  if (!isTimeZone(zone)) {
    return {
      problem: `names the unknown time zone "${zone}"; use an IANA name such as Europe/Berlin or UTC`,
    };
  }
  return { window: { text: text.trim(), days, hours, zone } };
}

function parseDays(text: string): ReadonlySet<number> | string {
  if (text.toLowerCase() === 'daily') return new Set([0, 1, 2, 3, 4, 5, 6]);
  const days = new Set<number>();
  for (const item of text.toLowerCase().split(',')) {
    const [first = '', last = first, ...rest] = item.split('-');
    const from = DAY_NAMES.indexOf(first);
    const to = DAY_NAMES.indexOf(last);
    if (from < 0 || to < 0 || rest.length > 0) {
      return `names the unknown day "${item}"; use Mon, Tue, Wed, Thu, Fri, Sat, Sun, ranges of them, or daily`;
    }
    for (let day = from; day !== to; day = (day + 1) % 7) days.add(day);
    days.add(to);
  }
  return days;
}

function parseHours(text: string): TimeWindow['hours'] | string {
  const hours: { from: number; to: number }[] = [];
  for (const item of text.split(',')) {
    const match = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})$/.exec(item);
    const from = minuteOf(match?.[1], match?.[2]);
    const to = minuteOf(match?.[3], match?.[4]);
    if (from === undefined || to === undefined || from === 1440) {
      return `has "${item}" where hours should be; write them like 08:00-18:00, at most 24:00`;
    }
    if (from === to) return `opens and closes at the same time, ${item}; a whole day is 00:00-24:00`;
    hours.push({ from, to: to < from ? to + 1440 : to });
  }
  return hours;
}

function minuteOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const value = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && value <= 1440 ? value : undefined;
}

const LOOK_AHEAD_DAYS = 15;
const OPEN_END_DAYS = 8;

/**
 * The state of several windows taken together: overlapping and touching ones count as one. While open, `ends` is
 * the closing edge; windows that never close report an edge eight days ahead, where the question is asked again.
 */
export function windowAt(windows: readonly TimeWindow[], now: Date): WindowState {
  const at = now.getTime();
  const ends = closingEdge(windows, at);
  if (ends > at) return { open: true, ends: new Date(ends) };
  const opens = openingEdge(windows, at);
  return opens === undefined ? { open: false } : { open: false, opens: new Date(opens) };
}

/** Follows open windows from edge to edge; returns `at` itself when none is open. */
function closingEdge(windows: readonly TimeWindow[], at: number): number {
  const limit = at + OPEN_END_DAYS * DAY;
  let edge = at;
  for (let moved = true; moved && edge < limit; ) {
    moved = false;
    for (const window of windows) {
      // Two days back: the window may have opened yesterday, and a zone can skip a day when it changes sides.
      for (const { from, to } of occurrences(window, edge, -2, 0)) {
        if (from <= edge && edge < to) {
          edge = to;
          moved = true;
        }
      }
    }
  }
  return Math.min(edge, limit);
}

function openingEdge(windows: readonly TimeWindow[], at: number): number | undefined {
  let first: number | undefined;
  for (const window of windows) {
    for (const { from, to } of occurrences(window, at, -1, LOOK_AHEAD_DAYS)) {
      if (from <= at || to <= from) continue;
      if (first === undefined || from < first) first = from;
      break;
    }
  }
  return first;
}

/** Openings of one window on the days around an instant, in order. One that a clock change swallows is empty. */
function* occurrences(
  window: TimeWindow,
  at: number,
  firstDay: number,
  lastDay: number,
): Generator<{ from: number; to: number }> {
  const today = Math.floor(wallClockAt(at, window.zone) / DAY) * DAY;
  const hours = window.hours.toSorted((a, b) => a.from - b.from);
  for (let offset = firstDay; offset <= lastDay; offset++) {
    const midnight = today + offset * DAY;
    if (!window.days.has(new Date(midnight).getUTCDay())) continue;
    for (const { from, to } of hours) {
      yield {
        from: instantOfWallClock(midnight + from * MINUTE, window.zone),
        to: instantOfWallClock(midnight + to * MINUTE, window.zone),
      };
    }
  }
}
