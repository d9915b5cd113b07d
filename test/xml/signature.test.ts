import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { SignedXml } from 'xml-crypto';
import { METADATA_LIMITS, parseXml, SignatureRefused, verifySignature } from '../../src/xml/index.ts';
import { ALGORITHM, makeSigningKey } from '../support/saml-idp.ts';

const [key, other] = await Promise.all([makeSigningKey(), makeSigningKey()]);
const keyOf = ({ certificatePem }: { certificatePem: string }) => createPublicKey(certificatePem);

/** As another library signs. */
function sign(xml: string): string {
  const engine = new SignedXml({
    privateKey: key.privateKeyPem,
    signatureAlgorithm: ALGORITHM.rsaSha256,
    canonicalizationAlgorithm: ALGORITHM.exclusive,
  });
  const transforms = [ALGORITHM.enveloped, ALGORITHM.exclusive];
  engine.addReference({ xpath: '/*', transforms, digestAlgorithm: ALGORITHM.sha256 });
  engine.computeSignature(xml, { prefix: 'ds', location: { reference: '/*', action: 'prepend' } });
  return engine.getSignedXml();
}

function check(signed: string, keys = [keyOf(key)]): string {
  const { document } = parseXml(signed, METADATA_LIMITS);
  return verifySignature(document.documentElement, keys);
}

test('what was signed comes back, canonical and without its signature', () => {
  const signed = sign('<a z="1" ID="x" b="2"><c/>text</a>');

  assert.equal(check(signed), '<a ID="x" b="2" z="1"><c></c>text</a>');
});

test('any of several keys may have signed', () => {
  const signed = sign('<a ID="x"/>');

  assert.equal(check(signed, [keyOf(other), keyOf(key)]), '<a ID="x"></a>');
  assert.throws(() => check(signed, [keyOf(other)]), SignatureRefused);
  assert.throws(() => check(signed, []), SignatureRefused);
});

test('a comment added to what was signed is not part of what comes back', () => {
  const signed = sign('<a ID="x">admin@halden.example.evil</a>');

  const content = check(signed.replace('.evil', '<!-- -->.evil'));

  assert.equal(content, '<a ID="x">admin@halden.example.evil</a>');
});

test('an unsigned or changed element is refused', () => {
  assert.throws(() => check('<a ID="x"/>'), { reason: 'shape' });
  assert.throws(() => check(sign('<a ID="x">1</a>').replace('>1<', '>2<')), { reason: 'invalid' });
  assert.throws(() => check(sign('<a ID="x"/>').replace('ID="x"', 'ID="y"')), { reason: 'shape' });
});

test('a shape that is not allowed is refused before anything is computed', () => {
  const signed = sign('<a ID="x"/>');
  const changes: [from: RegExp, to: string][] = [
    [/(<ds:Transform [^>]*enveloped-signature")\s*\/>/, '$1><ds:XPath>1</ds:XPath></ds:Transform>'],
    [/<\/ds:Transforms>/, '<ds:Transform Algorithm="urn:x"/></ds:Transforms>'],
    [/<\/ds:SignatureValue>/, '<b/></ds:SignatureValue>'],
    [/<\/ds:DigestValue>/, '<b/></ds:DigestValue>'],
    [/<\/ds:SignedInfo>/, '<ds:Reference/></ds:SignedInfo>'],
    [
      /(<ds:SignatureMethod [^>]*)\/>/,
      '$1><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>',
    ],
    [/URI="#x"/, 'URI=""'],
  ];
  for (const [from, to] of changes) {
    assert.match(signed, from);
    assert.throws(() => check(signed.replace(from, to)), { reason: 'shape' }, to);
  }
});
