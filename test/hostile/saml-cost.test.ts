import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOperations } from '../support/operations.ts';

// Counting must begin before these are loaded.
const { MESSAGE_LIMITS, parseXml } = await import('../../src/xml/index.ts');
const { openSamlWorld, receive, upstreamOf } = await import('../federation/saml-world.ts');
const { makeSigningKey } = await import('../support/saml-idp.ts');

// Anybody can post to the assertion consumer service. Reading such a message must not cost much more than parsing
// it, or a few requests a second stop everybody's sign-ins. Counted, not timed: other programs run here too.

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

    const parsing = await countOperations(() => void parseXml(text, MESSAGE_LIMITS));
    const refusing = await countOperations(async () => {
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

    const parsing = await countOperations(() => void parseXml(text, MESSAGE_LIMITS));
    const refusing = await countOperations(async () => {
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

const repeated = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => write(index)).join('');

// An upstream may be taken over, or send what it is given. All of these are signed by it, and most are accepted.
const SAID: Readonly<Record<string, (assertion: string, count: number) => string>> = {
  'values of one attribute': (assertion, count) =>
    assertion.replace(
      '</saml:Attribute>',
      `${repeated(count, (i) => `<saml:AttributeValue>g${i}</saml:AttributeValue>`)}</saml:Attribute>`,
    ),
  'attributes of one name': (assertion, count) =>
    assertion.replace(
      '</saml:AttributeStatement>',
      `${repeated(
        count,
        (i) =>
          `<saml:Attribute Name="groups"><saml:AttributeValue>g${i}</saml:AttributeValue></saml:Attribute>`,
      )}</saml:AttributeStatement>`,
    ),
  'namespaces around its values': (assertion, count) =>
    assertion
      .replace(
        '<saml:AttributeStatement',
        (tag) => `${tag}${repeated(count, (i) => ` xmlns:p${i}="urn:${i}"`)}`,
      )
      .replace(
        '</saml:Attribute>',
        `${repeated(count, () => '<saml:AttributeValue xmlns:x="urn:x" x:y="">g</saml:AttributeValue>')}</saml:Attribute>`,
      ),
  audiences: (assertion, count) =>
    assertion.replace(
      '<saml:AudienceRestriction>',
      (tag) => `${tag}${repeated(count, (i) => `<saml:Audience>urn:${i}</saml:Audience>`)}`,
    ),
  'confirmations of its subject': (assertion, count) =>
    assertion.replace(
      '</saml:NameID>',
      (tag) =>
        `${tag}${'<saml:SubjectConfirmation Method="urn:m"></saml:SubjectConfirmation>'.repeat(count)}`,
    ),
};

for (const [title, change] of Object.entries(SAID)) {
  test(`four times as many ${title} cost four times as much, signed by the upstream itself`, async () => {
    await using world = await openSamlWorld();
    const upstream = upstreamOf(world.open());
    const cost = async (count: number): Promise<number> => {
      const begun = await upstream.begin({});
      const answer = await world.idp.response({
        ...{ requestId: begun.correlation, assertionId: `_a${count}-${begun.correlation}` },
        beforeSigning: (assertion) => change(assertion, count),
      });
      return await countOperations(
        async () => void (await upstream.receive({ kind: 'form', fields: { SAMLResponse: answer } })),
      );
    };
    // The engine counts calls that it has not inlined yet on top of the others, now and then; the least is what remains.
    let [few, many] = [await cost(100), await cost(400)];
    for (let round = 0; round < 4; round += 1) {
      few = Math.min(few, await cost(100));
      many = Math.min(many, await cost(400));
    }

    assert.ok(many < 4.8 * few, `they cost ${(many / few).toFixed(1)} times as much`);
  });
}
