import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { newId } from '../../src/base/index.ts';
import type { Decision } from '../../src/model/index.ts';
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

type Asked = Parameters<AccountPort['ensureAccount']>[0];

function openRoom(
  decisions: Readonly<Record<string, Decision>>,
  outcome: Awaited<ReturnType<AccountPort['ensureAccount']>> = {
    ...{ outcome: 'ready', accountId: newId('acc'), externalId: '42', calls: 0 },
  },
) {
  const asked: Asked[] = [];
  const reconcile = createReconcile({
    policy: {
      decide: ({ relyingParty }) => decisions[relyingParty] ?? deny,
      decideAll: () => new Map(Object.entries(decisions)),
    },
    accounts: {
      ensureAccount: async (request) => {
        asked.push(request);
        return outcome;
      },
    },
    registry: createRegistry({ relyingParties: [shop, outlet, other, wiki], targets: [] }),
    trustedMailDomainsOf: (connection) => (connection === 'otds' ? ['halden.example'] : []),
  });
  return { asked, reconcile };
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
        { relyingParty: 'shop', role: 'manager' },
        { relyingParty: 'outlet', role: 'clerk' },
      ],
    },
  ]);
});

test('a door of the same target that is closed to the person gives the account nothing', async () => {
  const room = openRoom({ shop: allow('shop', 'merchandiser'), outlet: deny });

  await room.reconcile.apply(subject, shop, newId('lgn'), NOW);

  assert.deepEqual(room.asked[0]?.accesses, [{ relyingParty: 'shop', role: 'merchandiser' }]);
});

test('an existing account is nominated by mail only for domains that the connection of this sign-in vouches for', async () => {
  const room = openRoom({ shop: allow('shop', 'merchandiser') });
  const identity = { ...subject.identity, connection: 'partners' };

  await room.reconcile.apply({ ...subject, identity }, shop, newId('lgn'), NOW);

  assert.deepEqual(room.asked[0]?.trustedMailDomains, []);
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
