import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addMs, DAY, HOUR, MINUTE, newId, SECOND } from '../../src/base/index.ts';
import { launchpadPage, timeLeft } from '../../src/launchpad/page.ts';
import { describeInstant, type SignedIn } from '../../src/login/index.ts';
import type { Decision } from '../../src/model/index.ts';
import type { RelyingParty } from '../../src/relying-parties/index.ts';

// What the person signed in sees: only what concerns them, and never more time than there is.

const NOW = new Date('2026-03-02T09:00:00Z');
const MINE = newId('ses');
const signedIn = {
  person: { id: newId('per'), status: 'active', displayName: 'Mira Lindqvist', groups: [], attributes: {} },
  session: { id: MINE },
} as unknown as SignedIn;

const party = (id: string, more: Partial<RelyingParty> = {}): RelyingParty => ({
  ...{ id, kind: 'shop', title: `The ${id}`, description: '', enabled: true, hidden: false, scopes: [] },
  ...{ roles: [{ id: 'reader', title: 'Reader of all' }], access: {} },
  ...more,
});
const allow = (relyingParty: string, ends?: Date): Decision => ({
  outcome: 'allow',
  entitlement: {
    ...{ relyingParty, roles: [{ id: 'reader', because: ['rule r'] }], scopes: [] },
    ...(ends && { ends }),
  },
  facts: [],
});
const deny = (code: Extract<Decision, { outcome: 'deny' }>['code'], opensAt?: Date): Decision => {
  const reason = {
    kind: 'window',
    about: 'rule r',
    effect: 'closes',
    text: 'It is closed at night.',
  } as const;
  return { outcome: 'deny', code, reason, facts: [reason], ...(opensAt && { opensAt }) };
};

function pageOf(decisions: Record<string, Decision>, more: object = {}, parties?: readonly RelyingParty[]) {
  return launchpadPage({
    ...{ signedIn, now: NOW, sessions: [], history: [], notice: null, titleOfConnection: (id) => `At ${id}` },
    relyingParties: parties ?? Object.keys(decisions).map((id) => party(id)),
    decisions: new Map(Object.entries(decisions)),
    ...more,
  }) as {
    readonly person: object;
    readonly tiles: readonly Record<string, unknown>[];
    readonly closed: readonly object[];
    readonly sessions: readonly Record<string, unknown>[];
    readonly history: readonly Record<string, unknown>[];
  };
}

test('what is open has a tile with the role that is held there', () => {
  const { tiles, closed } = pageOf({ shop: allow('shop') });

  assert.equal(tiles.length, 1);
  const { title, href, role, ends, initials } = tiles[0] ?? {};
  assert.deepEqual(
    { title, href, role, ends, initials },
    { title: 'The shop', href: '/launch/shop', role: 'Reader of all', ends: null, initials: 'TS' },
  );
  assert.deepEqual(closed, []);
});

test('access that ends says when, and how much is left', () => {
  const { tiles } = pageOf({ shop: allow('shop', addMs(NOW, 3 * DAY)) });

  assert.deepEqual(tiles[0]?.['ends'], {
    ...describeInstant(new Date('2026-03-05T09:00:00Z')),
    ...{ left: '3 days left', share: 0.1 },
  });
});

test('what no rule gives is not mentioned; what is closed for a while is, with when it opens', () => {
  const opensAt = new Date('2026-03-02T18:00:00Z');
  const { tiles, closed } = pageOf({
    never: deny('policy.no_rule'),
    later: deny('policy.outside_window', opensAt),
    ended: deny('policy.ended'),
  });

  assert.deepEqual(tiles, []);
  assert.deepEqual(closed, [
    {
      title: 'The later',
      reason: `It is closed at night. It opens again ${describeInstant(opensAt).text}.`,
    },
    { title: 'The ended', reason: 'It is closed at night.' },
  ]);
});

test('what is hidden has neither tile nor reason', () => {
  const hidden = [party('shop', { hidden: true }), party('late', { hidden: true })];

  const { tiles, closed } = pageOf({ shop: allow('shop'), late: deny('policy.ended') }, {}, hidden);

  assert.deepEqual([...tiles, ...closed], []);
});

test('a place without a decision is not offered', () => {
  assert.deepEqual(pageOf({}, {}, [party('shop')]).tiles, []);
});

test('the own session is marked among the sessions, each with the way to end it', () => {
  const other = newId('ses');
  const session = { connection: 'otds', device: 'Firefox on Linux', openedAt: NOW, ends: addMs(NOW, HOUR) };

  const { sessions } = pageOf(
    {},
    {
      sessions: [
        { ...session, id: MINE },
        { ...session, id: other },
      ],
    },
  );

  assert.deepEqual(
    sessions.map(({ id, current, connection, endAction }) => ({ id, current, connection, endAction })),
    [
      { id: MINE, current: true, connection: 'At otds', endAction: `/sessions/${MINE}/end` },
      { id: other, current: false, connection: 'At otds', endAction: `/sessions/${other}/end` },
    ],
  );
});

test('the history says what happened, also at a place that is gone by now', () => {
  const entry = { at: NOW, reference: 'lgn_1' };

  const { history } = pageOf(
    { shop: allow('shop') },
    {
      history: [
        { ...entry, relyingParty: 'shop', outcome: 'success' },
        { ...entry, relyingParty: 'shop', outcome: 'refused' },
        { ...entry, relyingParty: 'gone', outcome: 'failed' },
      ],
    },
  );

  assert.deepEqual(
    history.map(({ text, reference }) => `${text} ${reference}`),
    ['Opened The shop lgn_1', 'Was not let into The shop lgn_1', 'Could not reach Stores and apps lgn_1'],
  );
});

suite('people are greeted by', () => {
  const named = (person: object) =>
    pageOf(
      {},
      { signedIn: { ...signedIn, person: { ...signedIn.person, displayName: undefined, ...person } } },
    ).person;
  test('their display name, else given name, else login, else not at all', () => {
    assert.deepEqual(named({ displayName: 'Mira L', givenName: 'Mira' }), { name: 'Mira L', login: '' });
    assert.deepEqual(named({ givenName: 'Mira', login: 'mira' }), { name: 'Mira', login: 'mira' });
    assert.deepEqual(named({ login: 'mira' }), { name: 'mira', login: 'mira' });
    assert.deepEqual(named({}), { name: 'you', login: '' });
  });
});

suite('time left is rounded down', () => {
  for (const [ms, text] of [
    [2 * DAY - 1, '1 day left'],
    [2 * DAY, '2 days left'],
    [DAY - 1, '23 hours left'],
    [HOUR, '1 hour left'],
    [HOUR - 1, '59 minutes left'],
    [MINUTE, '1 minute left'],
    [59 * SECOND, 'less than a minute left'],
    [0, 'less than a minute left'],
    [-DAY, 'less than a minute left'],
  ] as const) {
    test(`${ms} ms: ${text}`, () => {
      assert.equal(timeLeft(NOW, addMs(NOW, ms)), text);
    });
  }
});
