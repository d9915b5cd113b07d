import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type AttributeTypes, type LastingFacts, personOf } from '../../src/directory/index.ts';

const ROW = { id: 'per_00000000000000000000000000', status: 'active' } as const;
const PRIMARY = { primary: true, others: ['access-manager'] };
const FACTS: LastingFacts = {
  ...{ connection: 'otds', issuer: 'https://otds.example', subject: 's1', groups: [], attributes: {} },
};

function attributeOf(type: AttributeTypes[string], values: readonly string[]): unknown {
  const { attributes } = personOf(ROW, { ...FACTS, attributes: { it: values } }, { it: type }, PRIMARY);
  return attributes['it'];
}

suite('declared attributes (R4.1)', () => {
  for (const [type, text, value] of [
    ['string', 'EMEA', 'EMEA'],
    ['number', '42', 42],
    ['number', '-1.5', -1.5],
    ['boolean', 'TRUE', true],
    ['boolean', 'false', false],
    ['timestamp', '2026-12-31T18:00:00Z', new Date('2026-12-31T18:00:00Z')],
    ['timestamp', '2026-12-31T18:00:00+02:00', new Date('2026-12-31T16:00:00Z')],
    ['timestamp', '20261231180000Z', new Date('2026-12-31T18:00:00Z')],
    ['timestamp', '20261231180000.000Z', new Date('2026-12-31T18:00:00Z')],
  ] as const) {
    test(`${text} is a ${type}`, () => {
      assert.deepEqual(attributeOf(type, [text]), value);
    });
  }

  test('an end that is a date lasts to the midnight after that day (R3.6)', () => {
    assert.deepEqual(attributeOf('timestamp', ['2026-12-31']), new Date('2027-01-01T00:00:00Z'));
  });

  for (const [type, text] of [
    ['number', '42 apples'],
    ['number', '0x10'],
    ['number', ''],
    ['number', '1e400'],
    ['boolean', 'yes'],
    ['timestamp', 'tomorrow'],
    ['timestamp', '31.12.2026'],
    ['timestamp', '2026-12-31T18:00:00'],
    ['timestamp', '2026-02-31'],
    ['timestamp', '2026-02-31T18:00:00Z'],
    ['timestamp', '20260231180000Z'],
    ['timestamp', '20261331180000Z'],
  ] as const) {
    test(`${JSON.stringify(text)} is no ${type}, so the person has no such attribute`, () => {
      assert.equal(attributeOf(type, [text]), undefined);
    });
  }

  test('several values where one is declared are none: which one counts would be a guess', () => {
    assert.equal(attributeOf('string', ['EMEA', 'NA']), undefined);
  });

  test('a list keeps all values in their order', () => {
    assert.deepEqual(attributeOf('list', ['b', 'a']), ['b', 'a']);
  });

  test('what nobody declared is not there for rules to ask', () => {
    const facts = { ...FACTS, attributes: { region: ['EMEA'], secret: ['x'] } };

    assert.deepEqual(personOf(ROW, facts, { region: 'string' }, PRIMARY).attributes, { region: 'EMEA' });
  });
});

suite('groups (R1.2)', () => {
  test('those of the primary connection carry their own names', () => {
    const person = personOf(ROW, { ...FACTS, groups: ['media@staff'] }, {}, PRIMARY);

    assert.deepEqual(person.groups, ['media@staff']);
  });

  test('those of another connection carry its id, so the same name never matches', () => {
    const facts = { ...FACTS, connection: 'access-manager', groups: ['media@staff'] };

    const person = personOf(ROW, facts, {}, { primary: false, others: ['otds'] });

    assert.deepEqual(person.groups, ['access-manager:media@staff']);
  });

  test('a plain group that is called like one of another connection is qualified too', () => {
    const person = personOf(ROW, { ...FACTS, groups: ['access-manager:admins'] }, {}, PRIMARY);

    assert.deepEqual(person.groups, ['otds:access-manager:admins']);
  });
});

test('an address has the parts that the directory sent; blank ones are none, and without any there is no address', () => {
  const attributes = { address1: [' Torget 1 '], city: [''], countryCode: ['NO'], postalCode: [' '] };

  assert.deepEqual(personOf(ROW, { ...FACTS, attributes }, {}, PRIMARY).address, {
    address1: 'Torget 1',
    countryCode: 'NO',
  });
  assert.equal('address' in personOf(ROW, { ...FACTS, attributes: { city: [' '] } }, {}, PRIMARY), false);
});
