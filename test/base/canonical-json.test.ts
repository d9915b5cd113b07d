import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, type Json } from '../../src/base/index.ts';
import { createRandom, type Random } from './random.ts';

// RFC 8785 appendix B: bit pattern of a double and how it is written.
const NUMBERS: readonly (readonly [string, string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

for (const [bits, expected] of NUMBERS) {
  test(`the double ${bits} is written ${expected}`, () => {
    assert.equal(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), expected);
  });
}

test('numbers, texts and literals are written as in the example of RFC 8785', () => {
  const value = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
      '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  );

  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('members are sorted by UTF-16 code units, as in the example of RFC 8785', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  };

  const keys = Object.keys(JSON.parse(canonicalJson(value)));

  // JSON.parse lists integer-like keys first; the text itself has the true order.
  assert.deepEqual(
    [...canonicalJson(value).matchAll(/"([^"]*)":/g)].map((match) => JSON.parse(`"${match[1]}"`)),
    ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'],
  );
  assert.equal(keys.length, 7);
});

test('undefined members are left out, null members stay', () => {
  assert.equal(canonicalJson({ b: undefined, a: null }), '{"a":null}');
});

for (const [name, value] of [
  ['NaN', Number.NaN],
  ['an infinity', Number.POSITIVE_INFINITY],
  ['a lone surrogate', '\ud800'],
  ['a lone surrogate in a name', { '\udc00': 1 }],
  ['a date', { at: new Date(0) }],
  ['a class', new (class Thing {})()],
  ['a map', new Map()],
  ['a bigint', 1n],
  ['a function', () => 1],
  ['undefined in a list', [undefined]],
] as const) {
  test(`canonical JSON refuses ${name}`, () => {
    assert.throws(() => canonicalJson(value as unknown as Json), TypeError);
  });
}

test('the order in which members were written never matters, and the text reads back as the same value', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const value = randomJson(createRandom(seed), 3);

    const text = canonicalJson(value);

    assert.equal(canonicalJson(shuffled(value, createRandom(seed + 1))), text, `seed ${seed}`);
    assert.deepEqual(JSON.parse(text), value, `seed ${seed}`);
  }
});

function randomJson(random: Random, depth: number): Json {
  const kind = random.below(depth > 0 ? 6 : 4);
  if (kind === 0) return random.pick([null, true, false]);
  if (kind === 1) return random.below(1_000_000) / random.pick([1, 3, 1e9, 1e-9]);
  if (kind <= 3) return random.pick(['', 'é', '"\\', '\u2028', '😀', 'plain', '\u0000']) + random.below(9);
  if (kind === 4) return Array.from({ length: random.below(4) }, () => randomJson(random, depth - 1));
  const members = Array.from({ length: random.below(5) }, () => [
    `${random.pick(['a', 'é', '😀', '', 'z'])}${random.below(9)}`,
    randomJson(random, depth - 1),
  ]);
  return Object.fromEntries(members);
}

function shuffled(value: Json, random: Random): Json {
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => ({ key, item, rank: random.below(1_000) }));
  entries.sort((a, b) => a.rank - b.rank);
  return Object.fromEntries(entries.map(({ key, item }) => [key, shuffled(item as Json, random)]));
}
