import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import { verifyResponse } from '../../src/federation/saml/verify-response.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { encode, makeSigningKey, type ResponseOptions, SamlIdp } from '../support/saml-idp.ts';

// AES-CBC tells whoever may change a cipher text, bit by bit, what is inside ("How to break XML encryption", 2011).
// AD FS and older SimpleSAMLphp know nothing else, so it is taken where nobody can change anything any more: inside
// a response that is signed as a whole, by the upstream, and was verified before.

const CBC = [
  'http://www.w3.org/2001/04/xmlenc#aes128-cbc',
  'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
] as const;
const OAEP = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';

const clock = new ManualClock();
const [idpKey, otherKey, spKey] = await Promise.all([makeSigningKey(), makeSigningKey(), makeSigningKey()]);
const sp = { entityId: 'https://sso.example/login/am/metadata', acsUrl: 'https://sso.example/login/am/acs' };
const idp = new SamlIdp(idpKey, clock, sp);

/** As one that was never used before. */
const first = async (): Promise<boolean> => true;

function verify(
  samlResponse: string,
  acceptsCbc = true,
  cbcOnce: (wrapped: string) => Promise<boolean> = first,
) {
  const keys = [new X509Certificate(idpKey.certificatePem).publicKey];
  return verifyResponse(
    samlResponse,
    { entityId: idp.entityId, ssoUrls: {}, keys },
    {
      ...{ audience: sp.entityId, acsUrl: sp.acsUrl, now: clock.now(), toleranceMs: MINUTE },
      ...{ wantEncrypted: true, decryptionKeyPems: [spKey.privateKeyPem] },
      ...(acceptsCbc && { cbcOnce }),
    },
  );
}

function encrypted(
  more: ResponseOptions = {},
  content: string = CBC[1],
  certificatePem = spKey.certificatePem,
) {
  return idp.response({ ...more, encrypt: { content, transport: OAEP, certificatePem } });
}

/** Other bytes at one place of the content's cipher text. */
function changed(response: string, from: number): string {
  const xml = Buffer.from(response, 'base64').toString();
  const start = xml.lastIndexOf('<xenc:CipherValue>') + '<xenc:CipherValue>'.length;
  const at = start + from;
  return encode(`${xml.slice(0, at)}${xml[at] === 'A' ? 'B' : 'A'}${xml.slice(at + 1)}`);
}

suite('a connection that accepts AES-CBC', () => {
  for (const content of CBC) {
    for (const sign of ['response', 'both'] as const) {
      test(`takes ${content.split('#')[1]} in a response that the upstream signed (${sign})`, async () => {
        const verified = await verify(await encrypted({ sign }, content));

        assert.equal(verified.kind, 'assertion');
      });
    }
  }

  test('never decrypts it in a response that is not signed, whatever is inside', async () => {
    const answers = [
      await encrypted(),
      await encrypted({ sign: 'none' }),
      await encrypted({}, CBC[1], otherKey.certificatePem),
      ...[0, 10, 24, 60].map(async (at) => changed(await encrypted(), at)),
    ];
    const errors = await Promise.all(
      answers.map(async (answer) => verify(await answer).catch((error: unknown) => error)),
    );

    const told = new Set(
      errors.map((error) => JSON.stringify([String(error), Object.entries(error as object)])),
    );
    assert.equal(told.size, 1, 'one answer for all of them');
    assert.match([...told].join(), /algorithm_refused/);
  });

  test('never decrypts it in a response that somebody else signed', async () => {
    for (const at of [0, 10, 24, 60]) {
      const answer = changed(await encrypted({ sign: 'response', signature: { key: otherKey } }), at);
      await assert.rejects(verify(answer), { code: 'federation.signature_invalid' });
    }
  });

  test('refuses a signed response whose cipher text was changed, before it looks into it', async () => {
    for (const at of [0, 10, 24, 60]) {
      const answer = changed(await encrypted({ sign: 'both' }), at);
      await assert.rejects(verify(answer), { code: 'federation.signature_invalid' });
    }
  });

  test('refuses a cipher text outside of what is signed', async () => {
    const good = Buffer.from(await encrypted({ sign: 'response' }), 'base64').toString();
    const evil = Buffer.from(await encrypted({ sign: 'none' }), 'base64').toString();
    const other = /<saml:EncryptedAssertion.*<\/saml:EncryptedAssertion>/s.exec(evil)?.[0] ?? '';
    const wrapped = good.replace('</samlp:Response>', `${other}</samlp:Response>`);

    await assert.rejects(verify(encode(wrapped)), { name: 'FederationError' });
  });

  test('has one try for each content key, however it is wrapped in base64 and whatever it shall decrypt', async () => {
    const spent: string[] = [];
    const once = async (wrapped: string): Promise<boolean> => {
      const isFirst = !spent.includes(wrapped);
      spent.push(wrapped);
      return isFirst;
    };
    for (const sign of ['response', 'both'] as const) {
      const plain = await encrypted({ sign });
      assert.equal((await verify(plain, true, once)).kind, 'assertion');
      await assert.rejects(verify(plain, true, once), { code: 'federation.replayed' });
    }
    assert.equal(spent.length, 4, 'each answer costs one try');
    assert.equal(new Set(spent).size, 2);
  });

  test('spends nothing for a response that it does not decrypt, or that is in AES-GCM', async () => {
    const never = async (): Promise<boolean> => assert.fail('spent');
    await assert.rejects(verify(await encrypted(), true, never));
    await assert.rejects(
      verify(await encrypted({ sign: 'response', signature: { key: otherKey } }), true, never),
    );
    const gcm = await encrypted({ sign: 'both' }, 'http://www.w3.org/2009/xmlenc11#aes256-gcm');
    assert.equal((await verify(gcm, true, never)).kind, 'assertion');
  });

  test('whose record of keys does not answer refuses', async () => {
    const away = async (): Promise<boolean> => {
      throw new Error('away');
    };
    await assert.rejects(verify(await encrypted({ sign: 'both' }), true, away), { message: 'away' });
  });

  test('goes on to refuse what is weaker', async () => {
    const weak = 'http://www.w3.org/2001/04/xmlenc#tripledes-cbc';

    await assert.rejects(verify(await encrypted({ sign: 'both' }, weak)), {
      code: 'federation.algorithm_refused',
    });
  });
});

test('a connection that says nothing takes no AES-CBC, signed or not', async () => {
  for (const sign of ['assertion', 'response', 'both'] as const) {
    await assert.rejects(verify(await encrypted({ sign }), false), { code: 'federation.algorithm_refused' });
  }
});
