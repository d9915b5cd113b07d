import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { countOperations } from '../support/operations.ts';

// Counting must begin before these are loaded.
const { canonicalize } = await import('../../src/xml/canonicalize.ts');
const { METADATA_LIMITS, parseXml } = await import('../../src/xml/index.ts');

// Whoever may send us a document chooses its shape, and who holds one genuine signature may have any shape canonicalised.
// Four times as much of anything must cost about four times as much: counted, not timed.

const LIMITS = { ...METADATA_LIMITS, maxNodes: 100_000 };
const [FEW, MANY] = [500, 2_000];
const ROUNDS = 6;
const MOST_GROWTH = 1.2 * (MANY / FEW);

function times(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join('');
}

const SHAPES: Readonly<Record<string, (count: number) => string>> = {
  'elements side by side': (n) => `<a>${'<b/>'.repeat(n)}</a>`,
  'elements as deep as they may be': (n) => `${'<d>'.repeat(30)}${'<b>x</b>'.repeat(n)}${'</d>'.repeat(30)}`,
  'attributes of one element': (n) => `<a${times(n, (i) => ` a${i}=""`)}/>`,
  'elements below many attributes': (n) => `<a${times(n, (i) => ` a${i}=""`)}>${'<b/>'.repeat(n)}</a>`,
  'namespaces that nobody uses, above elements that declare one': (n) =>
    `<a${times(n, (i) => ` xmlns:p${i}="urn:${i}"`)}>${'<b xmlns="urn:b"/>'.repeat(n)}</a>`,
  'namespaces that are used, above elements that declare one': (n) =>
    `<a${times(n, (i) => ` xmlns:p${i}="urn:${i}" p${i}:x=""`)}>${'<b xmlns="urn:b"/>'.repeat(n)}</a>`,
  'namespaces on each level, above elements': (n) =>
    `${times(30, (level) => `<d${times(n / 30, (i) => ` xmlns:p${level}x${i}="urn:${i}" p${level}x${i}:a=""`)}>`)}` +
    `${'<b/>'.repeat(n)}${'</d>'.repeat(30)}`,
  'a prefix that changes its meaning each time': (n) =>
    `<a>${times(n, (i) => `<p:b xmlns:p="urn:${i}"/>`)}</a>`,
  'an inclusive prefix that changes its meaning each time': (n) =>
    `<a xmlns:xs="urn:xs">${times(n, (i) => `<b xmlns:xs="urn:${i}"/>`)}</a>`,
  'elements below many namespaces, an inclusive one among them': (n) =>
    `<a${times(n, (i) => ` xmlns:p${i}="urn:${i}"`)} xmlns:xs="urn:xs">${'<b/>'.repeat(n)}</a>`,
  'pieces of text': (n) => `<a>${'text<b/>'.repeat(n)}</a>`,
  'references to characters in text': (n) => `<a>${'&amp;&#x20AC;'.repeat(n)}</a>`,
  'references to characters in an attribute': (n) => `<a b="${'&quot;&#65;'.repeat(n)}"/>`,
  'comments that part a text': (n) => `<a>${'x<!-- -->'.repeat(n)}</a>`,
  'line ends within tags': (n) => `<a>${'<b\n\n\n/>\n'.repeat(n)}</a>`,
  ids: (n) => `<a>${times(n, (i) => `<b ID="_${i}"/>`)}</a>`,
};

suite('reading and canonicalising cost no more than the document is long', () => {
  for (const [shape, write] of Object.entries(SHAPES)) {
    test(shape, async () => {
      const reading = await growth(write, (xml) => void parseXml(xml, LIMITS));
      const writing = await growth(
        (count) => parseXml(write(count), LIMITS).document.documentElement,
        (element) => void canonicalize(element, { inclusivePrefixes: ['xs', 'xsi', '#default'] }),
      );

      assert.ok(reading <= MOST_GROWTH, `reading costs ${reading.toFixed(1)} times as much`);
      assert.ok(writing <= MOST_GROWTH, `writing costs ${writing.toFixed(1)} times as much`);
    });
  }
});

/** The engine counts calls that it has not inlined yet on top of the others, now and then; the least is what remains. */
async function growth<T>(prepare: (count: number) => T, work: (prepared: T) => void): Promise<number> {
  const [few, many] = [prepare(FEW), prepare(MANY)];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round += 1) {
    most = Math.min(most, await countOperations(() => work(many)));
    least = Math.min(least, await countOperations(() => work(few)));
  }
  return most / least;
}
