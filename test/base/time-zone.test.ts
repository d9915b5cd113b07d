import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfDate, instantOfWallClock, isTimeZone, wallClockAt } from '../../src/base/index.ts';
import { createRandom } from './random.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
  'Asia/Beirut',
  'Africa/Casablanca',
  'Pacific/Kiritimati',
];

/** `2026-03-29 02:30` as a wall clock. */
function wall(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}:00Z`);
}

function at(text: string, zone: string): string {
  return new Date(instantOfWallClock(wall(text), zone)).toISOString();
}

test('zones are known by their IANA names', () => {
  for (const zone of ZONES) assert.ok(isTimeZone(zone), zone);
});

for (const zone of [
  '',
  'Mars/Base',
  '+02:00',
  '02:00',
  'Europe/Berlin ',
  'Europe//Berlin',
  '../etc',
  'x'.repeat(100),
]) {
  test(`${JSON.stringify(zone.slice(0, 20))} is not a zone`, () => {
    assert.equal(isTimeZone(zone), false);
  });
}

test('the wall clock keeps milliseconds, also before 1970', () => {
  assert.equal(
    new Date(wallClockAt(Date.parse('2026-07-01T10:00:00.123Z'), 'Europe/Berlin')).toISOString(),
    '2026-07-01T12:00:00.123Z',
  );
  assert.equal(
    new Date(wallClockAt(Date.parse('1960-07-01T10:00:00.123Z'), 'UTC')).toISOString(),
    '1960-07-01T10:00:00.123Z',
  );
});

test('an ordinary time is the one instant that the clock shows it', () => {
  assert.equal(at('2026-01-15 08:00', 'Europe/Berlin'), '2026-01-15T07:00:00.000Z');
  assert.equal(at('2026-07-15 08:00', 'Europe/Berlin'), '2026-07-15T06:00:00.000Z');
  assert.equal(at('2026-07-15 08:00', 'Asia/Kolkata'), '2026-07-15T02:30:00.000Z');
});

test('a time that the spring change skips is the change itself', () => {
  assert.equal(at('2026-03-29 02:00', 'Europe/Berlin'), '2026-03-29T01:00:00.000Z');
  assert.equal(at('2026-03-29 02:30', 'Europe/Berlin'), '2026-03-29T01:00:00.000Z');
  assert.equal(at('2026-03-29 03:00', 'Europe/Berlin'), '2026-03-29T01:00:00.000Z');
  assert.equal(at('2026-03-08 02:30', 'America/New_York'), '2026-03-08T07:00:00.000Z');
});

test('a time that the autumn change repeats is its first occurrence', () => {
  assert.equal(at('2026-10-25 02:30', 'Europe/Berlin'), '2026-10-25T00:30:00.000Z');
  assert.equal(at('2026-10-25 03:00', 'Europe/Berlin'), '2026-10-25T02:00:00.000Z');
  assert.equal(at('2026-11-01 01:30', 'America/New_York'), '2026-11-01T05:30:00.000Z');
});

test('a change by half an hour is followed', () => {
  assert.equal(at('2026-10-04 02:15', 'Australia/Lord_Howe'), '2026-10-03T15:30:00.000Z');
});

test('a day that a zone skipped altogether is the change itself', () => {
  assert.equal(at('2011-12-30 12:00', 'Pacific/Apia'), '2011-12-30T10:00:00.000Z');
});

test('a date-only end is the midnight after that day', () => {
  assert.equal(endOfDate('2026-12-31', 'Europe/Berlin')?.toISOString(), '2026-12-31T23:00:00.000Z');
  assert.equal(endOfDate('2026-12-31', 'UTC')?.toISOString(), '2027-01-01T00:00:00.000Z');
  assert.equal(endOfDate('2028-02-29', 'UTC')?.toISOString(), '2028-03-01T00:00:00.000Z');
});

test('a date-only end whose midnight does not exist is the change of that night', () => {
  // In Beirut the clock goes from 00:00 to 01:00 at the end of 28 March 2026.
  assert.equal(endOfDate('2026-03-28', 'Asia/Beirut')?.toISOString(), '2026-03-28T22:00:00.000Z');
});

for (const text of [
  '2026-02-30',
  '2026-13-01',
  '2026-00-10',
  '26-01-01',
  '2026-1-1',
  '2026-01-01T00:00',
  ' 2026-01-01',
  '',
]) {
  test(`${JSON.stringify(text)} is not a date`, () => {
    assert.equal(endOfDate(text, 'UTC'), undefined);
  });
}

test('an instant is the first at which the clock shows that time or a later one, in every zone and all year', () => {
  const random = createRandom(7);
  for (let round = 0; round < 3_000; round++) {
    const zone = random.pick(ZONES);
    const asked = wall('2026-01-01 00:00') + random.below(366 * 24 * 12) * 300_000;

    const instant = instantOfWallClock(asked, zone);

    assert.ok(wallClockAt(instant, zone) >= asked, `${zone} ${asked}`);
    assert.ok(wallClockAt(instant - 1, zone) < asked, `${zone} ${asked}`);
  }
});
