import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { receiveMessage, SamlError } from '../../src/saml/index.ts';

const LOGOUT =
  '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"></samlp:LogoutRequest>';

function posted(field: string): () => unknown {
  return () => receiveMessage({ binding: 'post', fields: { SAMLRequest: field } });
}

function redirected(query: string): () => unknown {
  return () => receiveMessage({ binding: 'redirect', query });
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof SamlError && error.code === code;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const deflated = (text: string): string => encodeURIComponent(deflateRawSync(text).toString('base64'));

test('line breaks within base64 are read over', () => {
  const broken = base64(LOGOUT).replace(/(.{76})/g, '$1\r\n');

  assert.equal(receiveMessage({ binding: 'post', fields: { SAMLRequest: broken } }).kind, 'LogoutRequest');
});

test('a plus sign that a sender forgot to encode is read as one', () => {
  // Found by search: the base64 of one of them holds a plus sign.
  const message = Array.from({ length: 500 }, (_, n) => LOGOUT.replace('></', ` n="${n * n * 7919}"></`))
    .map((text) => deflateRawSync(text).toString('base64'))
    .find((candidate) => candidate.includes('+'));
  const query = `SAMLRequest=${message?.replaceAll('=', '%3D')}`;

  assert.equal(receiveMessage({ binding: 'redirect', query }).kind, 'LogoutRequest');
});

test('white space without end costs no more than its length', { timeout: 5_000 }, () => {
  // A pattern that tries again at every place took 3.4 s for this.
  assert.throws(posted(`${' '.repeat(65_000)}!`), refused('saml.malformed'));
});

test('a small query that inflates without end is cut off', () => {
  const bomb = deflated('a'.repeat(50_000_000));

  assert.ok(bomb.length < 80_000);
  // Stopped while it inflates, not after.
  assert.throws(redirected(`SAMLRequest=${bomb}`), { code: 'saml.too_large', detail: /inflates/ });
});

const hostile: readonly (readonly [what: string, xml: string, code: string])[] = [
  ['a DTD', `<!DOCTYPE a [<!ENTITY x "y">]>${LOGOUT}`, 'saml.malformed'],
  ['an external entity', `<!DOCTYPE a SYSTEM "http://127.0.0.1/x">${LOGOUT}`, 'saml.malformed'],
  ['a processing instruction', `<?php x?>${LOGOUT}`, 'saml.malformed'],
  ['CDATA', LOGOUT.replace('></', '><![CDATA[x]]></'), 'saml.malformed'],
  ['a comment', LOGOUT.replace('></', '><!-- x --></'), 'saml.malformed'],
  ['deep nesting', '<a>'.repeat(15_000), 'saml.malformed'],
  ['many attributes', `<a ${'b="" '.repeat(10_000)}/>`, 'saml.malformed'],
  ['many elements', `<a>${'<b/>'.repeat(5_000)}</a>`, 'saml.malformed'],
  ['another encoding', `<?xml version="1.0" encoding="UTF-16"?>${LOGOUT}`, 'saml.malformed'],
  ['ids that repeat', LOGOUT.replace('></', ' ID="a"><x ID="a"/></'), 'saml.malformed'],
  ['another root', '<LogoutRequest/>', 'saml.malformed'],
  ['too much text', `<a>${'x'.repeat(70_000)}</a>`, 'saml.too_large'],
];
for (const [what, xml, code] of hostile) {
  test(`a message with ${what} is refused, by either binding`, () => {
    assert.throws(posted(base64(xml)), refused(code));
    assert.throws(redirected(`SAMLRequest=${deflated(xml)}`), refused(code));
  });
}

const broken: readonly (readonly [what: string, query: string])[] = [
  ['no message', ''],
  ['an empty message', 'SAMLRequest='],
  ['request and response', `SAMLRequest=${deflated(LOGOUT)}&SAMLResponse=${deflated(LOGOUT)}`],
  ['broken percent-encoding', 'SAMLRequest=%E0%A4%A'],
  ['something that is not deflated', `SAMLRequest=${encodeURIComponent(base64('no'.repeat(99)))}`],
  ['an unknown encoding', `SAMLRequest=${deflated(LOGOUT)}&SAMLEncoding=gzip`],
  ['a signature without its algorithm', `SAMLRequest=${deflated(LOGOUT)}&Signature=AAAA`],
  ['an algorithm without a signature', `SAMLRequest=${deflated(LOGOUT)}&SigAlg=x`],
  [
    'bytes that are no UTF-8',
    `SAMLRequest=${encodeURIComponent(deflateRawSync(Buffer.of(0x3c, 0xff)).toString('base64'))}`,
  ],
];
for (const [what, query] of broken) {
  test(`a query with ${what} is refused`, () => {
    assert.throws(redirected(query), refused('saml.malformed'));
  });
}

test('a byte that is no UTF-8 is refused, and not read as some other character', () => {
  const bytes = Buffer.from(LOGOUT.replace('></', ' ID="a?"></'), 'latin1');
  bytes[bytes.indexOf('?')] = 0xff;

  assert.throws(posted(bytes.toString('base64')), { code: 'saml.malformed', detail: /UTF-8/ });
});
