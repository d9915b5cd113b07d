import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowed, ask, giving, person, policyOf, refused, shown } from './world.ts';

// R4.1: `person.region` has no value for the person asked about, so each of these fails.
const FAILING = [
  'person.region == "EMEA"',
  'person.region != "NA"',
  '!(person.region == "NA")',
  'tables.scopes[person.region].size() > 0',
  'now < person.contractEnd',
  'person.brands.exists(b, b == "x")',
  '1 / 0 == 1',
];

for (const when of FAILING) {
  test(`R4.1: a when that fails gives nothing: ${when}`, () => {
    const refusal = refused(ask(policyOf(giving({}, { when }))));

    assert.deepEqual(
      [refusal.code, refusal.reason.kind, refusal.reason.effect],
      ['policy.no_rule', 'failure', 'none'],
    );
    assert.match(refusal.reason.text, /could not be checked/);
  });

  test(`R4.1: a deny that fails denies: ${when}`, () => {
    const refusal = refused(
      ask(policyOf(giving(), { id: 'd', when, deny: [{ relyingParty: 'store-emea' }] })),
    );

    assert.deepEqual(
      [refusal.code, refusal.reason.kind, refusal.reason.effect],
      ['policy.denied', 'failure', 'closes'],
    );
  });

  test(`R4.1: a cap that fails caps: ${when}`, () => {
    const cap = { id: 'c', when, cap: [{ relyingParty: 'store-emea', roles: ['viewer'] }] };

    const decision = ask(policyOf(giving({ roles: ['merchandiser', 'viewer'] }), cap));

    assert.deepEqual(shown(allowed(decision).roles), ['viewer']);
    assert.ok(decision.facts.some(({ kind, effect }) => kind === 'failure' && effect === 'limits'));
  });
}

test('R4.1: an until that fails, or whose attribute is missing, means no access', () => {
  const refusal = refused(ask(policyOf(giving({ until: 'person.contractEnd' }))));

  assert.equal(refusal.reason.kind, 'failure');
  assert.match(refusal.reason.text, /person\.contractEnd has no value/);
});

test('R4.1: an until that is no instant means no access', () => {
  const who = person({ contractEnd: new Date(Number.NaN) });

  assert.equal(ask(policyOf(giving({ until: 'person.contractEnd' })), { who }).outcome, 'deny');
});

test('scopes that cannot be told give nothing at all, no role either', () => {
  const refusal = refused(
    ask(policyOf(giving({ scopesFrom: 'tables.scopes[person.region]' })), {
      who: person({ region: 'APAC' }),
    }),
  );

  assert.equal(refusal.reason.kind, 'failure');
});

test('a rule that fails takes nothing away from what another rule gives', () => {
  const policy = policyOf(giving({}, { id: 'a', when: 'person.region == "EMEA"' }), giving({}, { id: 'b' }));

  assert.deepEqual(allowed(ask(policy)).roles[0]?.because, ['b']);
});

test('a person with more groups than can be checked gets nothing and is denied what is denied', () => {
  const groups = Array.from({ length: 2_001 }, (_, index) => `g${index}`);
  const who = person({}, { groups });

  assert.equal(ask(policyOf(giving({}, { when: '"g1" in person.groups' })), { who }).outcome, 'deny');
  assert.equal(
    refused(
      ask(policyOf(giving(), { id: 'd', when: '"no" in person.groups', deny: [{ relyingParty: '*' }] }), {
        who,
      }),
    ).code,
    'policy.denied',
  );
});

test('the page of a deny that failed does not show the sentence of one that holds', () => {
  const deny = {
    id: 'd',
    when: 'person.vip',
    explain: 'You left.',
    deny: [{ relyingParty: '*', reason: 'You left.' }],
  };

  assert.doesNotMatch(refused(ask(policyOf(giving(), deny))).reason.text, /You left/);
});
