import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { before, suite, test } from 'node:test';
import { encrypt } from 'xml-encryption';
import {
  CBC_ENCRYPTION,
  CONTENT_ENCRYPTION,
  type Decryption,
  type Incoming,
  type LogoutExpectations,
  type LogoutRequest,
  type LogoutResponse,
  readLogoutMessage,
  receiveMessage,
} from '../../src/saml/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeSigningKey, type SigningKey } from '../support/saml-idp.ts';
import { SamlPeer } from '../support/saml-peer.ts';

// A logout request may name a person under encryption (SAML Core 3.7.1). What is encrypted escapes the checks over the
// message, so only the one name in its one place is decrypted, and only for a message that its sender signed.

const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const SLO = 'https://sso.example/saml/slo';
const [GCM] = CONTENT_ENCRYPTION;
const [CBC] = CBC_ENCRYPTION;
const NAME = `<saml:NameID xmlns:saml="${SAML}" Format="${PERSISTENT}">per_mira</saml:NameID>`;

const clock = new ManualClock();
let [ours, formerOurs, theirs, foreign] = [] as unknown as [SigningKey, SigningKey, SigningKey, SigningKey];
let peer: SamlPeer;

before(async () => {
  [ours, formerOurs, theirs, foreign] = await Promise.all([
    makeSigningKey(),
    makeSigningKey(),
    makeSigningKey(),
    makeSigningKey(),
  ]);
  peer = new SamlPeer({ entityId: 'https://wiki.example/saml', key: theirs, clock, theirSlo: SLO });
});

type EncryptOptions = { to?: SigningKey; cipher?: string; transport?: string; digest?: string };

/** An EncryptedID as other software makes it. */
async function encrypted(content = NAME, options: EncryptOptions = {}): Promise<string> {
  const { to = ours, cipher = GCM, transport = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p' } = options;
  const settings = {
    ...{ rsa_pub: to.certificatePem, pem: to.certificatePem, encryptionAlgorithm: cipher },
    ...{ keyEncryptionAlgorithm: transport, keyEncryptionDigest: options.digest ?? 'sha1' },
    ...{ disallowEncryptionWithInsecureAlgorithm: false, warnInsecureAlgorithm: false },
  };
  const data = await new Promise<string>((resolve, reject) => {
    encrypt(content, settings as never, (error, result) => (error ? reject(error) : resolve(String(result))));
  });
  return `<saml:EncryptedID>${data}</saml:EncryptedID>`;
}

const PLAIN = '<saml:NameID></saml:NameID>';

function naming(name: string): string {
  const request = peer.request({ indexes: ['si-1'] });
  assert.ok(request.includes(PLAIN));
  return request.replace(PLAIN, name);
}

function byPost(xml: string, key = theirs): Incoming {
  return { binding: 'post', fields: peer.post(xml, { key }) };
}

function byRedirect(xml: string): Incoming {
  return { binding: 'redirect', query: new URL(peer.redirect(xml)).search.slice(1) };
}

type Watched = { asked: number; spent: string[] };

async function read(
  incoming: Incoming,
  more: Partial<LogoutExpectations> = {},
  watched: Watched = { asked: 0, spent: [] },
): Promise<LogoutRequest | LogoutResponse> {
  return await readLogoutMessage(receiveMessage(incoming), {
    ...{ issuer: peer.entityId, keys: [new X509Certificate(theirs.certificatePem).publicKey] },
    ...{ destination: new URL(SLO), now: clock.now() },
    spendOnce: async (id) => Boolean(watched.spent.push(id)),
    closeRequest: async () => true,
    decryption: async () => {
      watched.asked += 1;
      return decryption();
    },
    ...more,
  });
}

function decryption({ acceptsCbc = false } = {}): Decryption {
  const privateKeyPems = [ours, formerOurs].map(({ privateKeyPem }) => privateKeyPem);
  return { privateKeyPems, ...(acceptsCbc && { cbcOnce: async () => true }) };
}

suite('a name that comes encrypted', () => {
  for (const [binding, travel] of [
    ['redirect', byRedirect],
    ['post', byPost],
  ] as const) {
    test(`is read as if it had come in clear, by ${binding}`, async () => {
      const request = await read(travel(naming(await encrypted())));

      assert.ok(request.kind === 'request');
      assert.deepEqual(request.nameId, { value: 'per_mira', format: PERSISTENT });
      assert.deepEqual(request.sessionIndexes, ['si-1']);
    });
  }

  test('may be encrypted for a key that was replaced', async () => {
    const request = await read(byPost(naming(await encrypted(NAME, { to: formerOurs }))));

    assert.ok(request.kind === 'request');
    assert.equal(request.nameId.value, 'per_mira');
  });

  test('may have its key beside the data', async () => {
    const inside = await encrypted();
    const key = /<e:EncryptedKey[\s\S]*<\/e:EncryptedKey>/.exec(inside)?.[0] ?? assert.fail('no key');
    const beside = inside.replace(key, '').replace('</saml:EncryptedID>', `${key}</saml:EncryptedID>`);

    const request = await read(byPost(naming(beside)));

    assert.ok(request.kind === 'request');
    assert.equal(request.nameId.value, 'per_mira');
  });

  test('in AES-CBC is read where the connection accepts it: the message around it is signed', async () => {
    const incoming = byPost(naming(await encrypted(NAME, { cipher: CBC })));

    const request = await read(incoming, { decryption: async () => decryption({ acceptsCbc: true }) });

    assert.ok(request.kind === 'request');
    assert.equal(request.nameId.value, 'per_mira');
  });
});

test('a content key in AES-CBC has one try, zeros before it or not', async () => {
  const name = await encrypted(NAME, { cipher: CBC });
  const [wrapped = ''] = /(?<=<e:CipherValue>)[^<]+/.exec(name) ?? [];
  const bytes = Buffer.from(wrapped, 'base64');
  const padded = Buffer.concat([Buffer.alloc(3), bytes]).toString('base64');
  const asked: string[] = [];
  const refusing: Decryption = {
    ...decryption(),
    cbcOnce: async (key) => asked.push(key) === 0,
  };

  for (const again of [name, name.replace(wrapped, padded), name.replace(wrapped, `\n${wrapped}\n`)]) {
    await assert.rejects(read(byPost(naming(again)), { decryption: async () => refusing }), {
      code: 'saml.replayed',
    });
  }

  assert.equal(asked.length, 3);
  assert.equal(new Set(asked).size, 1);
});

suite('is refused, and the id of the request is not spent', () => {
  const assertion = `<saml:Assertion xmlns:saml="${SAML}" ID="_a">${NAME}</saml:Assertion>`;
  const cases: readonly (readonly [
    title: string,
    code: string,
    name: () => Promise<string>,
    more?: Partial<LogoutExpectations>,
  ])[] = [
    ['where we have no key', 'saml.malformed', () => encrypted(), { decryption: undefined as never }],
    ['AES-CBC, unless it is accepted', 'saml.algorithm_refused', () => encrypted(NAME, { cipher: CBC })],
    [
      'key transport by PKCS #1 v1.5',
      'saml.algorithm_refused',
      () => encrypted(NAME, { transport: 'http://www.w3.org/2001/04/xmlenc#rsa-1_5' }),
    ],
    ['a name for a key of somebody else', 'saml.decryption_failed', () => encrypted(NAME, { to: foreign })],
    [
      'a changed cipher text',
      'saml.decryption_failed',
      async () =>
        (await encrypted()).replace(/(<e:CipherValue>)(.{8})/g, (_all, tag, text) =>
          text.startsWith('AAAA') ? `${tag}BBBB${text.slice(4)}` : `${tag}AAAA${text.slice(4)}`,
        ),
    ],
    ['an assertion in place of a name', 'saml.malformed', () => encrypted(assertion)],
    ['a name of another namespace', 'saml.malformed', () => encrypted(NAME.replace(SAML, 'urn:x'))],
    ['an empty name', 'saml.malformed', () => encrypted(NAME.replace('per_mira', ''))],
    ['what is no XML', 'saml.malformed', () => encrypted('per_mira')],
    ['a DTD', 'saml.malformed', () => encrypted(`<!DOCTYPE a>${NAME}`)],
    [
      'a name within a name',
      'saml.malformed',
      async () => encrypted(NAME.replace('per_mira', await encrypted())),
    ],
    ['a name in clear beside it', 'saml.malformed', async () => `${NAME}${await encrypted()}`],
    ['two of them', 'saml.malformed', async () => `${await encrypted()}${await encrypted()}`],
    [
      'one that stands elsewhere',
      'saml.malformed',
      async () =>
        `<samlp:Extensions>${await encrypted()}</samlp:Extensions><saml:NameID>per_mira</saml:NameID>`,
    ],
    [
      'data without a name around it',
      'saml.malformed',
      async () => `${NAME}${(await encrypted()).replace(/<\/?saml:EncryptedID>/g, '')}`,
    ],
  ];
  for (const [title, code, name, more] of cases) {
    test(title, async () => {
      const watched = { asked: 0, spent: [] };

      await assert.rejects(read(byPost(naming(await name())), more, watched), { code });
      assert.deepEqual(watched.spent, []);
    });
  }

  test('and nothing is decrypted for a stranger, or for what is signed and late', async () => {
    const watched = { asked: 0, spent: [] };
    const xml = naming(await encrypted());

    await assert.rejects(read(byPost(xml, foreign), {}, watched), { code: 'saml.signature_invalid' });
    clock.advance(60 * 60_000);
    await assert.rejects(read(byPost(xml), {}, watched), { code: 'saml.expired' });

    assert.equal(watched.asked, 0);
  });

  test('in an answer, where no name belongs', async () => {
    const response = peer.response({ inResponseTo: '_r' });
    const xml = response.replace('<samlp:Status>', `${await encrypted()}<samlp:Status>`);

    await assert.rejects(read(byPost(xml)), { code: 'saml.malformed' });
  });
});
