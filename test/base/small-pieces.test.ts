import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import {
  addMs,
  ConfigurationError,
  DAY,
  earliest,
  HOUR,
  HttpUnavailable,
  isId,
  MINUTE,
  newId,
  parseDuration,
  randomText,
  SECOND,
  Secret,
  systemClock,
  Unavailable,
  VestibuleError,
} from '../../src/base/index.ts';

test('durations are read in milliseconds', () => {
  assert.equal(parseDuration('500ms'), 500);
  assert.equal(parseDuration('30s'), 30 * SECOND);
  assert.equal(parseDuration('15m'), 15 * MINUTE);
  assert.equal(parseDuration('8h'), 8 * HOUR);
  assert.equal(parseDuration('7d'), 7 * DAY);
  assert.equal(parseDuration('0s'), 0);
});

for (const text of [
  '',
  '5',
  'm',
  '-5m',
  '1.5h',
  '5 m',
  '5M',
  ' 5m',
  '5m ',
  '5m\n',
  '1e3s',
  '1234567890s',
  '5w',
]) {
  test(`${JSON.stringify(text)} is not a duration`, () => {
    assert.equal(parseDuration(text), undefined);
  });
}

test('the earliest of several instants ignores those without an end', () => {
  const first = new Date(1);

  assert.equal(earliest(new Date(2), undefined, first, new Date(3)), first);
  assert.equal(earliest(undefined, undefined), undefined);
  assert.equal(earliest(), undefined);
});

test('adding milliseconds leaves the instant itself as it was', () => {
  const instant = new Date(10);

  assert.equal(addMs(instant, 5).getTime(), 15);
  assert.equal(instant.getTime(), 10);
});

test('an id shows its kind and has 130 random bits', () => {
  const ids = new Set(Array.from({ length: 1_000 }, () => newId('per')));

  assert.equal(ids.size, 1_000);
  for (const id of ids) assert.match(id, /^per_[0-9abcdefghjkmnpqrstvwxyz]{26}$/);
  assert.equal(randomText().length, 26);
});

test('each character of the alphabet of ids turns up', () => {
  const seen = new Set(Array.from({ length: 400 }, () => randomText()).join(''));

  assert.equal(seen.size, 32);
});

test('only a text of the right kind, length and alphabet is an id', () => {
  const id = newId('lgn');

  assert.ok(isId('lgn', id));
  assert.ok(!isId('per', id));
  assert.ok(!isId('lgn', id.slice(0, -1)));
  assert.ok(!isId('lgn', `${id}0`));
  assert.ok(!isId('lgn', id.toUpperCase()));
  assert.ok(!isId('lgn', `lgn-${id.slice(4)}`));
  assert.ok(!isId('lgn', `lgn_${'/'.repeat(26)}`));
  assert.ok(!isId('lgn', ''));
});

test('a secret shows itself to nobody but reveal', () => {
  const secret = new Secret('hunter2-hunter2');
  const holder = { secret, list: [secret], map: new Map([['key', secret]]) };

  const shown = [
    `${secret}`,
    String(secret),
    `x${secret}`,
    JSON.stringify(holder),
    inspect(holder, { showHidden: true, depth: 9 }),
    format('%s %o %O %j', secret, secret, secret, holder),
    Object.keys(secret).join(),
    new Error(`failed with ${secret}`).message,
  ].join('\n');

  assert.ok(!shown.includes('hunter2'), shown);
  assert.equal(secret.reveal(), 'hunter2-hunter2');
});

test('an error keeps its three texts apart and carries its cause', () => {
  const cause = new Error('socket');
  const error = new VestibuleError({
    code: 'login.state_mismatch',
    status: 400,
    publicMessage: 'Please start again.',
    detail: 'no transaction',
    cause,
  });

  assert.equal(error.message, 'login.state_mismatch: no transaction');
  assert.equal(error.publicMessage, 'Please start again.');
  assert.equal(error.status, 400);
  assert.equal(error.cause, cause);
  assert.ok(!('cause' in new VestibuleError({ code: 'a.b', status: 500, publicMessage: '' })));
});

test('a system that is down names itself, is worth another try, and says whether the request may have arrived', () => {
  const down = new Unavailable({
    code: 'target.down',
    system: 'bc-emea',
    publicMessage: '',
    retryAfterSeconds: 5,
  });
  const lost = new HttpUnavailable({
    code: 'http.lost',
    system: 'otds',
    publicMessage: '',
    maybeSent: true,
    status: 502,
  });

  assert.deepEqual([down.status, down.system, down.retryAfterSeconds], [503, 'bc-emea', 5]);
  assert.deepEqual([lost.status, lost.system, lost.maybeSent], [502, 'otds', true]);
  assert.ok(lost instanceof Unavailable && lost instanceof VestibuleError);
});

test('configuration problems are reported together', () => {
  const error = new ConfigurationError([
    { path: 'a.b', message: 'missing; set it' },
    { path: 'c', message: 'unknown; remove it' },
  ]);

  assert.equal(error.code, 'config.invalid');
  assert.equal(error.detail, 'a.b: missing; set it\nc: unknown; remove it');
  assert.equal(error.problems.length, 2);
});

test('the system clock tells instants', () => {
  assert.ok(systemClock.now() instanceof Date);
});
