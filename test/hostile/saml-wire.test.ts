import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { Browser } from '../support/browser.ts';
import {
  type AttackWorld,
  asField,
  checkRefused,
  isSignedIn,
  material,
  openAttackWorld,
  type Variants,
  VICTIM,
} from '../support/saml-attack.ts';
import { encode, type ResponseOptions } from '../support/saml-idp.ts';
import { costOf } from '../support/waiting.ts';

/**
 * What comes before and after the signature, over HTTP at a running broker: bytes that two readers decode differently, what
 * a genuine assertion says of time, place and person, cipher texts, and genuine answers at the wrong door.
 */
let attack: AttackWorld;

const bytes = (text: string, change: (whole: string) => string): Buffer =>
  Buffer.from(change(text), 'latin1');
const utf16 = (text: string, isBig: boolean): Buffer => {
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  return isBig ? little.swap16() : little;
};
const good = (m: Parameters<Variants[string]>[0]): string => m.around(m.genuine);
const inName = (text: string) => (m: Parameters<Variants[string]>[0]) => good(m).replace('p-mallory', text);
const entities = (levels: number): string =>
  Array.from({ length: levels }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('');

const BYTES: Variants = {
  'UTF-16, little end first': (m) => utf16(good(m), false),
  'UTF-16, big end first': (m) => utf16(good(m), true),
  'UTF-16, only declared': (m) => `<?xml version="1.0" encoding="UTF-16"?>${good(m)}`,
  'UTF-7, declared': (m) => `<?xml version="1.0" encoding="UTF-7"?>${good(m)}`,
  'Latin-1, declared': (m) => `<?xml version="1.0" encoding="ISO-8859-1"?>${good(m)}`,
  'two declarations of the encoding': (m) =>
    `<?xml version="1.0" encoding="UTF-8"?><?xml version="1.0" encoding="UTF-7"?>${good(m)}`,
  'overlong UTF-8 for an angle bracket': (m) =>
    bytes(good(m), (text) => text.replace('<saml:Subject>', '\xc0\xbcsaml:Subject>')),
  'overlong UTF-8 for a full stop': (m) =>
    bytes(good(m), (text) => text.replace('p-mallory', 'p-mallory\xc0\xae')),
  'half of a surrogate pair in UTF-8': (m) =>
    bytes(good(m), (text) => text.replace('p-mallory', '\xed\xa0\x80')),
  'a byte that is no UTF-8': (m) => bytes(good(m), (text) => text.replace('p-mallory', 'p-mallory\xff')),
  'NUL within': inName('p-mal\u0000lory'),
  'NUL behind': (m) => `${good(m)}\u0000`,
  'NUL before': (m) => `\u0000${good(m)}`,
  'a byte order mark within a name of an element': (m) =>
    good(m).replace('<saml:Subject>', '<saml:Subject\ufeff>'),
  'two byte order marks': (m) => `\ufeff\ufeff${good(m)}<`,
  'a reference to NUL': inName('&#0;'),
  'a reference to a control character': inName('p-mallory&#x1;'),
  'a reference to half of a surrogate pair': inName('&#xD800;'),
  'a reference beyond Unicode': inName('&#x110000;'),
  'a reference to a non-character': inName('&#xFFFE;'),
  'a reference without end': inName('&#x41'),
  'a reference with thousands of digits': inName(`&#${'0'.repeat(5_000)}65;`),
  'an entity of HTML': inName('&nbsp;'),
  'CDATA around the name': inName(`<![CDATA[${VICTIM}]]>`),
  'a document type': (m) => `<!DOCTYPE Response>${good(m)}`,
  'entities that grow a thousand million times': (m) =>
    `<!DOCTYPE x [<!ENTITY e0 "x">${entities(9)}]>${good(m).replace('p-mallory', '&e9;')}`,
  'a large entity many times': (m) =>
    `<!DOCTYPE x [<!ENTITY e "${'x'.repeat(50_000)}">]>${good(m).replace('p-mallory', '&e;'.repeat(10_000))}`,
  'an entity of a file': (m) =>
    `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${good(m).replace('p-mallory', '&e;')}`,
  'a parameter entity from elsewhere': (m) =>
    `<!DOCTYPE x [<!ENTITY % e SYSTEM "${attack.world.origin}/saml/metadata"> %e;]>${good(m)}`,
  'a stylesheet': (m) => `<?xml-stylesheet href="${attack.world.origin}/assets/x.xsl"?>${good(m)}`,
  XInclude: (m) =>
    good(m).replace(
      '<saml:Subject>',
      '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/><saml:Subject>',
    ),
  'two documents': (m) => good(m) + good(m),
  'text behind the document': (m) => `${good(m)}${VICTIM}`,
  'an end tag too many': (m) => `${good(m)}</samlp:Response>`,
  'no end': (m) => good(m).slice(0, -5),
  'attributes that stand twice': (m) => good(m).replace(' Version="2.0"', ' Version="2.0" Version="2.0"'),
  'attributes of one name by two prefixes': (m) =>
    good(m).replace('<saml:Subject>', '<saml:Subject xmlns:a="urn:x" xmlns:b="urn:x" a:y="1" b:y="2">'),
  'deflated, as a redirect would be': (m) => deflateRawSync(good(m)),
  compressed: (m) => gzipSync(good(m)),
  'base64 once too often': (m) => encode(good(m)),
  'thousands of namespaces': (m) =>
    good(m).replace(
      '<saml:Subject>',
      `<saml:Subject ${Array.from({ length: 9_000 }, (_, at) => `xmlns:n${at}="urn:${at}"`).join(' ')}>`,
    ),
};

/** Of the base64 itself. */
const FIELDS: Readonly<Record<string, (field: string) => string>> = {
  'base64 in the alphabet for URLs': (field) => `${field.replaceAll('+', '-').replaceAll('/', '_')}-_`,
  'something behind the padding': (field) => `${field.replace(/=*$/, '')}==${field}`,
  'padding within': (field) => `${field.slice(0, 400)}=${field.slice(400)}`,
  'NUL in base64': (field) => `${field.slice(0, 400)}\u0000${field.slice(400)}`,
  'other letters in base64': (field) => `${field.slice(0, 400)}é${field.slice(400)}`,
  nothing: () => '',
  'only padding': () => '==',
  'percent signs': (field) => encodeURIComponent(field),
  markup: () => '"><script>victim</script>',
};

const text = (from: string, to: string): ResponseOptions => ({
  beforeSigning: (xml) => xml.replace(from, to),
});
const time = (name: string, value: string): ResponseOptions => ({
  beforeSigning: (xml) => xml.replace(new RegExp(` ${name}="[^"]*"`), ` ${name}="${value}"`),
});
const confirmation = (attributes: string): string =>
  `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData ${attributes}/></saml:SubjectConfirmation>`;

/** What the upstream really signed, but not for this. `of` gets the id of the request and our addresses. */
const SAYINGS: Readonly<Record<string, (id: string, acs: string, end: string) => ResponseOptions>> = {
  'an end in the year 292278994': () => time('NotOnOrAfter', '+292278994-08-17T07:12:55Z'),
  'an end in the year 292278994, without a sign': () => time('NotOnOrAfter', '292278994-08-17T07:12:55Z'),
  'an end in a leap second': () => time('NotOnOrAfter', '2030-12-31T23:59:60Z'),
  'an end without a zone': () => time('NotOnOrAfter', '2099-01-01T00:00:00'),
  'an end in a zone that is none': () => time('NotOnOrAfter', '2099-01-01T00:00:00+99:99'),
  'an end on a day that is none': () => time('NotOnOrAfter', '2099-13-41T00:00:00Z'),
  'an end in words': () => time('NotOnOrAfter', 'never'),
  'an end that is empty': () => time('NotOnOrAfter', ''),
  'an end as a number': () => time('NotOnOrAfter', '4102444800'),
  'an end with a space before it': () => time('NotOnOrAfter', ' 2099-01-01T00:00:00Z'),
  'an end with a line feed behind it': () => time('NotOnOrAfter', '2099-01-01T00:00:00Z&#10;'),
  'digits of another script': () => time('NotOnOrAfter', '２０９９-01-01T00:00:00Z'),
  'an authentication before the year nought': () => time('AuthnInstant', '-0001-01-01T00:00:00Z'),
  'an issue in words': () => time('IssueInstant', 'yesterday'),
  'a session upstream that has ended': () => ({ sessionNotOnOrAfter: -120_000 }),
  'another audience': () => ({ audience: 'https://another.example/' }),
  'an audience that only starts like ours': (_id, acs) => ({
    audience: `${acs.replace('/acs', '/metadata')}.evil.example`,
  }),
  'an audience with another case': (_id, acs) => ({ audience: acs.replace('/acs', '/METADATA') }),
  'no audience': () => ({ audience: null }),
  'the address of the sister as recipient': (_id, acs) => ({ recipient: acs.replace('/idp/', '/sister/') }),
  'a recipient with a query': (_id, acs) => ({ recipient: `${acs}?` }),
  'a recipient with a path that resolves to ours': (_id, acs) => ({
    recipient: acs.replace('/login/', '/x/../login/'),
  }),
  'a recipient as another host': (_id, acs) => ({
    recipient: acs.replace('sso.localhost', 'sso.localhost.'),
  }),
  'no recipient': () => ({ recipient: null }),
  'an answer to another request': () => ({ requestId: '_another', envelopeRequestId: '_another' }),
  'an answer to another request, in an envelope for this one': (id) => ({
    requestId: '_another',
    envelopeRequestId: id,
  }),
  'an answer to no request': (id) => ({ requestId: '', envelopeRequestId: id }),
  'an issuer that is the sister': () => ({ assertionIssuer: attack.sister.entityId }),
  'an issuer of an envelope that is the sister': () => ({ responseIssuer: attack.sister.entityId }),
  'a recipient in one confirmation, the request in another': (id, acs, end) => ({
    confirmation:
      confirmation(`Recipient="${acs}" NotOnOrAfter="${end}"`) +
      confirmation(`Recipient="https://another.example/" InResponseTo="${id}" NotOnOrAfter="${end}"`),
  }),
  'an end in one confirmation, the rest in another': (id, acs, end) => ({
    confirmation:
      confirmation(`NotOnOrAfter="${end}"`) + confirmation(`Recipient="${acs}" InResponseTo="${id}"`),
  }),
  'data of two confirmations in one': (id, acs, end) => ({
    confirmation: confirmation(`Recipient="${acs}" NotOnOrAfter="${end}"`).replace(
      '</saml:SubjectConfirmation>',
      `<saml:SubjectConfirmationData InResponseTo="${id}"/></saml:SubjectConfirmation>`,
    ),
  }),
  'a confirmation that may be used later only': (id, acs, end) => ({
    confirmation: confirmation(
      `Recipient="${acs}" InResponseTo="${id}" NotOnOrAfter="${end}" NotBefore="${end}"`,
    ),
  }),
  'a status of failure above it': () => ({ status: 'Responder' }),
  'success within a failure': () => ({ status: 'Requester', innerStatus: 'Success' }),
  'no name': () => text('p-mallory', ''),
  'a name of nothing but white space': () => text('p-mallory', ' \n '),
  'a name with a control character': () => text('p-mallory', 'p-mal&#x85;&#9;lory'),
  'two names': () => text('</saml:NameID>', `</saml:NameID><saml:NameID>${VICTIM}</saml:NameID>`),
  'a transient name': () => ({ nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }),
  'no statement about the authentication': () => ({ statement: '' }),
};

suite('a genuine signature is not enough', () => {
  before(async () => {
    attack = await openAttackWorld();
  });
  after(() => attack[Symbol.asyncDispose]());

  for (const [title, make] of Object.entries(BYTES)) {
    test(`bytes: ${title}`, async () => {
      const browser = new Browser();
      const message = make(material(attack.idp, await attack.begin(browser)));
      const cost = await costOf(async () => {
        checkRefused(await attack.post(browser, asField(message)), browser);
      });

      assert.ok(cost < 2_000, `${cost} ms`);
    });
  }

  for (const [title, change] of Object.entries(FIELDS)) {
    test(`field: ${title}`, async () => {
      const browser = new Browser();
      const field = asField(good(material(attack.idp, await attack.begin(browser))))['SAMLResponse'] ?? '';

      checkRefused(await attack.post(browser, { SAMLResponse: change(field) }), browser);
    });
  }

  for (const [title, says] of Object.entries(SAYINGS)) {
    for (const sign of ['assertion', 'response'] as const) {
      test(`saying: ${title} (the ${sign} is signed)`, async () => {
        const browser = new Browser();
        const id = await attack.begin(browser);
        const options = says(id, attack.idp.sp.acsUrl, attack.idp.at(300_000));
        const answer = await attack.idp.response({ requestId: id, nameId: 'p-mallory', sign, ...options });

        checkRefused(await attack.post(browser, { SAMLResponse: answer }), browser);
      });
    }
  }

  test('an answer of the sister opens nothing here, nor one of here there, though one key signs both', async () => {
    for (const [idp, connection] of [
      [attack.sister, 'idp'],
      [attack.idp, 'sister'],
    ] as const) {
      const browser = new Browser();
      const id = await attack.begin(browser, connection);
      const answer = { SAMLResponse: await idp.response({ requestId: id }) };

      checkRefused(await attack.post(browser, answer, `/login/${connection}/acs`), browser);
      const atOther = new URL(idp.sp.acsUrl).pathname;
      checkRefused(await attack.post(browser, answer, atOther), browser);
    }
  });

  test('a genuine answer opens nothing at another door', async () => {
    const browser = new Browser();
    const answer = asField(good(material(attack.idp, await attack.begin(browser))));
    for (const path of [
      '/login/otds/callback',
      '/login/access-manager/acs',
      '/login/nobody/acs',
      '/login/idp/slo',
      '/saml/sso',
      '/saml/slo',
      '/login/idp/acs/',
      '/login/IDP/acs',
      '/login/idp%2facs',
      '/login/idp/backchannel-logout',
    ]) {
      const page = await attack.post(browser, answer, path);
      checkRefused(page, browser);
    }
    const query = new URLSearchParams(answer);
    for (const path of ['/login/idp/acs', '/login/idp/callback', '/login/continue/x', '/login/idp/slo'])
      checkRefused(await browser.open(`${attack.world.origin}${path}?${query}`), browser);
  });

  test('beside another message, twice, or as a list, it is no answer', async () => {
    for (const change of [
      (field: string) => `SAMLResponse=${field}&SAMLResponse=${field}`,
      (field: string) => `SAMLResponse[]=${field}`,
      (field: string) => `SAMLResponse[0]=${field}&SAMLResponse.x=1`,
      (field: string) => `samlresponse=${field}`,
      (field: string) => `SAMLart=${field}`,
      (field: string) => `__proto__[SAMLResponse]=${field}`,
      (field: string) => `__proto__=${field}&constructor=${field}`,
    ]) {
      const browser = new Browser();
      const field = asField(good(material(attack.idp, await attack.begin(browser))))['SAMLResponse'] ?? '';
      const answer = await fetch(`http://127.0.0.1:${new URL(attack.world.origin).port}/login/idp/acs`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' },
        body: change(encodeURIComponent(field)),
      });
      assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
    }
  });

  test('in another browser than the one that asked, it signs nobody in, and the one that asked still can', async () => {
    const [asking, other] = [new Browser(), new Browser()];
    const id = await attack.begin(asking);
    await attack.begin(other);
    const m = material(attack.idp, id);
    const page = await attack.post(other, asField(good(m)));
    checkRefused(page, other);

    const handle = other.visited
      .find((visited) => visited.includes('/login/continue/'))
      ?.split('/')
      .at(-1);
    await asking.open(`${attack.world.origin}/login/continue/${handle}`);
    assert.equal(isSignedIn(asking), true);
    assert.equal(isSignedIn(other), false);
  });

  test('RelayState leads nowhere', async () => {
    for (const relayState of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      'a\r\nX: y',
      '"><script>',
    ]) {
      const browser = new Browser();
      const m = material(attack.idp, await attack.begin(browser));
      const page = await attack.post(browser, { ...asField(good(m)), RelayState: relayState });
      assert.equal(page.url.href, `${attack.world.origin}/`);
      assert.doesNotMatch(page.html, /evil|<script>/);
    }
  });
});
