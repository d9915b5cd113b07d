import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { before, suite, test } from 'node:test';
import { MINUTE } from '../../src/base/index.ts';
import {
  element,
  formatInstant,
  type Incoming,
  type LogoutExpectations,
  type LogoutRequest,
  type LogoutResponse,
  type OutgoingMessage,
  readLogoutMessage,
  receiveMessage,
  SamlError,
  type SigningKey,
  sendByPost,
  sendByRedirect,
  signable,
  writeLogoutRequest,
  writeLogoutResponse,
  type XmlElement,
} from '../../src/saml/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { makeSigningKey } from '../support/saml-idp.ts';

const PEER = 'https://wiki.example/saml';
const SLO = new URL('https://sso.example/saml/slo');
const clock = new ManualClock();
type Key = SigningKey & { readonly publicKey: KeyObject; readonly certificatePem: string };
let [key, foreign, elliptic] = [] as unknown as [Key, Key, Key];

before(async () => {
  [key, foreign, elliptic] = await Promise.all([make('rsa'), make('rsa'), make('ec')]);
});

async function make(kind: 'rsa' | 'ec'): Promise<Key> {
  const { privateKeyPem, certificatePem } = await makeSigningKey(kind);
  const { publicKey } = new X509Certificate(certificatePem);
  return { privateKey: createPrivateKey(privateKeyPem), certificatePem, publicKey };
}

function request(more: Partial<Parameters<typeof writeLogoutRequest>[0]> = {}): OutgoingMessage {
  return writeLogoutRequest({
    issuer: PEER,
    destination: SLO,
    nameId: { value: 'per_<mira>&"co"', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
    sessionIndexes: ['si-1', 'si-2'],
    now: clock.now(),
    ...more,
  });
}

function expectations(more: Partial<LogoutExpectations> = {}): LogoutExpectations {
  const spent = new Set<string>();
  return {
    issuer: PEER,
    keys: [key.publicKey],
    destination: SLO,
    now: clock.now(),
    spendOnce: async (id) => !spent.has(id) && Boolean(spent.add(id)),
    closeRequest: async () => false,
    ...more,
  };
}

async function travel(
  message: OutgoingMessage,
  binding: 'redirect' | 'post',
  options: { key?: SigningKey; relayState?: string } = {},
): Promise<Incoming> {
  const send = { key, ...options };
  if (binding === 'post') return { binding, fields: await sendByPost(message, send) };
  const url = await sendByRedirect(message, { url: new URL('https://sso.example/saml/slo?a=1'), ...send });
  return { binding, query: url.search.slice(1) };
}

async function read(incoming: Incoming, expected = expectations()): Promise<LogoutRequest | LogoutResponse> {
  return await readLogoutMessage(receiveMessage(incoming), expected);
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof SamlError && error.code === code;
}

for (const binding of ['redirect', 'post'] as const) {
  suite(`logout by ${binding}`, () => {
    test('a request arrives with name, session indexes and relay state as they were', async () => {
      const incoming = await travel(request({ id: '_r1' }), binding, { relayState: "a b'(c)*!+&=ü" });

      assert.deepEqual(await read(incoming), {
        kind: 'request',
        id: '_r1',
        nameId: {
          value: 'per_<mira>&"co"',
          format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
        },
        sessionIndexes: ['si-1', 'si-2'],
        relayState: "a b'(c)*!+&=ü",
      });
    });

    test('a response to an open request arrives with its status, once', async () => {
      const open = new Set(['_r1']);
      const expected = expectations({ closeRequest: async (id) => open.delete(id) });
      const response = writeLogoutResponse({
        ...{ issuer: PEER, destination: SLO, inResponseTo: '_r1', status: 'partial', now: clock.now() },
      });
      const incoming = await travel(response, binding);

      assert.deepEqual(await read(incoming, expected), {
        ...{ kind: 'response', inResponseTo: '_r1', status: 'partial', codes: ['Success', 'PartialLogout'] },
      });
      await assert.rejects(read(incoming, expected), refused('saml.unexpected_answer'));
    });

    test('elliptic curves sign too', async () => {
      const incoming = await travel(request(), binding, { key: elliptic });

      assert.equal((await read(incoming, expectations({ keys: [elliptic.publicKey] }))).kind, 'request');
    });

    test('a key that is coming or going verifies as well', async () => {
      const incoming = await travel(request(), binding);

      assert.equal(
        (await read(incoming, expectations({ keys: [foreign.publicKey, key.publicKey] }))).kind,
        'request',
      );
    });

    const refusals: readonly (readonly [string, string, () => Promise<unknown>])[] = [
      [
        'signed by a key of somebody else',
        'saml.signature_invalid',
        async () => read(await travel(request(), binding, { key: foreign })),
      ],
      [
        'from another issuer',
        'saml.wrong_issuer',
        async () => read(await travel(request({ issuer: 'https://other.example' }), binding)),
      ],
      [
        'for another address',
        'saml.wrong_destination',
        async () => read(await travel(request({ destination: new URL('https://sso.example/x') }), binding)),
      ],
      [
        'issued in the future',
        'saml.expired',
        async () => read(await travel(request({ now: after(2 * MINUTE) }), binding)),
      ],
      [
        'issued long ago',
        'saml.expired',
        async () => read(await travel(request({ now: after(-7 * MINUTE) }), binding)),
      ],
      [
        'that answers nothing that was asked',
        'saml.unexpected_answer',
        async () =>
          read(
            await travel(
              writeLogoutResponse({
                ...{ issuer: PEER, destination: SLO, inResponseTo: '_no', status: 'success' },
                now: clock.now(),
              }),
              binding,
            ),
          ),
      ],
    ];
    for (const [what, code, run] of refusals) {
      test(`a message ${what} is refused`, async () => {
        await assert.rejects(run(), refused(code));
      });
    }

    test('a request is taken once', async () => {
      const expected = expectations();
      const incoming = await travel(request(), binding);
      await read(incoming, expected);

      await assert.rejects(read(incoming, expected), refused('saml.replayed'));
    });

    test('a request whose record does not answer is refused', async () => {
      const down = expectations({ spendOnce: () => Promise.reject(new Error('the record is down')) });

      await assert.rejects(read(await travel(request(), binding), down), /the record is down/);
    });

    test('an id is spent only by a message that is believed', async () => {
      const spent: string[] = [];
      const expected = expectations({
        spendOnce: async (id) => Boolean(spent.push(id)),
      });
      await assert.rejects(read(await travel(request(), binding, { key: foreign }), expected));

      assert.deepEqual(spent, []);
    });
  });
}

function after(ms: number): Date {
  return new Date(clock.now().getTime() + ms);
}

test('a message that is not signed is refused, by either binding', async () => {
  const { query } = (await travel(request(), 'redirect')) as { query: string };
  const unsigned = query.replace(/&SigAlg=.*$/, '');
  const xml = request();
  const fields = { SAMLRequest: Buffer.from(xml.head + xml.tail).toString('base64') };

  await assert.rejects(read({ binding: 'redirect', query: unsigned }), refused('saml.signature_missing'));
  await assert.rejects(read({ binding: 'post', fields }), refused('saml.signature_missing'));
});

test('what is signed by redirect is the query as it was sent, however the sender encodes', async () => {
  const { query } = (await travel(request(), 'redirect', { relayState: 'x/y' })) as { query: string };
  const lowerCase = query.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());

  await assert.rejects(read({ binding: 'redirect', query: lowerCase }), refused('saml.signature_invalid'));
});

// pysaml2 7.0 signs the message and then the query.
const INSIDE =
  '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>';

test('by redirect the signature of the query counts, and one inside counts for nothing', async () => {
  const message = request();
  const signedTwice = { ...message, tail: `${INSIDE}${message.tail}` };

  const read1 = await read(await travel(signedTwice, 'redirect'));

  assert.equal(read1.kind, 'request');
});

test('a message by redirect that is signed inside alone is refused, and is not taken for an unsigned one', async () => {
  const message = request();
  const { query } = (await travel({ ...message, tail: `${INSIDE}${message.tail}` }, 'redirect')) as {
    query: string;
  };
  const incoming = { binding: 'redirect', query: query.replace(/&SigAlg=.*$/, '') } as const;

  assert.equal(receiveMessage(incoming).isSigned, true);
  await assert.rejects(read(incoming), refused('saml.malformed'));
});

test('changing relay state or algorithm breaks the signature of a redirect', async () => {
  const { query } = (await travel(request(), 'redirect', { relayState: 'x' })) as { query: string };
  const other = encodeURIComponent('http://www.w3.org/2001/04/xmldsig-more#rsa-sha512');
  const changes = [
    query.replace('RelayState=x', 'RelayState=y'),
    query.replace('&RelayState=x', ''),
    query.replace(/SigAlg=[^&]*/, `SigAlg=${other}`),
  ];

  for (const changed of changes) {
    await assert.rejects(read({ binding: 'redirect', query: changed }), refused('saml.signature_invalid'));
  }
});

test('SHA-1, MD5 and HMAC are refused by name', async () => {
  const { query } = (await travel(request(), 'redirect')) as { query: string };
  const names = [
    'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
    'http://www.w3.org/2001/04/xmldsig-more#rsa-md5',
    'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
    'toString',
  ];

  for (const name of names) {
    const weak = query.replace(/SigAlg=[^&]*/, `SigAlg=${encodeURIComponent(name)}`);
    await assert.rejects(read({ binding: 'redirect', query: weak }), refused('saml.algorithm_refused'));
  }
});

test('a parameter that stands twice is refused: two readers could take different ones', async () => {
  const { query } = (await travel(request(), 'redirect')) as { query: string };

  for (const twice of [`${query}&RelayState=a&RelayState=b`, `${query}&${query}`]) {
    await assert.rejects(read({ binding: 'redirect', query: twice }), refused('saml.malformed'));
  }
});

test('a request in the parameter of responses is refused', async () => {
  const wrong = { ...request(), parameter: 'SAMLResponse' as const };

  for (const binding of ['redirect', 'post'] as const) {
    await assert.rejects(read(await travel(wrong, binding)), refused('saml.malformed'));
  }
});

test('a posted message whose content was changed after signing is refused', async () => {
  const { fields } = (await travel(request(), 'post')) as { fields: Record<string, string> };
  const xml = Buffer.from(fields['SAMLRequest'] ?? '', 'base64').toString();
  const changed = { SAMLRequest: Buffer.from(xml.replace('si-2', 'si-3')).toString('base64') };

  await assert.rejects(read({ binding: 'post', fields: changed }), refused('saml.signature_invalid'));
});

test('a signed request wrapped into another one is refused', async () => {
  const { fields } = (await travel(request(), 'post')) as { fields: Record<string, string> };
  const signed = Buffer.from(fields['SAMLRequest'] ?? '', 'base64').toString();
  const evil = request({ id: '_evil', nameId: { value: 'somebody else' } });
  const inside = `<samlp:Extensions>${signed}</samlp:Extensions>`;
  const wrapped = evil.head + inside + evil.tail;

  await assert.rejects(
    read({ binding: 'post', fields: { SAMLRequest: Buffer.from(wrapped).toString('base64') } }),
    refused('saml.signature_invalid'),
  );
});

suite('a signed request that is not as it must be', () => {
  const nameId = element('saml:NameID', {}, 'per_mira');
  const index = element('samlp:SessionIndex', {}, 'si-1');
  const instant = (ms: number): string => formatInstant(after(ms));
  const written = (attributes: Record<string, string>, ...children: XmlElement[]): OutgoingMessage => {
    const fixed = { ID: '_x', Version: '2.0', IssueInstant: instant(0), Destination: SLO.href };
    const issuer = element('saml:Issuer', {}, PEER);
    return {
      ...signable(element('samlp:LogoutRequest', { ...fixed, ...attributes }, issuer, ...children), 1),
      parameter: 'SAMLRequest',
    };
  };
  const signature = element('ds:Signature', {}, element('ds:SignedInfo'));
  const cases: readonly (readonly [string, string, OutgoingMessage])[] = [
    [
      'old, and without an end of its own',
      'saml.expired',
      written({ IssueInstant: instant(-7 * MINUTE) }, nameId),
    ],
    ['over', 'saml.expired', written({ NotOnOrAfter: instant(-2 * MINUTE) }, nameId)],
    ['without a readable end', 'saml.expired', written({ NotOnOrAfter: 'never' }, nameId)],
    ['without a readable start', 'saml.expired', written({ IssueInstant: '2026' }, nameId)],
    ['of another version', 'saml.malformed', written({ Version: '1.1' }, nameId)],
    ['without an id', 'saml.malformed', written({ ID: '' }, nameId)],
    ['about nobody', 'saml.malformed', written({}, index)],
    ['about two people', 'saml.malformed', written({}, nameId, nameId)],
    ['about somebody encrypted', 'saml.malformed', written({}, nameId, element('saml:EncryptedID'))],
    ['about a session without name', 'saml.malformed', written({}, nameId, element('samlp:SessionIndex'))],
    [
      'about too many sessions',
      'saml.malformed',
      written({}, nameId, ...Array.from({ length: 101 }, () => index)),
    ],
  ];
  for (const [what, code, message] of cases) {
    test(`${what} is refused, by either binding`, async () => {
      for (const binding of ['redirect', 'post'] as const) {
        // Without an id there is nothing that a signature within could refer to.
        const expected = binding === 'post' && what === 'without an id' ? 'saml.signature_invalid' : code;
        await assert.rejects(read(await travel(message, binding)), refused(expected));
      }
    });
  }

  test('signed a second time inside is refused', async () => {
    const twice = written({}, element('samlp:Extensions', {}, signature), nameId);

    await assert.rejects(read(await travel(twice, 'post')), refused('saml.signature_invalid'));
  });

  test('good requests of this shape are taken', async () => {
    for (const binding of ['redirect', 'post'] as const) {
      const good = written({ NotOnOrAfter: instant(MINUTE) }, nameId, index);

      assert.equal((await read(await travel(good, binding))).kind, 'request');
    }
  });
});

test('clocks may differ by five minutes at most, whatever is configured', async () => {
  const future = await travel(request({ now: after(6 * MINUTE) }), 'redirect');

  await assert.rejects(read(future, expectations({ toleranceMs: 60 * MINUTE })), refused('saml.expired'));
});
