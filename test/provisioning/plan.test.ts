import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountImage, Authority, Field } from '../../src/provisioning/connector/account-image.ts';
import { diff, planSteps } from '../../src/provisioning/planning/plan.ts';

const fields: Readonly<Record<string, Field>> = {
  name: { kind: 'detail', call: 'user', title: 'name' },
  mail: { kind: 'detail', call: 'user', title: 'mail', caseless: true },
  note: { kind: 'detail', call: 'note', title: 'note' },
  profile: { kind: 'exclusive', call: 'user', title: 'profile' },
  channels: { kind: 'set', call: 'user', title: 'channels' },
};
const calls = ['user', 'note'];
const authority = (): Authority => 'directory';

function effects(from: AccountImage, to: AccountImage): readonly string[] {
  return diff({ fields, authority }, from, to).map(({ field, effect }) => `${field} ${effect}`);
}

const CASES: readonly (readonly [string, AccountImage, AccountImage, readonly string[]])[] = [
  ['nothing to nothing', {}, { name: '', profile: '', channels: [] }, []],
  ['a first profile adds', {}, { profile: 'A' }, ['profile adds']],
  ['another profile reduces', { profile: 'A' }, { profile: 'B' }, ['profile reduces']],
  ['no profile reduces', { profile: 'A' }, { profile: '' }, ['profile reduces']],
  ['one more channel adds', { channels: ['1'] }, { channels: ['2', '1'] }, ['channels adds']],
  ['an exchanged channel reduces', { channels: ['1'] }, { channels: ['2'] }, ['channels reduces']],
  ['everything to a list reduces', { channels: ['*'] }, { channels: ['1', '2'] }, ['channels reduces']],
  ['a list to everything adds', { channels: ['1'] }, { channels: ['*'] }, ['channels adds']],
  ['the order of a set does not count', { channels: ['2', '1'] }, { channels: ['1', '2'] }, []],
  ['case does not count where the target changes it', { mail: 'A@X' }, { mail: 'a@x' }, []],
  ['case counts elsewhere', { name: 'ADA' }, { name: 'Ada' }, ['name detail']],
  ['fields that are not desired stay', { name: 'Ada', note: 'hand-written' }, { name: 'Ada' }, []],
  ['unknown fields are not sent', {}, { shoe: '40' }, []],
];
for (const [name, from, to, expected] of CASES) {
  test(name, () => {
    assert.deepEqual(effects(from, to), expected);
  });
}

test('access comes before details, each in requests of its own', () => {
  const changes = diff(
    { fields, authority },
    { profile: 'A', name: 'Ada' },
    { note: 'n', name: 'Eve', profile: 'B', channels: ['1'] },
  );

  const steps = planSteps({ fields, calls }, changes);

  assert.deepEqual(
    steps.map(({ call, purpose, changes: own }) => [purpose, call, own.map(({ field }) => field)]),
    [
      ['access', 'user', ['profile', 'channels']],
      ['detail', 'user', ['name']],
      ['detail', 'note', ['note']],
    ],
  );
});

test('what takes access away goes before what gives it', () => {
  const own = { ...fields, licence: { kind: 'set', call: 'licence', title: 'licence' } as const };
  const from = { licence: ['A', 'B'] };

  const changes = diff({ fields: own, authority }, from, { channels: ['1'], licence: ['A'] });
  const steps = planSteps({ fields: own, calls: ['user', 'licence'] }, changes);

  assert.deepEqual(
    steps.map(({ call }) => call),
    ['licence', 'user'],
  );
});

test('no authority and no refusal ever holds a change of access back', () => {
  const changes = diff(
    { fields, authority: () => 'target' },
    { profile: 'A', name: 'Ada' },
    { profile: 'B', name: 'Eve' },
    { isRejected: () => true },
  );

  assert.deepEqual(
    changes.map(({ field }) => field),
    ['profile'],
  );
});
