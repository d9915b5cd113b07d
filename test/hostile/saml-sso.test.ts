import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import supertest from 'supertest';
import { MINUTE } from '../../src/base/index.ts';
import { isSamlEndpoint, samlRoutes } from '../../src/issuing/index.ts';
import { createViews, createWebApp } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createMetrics } from '../../src/platform/metrics/index.ts';
import {
  authnRequest,
  independentServiceProvider,
  type RequestOptions,
  type Travel,
  travel,
  unsigned,
} from '../issuing/saml-service-provider.ts';
import {
  ACS,
  type IdpWorld,
  openIdpWorld,
  PUBLIC_URL,
  SP,
  SSO_URL,
  signOn,
  wiki,
} from '../issuing/saml-world.ts';
import {
  ALGORITHM,
  makeSigningKey,
  SamlIdp,
  type SignatureOptions,
  type SigningKey,
} from '../support/saml-idp.ts';

/**
 * Every variant is one way to bring /saml/sso to believe, send, fetch or compute something that it should not. The
 * good requests at the end keep the checks honest: an endpoint that refuses everything would pass the rest.
 *
 * `wiki` may send unsigned requests, `vault` must sign. Both share one browser, and the attacker knows both.
 */
const VAULT = 'https://vault.example/sp';
const VAULT_ACS = 'https://vault.example/acs';
const VIEWS = join(import.meta.dirname, '..', '..', 'views');
const SAMLP = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"';
const SAML = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';
const [vaultKey, foreignKey, weakKey] = await Promise.all([
  makeSigningKey(),
  makeSigningKey(),
  makeSigningKey('rsa', 1024),
]);

let world: IdpWorld;
let agent: ReturnType<typeof supertest>;
let junk = 0;
/** Counts whoever comes: nothing inside of a message may be fetched. */
let fetched = 0;
const canary = createServer((_req, res) => {
  fetched += 1;
  res.end();
});
let canaryUrl = '';

before(async () => {
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  canaryUrl = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;
  world = await openIdpWorld((spKey) => [
    wiki(spKey),
    wiki(spKey, {
      ...{ id: 'vault', entityId: VAULT, acs: [{ url: VAULT_ACS }], wantAuthnRequestsSigned: true },
      certificates: [{ certificate: vaultKey.certificatePem }],
    }),
    wiki(spKey, {
      ...{ id: 'weak', entityId: 'https://weak.example', acs: [{ url: 'https://weak.example/acs' }] },
      certificates: [{ certificate: weakKey.certificatePem }],
    }),
    wiki(spKey, {
      ...{ id: 'bare', entityId: 'https://bare.example', acs: [{ url: 'https://bare.example/acs' }] },
      certificates: [],
    }),
  ]);
  const views = createViews(VIEWS, { productName: 'Vestibule', organisation: null });
  const routes = samlRoutes({
    intake: world.idp.intake,
    metadata: world.idp.metadata,
    ...{ views, log: silentLog, limit: (_req, _res, next) => next() },
    accessLog: {
      countJunk: () => {
        junk += 1;
      },
    },
  });
  const app = createWebApp({
    ...{ publicUrl: new URL(PUBLIC_URL), log: silentLog, clock: world.clock, views, viewsFolder: VIEWS },
    ...{
      metrics: createMetrics(),
      trustedProxies: [],
      isCrossSiteEndpoint: isSamlEndpoint,
      routers: [routes],
    },
  });
  agent = supertest(app);
});

after(async () => {
  canary.closeAllConnections();
  await new Promise((resolve) => canary.close(resolve));
  await world[Symbol.asyncDispose]();
});

type Incoming = Awaited<ReturnType<typeof travel>>;

async function send(incoming: Incoming): Promise<supertest.Response> {
  if (incoming.binding === 'redirect') return await agent.get(`/saml/sso?${incoming.query}`);
  const post = agent
    .post('/saml/sso')
    .type('form')
    .set({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
  return await post.send(incoming.fields as Record<string, string>);
}

/** A page of ours with the code, no redirect, no cookie, nothing to post anywhere, counted once, nothing fetched. */
function refuses(title: string, code: string, make: () => Promise<Incoming> | Incoming): void {
  test(`refused: ${title}`, async () => {
    const incoming = await make();
    const counted = junk;

    const answer = await send(incoming);

    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.text}`);
    assert.match(answer.text, new RegExp(`\\b${code.replace('.', '\\.')}\\b`));
    assert.doesNotMatch(answer.text, /SAMLResponse|wiki\.example|vault\.example|evil/);
    assert.equal(answer.headers['location'], undefined);
    assert.equal(answer.headers['set-cookie'], undefined);
    assert.equal(junk, counted + 1);
    assert.equal(fetched, 0);
  });
}

let ids = 0;
function request(options: RequestOptions = {}) {
  ids += 1;
  return authnRequest(world, { id: `_h${ids}`, ...options });
}
const vault = (options: RequestOptions = {}) =>
  request({ issuer: VAULT, attributes: { AssertionConsumerServiceURL: VAULT_ACS }, ...options });
const text = (message: ReturnType<typeof request>) => message.head + message.tail;
const both = (options: () => RequestOptions, how: Travel = {}) =>
  (['redirect', 'post'] as const).map(
    (binding) => [binding, () => travel(request(options()), { binding, ...how })] as const,
  );
const posted = (xml: string): Incoming => unsigned(xml, 'post');

/** Signed as another library signs, in whatever way a test wants. */
function signed(xml: string, options: SignatureOptions = {}, key: SigningKey = vaultKey): string {
  const engine = new SamlIdp(key, world.clock, { entityId: '', acsUrl: '' });
  return engine.sign(xml, 'AuthnRequest' as never, options);
}

// Who asks, and where the answer would go.
const requests: readonly (readonly [string, string, () => RequestOptions])[] = [
  ['an unknown issuer', 'issuing.saml_unknown_party', () => ({ issuer: 'https://evil.example' })],
  ['no issuer', 'issuing.saml_unknown_party', () => ({ issuer: '' })],
  [
    'an issuer that only begins like a known one',
    'issuing.saml_unknown_party',
    () => ({ issuer: `${SP}/evil` }),
  ],
  ['an issuer in other case', 'issuing.saml_unknown_party', () => ({ issuer: SP.toUpperCase() })],
  ['our own entity id as issuer', 'issuing.saml_unknown_party', () => ({ issuer: world.idp.entityId })],
  ...[
    'https://evil.example/acs',
    `${ACS}/`,
    `${ACS}?x=1`,
    `${ACS}.evil.example`,
    `${ACS}/../evil`,
    ACS.toUpperCase(),
    ACS.replace('https:', 'http:'),
    'https://user@wiki.example/acs',
    VAULT_ACS,
    'javascript:alert(1)',
    '',
  ].map(
    (url) =>
      [
        `an answer at ${url || 'an empty address'}`,
        'issuing.saml_unregistered_address',
        () => ({ attributes: { AssertionConsumerServiceURL: url } }),
      ] as const,
  ),
  ...['8', '07', '-1', '7.0', 'x', ''].map(
    (index) =>
      [
        `an answer at index "${index}"`,
        'issuing.saml_unregistered_address',
        () => ({ attributes: { AssertionConsumerServiceIndex: index } }),
      ] as const,
  ),
  [
    'an address by URL and by index',
    'saml.malformed',
    () => ({ attributes: { AssertionConsumerServiceURL: ACS, AssertionConsumerServiceIndex: '7' } }),
  ],
  // What the request says of itself.
  ['another Destination', 'saml.wrong_destination', () => ({ destination: 'https://evil.example/saml/sso' })],
  ['a Destination with a query', 'saml.wrong_destination', () => ({ destination: `${SSO_URL}?x` })],
  [
    'the logout address as Destination',
    'saml.wrong_destination',
    () => ({ destination: `${PUBLIC_URL}/saml/slo` }),
  ],
  ['version 1.1', 'saml.malformed', () => ({ version: '1.1' })],
  ['no id', 'saml.malformed', () => ({ id: '' })],
  ['an id that is no name', 'saml.malformed', () => ({ id: '1 <x>' })],
  ['an id without end', 'saml.malformed', () => ({ id: `_${'x'.repeat(300)}` })],
  [
    'an old request',
    'saml.expired',
    () => ({ issuedAt: new Date(world.clock.now().getTime() - 14 * MINUTE) }),
  ],
  [
    'a request of the future',
    'saml.expired',
    () => ({ issuedAt: new Date(world.clock.now().getTime() + 4 * MINUTE) }),
  ],
  ['an instant that cannot be read', 'saml.expired', () => ({ attributes: { IssueInstant: 'now' } })],
  ['a boolean that is neither', 'saml.malformed', () => ({ attributes: { ForceAuthn: 'perhaps' } })],
];
for (const [what, code, options] of requests) {
  for (const [binding, make] of both(options)) refuses(`${what}, by ${binding}`, code, make);
}
for (const binding of ['redirect', 'post'] as const) {
  refuses(`RelayState above 1 KB, by ${binding}`, 'saml.too_large', () =>
    travel(request(), { binding, relayState: 'ü'.repeat(513) }),
  );
  refuses(`a logout request, by ${binding}`, 'saml.malformed', () =>
    unsigned(text(request()).replaceAll('AuthnRequest', 'LogoutRequest'), binding),
  );
  refuses(`the id of another request, by ${binding}`, 'saml.replayed', async () => {
    const first = authnRequest(world, { id: `_twice_${binding}` });
    assert.equal((await send(await travel(first, { binding }))).status, 303);
    return travel(first, { binding, relayState: 'changed' });
  });
}
refuses('a request as SAMLResponse', 'saml.malformed', () => ({
  ...{ binding: 'post', fields: { SAMLResponse: Buffer.from(text(request())).toString('base64') } },
}));
refuses('request and response at once', 'saml.malformed', () => {
  const field = Buffer.from(text(request())).toString('base64');
  return { binding: 'post', fields: { SAMLRequest: field, SAMLResponse: field } };
});

// Signatures.
for (const binding of ['redirect', 'post'] as const) {
  refuses(`no signature where one is demanded, by ${binding}`, 'saml.signature_missing', () =>
    travel(vault(), { binding }),
  );
  refuses(`the signature of a stranger, by ${binding}`, 'saml.signature_invalid', () =>
    travel(vault(), { binding, key: foreignKey }),
  );
  refuses(`the signature of another application, by ${binding}`, 'saml.signature_invalid', () =>
    travel(vault(), { binding, key: world.spKey }),
  );
  refuses(`a false signature where none is needed, by ${binding}`, 'saml.signature_invalid', () =>
    travel(request(), { binding, key: foreignKey }),
  );
  refuses(`the signature of a short key, by ${binding}`, 'saml.signature_invalid', () =>
    travel(request({ issuer: 'https://weak.example' }), { binding, key: weakKey }),
  );
  refuses(
    `a signature that no registered certificate could verify, by ${binding}`,
    'saml.signature_invalid',
    () => travel(request({ issuer: 'https://bare.example' }), { binding, key: foreignKey }),
  );
  refuses(`a signed request without Destination, by ${binding}`, 'saml.wrong_destination', () =>
    travel(vault({ destination: null }), { binding, key: vaultKey }),
  );
}
refuses('a redirect whose signature was cut off', 'saml.signature_missing', async () => {
  const { query } = (await travel(vault(), { key: vaultKey })) as { query: string };
  return { binding: 'redirect', query: query.replace(/&SigAlg=.*$/, '') };
});
refuses('a redirect with RelayState added after signing', 'saml.signature_invalid', async () => {
  const { query } = (await travel(vault(), { key: vaultKey })) as { query: string };
  return { binding: 'redirect', query: `${query}&RelayState=x` };
});
refuses('a redirect with a second, unsigned request', 'saml.malformed', async () => {
  const { query } = (await travel(vault(), { key: vaultKey })) as { query: string };
  const { query: other } = unsigned(text(vault())) as { query: string };
  return { binding: 'redirect', query: `${query}&${other}` };
});
refuses('a redirect whose request is encoded under another name', 'saml.malformed', async () => {
  const { query } = (await travel(vault(), { key: vaultKey })) as { query: string };
  return { binding: 'redirect', query: query.replace('SAMLRequest=', 'SAML%52equest=') };
});
for (const [name, hash] of [
  ['http://www.w3.org/2000/09/xmldsig#rsa-sha1', 'sha1'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-md5', 'md5'],
] as const) {
  refuses(`a redirect signed with ${hash}`, 'saml.algorithm_refused', () => {
    const signedPart = `SAMLRequest=${encodeURIComponent(deflateRawSync(text(vault())).toString('base64'))}&SigAlg=${encodeURIComponent(name)}`;
    const value = sign(hash, Buffer.from(signedPart), createPrivateKey(vaultKey.privateKeyPem));
    return {
      binding: 'redirect',
      query: `${signedPart}&Signature=${encodeURIComponent(value.toString('base64'))}`,
    };
  });
}
refuses('a redirect with the public key as HMAC secret', 'saml.algorithm_refused', () => {
  const signedPart = `SAMLRequest=${encodeURIComponent(deflateRawSync(text(vault())).toString('base64'))}&SigAlg=${encodeURIComponent(ALGORITHM.hmacSha1)}`;
  const pem = new X509Certificate(vaultKey.certificatePem).publicKey.export({ type: 'spki', format: 'pem' });
  const value = createHmac('sha1', pem).update(signedPart).digest('base64');
  return { binding: 'redirect', query: `${signedPart}&Signature=${encodeURIComponent(value)}` };
});
const downgrades: readonly (readonly [string, SignatureOptions])[] = [
  ['RSA with SHA-1', { algorithm: ALGORITHM.rsaSha1 }],
  ['RSA with MD5', { algorithm: ALGORITHM.rsaMd5 }],
  ['a SHA-1 digest', { digest: ALGORITHM.sha1 }],
  ['inclusive canonicalisation', { canonicalization: ALGORITHM.inclusive }],
  ['canonicalisation with comments', { canonicalization: ALGORITHM.exclusiveWithComments }],
  ['no canonicalising transform', { transforms: [ALGORITHM.enveloped] }],
];
for (const [what, options] of downgrades) {
  const code = what.startsWith('no ') ? 'saml.signature_invalid' : 'saml.algorithm_refused';
  refuses(`a posted request signed with ${what}`, code, () => posted(signed(text(vault()), options)));
}
refuses('a posted request that was changed after signing', 'saml.signature_invalid', () =>
  posted(signed(text(vault())).replace('Version="2.0"', 'Version="2.0" ForceAuthn="false"')),
);
refuses('a posted request whose signature value was emptied', 'saml.signature_invalid', () =>
  posted(signed(text(vault())).replace(/(<ds:SignatureValue>)[^<]*/, '$1')),
);
refuses('a posted request with the key of the attacker in KeyInfo', 'saml.signature_invalid', () => {
  const info = `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${foreignKey.certificatePem.replace(/-----[A-Z ]+-----|\s/g, '')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
  return posted(signed(text(vault()), {}, foreignKey).replace('</ds:Signature>', `${info}</ds:Signature>`));
});

// Wrapping: something signed is there, and something else would be used.
const evil = () => vault({ attributes: { AssertionConsumerServiceURL: VAULT_ACS, ForceAuthn: 'true' } });
const wrapped: readonly (readonly [string, string, () => string])[] = [
  [
    'the signed request in Extensions of another',
    'saml.signature_invalid',
    () => {
      const { head, tail } = evil();
      return `${head}<samlp:Extensions>${signed(text(vault()))}</samlp:Extensions>${tail}`;
    },
  ],
  [
    'the signed request in an Object of its signature',
    'saml.signature_invalid',
    () => {
      const inner = signed(text(vault()));
      const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(inner)?.[0] ?? '';
      const object = `<ds:Object>${inner.replace(signature, '')}</ds:Object>`;
      const { head, tail } = evil();
      return head + signature.replace('</ds:Signature>', `${object}</ds:Signature>`) + tail;
    },
  ],
  [
    'the signature of another request',
    'saml.signature_invalid',
    () => {
      const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(signed(text(vault())))?.[0] ?? '';
      const { head, tail } = evil();
      return head + signature + tail;
    },
  ],
  [
    'two elements with the signed id',
    'saml.malformed',
    () => {
      const inner = signed(text(vault({ id: '_same' })));
      const { head, tail } = vault({ id: '_same', attributes: { ForceAuthn: 'true' } });
      return `${head}<samlp:Extensions>${inner}</samlp:Extensions>${tail}`;
    },
  ],
  [
    'two signatures',
    'saml.signature_invalid',
    () => {
      const once = signed(text(vault()));
      const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(once)?.[0] ?? '';
      return once.replace(signature, signature + signature.replaceAll(/Id="[^"]*"/g, ''));
    },
  ],
  [
    'an empty reference',
    'saml.signature_invalid',
    () => signed(text(vault())).replace(/URI="#[^"]*"/, 'URI=""'),
  ],
  [
    'a reference to a file',
    'saml.signature_invalid',
    () => signed(text(vault())).replace(/URI="#[^"]*"/, `URI="${canaryUrl}/x"`),
  ],
  [
    'an XPath transform',
    'saml.algorithm_refused',
    () => signed(text(vault())).replace(ALGORITHM.enveloped, 'http://www.w3.org/TR/1999/REC-xpath-19991116'),
  ],
];
for (const [what, code, make] of wrapped) refuses(`wrapped: ${what}`, code, () => posted(make()));

// Two readings of one document.
const twofold: readonly (readonly [string, string, () => string])[] = [
  [
    'two issuers',
    'issuing.saml_unknown_party',
    () =>
      text(request()).replace('</saml:Issuer>', `</saml:Issuer><saml:Issuer ${SAML}>${VAULT}</saml:Issuer>`),
  ],
  [
    'a comment in the issuer',
    'saml.malformed',
    () => text(request()).replace(SP, `${SP}<!-- -->.evil.example`),
  ],
  ['elements in the issuer', 'issuing.saml_unknown_party', () => text(request()).replace(SP, `<a>${SP}</a>`)],
  [
    'an issuer of another format',
    'issuing.saml_unknown_party',
    () => text(request()).replace('<saml:Issuer ', '<saml:Issuer Format="urn:x" '),
  ],
  [
    'an issuer in another namespace',
    'issuing.saml_unknown_party',
    () => text(request()).replace('assertion"', 'assertion:x"'),
  ],
  [
    'two policies for the name',
    'saml.malformed',
    () =>
      text(request()).replace('</saml:Issuer>', '</saml:Issuer><samlp:NameIDPolicy/><samlp:NameIDPolicy/>'),
  ],
  [
    'a request in another namespace',
    'saml.malformed',
    () => text(request()).replace('protocol"', 'protocol:x"'),
  ],
  [
    'an attribute twice',
    'saml.malformed',
    () => text(request()).replace('Version=', 'Version="1.1" Version='),
  ],
];
for (const [what, code, make] of twofold) {
  refuses(`twofold: ${what}, by redirect`, code, () => unsigned(make()));
  refuses(`twofold: ${what}, by post`, code, () => posted(make()));
}

// Documents that cost.
const costly: readonly (readonly [string, string, () => string])[] = [
  ['100 000 nested elements', 'saml.too_large', () => '<a>'.repeat(100_000)],
  ['15 000 nested elements', 'saml.malformed', () => '<a>'.repeat(15_000)],
  [
    'the billion laughs',
    'saml.malformed',
    () => `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>${text(request()).replace(SP, '&b;')}`,
  ],
  ['an external DTD', 'saml.malformed', () => `<!DOCTYPE x SYSTEM "${canaryUrl}/x.dtd">${text(request())}`],
  [
    'an external entity',
    'saml.malformed',
    () => `<!DOCTYPE x [<!ENTITY a SYSTEM "${canaryUrl}/x">]>${text(request()).replace(SP, '&a;')}`,
  ],
  ['a stylesheet', 'saml.malformed', () => `<?xml-stylesheet href="${canaryUrl}/x.xsl"?>${text(request())}`],
  [
    'tens of thousands of attributes',
    'saml.malformed',
    () => `<samlp:AuthnRequest ${SAMLP} ${'a="" '.repeat(10_000)}/>`,
  ],
  [
    'one attribute without end',
    'saml.malformed',
    () => `<samlp:AuthnRequest ${SAMLP} ID="${'x'.repeat(60_000)}`,
  ],
  ['nothing but white space', 'saml.malformed', () => ' '.repeat(60_000)],
  ['control characters', 'saml.malformed', () => text(request()).replace(SP, '\u0001')],
];
for (const [what, code, make] of costly) {
  // Larger than a form may be at all.
  const postCode = what.startsWith('100 000') ? 'http.too_large' : code;
  refuses(`costly: ${what}, by post`, postCode, () => posted(make()));
  const deflated = () => unsigned(make());
  refuses(`costly: ${what}, by redirect`, code, deflated);
}
refuses('costly: a bomb that inflates to 10 MB', 'saml.too_large', () => unsigned('a'.repeat(10_000_000)));
refuses('costly: white space that looks like base64', 'saml.malformed', () => ({
  binding: 'post',
  fields: { SAMLRequest: `${' '.repeat(30_000)}!` },
}));
refuses('costly: a form of 10 MB', 'http.too_large', () => ({
  binding: 'post',
  fields: { SAMLRequest: 'A'.repeat(10_000_000) },
}));
refuses('costly: a form with a thousand fields', 'http.too_large', () => ({
  binding: 'post',
  fields: Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`f${n}`, ''])),
}));
refuses('no message at all, by redirect', 'saml.malformed', () => ({ binding: 'redirect', query: '' }));
refuses('no message at all, by post', 'saml.malformed', () => ({ binding: 'post', fields: {} }));

test('a body that is no form is refused', async () => {
  const answer = await agent.post('/saml/sso').type('application/json').send('{"SAMLRequest":"x"}');

  assert.equal(answer.status, 400);
});

test('what is inside of a message is never fetched', async () => {
  const info = `<ds:KeyInfo><ds:RetrievalMethod URI="${canaryUrl}/key"/></ds:KeyInfo>`;
  const xml = signed(text(vault())).replace('</ds:Signature>', `${info}</ds:Signature>`);
  await send(posted(xml));
  await send(
    posted(
      text(request()).replace(
        '<saml:Issuer',
        `<samlp:Extensions>${canaryUrl}</samlp:Extensions><saml:Issuer`,
      ),
    ),
  );

  assert.equal(fetched, 0);
});

// Good requests: the checks above would mean nothing without them.
for (const binding of ['redirect', 'post'] as const) {
  test(`taken: a good request, by ${binding}; no cookie is set and the browser goes on at our own page`, async () => {
    const unsignedAnswer = await send(await travel(request(), { binding, relayState: 'x'.repeat(1024) }));
    const signedAnswer = await send(await travel(vault(), { binding, key: vaultKey }));

    for (const answer of [unsignedAnswer, signedAnswer]) {
      assert.equal(answer.status, 303);
      assert.match(answer.headers['location'] ?? '', /^\/login\/request\/saml\/[A-Za-z0-9_-]{43}$/);
      assert.equal(answer.headers['set-cookie'], undefined);
    }
  });
}

test('taken: a posted request that another library signed', async () => {
  assert.equal((await send(posted(signed(text(vault()))))).status, 303);
});

test('taken: a request that node-saml wrote and signed', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: world.clock.now() });
  const provider = independentServiceProvider(world, {
    ...{ issuer: VAULT, callbackUrl: VAULT_ACS, privateKey: vaultKey.privateKeyPem },
  });
  const url = new URL(await provider.getAuthorizeUrlAsync('the/relay?state=1', undefined, {}));

  assert.equal((await send({ binding: 'redirect', query: url.search.slice(1) })).status, 303);
});

test('told to the application: what cannot be fulfilled, by a form to the registered address alone', async () => {
  const artifact = { ProtocolBinding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact' };
  const answer = await send(await travel(request({ attributes: artifact }), { relayState: '"><script>' }));

  assert.equal(answer.status, 200);
  assert.match(answer.headers['content-security-policy'] ?? '', /form-action 'self' https:\/\/wiki\.example/);
  assert.match(answer.text, /action="https:\/\/wiki\.example\/acs"/);
  assert.doesNotMatch(answer.text, /"><script>/);
});

test('a HEAD request takes nothing', async () => {
  const { query } = (await travel(request())) as { query: string };
  const answer = await agent.head(`/saml/sso?${query}`);

  assert.equal(answer.headers['location'], undefined);
});

test('a stored request that was changed or moved in the store issues nothing', async () => {
  const take = async () => {
    const answer = await send(await travel(request()));
    return (answer.headers['location'] ?? '').split('/').at(-1) ?? '';
  };
  const [mine, theirs] = [await take(), await take()];
  const sealed = (await world.keyValue.get(`issuing:saml-request:${theirs}`)) ?? '';
  const found = await world.idp.requests.find(mine);
  assert.ok(found && !('gone' in found));

  await world.keyValue.set(`issuing:saml-request:${mine}`, sealed, MINUTE);

  await assert.rejects(world.idp.issuer.issue(signOn(world, { request: found })));
});

test('the error page of Salesforce repeats nothing of the link', async () => {
  const answer = await agent.get(
    '/saml/errors/salesforce?ErrorCode=11&ErrorDescription=<b>call+0900</b>&ErrorDetails=call+0900',
  );
  const unknown = await agent.get('/saml/errors/salesforce?ErrorCode=<script>');

  assert.equal(answer.status, 200);
  assert.match(answer.text, /no licence left/);
  assert.doesNotMatch(answer.text, /0900/);
  assert.doesNotMatch(unknown.text, /<script>/);
});

test('metadata is served as metadata and may be kept for an hour', async () => {
  const answer = await agent.get('/saml/metadata').buffer(true);

  assert.equal(answer.status, 200);
  assert.match(answer.headers['content-type'] ?? '', /^application\/samlmetadata\+xml/);
  assert.equal(answer.headers['cache-control'], 'public, max-age=3600');
});
