import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { SAML, ValidateInResponseTo } from '@node-saml/passport-saml';
import { MINUTE } from '../../src/base/index.ts';
import { verifyResponse } from '../../src/federation/saml/verify-response.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ALGORITHM, makeSigningKey, type ResponseOptions, SamlIdp } from '../support/saml-idp.ts';

/** Another implementation must read in every good response what ours reads; it judges less, so only good ones count. */
const clock = new ManualClock();
const [idpKey, spKey] = await Promise.all([makeSigningKey(), makeSigningKey()]);
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

for (const [title, options] of responses) {
  test(`node-saml reads the same in a good response: ${title}`, async () => {
    const answer = await idp.response(options);

    const theirs = (await other.validatePostResponseAsync({ SAMLResponse: answer })).profile;
    const ours = await verifyResponse(
      answer,
      {
        entityId: idp.entityId,
        ssoUrls: {},
        keys: [new X509Certificate(idpKey.certificatePem).publicKey],
      },
      {
        audience: sp.entityId,
        acsUrl: sp.acsUrl,
        now: clock.now(),
        toleranceMs: MINUTE,
        wantEncrypted: false,
        decryptionKeyPem: spKey.privateKeyPem,
      },
    );

    assert.equal(ours.kind, 'assertion');
    assert.equal(ours.nameId?.value, theirs?.nameID);
    assert.equal(ours.authn.sessionIndex, theirs?.sessionIndex);
    const attributes = (theirs?.['attributes'] ?? {}) as Record<string, string | string[]>;
    const same = Object.entries(attributes).map(([name, values]) => [name, [values].flat()]);
    assert.deepEqual(Object.fromEntries(ours.attributes), Object.fromEntries(same));
  });
}
