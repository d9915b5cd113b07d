import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression, createEnvironment, LIMITS, Tables } from '../../src/expressions/index.ts';
import { createRandom } from '../base/random.ts';
import { compiled, environment, evaluate, NOW, PERSON, problemsOf, scopeOf } from './world.ts';

function failure(source: string, person: Readonly<Record<string, unknown>> = PERSON): string {
  const result = evaluate(source, scopeOf(person));
  assert.equal(result.outcome, 'failed', `${source} gave ${JSON.stringify(result)}`);
  return result.outcome === 'failed' ? result.reason : '';
}

test('a missing attribute is a failure that names the attribute', () => {
  assert.equal(failure('person.region == "EMEA"', {}), 'person.region has no value');
  assert.equal(failure('person.region != "NA"', {}), 'person.region has no value');
  assert.equal(failure('!(person.region == "NA")', {}), 'person.region has no value');
  assert.equal(failure('now < person.contractEnd', {}), 'person.contractEnd has no value');
});

test('has() tells a missing attribute from a present one', () => {
  assert.deepEqual(evaluate('has(person.region)', scopeOf({})), { outcome: 'value', value: false });
  assert.deepEqual(evaluate('has(person.region)'), { outcome: 'value', value: true });
});

for (const [name, person] of [
  ['a number where a text is declared', { region: 3 }],
  ['a text where a number is declared', { level: '3' }],
  ['not a number', { level: Number.NaN }],
  ['an infinity', { level: Number.POSITIVE_INFINITY }],
  ['an invalid date', { contractEnd: new Date(Number.NaN) }],
  ['a text where an instant is declared', { contractEnd: '2026-04-01' }],
  ['a list with something else inside', { regions: ['EMEA', 3] }],
  ['null', { region: null }],
] as const) {
  test(`a value of the wrong kind is absent: ${name}`, () => {
    const field = Object.keys(person)[0];

    assert.deepEqual(evaluate(`has(person.${field})`, scopeOf(person)), { outcome: 'value', value: false });
  });
}

test('an inherited member is never a field', () => {
  const inherited = Object.create({ region: 'EMEA' }) as Record<string, unknown>;

  assert.equal(failure('person.region == "EMEA"', inherited), 'person.region has no value');
});

test('an object that is not given has no fields', () => {
  const scope = environment.bind({ objects: { person: PERSON, identity: undefined }, now: NOW });

  assert.deepEqual(evaluate('identity.connection == "otds"', scope), {
    outcome: 'failed',
    reason: 'identity.connection has no value',
  });
});

test('a table without a row for the value is a failure', () => {
  assert.equal(
    failure('tables.store[person.region] == "x"', { region: 'APAC' }),
    'the table has no row for the value',
  );
  assert.equal(failure('tables.store["constructor"] == "x"'), 'the table has no row for the value');
  assert.equal(failure('tables.none[person.region] == "x"'), 'the table has no row for the value');
});

test('a failing part fails the whole unless the other part decides alone', () => {
  assert.equal(failure('person.region == "EMEA" && person.vip', { vip: true }), 'person.region has no value');
  assert.equal(evaluate('person.region == "EMEA" && person.vip', scopeOf({ vip: false })).outcome, 'value');
  assert.equal(evaluate('person.region == "EMEA" || person.vip', scopeOf({ vip: true })).outcome, 'value');
  assert.equal(
    failure('person.region == "EMEA" || person.vip', { vip: false }),
    'person.region has no value',
  );
});

test('reasons never quote what a person has', () => {
  const person = { ...PERSON, login: 'very-private', region: 'very-private', groups: ['very-private'] };
  const sources = [
    'int(person.login) == 3',
    'double(person.login) == 3.0',
    'tables.store[person.login] == "x"',
    'person.groups[7] == "x"',
    'person.login.substring(99) == "x"',
    '1 / 0 == 1',
    '9223372036854775807 + size(person.groups) == 1',
  ];

  for (const source of sources) assert.doesNotMatch(failure(source, person), /very-private/, source);
});

test('a value above the limits fails every expression that reads it, has() too', () => {
  const groups = Array.from({ length: 2_001 }, (_, index) => `g${index}`);

  assert.equal(failure('"g1" in person.groups', { groups }), 'person.groups is too large');
  assert.equal(
    failure('has(person.login)', { login: 'x'.repeat(LIMITS.textLength + 1) }),
    'person.login is too large',
  );
  assert.equal(
    failure('has(person.regions)', { regions: ['x'.repeat(LIMITS.itemLength + 1)] }),
    'person.regions is too large',
  );
  assert.equal(evaluate('person.vip', scopeOf({ vip: true, groups })).outcome, 'value');
});

for (const [name, source] of [
  ['too long', `"${'x'.repeat(5_000)}" == "x"`],
  ['too many parts', Array(400).fill('true').join('||')],
  ['a tower of negations', `${'!'.repeat(3_900)}true`],
  ['a tower of minus signs', `${'-'.repeat(3_900)}1 == 1`],
  ['a tower of brackets', `${'('.repeat(1_900)}true${')'.repeat(1_900)}`],
  ['a tower of lists', `${'['.repeat(1_900)}${']'.repeat(1_900)} == []`],
  ['a tower of choices', `${'true?'.repeat(300)}true${':false'.repeat(300)}`],
  ['a long duration', `duration("${'9'.repeat(3_900)}") == duration("1s")`],
  ['an open text', `"${'x'.repeat(3_000)}`],
] as const) {
  test(`a monstrous expression is refused: ${name}`, () => {
    assert.notEqual(problemsOf(source), '');
  });
}

for (const source of [
  'person.groups.exists(g, g in person.groups)',
  'person.groups.exists(g, person.login.contains(g))',
  'person.login.split("").exists(c, person.login.contains(c + "z"))',
  'person.groups.map(g, g + g).map(g, g + g).map(g, g + g).map(g, g + g).size() > 0',
  `(person.groups${' + person.groups'.repeat(50)}).exists(g, g == "x")`,
]) {
  test(`${source.slice(0, 60)} is refused for what it could cost`, () => {
    assert.match(problemsOf(source), /could take too long/);
  });
}

test('whatever is accepted is answered soon for the largest values that are allowed', () => {
  const groups = Array.from({ length: 2_000 }, (_, index) => `${'a'.repeat(500)}${index}`);
  const person = { ...PERSON, groups, regions: groups.slice(0, 200), login: 'a'.repeat(1_024) };
  const sources = [
    'person.groups.exists(g, g.contains("aaaaaaab"))',
    'person.groups.exists(g, like(g, "*b*b*b*b"))',
    'person.groups.exists(g, like(person.login, g))',
    'person.regions.exists(r, (r + "-m") in person.groups)',
    'person.groups.map(g, g + person.login).filter(g, g.startsWith("zz")).size() > 0',
    `person.login.contains("${'a'.repeat(1_000)}b")`,
  ];
  const { user } = process.cpuUsage();

  for (const source of sources) assert.equal(evaluate(source, scopeOf(person)).outcome, 'value', source);

  assert.ok(process.cpuUsage().user - user < 3_000_000, 'less than 0.5 s of processor time each');
});

test('random pieces of the language are refused or evaluated, and never throw', () => {
  const pieces =
    'person . region groups now tables identity ( ) [ ] { } == < && || ! - + , : ? "x" 1 2.5 null true in exists has like matches g \n \\ \u0000'.split(
      ' ',
    );
  let accepted = 0;
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = createRandom(seed);
    const source = Array.from({ length: 1 + random.below(12) }, () => random.pick(pieces)).join(
      random.pick(['', ' ']),
    );

    const outcome = compileExpression(source, { environment, result: 'bool' });

    if (outcome.outcome === 'compiled') {
      accepted++;
      assert.ok(outcome.expression.evaluate(scopeOf()).outcome);
      assert.ok(outcome.expression.evaluate(scopeOf({})).outcome);
    } else {
      assert.ok(outcome.problems[0]?.message, source);
    }
  }
  assert.ok(accepted > 0);
});

test('the same expression is not changed by a failure before', () => {
  const expression = compiled('person.groups.exists(g, g == person.region)', 'bool');

  assert.equal(expression.evaluate(scopeOf({ groups: ['EMEA'] })).outcome, 'failed');
  assert.deepEqual(expression.evaluate(scopeOf({ groups: ['EMEA'], region: 'EMEA' })), {
    outcome: 'value',
    value: true,
  });
  assert.deepEqual(expression.evaluate(scopeOf({ groups: [], region: 'EMEA' })), {
    outcome: 'value',
    value: false,
  });
});

test('environments do not share names', () => {
  const other = createEnvironment({ objects: { person: { brand: 'string' } } });

  assert.equal(
    compileExpression('person.brand == "x"', { environment: other, result: 'bool' }).outcome,
    'compiled',
  );
  assert.equal(
    compileExpression('person.region == "x"', { environment: other, result: 'bool' }).outcome,
    'invalid',
  );
  assert.match(problemsOf('person.brand == "x"'), /not known/);
});

test('a table holds one kind of value under a name that rules can write', () => {
  assert.ok(Tables.safeParse({ region: { EMEA: ['a'], NA: [] }, rank: { lead: 3 } }).success);
  assert.ok(!Tables.safeParse({ region: { EMEA: ['a'], NA: 'a' } }).success);
  assert.ok(!Tables.safeParse({ 'my-table': { EMEA: 'a' } }).success);
  assert.ok(!Tables.safeParse({ region: { EMEA: { nested: 'a' } } }).success);
});

test('a failure of an unforeseen kind has a plain reason, without the message of the package', () => {
  const reason = failure('9223372036854775807 + size(person.login) == 1');

  assert.equal(reason, 'the expression could not be evaluated');
});
