import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from '../support/browser.ts';
import {
  type AttackWorld,
  asField,
  checkRefused,
  isSignedIn,
  type Material,
  material,
  openAttackWorld,
} from '../support/saml-attack.ts';
import { encryptTo } from '../support/saml-idp.ts';

/**
 * Everybody can encrypt to us, and whoever watched a sign-in may send its cipher text again, changed. Over HTTP at a
 * running broker: what comes out of it is believed no more than if it had come in clear, and nobody can tell from the answer
 * why it did not come out.
 */
let attack: AttackWorld;

const OAEP = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';
const GCM = 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
const CBC = 'http://www.w3.org/2001/04/xmlenc#aes256-cbc';

const encrypted = async (
  xml: string,
  content = GCM,
  transport = OAEP,
  certificatePem = attack.theirCertificate,
): Promise<string> => {
  const data = await encryptTo(xml, { content, transport, certificatePem });
  return `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${data}</saml:EncryptedAssertion>`;
};

type Make = (m: Material) => Promise<string>;

const around =
  (make: (m: Material) => string, ...how: [content?: string, transport?: string]): Make =>
  async (m) =>
    m.around(await encrypted(make(m), ...how));

const REFUSED: Readonly<Record<string, Make>> = {
  'a forged assertion': around((m) => m.forged),
  'the forged one and the genuine one': around((m) => m.forged + m.genuine),
  'the genuine one within the forged one': around((m) =>
    m.forged.replace('</saml:Issuer>', `</saml:Issuer>${m.genuine}`),
  ),
  'the genuine signature within the forged one': around((m) =>
    m.forged.replace('</saml:Issuer>', `</saml:Issuer>${m.signature}`),
  ),
  'a whole response': around((m) => m.around(m.genuine)),
  'a name alone': around(
    () => '<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">p-victim</saml:NameID>',
  ),
  'a document type': around(
    (m) => `<!DOCTYPE x [<!ENTITY e "p-victim">]>${m.genuine.replace('p-mallory', '&e;')}`,
  ),
  nothing: around(() => ' '),
  'bytes that are no text': around(() => '\u0000\u0001'),
  'an encrypted assertion once more': async (m) => m.around(await encrypted(await encrypted(m.genuine))),
  'in AES-CBC, which this connection does not take': around((m) => m.genuine, CBC),
  'with RSA 1.5 around the key': around((m) => m.genuine, GCM, 'http://www.w3.org/2001/04/xmlenc#rsa-1_5'),
  'beside a forged one in clear': async (m) => m.around((await encrypted(m.genuine)) + m.forged),
  'behind a forged one in clear': async (m) => m.around(m.forged + (await encrypted(m.genuine))),
  'two of them': async (m) => m.around((await encrypted(m.genuine)) + (await encrypted(m.forged))),
  'two keys': async (m) =>
    m.around(
      (await encrypted(m.genuine)).replace(/<e:EncryptedKey[\s\S]*<\/e:EncryptedKey>/, (key) => key + key),
    ),
  'the data behind a reference': async (m) =>
    m.around(
      (await encrypted(m.genuine)).replace(
        /<xenc:CipherValue>[^<]*<\/xenc:CipherValue>/,
        `<xenc:CipherReference URI="${attack.world.origin}/login/idp/metadata"/>`,
      ),
    ),
  'the key behind a reference': async (m) =>
    m.around(
      (await encrypted(m.genuine)).replace(
        /<e:EncryptedKey[\s\S]*<\/e:EncryptedKey>/,
        `<RetrievalMethod URI="#x' or count(//*//*//*)]"/>`,
      ),
    ),
  'an encrypted attribute in a genuine one': async (m) =>
    m.around(
      m.genuine.replace(
        '</saml:AttributeStatement>',
        `${(await encrypted(m.forged)).replaceAll('EncryptedAssertion', 'EncryptedAttribute')}</saml:AttributeStatement>`,
      ),
    ),
  'an encrypted name in a forged one': async (m) =>
    m.around(
      m.forged.replace(
        /<saml:NameID[\s\S]*<\/saml:NameID>/,
        (await encrypted('<a/>')).replaceAll('EncryptedAssertion', 'EncryptedID'),
      ),
    ),
};

/** The cipher text with other bytes: of the content, or of the key. */
const changed =
  (which: 'content' | 'key', change: (bytes: Buffer) => Buffer): Make =>
  async (m) => {
    let at = -1;
    const parts = { key: 0, content: 1 };
    const xml = await encrypted(m.genuine);
    return m.around(
      xml.replace(/(<\w+:CipherValue>)([^<]+)(<\/)/g, (whole, open, value, close) => {
        at += 1;
        if (at !== parts[which]) return whole;
        return `${open}${change(Buffer.from(value, 'base64')).toString('base64')}${close}`;
      }),
    );
  };
const flipped = (at: number) => (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy.writeUInt8(copy.readUInt8(place) ^ 1, place);
  return copy;
};

const UNREADABLE: Readonly<Record<string, Make>> = {
  'for somebody else': async (m) =>
    m.around(await encrypted(m.genuine, GCM, OAEP, attack.ownKey.certificatePem)),
  'another first byte of the content': changed('content', flipped(0)),
  'another byte within the content': changed('content', flipped(40)),
  'another last byte of the content': changed('content', flipped(-1)),
  'content without its end': changed('content', (bytes) => bytes.subarray(0, -1)),
  'content that is a tag alone': changed('content', (bytes) => bytes.subarray(0, 28)),
  'content that is a short tag alone': changed('content', (bytes) => bytes.subarray(0, 16)),
  'content that is a vector alone': changed('content', (bytes) => bytes.subarray(0, 12)),
  'content of one byte': changed('content', (bytes) => bytes.subarray(0, 1)),
  'another first byte of the key': changed('key', flipped(0)),
  'another last byte of the key': changed('key', flipped(-1)),
  'a key without its end': changed('key', (bytes) => bytes.subarray(0, -1)),
  'a key that is larger than ours': changed('key', (bytes) => Buffer.alloc(bytes.length, 0xff)),
  'a key that is nought': changed('key', (bytes) => Buffer.alloc(bytes.length)),
  'a key that is one': changed('key', (bytes) =>
    Buffer.concat([Buffer.alloc(bytes.length - 1), Buffer.of(1)]),
  ),
};

suite('a cipher text', () => {
  before(async () => {
    attack = await openAttackWorld();
  });
  after(() => attack[Symbol.asyncDispose]());

  for (const [title, make] of Object.entries(REFUSED)) {
    test(`with ${title} signs nobody in`, async () => {
      const browser = attack.world.browser();
      const message = await make(material(attack.idp, await attack.begin(browser)));

      checkRefused(await attack.post(browser, asField(message)), browser);
    });
  }

  test('that cannot be read gets one and the same answer, whatever is wrong with it', async () => {
    const told = new Map<string, string[]>();
    for (const [title, make] of Object.entries(UNREADABLE)) {
      const browser = attack.world.browser();
      const page = await attack.post(
        browser,
        asField(await make(material(attack.idp, await attack.begin(browser)))),
      );
      checkRefused(page, browser);
      const said = wordsOf(page);
      told.set(said, [...(told.get(said) ?? []), title]);
    }

    assert.equal(told.size, 1, JSON.stringify([...told]));
  });

  test('that is sound signs in, and only its own person', async () => {
    const browser = attack.world.browser();
    const m = material(attack.idp, await attack.begin(browser));
    const page = await attack.post(browser, asField(m.around(await encrypted(m.genuine))));

    assert.equal(isSignedIn(browser), true);
    assert.match(page.text, /mallory/);
  });
});

/** Without the reference, which is of this answer alone. */
function wordsOf(page: Page): string {
  return `${page.status} ${page.text.replace(/\bref_\w+|\blgn_\w+/g, '')}`;
}
