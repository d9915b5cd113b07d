import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Identity } from '../../src/model/index.ts';

// Facts of a sign-in survive being kept as JSON between two requests, and nothing else passes for them.

const WHOLE: Identity = {
  ...{
    connection: 'otds',
    issuer: 'https://otds.example',
    subject: 's1',
    login: 'mira',
    mailVerified: false,
  },
  ...{
    groups: ['media@staff'],
    attributes: { region: ['EMEA'] },
    amr: ['pwd'],
    upstreamSession: { sid: '1' },
  },
  authTime: new Date('2026-03-02T09:00:00Z'),
  verifiedAt: new Date('2026-03-02T09:00:01Z'),
  sessionEnd: new Date('2026-03-02T17:00:00Z'),
};

test('an identity that was kept as JSON is the same identity', () => {
  assert.deepEqual(Identity.parse(JSON.parse(JSON.stringify(WHOLE))), WHOLE);
});

for (const [what, change] of [
  ['without a subject', { subject: '' }],
  ['without a connection', { connection: undefined }],
  ['with groups that are no list', { groups: 'media@staff' }],
  ['with an attribute that is no list', { attributes: { region: 'EMEA' } }],
  ['with a time that is none', { authTime: 'yesterday' }],
] as const) {
  test(`an identity ${what} is none`, () => {
    assert.equal(Identity.safeParse({ ...WHOLE, ...change }).success, false);
  });
}
