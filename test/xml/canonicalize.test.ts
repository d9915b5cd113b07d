import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import {
  anywhereNamed,
  childElements,
  METADATA_LIMITS,
  parseXml,
  verifySignature,
} from '../../src/xml/index.ts';
import { createRandom, type Random } from '../base/random.ts';
import { makeSigningKey } from '../support/saml-idp.ts';

function rootOf(xml: string): Element {
  return parseXml(xml, METADATA_LIMITS).document.documentElement;
}

/** Canonical text of the first element called `b`. */
function inner(xml: string, inclusivePrefixes: readonly string[] = []): string {
  const [element] = anywhereNamed(rootOf(xml).ownerDocument, 'b');
  return canonicalize(element ?? assert.fail('there is no b'), { inclusivePrefixes });
}

suite('exclusive canonical form', () => {
  const CASES: readonly (readonly [title: string, xml: string, canonical: string])[] = [
    ['an empty element has an end tag', '<a/>', '<a></a>'],
    ['attributes stand in order, one space apart', '<a  z="1"\n b=\'2\' />', '<a b="2" z="1"></a>'],
    [
      'names are ordered by namespace before local name; without namespace comes first',
      '<a xmlns:q="urn:b" xmlns:p="urn:c" p:a="1" q:z="2" y="3"/>',
      '<a xmlns:p="urn:c" xmlns:q="urn:b" y="3" q:z="2" p:a="1"></a>',
    ],
    [
      'the namespace is compared as a whole, not run together with the name',
      '<a xmlns:p="urn:a" xmlns:q="urn:ab" q:a="1" p:c="2"/>',
      '<a xmlns:p="urn:a" xmlns:q="urn:ab" p:c="2" q:a="1"></a>',
    ],
    [
      'prefixes are ordered by code points, not as a dictionary orders them',
      '<a xmlns:b="urn:1" xmlns:B="urn:2" b:x="1" B:x="2"/>',
      '<a xmlns:B="urn:2" xmlns:b="urn:1" b:x="1" B:x="2"></a>',
    ],
    [
      'declarations that nobody uses are left out',
      '<a xmlns:p="urn:p" xmlns="urn:d"/>',
      '<a xmlns="urn:d"></a>',
    ],
    [
      'a declaration stands where it is used first, and not again below',
      '<a xmlns:p="urn:p"><p:c><p:d/></p:c></a>',
      '<a><p:c xmlns:p="urn:p"><p:d></p:d></p:c></a>',
    ],
    [
      'siblings declare each for themselves',
      '<a xmlns:p="urn:p"><p:c/><p:c/></a>',
      '<a><p:c xmlns:p="urn:p"></p:c><p:c xmlns:p="urn:p"></p:c></a>',
    ],
    [
      'a prefix that changes its meaning is declared again',
      '<p:a xmlns:p="urn:1"><p:c xmlns:p="urn:2"><p:d/></p:c></p:a>',
      '<p:a xmlns:p="urn:1"><p:c xmlns:p="urn:2"><p:d></p:d></p:c></p:a>',
    ],
    [
      'a default namespace that ends is taken back',
      '<a xmlns="urn:d"><c xmlns=""><d/></c></a>',
      '<a xmlns="urn:d"><c xmlns=""><d></d></c></a>',
    ],
    [
      'an attribute whose name begins with xmlns is an attribute',
      '<a xmlnsx="1" b="2"/>',
      '<a b="2" xmlnsx="1"></a>',
    ],
    ['the prefix xml is never declared', '<a xml:lang="de"/>', '<a xml:lang="de"></a>'],
    ['comments are left out', '<a>one<!-- two --> three</a>', '<a>one three</a>'],
    [
      'characters are written in one way',
      '<a t="&#9;&#10;&#13;&quot;&apos;&lt;&gt;&amp;">&quot;&apos;&lt;&gt;&amp;&#13;\u{1F511}é</a>',
      '<a t="&#x9;&#xA;&#xD;&quot;\'&lt;>&amp;">"\'&lt;&gt;&amp;&#xD;\u{1F511}é</a>',
    ],
    ['white space in values is as a parser gives it', '<a t="1\n2\t3"> \r\n </a>', '<a t="1 2 3"> \n </a>'],
  ];
  for (const [title, xml, canonical] of CASES) {
    test(title, () => {
      assert.equal(canonicalize(rootOf(xml)), canonical);
    });
  }
});

suite('a part of a document', () => {
  const DOCUMENT = '<a xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:q"><b t="q:x"><p:c/></b></a>';

  test('declares what its names use', () => {
    assert.equal(inner(DOCUMENT), '<b xmlns="urn:d" t="q:x"><p:c xmlns:p="urn:p"></p:c></b>');
  });

  test('declares inclusive prefixes wherever they were declared', () => {
    const canonical = '<b xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:q" t="q:x"><p:c></p:c></b>';
    assert.equal(inner(DOCUMENT, ['q', 'p', '#default', 'unknown']), canonical);
  });

  test('leaves out what it is told to, and nothing else', () => {
    const root = rootOf('<a>1<b/>2<b/></a>');
    const [without] = childElements(root);
    assert.equal(canonicalize(root, { without: without ?? assert.fail() }), '<a>12<b></b></a>');
  });

  test('stays the same when it is read again', () => {
    const once = inner(DOCUMENT);
    assert.equal(canonicalize(rootOf(once)), once);
  });
});

/** What xmlsec1 signs over the element `s`: it canonicalises by libxml2, which shares no code with us. */
suite('documents that xmlsec1 signed', async () => {
  const SEED = Number(process.env['VESTIBULE_PROPERTY_SEED'] ?? 20_260_302);
  const key = await makeSigningKey();
  const publicKey = createPublicKey(key.certificatePem);
  const folder = await mkdtemp(join(tmpdir(), 'vst-canonical-'));
  after(() => rm(folder, { recursive: true }));
  const keyFile = join(folder, 'key.pem');
  await writeFile(keyFile, key.privateKeyPem);

  for (let index = 0; index < 40; index += 1) {
    test(`are verified, and changed ones are not (seed ${SEED}, document ${index})`, async () => {
      const file = join(folder, `${index}.xml`);
      await writeFile(file, randomDocument(createRandom(SEED + index)));
      const args = ['--sign', '--privkey-pem', keyFile, '--id-attr:ID', 's', '--output', `${file}.out`, file];
      await promisify(execFile)('xmlsec1', args);
      const signed = await readFile(`${file}.out`, 'utf8');

      const covered = verifySignature(signedElement(signed), [publicKey]);

      assert.match(covered, /needle/);
      const changed = signedElement(signed.replace('needle', 'noodle'));
      assert.throws(() => verifySignature(changed, [publicKey]), { reason: 'invalid' });
    });
  }
});

function signedElement(xml: string): Element {
  const [element] = anywhereNamed(rootOf(xml).ownerDocument, 's');
  return element ?? assert.fail('nothing is signed');
}

const NAMESPACES = ['urn:a', 'urn:ab', 'urn:b', 'http://example.com/ns?x=1'];
const PREFIXES = ['a', 'b', 'B', 'ns1', 'xs'];
const VALUES = ['', 'plain', '&amp;&lt;&gt;', '&#9;tab', 'line&#10;', '\u{1F511} é', 'two  spaces', "it's"];

/** An element `s` without namespace and with a signature to be filled in, somewhere in a tree of namespaces. */
function randomDocument(random: Random): string {
  const lists = ['', 'xs', '#default a', 'a B ns1'];
  const around = declarations(random, PREFIXES);
  const content = `<b1>needle</b1>${randomElements(random, 3)}`;
  const element = `<s xmlns="" ID="_s"${declarations(random, [])}>${template(random.pick(lists), random.pick(lists))}${content}</s>`;
  const wrapped = random.chance(0.5) ? `<a:w xmlns:a="urn:w">${element}</a:w>` : element;
  return `<root${around}${random.chance(0.5) ? ' xmlns="urn:root"' : ''}>${wrapped}</root>`;
}

function randomElements(random: Random, depth: number): string {
  const count = depth === 0 ? 0 : random.below(4);
  return Array.from({ length: count }, () => randomElement(random, depth)).join(
    random.pick(['', '\n ', ' text ']),
  );
}

function randomElement(random: Random, depth: number): string {
  const prefix = random.chance(0.6) ? random.pick(PREFIXES) : '';
  const used = random.chance(0.5) ? [random.pick(PREFIXES)] : [];
  const declared = declarations(random, [...(prefix ? [prefix] : []), ...used]);
  const name = prefix ? `${prefix}:e` : 'e';
  const own = used.map((each) => ` ${each}:t="${random.pick(VALUES)}"`).join('');
  const plain = random.chance(0.5)
    ? ` z="${random.pick(VALUES)}" y='${random.pick(['', 'v', '&quot;'])}'`
    : '';
  const comment = random.chance(0.2) ? '<!-- aside -->' : '';
  return `<${name}${declared}${plain}${own}>${random.pick(VALUES)}${comment}${randomElements(random, depth - 1)}</${name}>`;
}

/** Declares these prefixes, and perhaps some that nobody uses; sometimes a default namespace, or its end. */
function declarations(random: Random, prefixes: readonly string[]): string {
  const all = new Set([...prefixes, ...(random.chance(0.3) ? [random.pick(PREFIXES)] : [])]);
  return [...all].map((prefix) => ` xmlns:${prefix}="${random.pick(NAMESPACES)}"`).join('');
}

function template(infoPrefixes: string, coveredPrefixes: string): string {
  const c14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';
  const inclusive = (list: string) =>
    list === '' ? '' : `<ec:InclusiveNamespaces xmlns:ec="${c14n}" PrefixList="${list}"/>`;
  return `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>
    <ds:CanonicalizationMethod Algorithm="${c14n}">${inclusive(infoPrefixes)}</ds:CanonicalizationMethod>
    <ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
    <ds:Reference URI="#_s"><ds:Transforms>
      <ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
      <ds:Transform Algorithm="${c14n}">${inclusive(coveredPrefixes)}</ds:Transform>
    </ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>
    </ds:SignedInfo><ds:SignatureValue/></ds:Signature>`;
}
