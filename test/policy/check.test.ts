import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { ConfigurationError } from '../../src/base/index.ts';
import { checkRules, createPolicy, type PolicyInput, RuleConfig } from '../../src/policy/index.ts';
import { AROUND, giving } from './world.ts';

function problemsOf(rules: readonly object[], around: Partial<PolicyInput> = {}): readonly string[] {
  const parsed = rules.map((rule) => RuleConfig.parse(rule));
  return checkRules(parsed, { ...AROUND, ...around }).map(({ path, message }) => `${path}: ${message}`);
}

test('sound rules have no problems', () => {
  assert.deepEqual(problemsOf([giving() as object]), []);
});

for (const [name, rule, expected] of [
  [
    'an unknown relying party',
    giving({ relyingParty: 'store-x' }),
    /^rules\[0\]\.give\[0\]\.relyingParty: unknown relying party "store-x"; declared are store-emea/,
  ],
  [
    'an unknown role',
    giving({ roles: ['viewer', 'boss'] }),
    /^rules\[0\]\.give\[0\]\.roles\[1\]: unknown role "boss" of store-emea; declared are merchandiser/,
  ],
  [
    'an unknown scope',
    giving({ relyingParty: 'wiki', roles: ['reader'], scopes: ['x'] }),
    /^rules\[0\]\.give\[0\]\.scopes\[0\]: unknown scope "x"/,
  ],
  [
    'an unknown attribute',
    giving({}, { when: 'person.regon == "x"' }),
    /^rules\[0\]\.when: 1:1 person\.regon is not known/,
  ],
  [
    'an unknown name',
    giving({}, { when: 'user.region == "x"' }),
    /^rules\[0\]\.when: 1:1 the name user is not known/,
  ],
  [
    'an unknown table',
    giving({ scopesFrom: 'tables.nope[person.region]' }),
    /^rules\[0\]\.give\[0\]\.scopesFrom: .*tables\.nope is not known/,
  ],
  [
    'a condition that is no condition',
    giving({}, { when: 'person.region' }),
    /^rules\[0\]\.when: .*must be a bool/,
  ],
  ['a type error', giving({}, { when: 'person.region > 3' }), /^rules\[0\]\.when: .*no such overload/],
  [
    'an end that is no instant',
    giving({ until: 'person.region' }),
    /^rules\[0\]\.give\[0\]\.until: .*must be a timestamp/,
  ],
  [
    'an end that moves with now',
    giving({ until: 'now < person.contractEnd ? person.contractEnd : person.contractEnd' }),
    /^rules\[0\]\.give\[0\]\.until: .*may not use now/,
  ],
  [
    'a date that does not exist',
    giving({ until: '2026-02-30' }),
    /^rules\[0\]\.give\[0\]\.until: 2026-02-30 is not a date/,
  ],
  [
    'an instant without a zone',
    giving({ until: '2026-02-20T10:00:00' }),
    /^rules\[0\]\.give\[0\]\.until: is not an instant with a zone/,
  ],
  [
    'scopes that are no list',
    giving({ scopesFrom: 'person.region' }),
    /^rules\[0\]\.give\[0\]\.scopesFrom: .*must be a list<string>/,
  ],
  [
    'a window without a zone',
    giving({ windows: ['daily 08:00-10:00 UTC', 'Mon 08:00-10:00'] }),
    /^rules\[0\]\.give\[0\]\.windows\[1\]: has no time zone/,
  ],
  ['a list of no windows', giving({ windows: [] }), /^rules\[0\]\.give\[0\]\.windows: lists no window/],
  ['a give of nothing', giving({ roles: [] }), /^rules\[0\]\.give\[0\]: gives nothing/],
  [
    'an unknown zone of a give',
    giving({ timeZone: 'Berlin' }),
    /^rules\[0\]\.give\[0\]\.timeZone: unknown time zone "Berlin"/,
  ],
  [
    'an unknown zone of a rule',
    giving({}, { timeZone: 'Berlin' }),
    /^rules\[0\]\.timeZone: unknown time zone/,
  ],
  ['a rule that does nothing', { id: 'x', when: 'true' }, /^rules\[0\]: does nothing/],
  ['an empty cap', { id: 'x', when: 'true', cap: [] }, /^rules\[0\]\.cap: lists nothing/],
  [
    'a cap without roles',
    { id: 'x', when: 'true', cap: [{ relyingParty: 'wiki' }] },
    /^rules\[0\]\.cap\[0\]: keeps no role/,
  ],
  [
    'a cap of an unknown role',
    { id: 'x', when: 'true', cap: [{ relyingParty: 'wiki', roles: ['x'] }] },
    /^rules\[0\]\.cap\[0\]\.roles\[0\]: unknown role/,
  ],
  [
    'a cap of an unknown place',
    { id: 'x', when: 'true', cap: [{ relyingParty: 'x', roles: '*' }] },
    /^rules\[0\]\.cap\[0\]\.relyingParty: unknown/,
  ],
  [
    'a deny of an unknown place',
    { id: 'x', when: 'true', deny: [{ relyingParty: 'x' }] },
    /^rules\[0\]\.deny\[0\]\.relyingParty: unknown/,
  ],
  [
    'a regular expression',
    giving({}, { when: 'person.region.matches("(a+)+$")' }),
    /^rules\[0\]\.when: .*matches is not offered/,
  ],
] as const) {
  test(`${name} is found, with its path and what to do`, () => {
    const problems = problemsOf([rule as object]);

    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', expected);
  });
}

test('all problems are reported together, and two rules may not share an id', () => {
  const problems = problemsOf([
    giving({}, { when: 'nope' }) as object,
    giving({ roles: ['x'] }) as object,
    giving({}, { id: 'other' }) as object,
  ]);

  assert.equal(problems.length, 3);
  assert.ok(problems.some((problem) => problem.startsWith('rules[1].id: "all" is also the id of rules[0]')));
});

for (const name of ['mail', 'groups', 'status', 'my-attribute', '2nd', 'in', '__proto__x y', '']) {
  test(`an attribute may not be called ${JSON.stringify(name)}`, () => {
    const problems = problemsOf([], { attributes: { [name]: 'string' } });

    assert.equal(problems.length, 1);
    assert.ok(problems[0]?.startsWith(`attributes.${name}: `));
  });
}

test('rules with problems make no policy', () => {
  const rules = [RuleConfig.parse(giving({ roles: ['boss'] }))];

  assert.throws(
    () => createPolicy({ rules, ...AROUND }),
    (error) => error instanceof ConfigurationError && error.problems.length === 1,
  );
});

for (const [name, rule] of [
  ['an unknown key', { id: 'x', when: 'true', gives: [] }],
  ['an unknown key of a give', giving({ role: 'viewer' })],
  ['no condition', { id: 'x' }],
  ['an empty condition', { id: 'x', when: '' }],
  ['an id with spaces', { id: 'my rule', when: 'true' }],
  ['an upper-case id', { id: 'Rule', when: 'true' }],
] as const) {
  test(`the shape of a rule refuses ${name}`, () => {
    assert.ok(!RuleConfig.safeParse(rule).success);
  });
}

test('every key of a rule is described for editors', () => {
  const schema = JSON.stringify(z.toJSONSchema(RuleConfig, { io: 'input' }));

  assert.match(schema, /Who gets what/);
  assert.match(schema, /allow-list/);
});
