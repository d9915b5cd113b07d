import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ALGORITHM, makeSigningKey, type ResponseOptions } from '../support/saml-idp.ts';
import { Browser, type Page } from './client/browser.ts';
import { send, sendJson } from './client/request.ts';
import { attributeOf, field, follow, NOWHERE, post, SamlBroker } from './client/saml-broker.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let broker: SamlBroker;
let metadata: string;

type State = {
  serviceProvider: { entityId: string; start: string; acs: string; slo: string };
  users: { email: string; type: string; status: string; groups: string[]; primary_group: string | null }[];
  sessions: unknown[];
  openRequests: number;
  logins: { outcome: string; problem?: string }[];
};
const iconik = () => sandbox.system('iconik');
const state = (): State => iconik().state() as unknown as State;
const RAVI: ResponseOptions = {
  nameId: 'ravi@halden.example',
  nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  attributes: { first_name: ['Ravi'], last_name: ['Menon'], groups: ['Editors', 'Reviewers', 'unknown'] },
};
const problemOf = (): string => state().logins.at(-1)?.problem ?? '';

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['iconik'] });
  broker = await SamlBroker.start(clock);
  sandbox.registerBroker({ publicUrl: broker.origin });
  metadata = await broker.trust(state().serviceProvider.entityId);
});
after(async () => {
  await sandbox[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});
beforeEach(() => {
  sandbox.reset();
  broker.reset();
  broker.answer = RAVI;
});

async function signIn(options: ResponseOptions = {}, browser = new Browser()): Promise<Page> {
  broker.answer = { ...RAVI, ...options };
  return follow(browser, state().serviceProvider.start);
}

suite('a person signs in', () => {
  test('by mail address, over the broker, into the library', async () => {
    const browser = new Browser();

    const login = await browser.open(sandbox.url('iconik'), NOWHERE);
    const request = await browser.submit(login, { email: 'ravi@halden.example' }, NOWHERE);
    const answer = await browser.submit(request, {}, NOWHERE);
    const library = await browser.submit(answer, {}, NOWHERE);

    assert.equal(library.url, sandbox.url('iconik', '/'));
    assert.equal(field(library, 'name'), 'Ravi Menon');
    assert.equal(field(library, 'groups'), 'Editors, Reviewers');
    assert.equal(field(library, 'primary-group'), 'Editors');
    assert.equal(field(library, 'type'), 'STANDARD');
  });

  test('from a tile of the identity provider, without a request', async () => {
    const browser = new Browser();

    const answer = await broker.bring(browser, RAVI);

    assert.equal(answer.status, 302);
    assert.equal(field(await browser.open(sandbox.url('iconik'), NOWHERE), 'email'), 'ravi@halden.example');
  });

  test('a tile is refused by switch', async () => {
    iconik().turn({ unsolicited: 'refused' });

    assert.equal((await broker.bring(new Browser(), RAVI)).status, 401);
  });

  test('RelayState leads to a page of iconik and nowhere else', async () => {
    const target = async (relayState: string): Promise<string | undefined> =>
      (await broker.bring(new Browser(), RAVI, relayState)).headers.location;

    assert.equal(await target('/admin/settings/sso'), sandbox.url('iconik', '/admin/settings/sso'));
    assert.equal(await target('https://evil.example/'), sandbox.url('iconik', '/'));
    assert.equal(await target('//evil.example/'), sandbox.url('iconik', '/'));
  });

  test('the API finds the sign-on address of a mail address', async () => {
    const ask = (email: string) =>
      sendJson('POST', sandbox.url('iconik', '/API/auth/v1/auth/saml/login/'), { email });

    assert.deepEqual((await ask('ravi@halden.example')).json(), { url: state().serviceProvider.start });
    assert.equal((await ask('ravi@elsewhere.example')).status, 404);
  });

  test('a path without its last slash is not found, as an API error', async () => {
    const reply = await send(state().serviceProvider.entityId.slice(0, -1));

    assert.equal(reply.status, 404);
    assert.deepEqual(reply.json(), { errors: ['Not found.'] });
  });
});

suite('requests', () => {
  test('are unsigned, name the consumer service and travel by POST or redirect', async () => {
    for (const requestBinding of ['post', 'redirect']) {
      iconik().turn({ requestBinding });

      await signIn();

      const { binding, xml, rawQuery } = broker.last;
      assert.equal(binding, requestBinding);
      assert.equal(attributeOf(xml, 'AssertionConsumerServiceURL'), broker.sp.acsUrl);
      assert.equal(attributeOf(xml, 'Destination'), `${broker.origin}/saml/sso`);
      assert.doesNotMatch(xml + rawQuery, /Signature/);
    }
  });

  test('ask for a format and a class of authentication by switch', async () => {
    for (const [nameIdPolicy, expected] of [
      ['email', /Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/],
      ['unspecified', /nameid-format:unspecified"/],
      ['none', /^(?!.*NameIDPolicy)/],
    ] as const) {
      iconik().turn({ nameIdPolicy });
      await signIn();
      assert.match(broker.last.xml, expected);
    }
    assert.doesNotMatch(broker.last.xml, /RequestedAuthnContext/);

    iconik().turn({ requestedContext: 'password-protected-transport' });
    await signIn();

    assert.match(broker.last.xml, /ac:classes:PasswordProtectedTransport/);
  });

  test('metadata is public and says that requests are not signed', () => {
    assert.match(metadata, /AuthnRequestsSigned="false" WantAssertionsSigned="true"/);
    assert.equal(broker.sp.entityId, state().serviceProvider.entityId);
  });
});

suite('a response is refused', () => {
  const hour = 3_600_000;
  const cases: readonly (readonly [string, ResponseOptions, RegExp])[] = [
    ['without signatures', { sign: 'none' }, /Signature/],
    ['with a signed assertion only', { sign: 'assertion' }, /response is not signed/],
    ['with a signed envelope only', { sign: 'response' }, /assertion is not signed/],
    ['for another audience', { audience: 'https://other.example' }, /audience/],
    ['without audience', { audience: null }, /audience/],
    ['for another Recipient', { recipient: 'https://other.example/acs' }, /confirmation/],
    ['without Recipient', { recipient: null }, /confirmation/],
    ['for another Destination', { destination: 'https://other.example/acs' }, /arrived at/],
    ['of another issuer', { assertionIssuer: 'https://other.example' }, /issuer/],
    ['in the envelope of another issuer', { responseIssuer: 'https://other.example' }, /issuer/],
    ['that has expired', { notOnOrAfter: -hour }, /expired/],
    ['that is not yet valid', { notBefore: hour }, /not yet valid/],
    ['whose confirmation has expired', { confirmedUntil: -hour }, /confirmation/],
    ['whose confirmation never ends', { confirmedUntil: null }, /confirmation/],
    ['with another confirmation method', { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }, /conf/],
    ['to a request that was never sent', { requestId: '_other' }, /InResponseTo _other/],
    ['that answers two requests', { envelopeRequestId: '_other' }, /different requests/],
    ['whose upstream session is over', { sessionNotOnOrAfter: -hour }, /session .* over/],
    ['with SHA-1', { signature: { algorithm: ALGORITHM.rsaSha1, digest: ALGORITHM.sha1 } }, /Signature/],
    ['without assertion, with a status', { status: 'Responder', innerStatus: 'AuthnFailed' }, /AuthnFailed/],
    ['that was changed', { afterSigning: (xml) => xml.replace('ravi@', 'ada@') }, /Signature/],
    [
      'with an attribute name that comes twice',
      {
        beforeSigning: (xml) =>
          xml.replace(
            '</saml:AttributeStatement>',
            '<saml:Attribute Name="groups"/></saml:AttributeStatement>',
          ),
      },
      /duplicated Name/,
    ],
    [
      'with a forged assertion around the signed one',
      {
        sign: 'assertion',
        afterSigning: (xml) =>
          `${xml.replace(/<ds:Signature[\s\S]*<\/ds:Signature>/, '').replace('ravi@', 'ada@')}${xml}`,
      },
      /Signature/,
    ],
  ];
  for (const [what, options, expected] of cases) {
    test(what, async () => {
      const page = await signIn(options);

      assert.equal(page.status, 401);
      assert.match(problemOf(), expected);
      assert.equal(state().sessions.length, 0);
      assert.equal(
        state().users.find(({ email }) => email === 'ravi@halden.example'),
        undefined,
      );
    });
  }

  test('the second time', async () => {
    const response = await broker.response(RAVI);

    const statuses = [
      (await post(new Browser(), broker.sp.acsUrl, response)).status,
      (await post(new Browser(), broker.sp.acsUrl, response)).status,
    ];

    assert.deepEqual(statuses, [302, 401]);
    assert.match(problemOf(), /used before/);
  });

  test('when its request was answered already', async () => {
    await signIn();
    const requestId = attributeOf(broker.last.xml, 'ID');

    assert.equal((await broker.bring(new Browser(), { ...RAVI, requestId })).status, 401);
  });

  test('when it cannot be read', async () => {
    const bring = async (xml: string): Promise<number> =>
      (await post(new Browser(), broker.sp.acsUrl, Buffer.from(xml).toString('base64'))).status;

    assert.deepEqual(
      [await bring(''), await bring('<a/>'), await bring('<!DOCTYPE a><a/>')],
      [400, 400, 400],
    );
  });

  test('as the API would say it, by switch', async () => {
    iconik().turn({ failure: 'json' });

    const page = await signIn({ audience: null });

    assert.deepEqual(Object.keys(page.json() as object), ['errors']);
  });

  test('clocks may differ by five minutes and no more', async () => {
    iconik().clock.offsetMs = 300_000 + 299_000;
    assert.equal((await signIn()).status, 200);
    iconik().clock.offsetMs = 300_000 + 301_000;
    assert.equal((await signIn()).status, 401);
  });

  test('signatures may be demanded less strictly, SHA-1 may be taken', async () => {
    iconik().turn({ requireSignedResponse: false, requireSignedAssertion: false, sha1: 'accepted' });

    const sha1 = { algorithm: ALGORITHM.rsaSha1, digest: ALGORITHM.sha1 };
    const statuses = [
      (await signIn({ sign: 'assertion' })).status,
      (await signIn({ sign: 'response' })).status,
      (await signIn({ signature: sha1 })).status,
      (await signIn({ sign: 'none' })).status,
    ];

    assert.deepEqual(statuses, [200, 200, 200, 401]);
  });
});

suite('the identity provider’s keys', () => {
  test('are read once, and again when a signature fits none of them', async () => {
    await signIn();
    await signIn();
    assert.equal(broker.reads, 1);

    const before = broker.key;
    broker.key = await makeSigningKey();
    const page = await signIn();
    broker.key = before;

    assert.equal(page.status, 200);
    assert.equal(broker.reads, 2);
  });

  test('of nobody are refused', async () => {
    const stranger = await makeSigningKey();

    assert.equal((await signIn({ signature: { key: stranger } })).status, 401);
  });

  test('may be pasted by an administrator, who then decides alone', async () => {
    const own = broker.key;
    iconik().actions?.['import-identity-provider']?.run({ metadata: broker.metadata() });

    broker.key = await makeSigningKey();
    const rotated = await signIn();
    broker.key = own;

    assert.equal(rotated.status, 401);
    assert.equal((await signIn()).status, 200);
    assert.throws(
      () => iconik().actions?.['import-identity-provider']?.run({ metadata: '<a/>' }),
      /no metadata/,
    );
  });

  test('cannot be had while the broker is away', async () => {
    sandbox.registerBroker({ publicUrl: 'http://broker.localhost:1' });

    const page = await follow(new Browser(), state().serviceProvider.start);
    sandbox.registerBroker({ publicUrl: broker.origin });

    assert.equal(page.status, 400);
  });
});
