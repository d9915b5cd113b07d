import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import type { Decision, DenyCode, Fact } from '../../src/model/index.ts';
import { type AccountPort, createReconcile, type Subject } from '../../src/reconcile/index.ts';
import { createRegistry, type RelyingParty } from '../../src/relying-parties/index.ts';

// One account in a target is entered through several doors; it must be right for all of them.

const NOW = new Date('2026-03-02T09:00:00Z');
const subject: Subject = {
  person: { id: newId('per'), status: 'active', groups: [], attributes: {} },
  identity: {
    ...{ id: newId('idn'), connection: 'otds', issuer: 'https://otds.example', amr: [] },
    ...{ authTime: NOW, confirmedAt: NOW },
  },
};

const party = (id: string, target?: string): RelyingParty => ({
  ...{ id, kind: 'shop', title: id, description: '', enabled: true, hidden: false, scopes: [], access: {} },
  ...{ roles: [], ...(target !== undefined && { target }) },
});
const [shop, outlet, other, wiki] = [
  party('shop', 'bc'),
  party('outlet', 'bc'),
  party('other', 'bc-two'),
  party('wiki'),
] as const;
const REASON = { kind: 'rule', about: 'rule r', effect: 'closes', text: 'Not for you.' } as const;
const deny: Decision = { outcome: 'deny', code: 'policy.no_rule', reason: REASON, facts: [REASON] };
const allow = (relyingParty: string, ...roles: string[]): Decision => ({
  outcome: 'allow',
  entitlement: {
    ...{ relyingParty, scopes: [] },
    roles: roles.map((id) => ({ id, because: ['rule r'] })),
  },
  facts: [],
});

const until = (relyingParty: string, ends: string): Decision => {
  const decision = allow(relyingParty, 'merchandiser');
  if (decision.outcome !== 'allow') return decision;
  return { ...decision, entitlement: { ...decision.entitlement, ends: new Date(ends) } };
};

type Asked = Parameters<AccountPort['ensureAccount']>[0];

function openRoom(
  decisions: Readonly<Record<string, Decision>>,
  outcome: Awaited<ReturnType<AccountPort['ensureAccount']>> = {
    ...{ outcome: 'ready', accountId: newId('acc'), externalId: '42', calls: 0 },
  },
  isBusy = false,
  byPerson: ReadonlyMap<Subject['person'], Readonly<Record<string, Decision>>> = new Map(),
) {
  const others = [...byPerson.keys()].map((person) => ({ person }));
  const asked: Asked[] = [];
  const edges: string[][] = [];
  const queued: Parameters<AccountPort['queueAccount']>[0][] = [];
  const ended: Parameters<AccountPort['endAccess']>[0][] = [];
  const reconcile = createReconcile({
    policy: {
      decide: ({ relyingParty }) => decisions[relyingParty] ?? deny,
      decideAll: ({ person }) => new Map(Object.entries(byPerson.get(person) ?? decisions)),
    },
    accounts: {
      ensureAccount: async (request) => {
        asked.push(request);
        return outcome;
      },
      queueAccount: async (request) => {
        queued.push(request);
        return { outcome: isBusy ? 'busy' : 'queued' };
      },
      endAccess: async (request) => {
        ended.push(request);
        return true;
      },
    },
    registry: createRegistry({
      relyingParties: [shop, outlet, other, wiki],
      targets: ['bc', 'bc-two'].map((id) => ({ id, kind: 'k', settings: {} })),
    }),
    othersBeside: async () => others,
    lookAgainAt: async (person, at) => void edges.push([person, at.toISOString()]),
    trustedMailDomainsOf: (connection) => (connection === 'otds' ? ['halden.example'] : []),
  });
  return { asked, queued, ended, edges, reconcile };
}

test('a place without accounts needs none, and no target is touched', async () => {
  const room = openRoom({ wiki: allow('wiki', 'reader') });

  const outcome = await room.reconcile.apply(subject, wiki, newId('lgn'), NOW);

  assert.deepEqual(outcome, { outcome: 'no-account-needed' });
  assert.deepEqual(room.asked, []);
});

test('the account is made right for every door of its target that is open to the person, and for no other', async () => {
  const room = openRoom({
    ...{ shop: allow('shop', 'manager', 'merchandiser'), outlet: allow('outlet', 'clerk') },
    ...{ other: allow('other', 'manager'), wiki: allow('wiki', 'reader') },
  });
  const thread = newId('lgn');

  await room.reconcile.apply(subject, shop, thread, NOW);

  assert.deepEqual(room.asked, [
    {
      ...{ person: subject.person, target: 'bc', thread, trustedMailDomains: ['halden.example'] },
      accesses: [
        { relyingParty: 'shop', role: 'manager', because: ['rule r'] },
        { relyingParty: 'shop', role: 'merchandiser', because: ['rule r'] },
        { relyingParty: 'outlet', role: 'clerk', because: ['rule r'] },
      ],
    },
  ]);
});

test('a door of the same target that is closed to the person gives the account nothing', async () => {
  const room = openRoom({ shop: allow('shop', 'merchandiser'), outlet: deny });

  await room.reconcile.apply(subject, shop, newId('lgn'), NOW);

  assert.deepEqual(room.asked[0]?.accesses, [
    { relyingParty: 'shop', role: 'merchandiser', because: ['rule r'] },
  ]);
});

test('an existing account is nominated by mail only for domains that the connection of this sign-in vouches for', async () => {
  const room = openRoom({ shop: allow('shop', 'merchandiser') });
  const identity = { ...subject.identity, connection: 'partners' };

  await room.reconcile.apply({ ...subject, identity }, shop, newId('lgn'), NOW);

  assert.deepEqual(room.asked[0]?.trustedMailDomains, []);
});

suite('before an account is made or taken back into use, it is asked whether what was decided still holds', () => {
  const later = new Date(NOW.getTime() + 1_000);

  for (const [what, holds, known, wanted] of [
    ['it does', true, subject, undefined],
    ['not when session or person are gone', false, undefined, undefined],
    ['not when the door is shut by now', false, subject, { shop: deny }],
    ['not when less is given by now', false, subject, { shop: allow('shop', 'clerk') }],
  ] as const) {
    test(what, async () => {
      const decisions: Record<string, Decision> = { shop: allow('shop', 'merchandiser') };
      const room = openRoom(decisions);
      await room.reconcile.apply(subject, shop, newId('lgn'), NOW, async () => {
        Object.assign(decisions, wanted);
        return known && { subject: known, now: later };
      });

      assert.equal(await room.asked[0]?.stillHolds?.(), holds);
    });
  }

  test('and the person is looked at once more when it ends, for nobody found an account before', async () => {
    const room = openRoom({ shop: until('shop', '2026-03-02T10:00:00Z') });
    await room.reconcile.apply(subject, shop, newId('lgn'), NOW, async () => ({ subject, now: later }));

    await room.asked[0]?.stillHolds?.();

    assert.equal(room.edges.length, 2);
  });
});

suite('what becomes of the account is handed on as it is', () => {
  for (const outcome of [
    { outcome: 'ready', accountId: newId('acc'), externalId: '42', calls: 3 },
    { outcome: 'refused', code: 'provisioning.mail_taken', publicMessage: 'No.' },
    { outcome: 'unavailable', code: 'provisioning.slow', retryAfterSeconds: 5 },
  ] as const) {
    test(outcome.outcome, async () => {
      const room = openRoom({ shop: allow('shop', 'merchandiser') }, outcome);

      assert.deepEqual(await room.reconcile.apply(subject, shop, newId('lgn'), NOW), outcome);
    });
  }
});

test('deciding asks policy and touches no target', () => {
  const room = openRoom({ shop: allow('shop', 'merchandiser') });

  assert.equal(room.reconcile.decide(subject, 'shop', NOW).outcome, 'allow');
  assert.equal(room.reconcile.decide(subject, 'outlet', NOW).outcome, 'deny');
  assert.deepEqual([...room.reconcile.decideAll(subject, NOW).keys()], ['shop']);
  assert.deepEqual(room.asked, []);
});

const known = { person: subject.person, connection: 'otds' };
const refusal = (code: DenyCode, kind: Fact['kind'] = 'rule'): Decision => {
  const reason = { ...REASON, kind };
  return { outcome: 'deny', code, reason, facts: [reason] };
};

test('what ends first in any target is the instant at which the person is looked at again', async () => {
  const room = openRoom({
    shop: until('shop', '2026-03-09T00:00:00Z'),
    other: until('other', '2026-03-05T00:00:00Z'),
    wiki: until('wiki', '2026-03-03T00:00:00Z'),
  });

  await room.reconcile.apply(subject, shop, newId('lgn'), NOW);
  await room.reconcile.reassess({ ...subject, connection: 'otds' }, newId('lgn'), NOW);

  // The wiki has no accounts: its end is the token's alone.
  const edge = [subject.person.id, '2026-03-05T00:00:00.000Z'];
  assert.deepEqual(room.edges, [edge, edge]);
});

suite('without anybody signing in', () => {
  test('what a person may still enter is queued, and what they may not enter any more is ended', async () => {
    const room = openRoom({ shop: allow('shop', 'merchandiser'), other: refusal('policy.no_rule') });

    await room.reconcile.reassess(known, newId('lgn'), NOW);

    assert.deepEqual(
      room.queued.map(({ target, accesses, create }) => [target, accesses, create]),
      [['bc', [{ relyingParty: 'shop', role: 'merchandiser', because: ['rule r'] }], false]],
    );
    assert.deepEqual(
      room.ended.map(({ target, kind, because }) => [target, kind, because]),
      [['bc-two', 'ended', 'policy.no_rule: rule r']],
    );
  });

  test('an account that somebody else works on is asked for again: they may know less', async () => {
    const free = openRoom({ shop: allow('shop', 'merchandiser') });
    const busy = openRoom({ shop: allow('shop', 'merchandiser') }, undefined, true);

    assert.equal(await free.reconcile.reassess(known, newId('lgn'), NOW), true);
    assert.equal(await busy.reconcile.reassess(known, newId('lgn'), NOW), false);
  });

  test('a window that is closed pauses, it does not end', () => {
    const room = openRoom({ other: refusal('policy.outside_window', 'window') });

    const wanted = room.reconcile.wanted(known, NOW).get('bc-two');

    assert.deepEqual(wanted, {
      ...{ outcome: 'end', kind: 'paused', because: 'policy.outside_window', isInferred: false },
    });
  });

  test('an end that a rule names is explicit, a rule that is gone is only inferred', () => {
    const isInferred = (code: DenyCode): unknown => {
      const wanted = openRoom({ other: refusal(code) })
        .reconcile.wanted(known, NOW)
        .get('bc-two');
      return wanted?.outcome === 'end' && wanted.isInferred;
    };

    assert.equal(isInferred('policy.ended'), false);
    assert.equal(isInferred('policy.no_rule'), true);
    assert.equal(isInferred('policy.denied'), true);
  });

  test('a person who was switched off loses everything, explicitly', () => {
    const room = openRoom({ shop: allow('shop', 'merchandiser') });
    const person = { ...subject.person, status: 'disabled' as const };

    const wanted = [...room.reconcile.wanted({ ...known, person }, NOW).values()];

    assert.deepEqual(
      wanted.map((each) => each.outcome === 'end' && [each.because, each.isInferred]),
      [
        ['policy.person_disabled', false],
        ['policy.person_disabled', false],
      ],
    );
  });

  test('a rule that asks how somebody signed in decides nothing while nobody does', async () => {
    const room = openRoom({
      shop: allow('shop', 'merchandiser'),
      outlet: refusal('policy.no_rule', 'failure'),
    });

    await room.reconcile.reassess(known, newId('lgn'), NOW);

    assert.equal(room.reconcile.wanted(known, NOW).get('bc')?.outcome, 'undecided');
    assert.deepEqual(room.queued, []);
    assert.deepEqual(
      room.ended.map(({ target }) => target),
      ['bc-two'],
    );
  });
});

suite('by two identities of one person', () => {
  const otherView = { ...subject.person, groups: ['of another source'] };
  const other = (decisions: Readonly<Record<string, Decision>>) => new Map([[otherView, decisions]]);
  const known = { person: subject.person, connection: 'otds', others: [{ person: otherView }] };

  test('a sign-in by one takes nothing away that the other gives', async () => {
    const both = other({ outlet: allow('outlet', 'clerk'), shop: allow('shop', 'merchandiser') });
    const room = openRoom({ shop: allow('shop', 'merchandiser'), outlet: deny }, undefined, false, both);

    await room.reconcile.apply(subject, shop, newId('lgn'), NOW);

    assert.deepEqual(
      room.asked[0]?.accesses.map(({ relyingParty, role }) => [relyingParty, role]),
      [
        ['shop', 'merchandiser'],
        ['outlet', 'clerk'],
      ],
    );
    assert.equal(room.asked[0]?.person, subject.person, 'name and mail are of the one that signed in');
  });

  test('nothing ends that one of them gives, and what neither gives does', async () => {
    const room = openRoom(
      { shop: deny, other: deny },
      undefined,
      false,
      other({ shop: allow('shop', 'clerk') }),
    );

    await room.reconcile.reassess(known, newId('lgn'), NOW);

    assert.deepEqual(
      room.ended.map(({ target }) => target),
      ['bc-two'],
    );
    assert.deepEqual(
      room.queued.map(({ target, accesses }) => [target, accesses.length]),
      [['bc', 1]],
    );
  });

  test('a role is held until the last of them lets it go, and looked at when the first does', async () => {
    const until = (day: string): Decision => {
      const ends = new Date(`2026-03-${day}T00:00:00Z`);
      const roles = [{ id: 'clerk', because: [`until ${day}`], until: ends }];
      return { outcome: 'allow', entitlement: { relyingParty: 'shop', scopes: [], roles, ends }, facts: [] };
    };
    const room = openRoom({ shop: until('05') }, undefined, false, other({ shop: until('09') }));

    await room.reconcile.reassess(known, newId('lgn'), NOW);

    assert.equal(room.queued[0]?.accesses[0]?.ends?.getUTCDate(), 9);
    assert.match(room.edges[0]?.[1] ?? '', /^2026-03-05/);
  });

  test('what the other cannot decide without a sign-in it does not give, and holds nothing up', async () => {
    const failing: Decision = { ...deny, facts: [{ ...REASON, kind: 'failure' } as Fact] };
    const room = openRoom({ shop: deny }, undefined, false, other({ shop: failing }));

    await room.reconcile.reassess(known, newId('lgn'), NOW);

    assert.ok(room.ended.some(({ target }) => target === 'bc'));
  });
});
