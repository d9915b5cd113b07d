import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DOMParser } from '@xmldom/xmldom';
import { ExclusiveCanonicalization } from 'xml-crypto';
import {
  CanonicalText,
  canonicalText,
  element,
  signable,
  signElement,
  unsignedText,
  type XmlElement,
} from '../../src/saml/index.ts';
import { makeSigningKey } from '../support/saml-idp.ts';

const AWKWARD = 'a&b<c>d"e\'f\tg\nh\ri\u00e4\u{1f511}]]>';

function tree(): XmlElement {
  return element(
    'samlp:Response',
    { Version: '2.0', ID: '_r', Destination: AWKWARD, Consent: undefined },
    element('saml:Issuer', {}, AWKWARD),
    element('samlp:Status', {}, element('samlp:StatusCode', { Value: 'x' })),
    new CanonicalText(canonicalText(element('saml:Assertion', { ID: '_a' }, element('ds:KeyInfo')))),
  );
}

test('what is written is its own exclusive canonical form', () => {
  const text = canonicalText(tree());
  const document = new DOMParser().parseFromString(text, 'text/xml');

  const canonical = new ExclusiveCanonicalization().process(document.documentElement, {});

  assert.equal(canonical, text);
});

test('a part written by itself is what it is inside of a whole', () => {
  const assertion = element('saml:Assertion', { ID: '_a' }, element('ds:KeyInfo'));

  assert.ok(canonicalText(tree()).includes(canonicalText(assertion)));
});

test('an element cut for its signature is the same text when put together', () => {
  assert.equal(unsignedText(signable(tree(), 1)), canonicalText(tree()));
});

test('an unknown prefix is a mistake of the programmer', () => {
  assert.throws(() => canonicalText(element('evil:Thing')), TypeError);
});

for (const kind of ['rsa', 'ec'] as const) {
  test(`an ${kind} signature verifies with xmlsec1`, async () => {
    const { privateKeyPem, certificatePem } = await makeSigningKey(kind);
    const key = { privateKey: createPrivateKey(privateKeyPem), certificatePem };

    const signed = await signElement(signable(tree(), 1), key);

    assert.equal(xmlsecVerify(signed, certificatePem), '');
    assert.match(xmlsecVerify(signed.replace('_a', '_b'), certificatePem), /FAIL|Error/);
  });
}

/** @returns what is wrong; empty when the signature is good. */
function xmlsecVerify(xml: string, certificatePem: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-saml-'));
  try {
    writeFileSync(join(folder, 'a.xml'), xml);
    writeFileSync(join(folder, 'a.pem'), certificatePem);
    const id = ['--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:protocol:Response'];
    const args = [
      '--verify',
      '--enabled-key-data',
      'x509,rsa,ec',
      '--pubkey-cert-pem',
      'a.pem',
      ...id,
      'a.xml',
    ];
    execFileSync('xmlsec1', args, { cwd: folder, stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? error) || 'FAIL';
  } finally {
    rmSync(folder, { recursive: true });
  }
}
