import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { mapValues } from '../../src/federation/mapping.ts';
import { type VerifiedAssertion, verifyResponse } from '../../src/federation/saml/verify-response.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { encode, makeSigningKey, type ResponseOptions, SamlIdp } from '../support/saml-idp.ts';

// Whoever may choose a name at an upstream chooses one that differs from another person's by something that readers
// drop. What is read must be what was signed, character by character.

const clock = new ManualClock();
const key = await makeSigningKey();
const sp = {
  entityId: 'https://sso.example/login/am/metadata',
  acsUrl: 'https://sso.example/login/am/acs',
};

async function verified(options: ResponseOptions): Promise<VerifiedAssertion> {
  const idp = new SamlIdp(key, clock, sp);
  const trust = {
    entityId: idp.entityId,
    ssoUrls: {},
    keys: [new X509Certificate(key.certificatePem).publicKey],
  };
  const answer = await verifyResponse(encode(await idp.responseXml(options)), trust, {
    ...{ audience: sp.entityId, acsUrl: sp.acsUrl, now: clock.now(), toleranceMs: MINUTE },
    ...{ wantEncrypted: false, decryptionKeyPems: [] },
  });
  assert.equal(answer.kind, 'assertion');
  return answer;
}

// XML 1.0, 2.11: only carriage returns are line ends.
for (const separator of ['\u0085', '\u2028']) {
  const code = separator.charCodeAt(0).toString(16);
  test(`U+${code} in a value stays what it is, however it is written`, async () => {
    const { attributes } = await verified({ attributes: { written: [`a&#x${code};b`] } });

    assert.deepEqual(attributes.get('written'), [`a${separator}b`]);
  });
}

for (const [title, suffix] of [
  ['a no-break space', '\u00a0'],
  ['a byte order mark', '\ufeff'],
  ['an ideographic space', '\u3000'],
  ['a space', ' '],
] as const) {
  test(`a name that ends with ${title} is not the name without it`, async () => {
    const { nameId, attributes } = await verified({
      nameId: `p-mira${suffix}`,
      attributes: { guid: [`g-1${suffix}`] },
    });

    assert.equal(nameId?.value, `p-mira${suffix}`);
    assert.deepEqual(attributes.get('guid'), [`g-1${suffix}`]);
  });
}

test('a login or mail address, which is no key, loses the white space around it', () => {
  const values = new Map([
    ['uid', ['\u00a0mira ']],
    ['mail', [' ', '\tmira@halden.example ']],
  ]);

  const { login, mail } = mapValues(values, { map: { login: ['uid'], mail: ['mail'] }, attributes: {} });

  assert.equal(login, 'mira');
  assert.equal(mail, 'mira@halden.example');
});

test('line breaks around a name are layout, and no part of it', async () => {
  const { nameId, attributes } = await verified({
    nameId: '\n      p-mira\n    ',
    attributes: { guid: ['\n  g-1\n'] },
  });

  assert.equal(nameId?.value, 'p-mira');
  assert.deepEqual(attributes.get('guid'), ['g-1']);
});
