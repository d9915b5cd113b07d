import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, MINUTE, parseTimeWindow, type TimeWindow, windowAt } from '../../src/base/index.ts';
import { createRandom } from './random.ts';

function windows(...texts: readonly string[]): readonly TimeWindow[] {
  return texts.map((text) => {
    const parsed = parseTimeWindow(text);
    assert.ok('window' in parsed, 'problem' in parsed ? parsed.problem : '');
    return parsed.window;
  });
}

/** `open until …`, `closed until …` or `closed`. */
function stateOf(texts: readonly string[] | string, now: string): string {
  const state = windowAt(windows(...[texts].flat()), new Date(now));
  if (state.open) return `open until ${state.ends.toISOString().slice(0, 16)}`;
  return state.opens ? `closed until ${state.opens.toISOString().slice(0, 16)}` : 'closed';
}

const OFFICE = 'Mon-Fri 08:00-18:00 Europe/Berlin';

test('within office hours the window is open until its closing edge', () => {
  assert.equal(stateOf(OFFICE, '2026-03-02T09:00:00Z'), 'open until 2026-03-02T17:00');
});

test('the opening edge is inside and the closing edge is outside', () => {
  assert.equal(stateOf(OFFICE, '2026-03-02T06:59:59.999Z'), 'closed until 2026-03-02T07:00');
  assert.equal(stateOf(OFFICE, '2026-03-02T07:00:00Z'), 'open until 2026-03-02T17:00');
  assert.equal(stateOf(OFFICE, '2026-03-02T16:59:59.999Z'), 'open until 2026-03-02T17:00');
  assert.equal(stateOf(OFFICE, '2026-03-02T17:00:00Z'), 'closed until 2026-03-03T07:00');
});

test('on Friday evening the next opening is Monday', () => {
  assert.equal(stateOf(OFFICE, '2026-03-06T20:00:00Z'), 'closed until 2026-03-09T07:00');
});

test('after the spring change the same wall clock is an hour earlier in UTC', () => {
  assert.equal(stateOf(OFFICE, '2026-03-27T20:00:00Z'), 'closed until 2026-03-30T06:00');
});

test('a window that crosses midnight belongs to the day on which it opens', () => {
  const night = 'Fri 22:00-06:00 Europe/Berlin';

  assert.equal(stateOf(night, '2026-03-06T22:00:00Z'), 'open until 2026-03-07T05:00');
  assert.equal(stateOf(night, '2026-03-07T04:00:00Z'), 'open until 2026-03-07T05:00');
  assert.equal(stateOf(night, '2026-03-06T04:00:00Z'), 'closed until 2026-03-06T21:00');
});

test('overlapping and touching windows are one', () => {
  assert.equal(
    stateOf(['Mon 08:00-12:00 UTC', 'Mon 11:00-15:00 UTC', 'Mon 15:00-18:00 UTC'], '2026-03-02T09:00:00Z'),
    'open until 2026-03-02T18:00',
  );
  assert.equal(stateOf('daily 00:00-24:00 UTC', '2026-03-02T09:00:00Z'), 'open until 2026-03-10T09:00');
  assert.equal(
    stateOf(['Mon 20:00-24:00 UTC', 'Tue 00:00-04:00 UTC'], '2026-03-02T21:00:00Z'),
    'open until 2026-03-03T04:00',
  );
});

test('several times on one day leave the break closed', () => {
  const shifts = 'Mon-Sun 13:00-18:00,08:00-12:00 UTC';

  assert.equal(stateOf(shifts, '2026-03-02T09:00:00Z'), 'open until 2026-03-02T12:00');
  assert.equal(stateOf(shifts, '2026-03-02T12:30:00Z'), 'closed until 2026-03-02T13:00');
  assert.equal(stateOf(shifts, '2026-03-02T06:00:00Z'), 'closed until 2026-03-02T08:00');
});

test('windows of different zones are taken together', () => {
  const both = ['Mon 08:00-18:00 Europe/Berlin', 'Mon 08:00-18:00 America/New_York'];

  assert.equal(stateOf(both, '2026-03-02T09:00:00Z'), 'open until 2026-03-02T23:00');
});

test('days may be listed, ranged, and ranged over the end of the week', () => {
  const [list, range, wrapped, all] = windows(
    'Mon,wed,FRI 08:00-09:00 UTC',
    'Tue-Thu,Sun 08:00-09:00 UTC',
    'Fri-Mon 08:00-09:00 UTC',
    'daily 08:00-09:00 UTC',
  );

  assert.deepEqual([...(list?.days ?? [])].sort(), [1, 3, 5]);
  assert.deepEqual([...(range?.days ?? [])].sort(), [0, 2, 3, 4]);
  assert.deepEqual([...(wrapped?.days ?? [])].sort(), [0, 1, 5, 6]);
  assert.equal(all?.days.size, 7);
});

test('on the spring change a window shrinks, and one that lies in the skipped hour does not open', () => {
  assert.equal(
    stateOf('Sun 01:00-04:00 Europe/Berlin', '2026-03-29T00:30:00Z'),
    'open until 2026-03-29T02:00',
  );
  assert.equal(
    stateOf('Sun 01:00-02:30 Europe/Berlin', '2026-03-29T00:30:00Z'),
    'open until 2026-03-29T01:00',
  );
  assert.equal(
    stateOf('Sun 02:30-05:00 Europe/Berlin', '2026-03-29T00:30:00Z'),
    'closed until 2026-03-29T01:00',
  );
  assert.equal(
    stateOf('Sun 02:00-03:00 Europe/Berlin', '2026-03-29T00:30:00Z'),
    'closed until 2026-04-05T00:00',
  );
});

test('on the autumn change an edge in the repeated hour is its first occurrence', () => {
  assert.equal(
    stateOf('Sun 01:00-02:30 Europe/Berlin', '2026-10-25T00:00:00Z'),
    'open until 2026-10-25T00:30',
  );
  assert.equal(
    stateOf('Sun 02:30-05:00 Europe/Berlin', '2026-10-25T00:29:00Z'),
    'closed until 2026-10-25T00:30',
  );
  assert.equal(
    stateOf('Sun 01:00-04:00 Europe/Berlin', '2026-10-25T00:00:00Z'),
    'open until 2026-10-25T03:00',
  );
});

for (const [text, expected] of [
  ['Mon-Fri 08:00-18:00', /no time zone/],
  ['Mon-Fri 08:00-18:00 Berlin', /unknown time zone "Berlin"/],
  ['Mon-Fri 08:00-18:00 +02:00', /unknown time zone/],
  ['Mo-Fr 08:00-18:00 UTC', /unknown day "mo-fr"/],
  ['Mon-Tue-Wed 08:00-18:00 UTC', /unknown day/],
  ['Mon- 08:00-18:00 UTC', /unknown day/],
  ['Mon, 08:00-18:00 UTC', /unknown day ""/],
  ['Mon 8:00-18:00 UTC', /hours should be/],
  ['Mon 08:00 UTC', /hours should be/],
  ['Mon 08:60-18:00 UTC', /hours should be/],
  ['Mon 08:00-25:00 UTC', /hours should be/],
  ['Mon 24:00-08:00 UTC', /hours should be/],
  ['Mon 08:00-08:00 UTC', /same time/],
  ['Mon 08:00-18:00 UTC extra', /is not days/],
  ['', /is not days/],
  ['Mon', /is not days/],
  ['x'.repeat(10_000), /is not days/],
] as const) {
  test(`the window ${JSON.stringify(text.slice(0, 40))} is refused with a reason`, () => {
    const parsed = parseTimeWindow(text);

    assert.ok('problem' in parsed);
    assert.match(parsed.problem, expected);
    assert.match(parsed.problem, /write|use|whole day/);
  });
}

test('no windows at all are never open', () => {
  assert.equal(stateOf([], '2026-03-02T09:00:00Z'), 'closed');
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Asia/Beirut',
];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

test('away from clock changes a window is open exactly when the wall clock reads so', () => {
  const random = createRandom(11);
  for (let round = 0; round < 400; round++) {
    const zone = random.pick(ZONES);
    const [from, to] = [random.below(24), random.below(24)].map((hour) => `${hour}`.padStart(2, '0'));
    if (from === to) continue;
    const day = random.pick(DAYS);
    const now = new Date(Date.UTC(2026, random.pick([0, 6]), 5) + random.below(20 * 24 * 60) * MINUTE);

    const state = windowAt(windows(`${day} ${from}:00-${to}:00 ${zone}`), now);

    assert.equal(
      state.open,
      readsSo(now, zone, day, Number(from), Number(to)),
      `${day} ${from}-${to} ${zone} ${now.toISOString()}`,
    );
  }
});

/** The same question asked of another formatter, so that test and product do not share a mistake. */
function readsSo(now: Date, timeZone: string, day: string, from: number, to: number): boolean {
  const dayAt = (instant: Date) => instant.toLocaleString('en-GB', { timeZone, weekday: 'short' });
  const hour = Number(now.toLocaleString('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }));
  if (from < to) return dayAt(now) === day && hour >= from && hour < to;
  const yesterday = new Date(now.getTime() - DAY);
  return (dayAt(now) === day && hour >= from) || (dayAt(yesterday) === day && hour < to);
}

test('all year round the state holds until the edge and changes at it', () => {
  const random = createRandom(13);
  for (let round = 0; round < 400; round++) {
    const zone = random.pick(ZONES);
    const edges = [random.below(96), random.below(96)].map(quarter);
    if (edges[0] === edges[1]) continue;
    const some = windows(`${random.pick(DAYS)}-${random.pick(DAYS)} ${edges[0]}-${edges[1]} ${zone}`);
    const now = new Date(Date.UTC(2026, 0, 1) + random.below(365 * 24 * 60) * MINUTE);

    const state = windowAt(some, now);
    const edge = state.open ? state.ends : state.opens;

    assert.ok(edge && edge > now);
    const between = new Date(now.getTime() + random.below(edge.getTime() - now.getTime()));
    assert.equal(windowAt(some, between).open, state.open);
    assert.equal(windowAt(some, new Date(edge.getTime() - 1)).open, state.open);
    assert.equal(windowAt(some, edge).open, !state.open);
  }
});

test('neighbouring windows neither overlap nor leave a hole, on clock changes too', () => {
  const random = createRandom(17);
  const changes = ['2026-03-28', '2026-10-24', '2026-03-07', '2026-10-31', '2026-04-04', '2026-10-03'];
  for (let round = 0; round < 600; round++) {
    const zone = random.pick(ZONES);
    const edge = quarter(1 + random.below(95));
    const now = new Date(Date.parse(`${random.pick(changes)}T12:00:00Z`) + random.below(24 * 60) * MINUTE);

    const before = windowAt(windows(`daily 00:00-${edge} ${zone}`), now);
    const after = windowAt(windows(`daily ${edge}-24:00 ${zone}`), now);

    assert.notEqual(before.open, after.open, `${edge} ${zone} ${now.toISOString()}`);
  }
});

function quarter(count: number): string {
  const hour = `${Math.floor(count / 4)}`.padStart(2, '0');
  return `${hour}:${`${(count % 4) * 15}`.padStart(2, '0')}`;
}
