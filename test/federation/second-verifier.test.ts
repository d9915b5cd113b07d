import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { SAML, ValidateInResponseTo } from '@node-saml/passport-saml';
import { MINUTE } from '../../src/base/index.ts';
import { checkSecondVerifier } from '../../src/federation/saml/second-verifier.ts';
import { verifyResponse } from '../../src/federation/saml/verify-response.ts';
import { anywhereNamed, MESSAGE_LIMITS, parseXml } from '../../src/xml/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ALGORITHM, makeSigningKey, type ResponseOptions, SamlIdp } from '../support/saml-idp.ts';
import { xmlsecVerify } from '../support/xmlsec1.ts';

/**
 * Two implementations that share no code with ours beside it: node-saml must read in every good response what our
 * checks let through, and xmlsec1 must find that every signature holds, or does not.
 */
const clock = new ManualClock();
const [idpKey, spKey, nextSpKey, ecKey] = await Promise.all([
  makeSigningKey(),
  makeSigningKey(),
  makeSigningKey(),
  makeSigningKey('ec'),
]);
const sp = { entityId: 'https://sso.example/login/am/metadata', acsUrl: 'https://sso.example/login/am/acs' };
const idp = new SamlIdp(idpKey, clock, sp);

const other = new SAML({
  issuer: sp.entityId,
  audience: sp.entityId,
  callbackUrl: sp.acsUrl,
  entryPoint: idp.ssoUrl,
  idpCert: idpKey.certificatePem,
  privateKey: spKey.privateKeyPem,
  decryptionPvk: spKey.privateKeyPem,
  wantAuthnResponseSigned: false,
  wantAssertionsSigned: false,
  validateInResponseTo: ValidateInResponseTo.never,
  // It reads the system's clock, and these responses are of a manual one.
  acceptedClockSkewMs: -1,
});

const encrypted = {
  content: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  transport: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
  certificatePem: spKey.certificatePem,
};
const responses: readonly [title: string, options: ResponseOptions][] = [
  ['signed assertion', {}],
  ['signed response', { sign: 'response' }],
  ['both signed', { sign: 'both' }],
  ['rsa-sha512', { signature: { algorithm: ALGORITHM.rsaSha512 } }],
  ['encrypted, assertion signed', { encrypt: encrypted }],
  ['encrypted, response signed', { encrypt: encrypted, sign: 'response' }],
  ['escaped values', { attributes: { guid: ['g-1'], cn: ['R&amp;D &lt;x&gt; Zürich €'] } }],
  ['several values', { attributes: { guid: ['g-1'], groups: ['a@staff', 'b@staff'] } }],
];

const ELEMENT = {
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion:Assertion',
  response: 'urn:oasis:names:tc:SAML:2.0:protocol:Response',
};

function encode(xml: string): string {
  return Buffer.from(xml).toString('base64');
}

function verify(answer: string, { key = idpKey, secondVerifier = false } = {}) {
  return verifyResponse(
    answer,
    { entityId: idp.entityId, ssoUrls: {}, keys: [new X509Certificate(key.certificatePem).publicKey] },
    {
      audience: sp.entityId,
      acsUrl: sp.acsUrl,
      now: clock.now(),
      toleranceMs: MINUTE,
      wantEncrypted: false,
      // During an overlap of ours; the upstream still encrypts for the older one.
      decryptionKeyPems: [nextSpKey.privateKeyPem, spKey.privateKeyPem],
      secondVerifier,
    },
  );
}

for (const [title, options] of responses) {
  test(`node-saml reads the same in a good response: ${title}`, async () => {
    const answer = await idp.response(options);

    const theirs = (await other.validatePostResponseAsync({ SAMLResponse: answer })).profile;
    const ours = await verify(answer);

    assert.equal(ours.kind, 'assertion');
    assert.equal(ours.nameId?.value, theirs?.nameID);
    assert.equal(ours.authn.sessionIndex, theirs?.sessionIndex);
    const attributes = (theirs?.['attributes'] ?? {}) as Record<string, string | string[]>;
    const same = Object.entries(attributes).map(([name, values]) => [name, [values].flat()]);
    assert.deepEqual(Object.fromEntries(ours.attributes), Object.fromEntries(same));
  });
}

for (const [title, options] of responses) {
  test(`where a connection wants a second verifier, both agree on a good response: ${title}`, async () => {
    const answer = await idp.response(options);

    assert.deepEqual(await verify(answer, { secondVerifier: true }), await verify(answer));
  });
}

test('whom only one of the verifiers believes is refused', async () => {
  // Of the algorithms that are accepted here, node-saml knows no ECDSA.
  const answer = await idp.response({ signature: { algorithm: ALGORITHM.ecdsaSha256, key: ecKey } });

  assert.equal((await verify(answer, { key: ecKey })).kind, 'assertion');
  await assert.rejects(verify(answer, { key: ecKey, secondVerifier: true }), {
    code: 'federation.verifiers_disagree',
  });
});

test('the second verifier must read the very assertion that the first one verified', async () => {
  const samlResponse = await idp.response({ attributes: { guid: ['g-2'] } });
  const another = Buffer.from(await idp.response({ attributes: { guid: ['g-1'] } }), 'base64').toString(
    'utf8',
  );
  const witnessed = {
    samlResponse,
    keys: [new X509Certificate(idpKey.certificatePem).publicKey],
    isResponseSigned: false,
    isAssertionSigned: true,
    audience: sp.entityId,
    acsUrl: sp.acsUrl,
    decryptionKeyPems: [spKey.privateKeyPem],
  };
  const [assertion] = anywhereNamed(parseXml(another, MESSAGE_LIMITS).document, 'Assertion');

  await assert.rejects(checkSecondVerifier(assertion ?? assert.fail(), witnessed), {
    code: 'federation.verifiers_disagree',
  });
});

for (const sign of ['assertion', 'response', 'both'] as const) {
  for (const what of ['assertion', 'response'] as const) {
    if (sign !== 'both' && sign !== what) continue;
    test(`xmlsec1 agrees that the signature of the ${what} holds, and that a changed one does not (signed: ${sign})`, async () => {
      const xml = Buffer.from(await idp.response({ sign }), 'base64').toString('utf8');
      const changed = xml.replace('>g-1<', '>g-2<');

      const good = await xmlsecVerify(xml, idpKey.certificatePem, ELEMENT[what]);
      const bad = await xmlsecVerify(changed, idpKey.certificatePem, ELEMENT[what]);

      assert.notEqual(changed, xml);
      assert.equal(good.holds, true, good.says);
      assert.equal(bad.holds, false);
      assert.equal((await verify(encode(xml))).kind, 'assertion');
      await assert.rejects(verify(encode(changed)), { code: 'federation.signature_invalid' });
    });
  }
}
