import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from '../../src/expressions/index.ts';
import { compiled, environment, evaluate, NOW, PERSON, problemsOf, scopeOf } from './world.ts';

for (const source of [
  '"merchandising@staff" in person.groups && person.region == "EMEA"',
  'person.groups.exists(g, like(g, "*@staff"))',
  'person.groups.exists(g, g.endsWith("@staff")) && person.groups.all(g, g != "x")',
  'person.groups.filter(g, g.startsWith("all")).size() == 1',
  'person.regions.exists(r, (r + "-x") in person.groups) == false',
  'person.level == 3 && person.level >= 3 && person.level < 3.5 && 3 == person.level',
  'person.vip && !has(person.login) == false',
  'person.region in ["EMEA", "NA"]',
  'person.region in tables.scopes && !("APAC" in tables.scopes)',
  '"orders:read" in tables.scopes[person.region]',
  'tables.store[person.region] == "store-emea" && tables.rank["lead"] == 3 && tables.open.EMEA',
  'now < person.contractEnd && now >= timestamp("2026-01-01T00:00:00Z")',
  'now < person.contractEnd - duration("24h")',
  'identity.connection == "otds" && "otp" in identity.amr',
  'identity.authTime > timestamp("2026-03-02T09:00:00+01:00")',
  'person.login.split("i")[0] == "m" && person.login.upperAscii() == "MIRA"',
  '(person.vip ? person.region : "x") == "EMEA"',
  'size(person.groups) == 2 && person.contractEnd.getFullYear() == 2026',
]) {
  test(`${source} is checked and holds`, () => {
    assert.deepEqual(evaluate(source), { outcome: 'value', value: true });
  });
}

test('an expression may give an instant, a text or a list', () => {
  const instant = compiled('person.contractEnd - duration("1h")', 'timestamp').evaluate(scopeOf());
  const text = compiled('tables.store[person.region]', 'string').evaluate(scopeOf());
  const list = compiled('tables.scopes[person.region]', 'list<string>').evaluate(scopeOf());
  const empty = compiled('[]', 'list<string>').evaluate(scopeOf());

  assert.deepEqual(instant, { outcome: 'value', value: new Date('2026-03-31T23:00:00Z') });
  assert.deepEqual(text, { outcome: 'value', value: 'store-emea' });
  assert.deepEqual(list, { outcome: 'value', value: ['catalog:write', 'orders:read'] });
  assert.deepEqual(empty, { outcome: 'value', value: [] });
});

for (const [source, expected] of [
  [
    'person.regoin == "EMEA"',
    /1:1 person\.regoin is not known; known are region.*declare it under attributes/,
  ],
  ['has(person.regoin)', /person\.regoin is not known/],
  ['persn.region == "EMEA"', /the name persn is not known; the names are person, identity, now, tables/],
  ['tables.nope["x"] == 1', /tables\.nope is not known/],
  ['person.region == 3', /no such overload: string == int/],
  ['person.groups', /is a list<string>, but must be a bool/],
  ['person.region ==', /Unexpected token/],
  ['person.region = "x"', /Unexpected character/],
  ['', /Unexpected token/],
  ['person.vip &&\n  person.nope', /^2:3 person\.nope/],
  ['person', /not a value by itself/],
  ['tables', /not a value by itself/],
  ['person["region"] == "EMEA"', /write person\.field/],
  ['person[person.region] == "EMEA"', /write person\.field/],
  ['tables[person.region] == "EMEA"', /write tables\.field/],
  ['person.constructor == "x"', /not known/],
  ['person.__proto__ == "x"', /not known/],
  ['string == string', /the name string is not known/],
  ['cel == cel', /the name cel is not known/],
  ['like(person.login)', /no matching overload/],
  ['like(person.level, "x")', /no matching overload/],
] as const) {
  test(`${JSON.stringify(source)} is refused when it is saved`, () => {
    assert.match(problemsOf(source), expected);
  });
}

// R4.4: what is not offered.
for (const [source, expected] of [
  ['person.login.matches("(a+)+$")', /matches is not offered; use like/],
  ['person.groups.exists(g, g.matches("x"))', /matches is not offered/],
  ['matches("x", "y")', /matches is not offered/],
  ['cel.bind(x, "a", x + x) == "aa"', /bind is not offered/],
  ['dyn(person.region) == 3', /dyn is not offered/],
  ['type(1) == type(2)', /type is not offered/],
  ['b"{}".json() == {}', /json is not offered/],
  ['person.groups.join(",") == "x"', /join is not offered/],
  ['person.?region == "x"', /1:8/],
  ['person.contractEnd.getHours("Europe/Berlin") == 8', /use windows/],
  ['timestamp(person.login) < now', /declare attributes that hold instants as timestamp/],
  ['timestamp("2026-03-01T00:00:00") < now', /needs a zone/],
  ['timestamp("2026-33-01T00:00:00Z") < now', /cannot read its text/],
  ['duration("soon") < duration("1h")', /cannot read its text/],
  ['duration(person.login) < duration("1h")', /takes a text written in the expression/],
  ['toString() == "x"', /toString is not offered/],
  ['person.login.constructor() == "x"', /constructor is not offered/],
  ['person.groups.exists(person, true)', /the name person is taken/],
  ['person.groups.exists(now, true)', /the name now is taken/],
  ['person.groups.exists(g)', /needs a name and a condition/],
] as const) {
  test(`${source} is not offered`, () => {
    assert.match(problemsOf(source), expected);
  });
}

for (const inner of ['exists', 'all', 'exists_one', 'filter', 'map']) {
  test(`${inner} inside another loop is refused`, () => {
    assert.match(
      problemsOf(`person.groups.exists(g, person.regions.${inner}(r, r == g) == x)`),
      /loops do not nest/,
    );
  });
}

test('one loop after the other is not nested', () => {
  assert.deepEqual(evaluate('person.groups.map(g, g + "!").exists(g, g == "all@staff!")'), {
    outcome: 'value',
    value: true,
  });
});

for (const source of [
  'now == person.contractEnd',
  'now.getHours() < 18',
  'now - duration("1h") < person.contractEnd',
  'now < now',
  '[now].size() == 1',
]) {
  test(`${source} is refused because its edge cannot be known`, () => {
    assert.match(problemsOf(source), /now may only be compared with an instant/);
  });
}

test('now is refused inside a loop, and where the caller forbids it', () => {
  const outcome = compileExpression('now < person.contractEnd', {
    environment,
    result: 'bool',
    mayUseNow: false,
  });

  assert.match(
    problemsOf('person.groups.exists(g, now < person.contractEnd)'),
    /may not be compared inside a loop/,
  );
  assert.equal(outcome.outcome, 'invalid');
});

for (const [source, now, edge] of [
  ['now < person.contractEnd', NOW, '2026-04-01T00:00:00.000Z'],
  ['person.contractEnd > now', NOW, '2026-04-01T00:00:00.000Z'],
  ['now >= person.contractEnd', NOW, '2026-04-01T00:00:00.000Z'],
  ['now <= person.contractEnd', NOW, '2026-04-01T00:00:00.001Z'],
  ['now > person.contractEnd', NOW, '2026-04-01T00:00:00.001Z'],
  ['now < person.contractEnd', new Date('2026-04-01T00:00:00Z'), undefined],
  ['now <= person.contractEnd', new Date('2026-04-01T00:00:00Z'), '2026-04-01T00:00:00.001Z'],
  ['now < (person.contractEnd - duration("24h")) - duration("1h")', NOW, '2026-03-30T23:00:00.000Z'],
  ['now < (person.vip ? person.contractEnd : identity.authTime)', NOW, '2026-04-01T00:00:00.000Z'],
  ['now < person.contractEnd || now < timestamp("2026-03-10T00:00:00Z")', NOW, '2026-03-10T00:00:00.000Z'],
  ['now > identity.authTime', NOW, undefined],
  ['person.vip', NOW, undefined],
] as const) {
  test(`asked at ${now.toISOString()}, ${source} may change at ${edge ?? 'no time'}`, () => {
    assert.equal(compiled(source, 'bool').nextEdge(scopeOf(PERSON, now), now)?.toISOString(), edge);
  });
}

test('an instant that cannot be told has no edge', () => {
  assert.equal(compiled('now < person.contractEnd', 'bool').nextEdge(scopeOf({}), NOW), undefined);
});
