import assert from 'node:assert/strict';
import { test } from 'node:test';
import { like } from '../../src/expressions/index.ts';
import { createRandom } from '../base/random.ts';

for (const [text, glob, expected] of [
  ['merchandising@staff', '*@staff', true],
  ['merchandising@staff', 'merch*', true],
  ['merchandising@staff', '*@partners', false],
  ['merchandising@staff', 'm*@*f', true],
  ['abc', 'abc', true],
  ['abc', 'ABC', false],
  ['abc', 'ab', false],
  ['', '', true],
  ['', '*', true],
  ['x', '', false],
  ['anything', '**', true],
  ['aa', 'a*a', true],
  ['a', 'a*a', false],
  ['abcab', 'ab*ab', true],
  ['aab', '*aab*', true],
  ['aXbXc', 'a*b*c', true],
  ['acb', 'a*b*c', false],
  // Nothing but the star is special.
  ['a.c', 'a.c', true],
  ['abc', 'a.c', false],
  ['a?c', 'a?c', true],
  ['abc', 'a?c', false],
  ['[ab]', '[ab]', true],
  ['a\nb', 'a*b', true],
] as const) {
  test(`${JSON.stringify(text)} is ${expected ? '' : 'not '}like ${JSON.stringify(glob)}`, () => {
    assert.equal(like(text, glob), expected);
  });
}

test('random globs agree with a plain reading of what a star means', () => {
  const random = createRandom(3);
  for (let round = 0; round < 5_000; round++) {
    const text = Array.from({ length: random.below(9) }, () => random.pick(['a', 'b'])).join('');
    const glob = Array.from({ length: random.below(7) }, () => random.pick(['a', 'b', '*'])).join('');

    assert.equal(like(text, glob), plainly(text, glob), `${text} like ${glob}`);
  }
});

function plainly(text: string, glob: string): boolean {
  if (glob === '') return text === '';
  if (glob[0] === '*') return plainly(text, glob.slice(1)) || (text !== '' && plainly(text.slice(1), glob));
  return text[0] === glob[0] && plainly(text.slice(1), glob.slice(1));
}

// Each takes hours or worse with backtracking; a quadratic search takes 10 ^ 10 steps.
for (const [name, text, glob] of [
  ['many stars on one letter', 'a'.repeat(200_000), `${'*a'.repeat(50_000)}*b*`],
  ['a long piece that almost matches everywhere', 'a'.repeat(200_000), `*${'a'.repeat(50_000)}b*`],
  ['alternating letters', 'ab'.repeat(100_000), `${'*ab'.repeat(30_000)}*c*`],
  ['a period that breaks late', `${'ab'.repeat(50_000)}c`.repeat(2), `*${'ab'.repeat(49_000)}d*`],
] as const) {
  test(`a hostile glob is answered at once: ${name}`, () => {
    const { user } = process.cpuUsage();

    assert.equal(like(text, glob), false);

    assert.ok(process.cpuUsage().user - user < 1_500_000, 'less than 1.5 s of processor time');
  });
}
