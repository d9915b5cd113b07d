import assert from 'node:assert/strict';
import { createHmac, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import type { FederationErrorCode } from '../../src/federation/index.ts';
import { type VerifiedAssertion, verifyResponse } from '../../src/federation/saml/verify-response.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ALGORITHM, encode, makeSigningKey, type ResponseOptions, SamlIdp } from '../support/saml-idp.ts';

/**
 * Every variant is one way to make a service provider believe something that the identity provider did not say.
 * The good responses at the end keep the checks honest: a verifier that refuses everything would pass the rest.
 */
const clock = new ManualClock();
const [idpKey, otherKey, spKey, ecKey, weakKey] = await Promise.all([
  makeSigningKey(),
  makeSigningKey(),
  makeSigningKey(),
  makeSigningKey('ec'),
  makeSigningKey('rsa', 1024),
]);
const sp = { entityId: 'https://sso.example/login/am/metadata', acsUrl: 'https://sso.example/login/am/acs' };
const idp = new SamlIdp(idpKey, clock, sp);
const publicKey = (pem: string) => new X509Certificate(pem).publicKey;

async function verify(
  samlResponse: string,
  more: { keys?: readonly string[]; wantEncrypted?: boolean } = {},
): Promise<VerifiedAssertion> {
  const trust = {
    entityId: idp.entityId,
    ssoUrls: {},
    keys: (more.keys ?? [idpKey.certificatePem]).map(publicKey),
  };
  const verified = await verifyResponse(samlResponse, trust, {
    audience: sp.entityId,
    acsUrl: sp.acsUrl,
    now: clock.now(),
    toleranceMs: MINUTE,
    wantEncrypted: more.wantEncrypted ?? false,
    decryptionKeyPems: [spKey.privateKeyPem],
  });
  assert.equal(verified.kind, 'assertion');
  return verified;
}

function refuses(title: string, code: FederationErrorCode, make: () => Promise<string> | string): void {
  test(`refused: ${title}`, async () => {
    const answer = await make();

    await assert.rejects(verify(answer), { name: 'FederationError', code });
  });
}

const says = (options: ResponseOptions) => () => idp.response(options);

// What the assertion says.
refuses(
  'another Destination',
  'federation.wrong_destination',
  says({ destination: 'https://evil.example/acs' }),
);
refuses(
  'no Destination on a signed response',
  'federation.wrong_destination',
  says({ destination: null, sign: 'response' }),
);
refuses('another Recipient', 'federation.wrong_destination', says({ recipient: 'https://evil.example/acs' }));
refuses(
  'the Recipient of a sister connection',
  'federation.wrong_destination',
  says({ recipient: `${sp.acsUrl}2` }),
);
refuses('no Recipient', 'federation.wrong_destination', says({ recipient: null }));
refuses('no SubjectConfirmation', 'federation.assertion_refused', says({ confirmation: '' }));
refuses(
  'a SubjectConfirmation without data',
  'federation.wrong_destination',
  says({
    confirmation:
      '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"></saml:SubjectConfirmation>',
  }),
);
refuses(
  'confirmation by holder-of-key',
  'federation.assertion_refused',
  says({ method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }),
);
refuses(
  'confirmation by sender-vouches',
  'federation.assertion_refused',
  says({ method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }),
);
refuses(
  'an assertion of another issuer, signed by ours',
  'federation.wrong_issuer',
  says({ assertionIssuer: 'https://evil.example' }),
);
refuses(
  'a response of another issuer',
  'federation.wrong_issuer',
  says({ responseIssuer: 'https://evil.example' }),
);
refuses(
  'an issuer that only starts like ours',
  'federation.wrong_issuer',
  says({ assertionIssuer: `${idp.entityId}/x` }),
);
refuses('another audience', 'federation.wrong_audience', says({ audience: 'https://another.example' }));
refuses('no audience', 'federation.wrong_audience', says({ audience: null }));
refuses(
  'a second audience restriction that leaves us out',
  'federation.wrong_audience',
  says({
    extraConditions:
      '<saml:AudienceRestriction><saml:Audience>https://another.example</saml:Audience></saml:AudienceRestriction>',
  }),
);
refuses(
  'a condition that nobody here understands',
  'federation.assertion_refused',
  says({ extraConditions: '<saml:Condition xmlns:x="urn:x"></saml:Condition>' }),
);
refuses('conditions that ended', 'federation.expired', says({ notOnOrAfter: -61_000 }));
refuses('conditions that start later', 'federation.expired', says({ notBefore: 61_000 }));
refuses('a confirmation that ended', 'federation.expired', says({ confirmedUntil: -61_000 }));
refuses('a confirmation without an end', 'federation.assertion_refused', says({ confirmedUntil: null }));
refuses('an assertion issued in the future', 'federation.expired', says({ issued: 10 * MINUTE }));
refuses('a session upstream that has ended', 'federation.expired', says({ sessionNotOnOrAfter: -61_000 }));
refuses(
  'an authentication in the future',
  'federation.assertion_refused',
  says({ authnInstant: 10 * MINUTE }),
);
refuses('no authentication statement', 'federation.assertion_refused', says({ statement: '' }));
refuses(
  'instants without a time zone',
  'federation.expired',
  says({ beforeSigning: (xml) => xml.replace(/NotOnOrAfter="([^"]*)Z"/g, 'NotOnOrAfter="$1"') }),
);
refuses(
  'an unreadable SessionNotOnOrAfter',
  'federation.expired',
  says({
    sessionNotOnOrAfter: MINUTE,
    beforeSigning: (xml) => xml.replace(/SessionNotOnOrAfter="[^"]*"/, 'SessionNotOnOrAfter="never"'),
  }),
);
refuses(
  'an unsolicited assertion',
  'federation.answer_unsolicited',
  says({ requestId: '', envelopeRequestId: null }),
);
refuses(
  'an unsolicited assertion in an unsigned envelope with a live InResponseTo',
  'federation.answer_unsolicited',
  says({ requestId: '', envelopeRequestId: '_live' }),
);
refuses(
  'an assertion for one request in an envelope for another',
  'federation.wrong_transaction',
  says({ requestId: '_mine', envelopeRequestId: '_other' }),
);
refuses(
  'two Subjects',
  'federation.assertion_refused',
  says({
    beforeSigning: (xml) =>
      xml.replace(
        '</saml:Subject>',
        '</saml:Subject><saml:Subject><saml:NameID>admin</saml:NameID></saml:Subject>',
      ),
  }),
);
refuses(
  'an assertion of SAML 1.1',
  'federation.answer_malformed',
  says({ beforeSigning: (xml) => xml.replace('Version="2.0"', 'Version="1.1"') }),
);
refuses(
  'an assertion without an ID in a signed response',
  'federation.answer_malformed',
  says({ sign: 'response', beforeSigning: (xml) => xml.replace(' ID="_a1"', '') }),
);
refuses(
  'an issuer that is a person',
  'federation.wrong_issuer',
  says({
    beforeSigning: (xml) =>
      xml.replace(
        '<saml:Issuer>',
        '<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">',
      ),
  }),
);
refuses(
  'an encrypted NameID beside the checks',
  'federation.answer_malformed',
  says({
    beforeSigning: (xml) =>
      xml.replace('</saml:NameID>', '</saml:NameID><saml:EncryptedID></saml:EncryptedID>'),
  }),
);

// Signatures.
refuses('no signature at all', 'federation.signature_invalid', says({ sign: 'none' }));
refuses('a signature by another key', 'federation.signature_invalid', says({ signature: { key: otherKey } }));
refuses('a signature by another key that KeyInfo brings along', 'federation.signature_invalid', async () => {
  const bare = otherKey.certificatePem.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '');
  const info = `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
  const xml = await idp.responseXml({ signature: { key: otherKey } });
  return encode(xml.replace('</ds:SignatureValue>', `</ds:SignatureValue>${info}`));
});
refuses('rsa-sha1', 'federation.algorithm_refused', says({ signature: { algorithm: ALGORITHM.rsaSha1 } }));
refuses('rsa-md5', 'federation.algorithm_refused', says({ signature: { algorithm: ALGORITHM.rsaMd5 } }));
refuses('a sha1 digest', 'federation.algorithm_refused', says({ signature: { digest: ALGORITHM.sha1 } }));
refuses(
  'inclusive canonicalisation of what is signed',
  'federation.algorithm_refused',
  says({ signature: { transforms: [ALGORITHM.enveloped, ALGORITHM.inclusive] } }),
);
refuses(
  'inclusive canonicalisation of SignedInfo',
  'federation.algorithm_refused',
  says({ signature: { canonicalization: ALGORITHM.inclusive } }),
);
refuses(
  'canonicalisation with comments',
  'federation.algorithm_refused',
  says({ signature: { transforms: [ALGORITHM.enveloped, ALGORITHM.exclusiveWithComments] } }),
);
refuses('an HMAC with our certificate as its secret', 'federation.algorithm_refused', async () => {
  const xml = (await idp.responseXml()).replace(ALGORITHM.rsaSha256, ALGORITHM.hmacSha1);
  const info = /<ds:SignedInfo[\s\S]*<\/ds:SignedInfo>/.exec(xml)?.[0] ?? '';
  const mac = createHmac('sha1', idpKey.certificatePem).update(info).digest('base64');
  return encode(xml.replace(/(<ds:SignatureValue>)[^<]*/, `$1${mac}`));
});
refuses('a third transform', 'federation.signature_invalid', async () => {
  const xml = await idp.responseXml();
  const xslt = '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>';
  return encode(xml.replace('</ds:Transforms>', `${xslt}</ds:Transforms>`));
});
refuses('an XPath filter in a transform', 'federation.signature_invalid', async () => {
  const xml = await idp.responseXml();
  return encode(
    xml.replace(
      /(<ds:Transform [^>]*enveloped-signature")\s*\/>/,
      '$1><ds:XPath>1</ds:XPath></ds:Transform>',
    ),
  );
});
refuses('two references', 'federation.signature_invalid', async () => {
  const xml = await idp.responseXml();
  const reference = /<ds:Reference[\s\S]*?<\/ds:Reference>/.exec(xml)?.[0] ?? '';
  return encode(xml.replace(reference, reference + reference));
});
refuses('an empty reference', 'federation.signature_invalid', async () =>
  encode((await idp.responseXml()).replace('URI="#_a1"', 'URI=""')),
);
refuses('a reference to a file', 'federation.signature_invalid', async () =>
  encode((await idp.responseXml()).replace('URI="#_a1"', 'URI="file:///etc/passwd"')),
);
refuses('a reference to the envelope', 'federation.signature_invalid', async () =>
  encode((await idp.responseXml()).replace('URI="#_a1"', 'URI="#_r1"')),
);
refuses('an Object in a signature that is good otherwise', 'federation.signature_invalid', async () => {
  const xml = await idp.responseXml();
  return encode(xml.replace('</ds:SignatureValue>', '</ds:SignatureValue><ds:Object>x</ds:Object>'));
});
refuses('a signature twice', 'federation.signature_invalid', async () => {
  const xml = await idp.responseXml();
  const signature = /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? '';
  return encode(xml.replace(signature, signature + signature));
});
refuses('a broken signature value', 'federation.signature_invalid', async () =>
  encode((await idp.responseXml()).replace(/(<ds:SignatureValue>).{8}/, '$1AAAAAAAA')),
);
refuses('a changed NameID', 'federation.signature_invalid', async () =>
  encode((await idp.responseXml()).replace('p-mira', 'p-admin')),
);
refuses('a changed attribute', 'federation.signature_invalid', async () =>
  encode((await idp.responseXml()).replace('>g-1<', '>g-2<')),
);
refuses('a good assertion whose signed envelope was changed', 'federation.signature_invalid', async () =>
  encode((await idp.responseXml({ sign: 'both' })).replace('Version="2.0"', 'Version="2.0" Consent="x"')),
);
refuses(
  'a signed envelope around an assertion with a bad signature',
  'federation.signature_invalid',
  async () => {
    const xml = await idp.responseXml({
      afterSigning: (assertion) => assertion.replace('p-mira', 'p-admin'),
    });
    return encode(idp.sign(xml, 'Response'));
  },
);
refuses('a signature around the Status only', 'federation.signature_invalid', async () => {
  const signature = /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(await idp.responseXml())?.[0] ?? '';
  const bare = await idp.responseXml({ sign: 'none' });
  return encode(bare.replace('</samlp:Status>', `${signature}</samlp:Status>`));
});

refuses('a second signature elsewhere, beside a good one', 'federation.signature_invalid', async () => {
  const xml = await idp.responseXml();
  const signature = /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? '';
  return encode(xml.replace('</samlp:Status>', `${signature}</samlp:Status>`));
});
refuses('a response within the response', 'federation.signature_invalid', async () => {
  const inner = idp.envelope('', { responseId: '_r2' });
  return encode(
    (await idp.responseXml()).replace(
      '<samlp:Status>',
      `<samlp:Extensions>${inner}</samlp:Extensions><samlp:Status>`,
    ),
  );
});

// Signature wrapping: the eight forms of Somorovsky et al., "On Breaking SAML" (2012).
const signatureIn = (xml: string) => /<ds:Signature [\s\S]*?<\/ds:Signature>/.exec(xml)?.[0] ?? '';
const assertionIn = (xml: string) => /<saml:Assertion [\s\S]*<\/saml:Assertion>/.exec(xml)?.[0] ?? '';
const unsigned = (xml: string) => xml.replace(signatureIn(xml), '');
const evilAssertion = (xml: string) =>
  unsigned(assertionIn(xml)).replace('ID="_a1"', 'ID="_evil"').replace('p-mira', 'p-admin');

refuses(
  'XSW1: the signed Response inside the signature of a forged one',
  'federation.signature_invalid',
  async () => {
    const good = await idp.responseXml({ sign: 'response' });
    const signature = signatureIn(good);
    const wrapped = signature.replace('</ds:Signature>', `${unsigned(good)}</ds:Signature>`);
    const evil = good.replace('ID="_r1"', 'ID="_evil"').replace('_a1', '_evil2').replace('p-mira', 'p-admin');
    return encode(evil.replace(signature, wrapped));
  },
);
refuses(
  'XSW2: the signed Response beside its detached signature',
  'federation.signature_invalid',
  async () => {
    const good = await idp.responseXml({ sign: 'response' });
    const evil = unsigned(good)
      .replace('ID="_r1"', 'ID="_evil"')
      .replace('_a1', '_evil2')
      .replace('p-mira', 'p-admin');
    return encode(evil.replace('<samlp:Status>', `${signatureIn(good)}${unsigned(good)}<samlp:Status>`));
  },
);
refuses('XSW3: a forged assertion before the signed one', 'federation.signature_invalid', async () => {
  const good = await idp.responseXml();
  return encode(good.replace('<saml:Assertion ', `${evilAssertion(good)}<saml:Assertion `));
});
refuses('XSW3b: a forged assertion after the signed one', 'federation.signature_invalid', async () => {
  const good = await idp.responseXml();
  return encode(good.replace('</samlp:Response>', `${evilAssertion(good)}</samlp:Response>`));
});
refuses('XSW4: the signed assertion inside a forged one', 'federation.signature_invalid', async () => {
  const good = await idp.responseXml();
  const evil = evilAssertion(good).replace('</saml:Assertion>', `${assertionIn(good)}</saml:Assertion>`);
  return encode(good.replace(assertionIn(good), evil));
});
refuses('XSW5: the signature moved into a forged assertion', 'federation.signature_invalid', async () => {
  const good = await idp.responseXml();
  const evil = evilAssertion(good).replace('</saml:Issuer>', `</saml:Issuer>${signatureIn(good)}`);
  return encode(good.replace(assertionIn(good), `${evil}${unsigned(assertionIn(good))}`));
});
refuses(
  'XSW6: the signed assertion inside the signature of a forged one',
  'federation.signature_invalid',
  async () => {
    const good = await idp.responseXml();
    const signature = signatureIn(good).replace(
      '</ds:Signature>',
      `${unsigned(assertionIn(good))}</ds:Signature>`,
    );
    const evil = evilAssertion(good).replace('</saml:Issuer>', `</saml:Issuer>${signature}`);
    return encode(good.replace(assertionIn(good), evil));
  },
);
refuses('XSW7: a forged assertion in Extensions', 'federation.signature_invalid', async () => {
  const good = await idp.responseXml();
  const hidden = `<samlp:Extensions>${evilAssertion(good)}</samlp:Extensions>`;
  return encode(good.replace('<samlp:Status>', `${hidden}<samlp:Status>`));
});
refuses(
  'XSW8: the signed assertion in an Object of the signature',
  'federation.signature_invalid',
  async () => {
    const good = await idp.responseXml();
    const object = `<ds:Object>${unsigned(assertionIn(good))}</ds:Object>`;
    const signature = signatureIn(good).replace('</ds:Signature>', `${object}</ds:Signature>`);
    const evil = evilAssertion(good).replace('</saml:Issuer>', `</saml:Issuer>${signature}`);
    return encode(good.replace(assertionIn(good), evil));
  },
);
refuses('a forged assertion in another namespace', 'federation.signature_invalid', async () => {
  const good = await idp.responseXml();
  const evil = evilAssertion(good).replaceAll('urn:oasis:names:tc:SAML:2.0:assertion', 'urn:x');
  return encode(good.replace('<saml:Assertion ', `${evil}<saml:Assertion `));
});
refuses('an id used twice', 'federation.answer_malformed', async () => {
  const good = await idp.responseXml();
  return encode(good.replace('<samlp:Status>', '<samlp:Status ID="_a1">'));
});
refuses('an id used twice under another spelling', 'federation.answer_malformed', async () => {
  const good = await idp.responseXml();
  return encode(good.replace('<samlp:Status>', '<samlp:Status xml:id="_a1">'));
});
refuses('an assertion as the root', 'federation.answer_malformed', async () =>
  encode(assertionIn(await idp.responseXml())),
);
refuses('no assertion in a success', 'federation.answer_malformed', () => idp.failure({ sign: 'response' }));

// Encryption.
const encrypted = (content: string, transport: string, more: ResponseOptions = {}) =>
  idp.response({ ...more, encrypt: { content, transport, certificatePem: spKey.certificatePem } });
const GCM = 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
const OAEP = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';

refuses('AES-CBC', 'federation.algorithm_refused', () =>
  encrypted('http://www.w3.org/2001/04/xmlenc#aes256-cbc', OAEP),
);
refuses('3DES', 'federation.algorithm_refused', () =>
  encrypted('http://www.w3.org/2001/04/xmlenc#tripledes-cbc', OAEP),
);
refuses('RSA with PKCS #1 v1.5 padding', 'federation.algorithm_refused', () =>
  encrypted(GCM, 'http://www.w3.org/2001/04/xmlenc#rsa-1_5'),
);
refuses('an encrypted assertion that nobody signed', 'federation.signature_invalid', () =>
  encrypted(GCM, OAEP, { sign: 'none' }),
);
refuses('rsa-sha1 inside the encryption', 'federation.algorithm_refused', () =>
  encrypted(GCM, OAEP, { signature: { algorithm: ALGORITHM.rsaSha1 } }),
);
refuses('an assertion encrypted for somebody else', 'federation.decryption_failed', () =>
  idp.response({ encrypt: { content: GCM, transport: OAEP, certificatePem: otherKey.certificatePem } }),
);
refuses('two assertions inside the encryption', 'federation.signature_invalid', () =>
  encrypted(GCM, OAEP, {
    afterSigning: (xml) => xml.replace('</saml:Assertion>', `${evilAssertion(xml)}</saml:Assertion>`),
  }),
);
const insideEncryption: readonly [title: string, xml: string][] = [
  ['another assertion', '<saml:Advice><saml:Assertion ID="_x"></saml:Assertion></saml:Advice>'],
  [
    'another encrypted part',
    '<saml:Advice><saml:EncryptedAssertion></saml:EncryptedAssertion></saml:Advice>',
  ],
  ['another signature', '<saml:Advice><ds:Signature xmlns:ds="urn:x"></ds:Signature></saml:Advice>'],
];
for (const [title, xml] of insideEncryption) {
  refuses(`${title} inside the encryption, signed by the upstream`, 'federation.signature_invalid', () =>
    encrypted(GCM, OAEP, {
      beforeSigning: (assertion) => assertion.replace('</saml:Conditions>', `</saml:Conditions>${xml}`),
    }),
  );
}
refuses('a DTD inside the encryption', 'federation.answer_malformed', () =>
  encrypted(GCM, OAEP, { afterSigning: (xml) => `<!DOCTYPE x [<!ENTITY e "x">]>${xml}` }),
);
refuses('a changed cipher text', 'federation.decryption_failed', async () => {
  const xml = Buffer.from(await encrypted(GCM, OAEP), 'base64').toString();
  const at = xml.lastIndexOf('CipherValue>', xml.lastIndexOf('</xenc:CipherValue>') - 1) + 40;
  const flipped = xml[at] === 'A' ? 'B' : 'A';
  return encode(`${xml.slice(0, at)}${flipped}${xml.slice(at + 1)}`);
});
refuses('a reference instead of a cipher text', 'federation.answer_malformed', async () => {
  const xml = Buffer.from(await encrypted(GCM, OAEP), 'base64').toString();
  const parts = xml.split('<xenc:CipherValue>');
  const last = (parts.pop() ?? '').replace(
    /^[^<]*<\/xenc:CipherValue>/,
    '<xenc:CipherReference URI="http://evil"/>',
  );
  return encode(`${parts.join('<xenc:CipherValue>')}${last}`);
});

test('refused: an assertion in clear where the connection wants it encrypted', async () => {
  const answer = await idp.response();

  await assert.rejects(verify(answer, { wantEncrypted: true }), { code: 'federation.algorithm_refused' });
});

// Documents that attack the parser.
refuses('a DTD', 'federation.answer_malformed', async () =>
  encode(`<!DOCTYPE r SYSTEM "http://evil.example/x.dtd">${await idp.responseXml()}`),
);
refuses('entity expansion', 'federation.answer_malformed', async () =>
  encode(
    `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${(await idp.responseXml()).replace('p-mira', '&b;')}`,
  ),
);
refuses('an undeclared entity', 'federation.answer_malformed', async () =>
  encode((await idp.responseXml()).replace('p-mira', '&nbsp;')),
);
refuses('a processing instruction', 'federation.answer_malformed', async () =>
  encode((await idp.responseXml()).replace('p-mira', 'p-mira<?x y?>')),
);
refuses(
  'a comment inside the NameID',
  'federation.answer_malformed',
  says({ nameId: 'p-admin<!-- -->.evil' }),
);
refuses('a CDATA section', 'federation.answer_malformed', async () =>
  encode((await idp.responseXml()).replace('p-mira', '<![CDATA[p-mira]]>')),
);
refuses('another encoding', 'federation.answer_malformed', async () =>
  encode(`<?xml version="1.0" encoding="UTF-16"?>${await idp.responseXml()}`),
);
refuses('bytes that are no UTF-8', 'federation.answer_malformed', async () => {
  const bytes = Buffer.from(await idp.response(), 'base64');
  bytes[bytes.indexOf('p-mira')] = 0xff;
  return bytes.toString('base64');
});
refuses('something that is not base64', 'federation.answer_malformed', () => '<samlp:Response/>');
refuses('something that is not XML', 'federation.answer_malformed', () => encode('<a><b></a>'));
refuses('an empty answer', 'federation.answer_malformed', () => '');

const IN_MILLISECONDS: readonly [title: string, code: FederationErrorCode, make: () => string][] = [
  ['ten megabytes', 'federation.answer_too_large', () => 'A'.repeat(10_000_000)],
  ['100,000 nested elements', 'federation.answer_too_large', () => encode('<a>'.repeat(100_000))],
  ['50,000 nested elements', 'federation.answer_malformed', () => encode('<a>'.repeat(50_000))],
  ['60,000 siblings', 'federation.answer_malformed', () => encode(`<a>${'<b/>'.repeat(45_000)}</a>`)],
  ['20,000 attributes', 'federation.answer_malformed', () => encode(`<a ${'a="" '.repeat(35_000)}/>`)],
  ['a tag without an end', 'federation.answer_malformed', () => encode(`<a ${'x'.repeat(190_000)}`)],
  ['many open quotes', 'federation.answer_malformed', () => encode(`<a b="${'<'.repeat(190_000)}`)],
  ['many open tags', 'federation.answer_malformed', () => encode('<'.repeat(190_000))],
  ['many ampersands', 'federation.answer_malformed', () => encode(`<a>${'&'.repeat(190_000)}</a>`)],
];

for (const [title, code, make] of IN_MILLISECONDS) {
  test(`refused before anything is built: ${title}`, async () => {
    const answer = make();
    const before = process.cpuUsage();

    await assert.rejects(verify(answer), { name: 'FederationError', code });

    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 100_000, `took ${(user + system) / 1000} ms of CPU`);
  });
}

// The other side of the coin: what must be accepted.
const accepts = (title: string, options: ResponseOptions, more: Parameters<typeof verify>[1] = {}): void => {
  test(`accepted: ${title}`, async () => {
    const verified = await verify(await idp.response(options), more);

    assert.equal(verified.nameId?.value, 'p-mira');
    assert.equal(verified.inResponseTo, '_req1');
    assert.deepEqual(verified.attributes.get('guid'), ['g-1']);
  });
};

accepts('a signed assertion', {});
accepts('a signed response', { sign: 'response' });
accepts('both signed', { sign: 'both' });
accepts('no Destination on an unsigned envelope', { destination: null });
accepts('an envelope without issuer and InResponseTo', { responseIssuer: null, envelopeRequestId: null });
accepts('rsa-sha384', { signature: { algorithm: ALGORITHM.rsaSha384 } });
accepts('rsa-sha512', { signature: { algorithm: ALGORITHM.rsaSha512 } });
accepts(
  'ecdsa-sha256',
  { signature: { algorithm: ALGORITHM.ecdsaSha256, key: ecKey } },
  { keys: [ecKey.certificatePem] },
);
accepts(
  'the second of two keys',
  { signature: { key: otherKey } },
  { keys: [idpKey.certificatePem, otherKey.certificatePem] },
);
accepts('clocks that differ by less than the tolerance', {
  notBefore: 59_000,
  issued: 59_000,
  confirmedUntil: -59_000,
  notOnOrAfter: -59_000,
});
accepts('a second confirmation that is not for us', {
  confirmation: `${idp.confirmation({ recipient: 'https://other.example' })}${idp.confirmation()}`,
});
for (const transport of [OAEP]) {
  for (const sign of ['assertion', 'response', 'both'] as const) {
    accepts(
      `encrypted with ${transport.split('#')[1]}, signed: ${sign}`,
      { sign, encrypt: { content: GCM, transport, certificatePem: spKey.certificatePem } },
      { wantEncrypted: true },
    );
  }
}

test('an RSA key below 2048 bits verifies nothing, even if it is trusted', async () => {
  const answer = await idp.response({ signature: { key: weakKey } });

  await assert.rejects(verify(answer, { keys: [weakKey.certificatePem] }), {
    code: 'federation.signature_invalid',
  });
});

test('an RSA algorithm does not verify with an EC key, nor the other way round', async () => {
  const rsa = await idp.response();
  const ec = await idp.response({ signature: { algorithm: ALGORITHM.ecdsaSha256, key: ecKey } });

  await assert.rejects(verify(rsa, { keys: [ecKey.certificatePem] }), {
    code: 'federation.signature_invalid',
  });
  await assert.rejects(verify(ec, { keys: [idpKey.certificatePem] }), {
    code: 'federation.signature_invalid',
  });
});

test('a sound key transport that the decryption does not know is refused, not passed by', async () => {
  const transport = 'http://www.w3.org/2009/xmlenc11#rsa-oaep';
  const encrypted = await idp.response({
    encrypt: { content: GCM, transport, certificatePem: spKey.certificatePem },
  });

  await assert.rejects(verify(encrypted), { code: 'federation.algorithm_refused' });
});

test('line ends of the transport do not break a signature', async () => {
  const xml = await idp.responseXml({
    beforeSigning: (assertion) =>
      assertion.replace('<saml:AttributeStatement>', '\n<saml:AttributeStatement>'),
  });

  const verified = await verify(encode(xml.replaceAll('\n', '\r\n')));

  assert.equal(verified.id, '_a1');
});
