import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MESSAGE_LIMITS, parseXml } from '../../src/xml/index.ts';
import { openSamlWorld, receive, upstreamOf } from '../federation/saml-world.ts';
import { makeSigningKey } from '../support/saml-idp.ts';

// Anybody can post to the assertion consumer service. Reading such a message must not cost much more than parsing
// it, or a few requests a second stop everybody's sign-ins. Compared with work done in the same run, not with a clock.

const MANY = Array.from({ length: 4_000 }, (_, index) => `g${index}`);

for (const sign of ['assertion', 'response'] as const) {
  test(`a large message with a stranger’s signature over the ${sign} is refused without being verified byte by byte`, async () => {
    await using world = await openSamlWorld();
    const upstream = upstreamOf(world.open());
    const begun = await upstream.begin({});
    const answer = await world.idp.response({
      ...{ requestId: begun.correlation, attributes: { guid: MANY }, sign },
      signature: { key: await makeSigningKey() },
    });
    const text = Buffer.from(answer, 'base64').toString('utf8');

    const parsing = await cheapest(async () => void parseXml(text, MESSAGE_LIMITS));
    const refusing = await cheapest(async () => {
      await assert.rejects(receive(upstream, answer), { code: 'federation.signature_invalid' });
    });

    assert.ok(
      refusing < 5 * parsing,
      `refusing took ${(refusing / parsing).toFixed(1)} times as much as parsing`,
    );
  });
}

const NOWHERE = Array.from({ length: 31 }, (_, index) => `nowhere${index}`);
const ATTRIBUTES = Array.from({ length: 3_000 }, (_, index) => ` a${index}=""`).join('');

// What a signature says about itself is canonicalised before anybody knows who made it.
const PADDING: readonly (readonly [title: string, change: (xml: string) => string])[] = [
  [
    'names 20,000 inclusive prefixes',
    (xml) =>
      withPrefixes(
        xml,
        Array.from({ length: 20_000 }, (_, index) => `p${index}`),
      ),
  ],
  [
    'has 1,500 attributes, each in a namespace of its own',
    (xml) =>
      xml.replace('<ds:SignedInfo', () => {
        const all = Array.from({ length: 1_500 }, (_, index) => 1_500 - index);
        return `<ds:SignedInfo${all.map((n) => ` xmlns:p${n}="urn:${n}" p${n}:a="1"`).join('')}`;
      }),
  ],
  [
    'looks for 32 prefixes in each of 3,000 elements below 3,000 attributes, in a parameter',
    (xml) =>
      withPrefixes(xml, NOWHERE, '<x/>'.repeat(3_000)).replace(
        '<ds:SignedInfo',
        `<ds:SignedInfo${ATTRIBUTES}`,
      ),
  ],
  [
    'looks for them in what stands below its digest method',
    (xml) =>
      withPrefixes(xml, NOWHERE)
        .replace('<ds:SignedInfo', `<ds:SignedInfo${ATTRIBUTES}`)
        .replace(/(<ds:DigestMethod [^>]*)\/>/, `$1>${'<x/>'.repeat(3_000)}</ds:DigestMethod>`),
  ],
  [
    'stands in the assertion 9,000 times, in another namespace',
    (xml) => xml.replace('<saml:Conditions', `${'<Signature/>'.repeat(9_000)}<saml:Conditions`),
  ],
];
for (const [title, change] of PADDING) {
  test(`a signature that ${title} is refused at little more than the cost of parsing it`, async () => {
    await using world = await openSamlWorld();
    const upstream = upstreamOf(world.open());
    const begun = await upstream.begin({});
    const plain = await world.idp.response({ requestId: begun.correlation });
    const text = change(Buffer.from(plain, 'base64').toString('utf8'));
    const answer = Buffer.from(text).toString('base64');

    const parsing = await cheapest(async () => void parseXml(text, MESSAGE_LIMITS));
    const refusing = await cheapest(async () => {
      await assert.rejects(receive(upstream, answer), { code: 'federation.signature_invalid' });
    });

    assert.ok(
      refusing < 5 * parsing,
      `refusing took ${(refusing / parsing).toFixed(1)} times as much as parsing`,
    );
  });
}

function withPrefixes(xml: string, prefixes: readonly string[], inside = ''): string {
  const c14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';
  const list = `<ec:InclusiveNamespaces xmlns:ec="${c14n}" PrefixList="${prefixes.join(' ')}">${inside}</ec:InclusiveNamespaces>`;
  const changed = xml.replace(
    /(<ds:CanonicalizationMethod [^>]*)\/>/,
    `$1>${list}</ds:CanonicalizationMethod>`,
  );
  assert.notEqual(changed, xml);
  return changed;
}

/** Processor time of the cheapest of three runs, in microseconds. */
async function cheapest(work: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}
