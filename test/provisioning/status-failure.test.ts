import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { namedRetrySeconds, statusFailure } from '../../src/provisioning/connector/status-failure.ts';

suite('whether a write may have happened', () => {
  for (const [status, mayHave] of [
    ...([500, 502, 503, 504, 520, 599].map((status) => [status, true]) as [number, boolean][]),
    ...([302, 408, 418].map((status) => [status, true]) as [number, boolean][]),
    ...([401, 403, 429].map((status) => [status, false]) as [number, boolean][]),
  ]) {
    test(`after ${status} it ${mayHave ? 'may' : 'certainly did not'}, and a look never did`, () => {
      assert.equal(statusFailure(status, {}, true).maybeApplied, mayHave);
      assert.equal(statusFailure(status, {}, false).maybeApplied, false);
    });
  }

  test('what a kind of target says of a status decides', () => {
    assert.equal(statusFailure(503, {}, true, { 503: 'provisioning.rate_limited' }).maybeApplied, false);
  });
});

suite('when to come back', () => {
  const date = 'Mon, 02 Mar 2026 10:00:00 GMT';
  for (const [name, headers, seconds] of [
    ['in seconds', { 'retry-after': ' 17 ' }, 17],
    ['in no seconds at all', { 'retry-after': '0' }, 1],
    ['in more seconds than anybody waits', { 'retry-after': '86400' }, 3_600],
    ['as a date', { date, 'retry-after': 'Mon, 02 Mar 2026 10:01:30 GMT' }, 90],
    ['as a date that is over', { date, 'retry-after': 'Mon, 02 Mar 2026 09:00:00 GMT' }, 1],
    ['as a date, with nothing to count from', { 'retry-after': 'Mon, 02 Mar 2026 10:01:30 GMT' }, undefined],
    ['as nonsense', { date, 'retry-after': 'soon' }, undefined],
    ['as less than nothing', { date, 'retry-after': '-5' }, undefined],
    ['not at all', { date }, undefined],
  ] as const) {
    test(`told ${name}`, () => {
      assert.equal(namedRetrySeconds(headers), seconds);
    });
  }

  test('where nothing tells, errors and limits are tried again soon, maintenance later', () => {
    assert.deepEqual(
      [500, 429, 503, 401].map((status) => statusFailure(status, {}, true).retryAfterSeconds),
      [10, 10, 60, undefined],
    );
  });
});
