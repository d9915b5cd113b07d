import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ALGORITHM, makeSigningKey, type ResponseOptions } from '../support/saml-idp.ts';
import { Browser, type Page } from './client/browser.ts';
import {
  attributeOf,
  field,
  follow,
  isSignedQuery,
  NOWHERE,
  post,
  SamlBroker,
} from './client/saml-broker.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let broker: SamlBroker;
let metadata: string;

type Row = { Status: string; LoginType: string; AuthContextClassRef: string | null; note?: string };
type State = {
  serviceProvider: { entityId: string; acs: string; slo: string };
  loginHistory: Row[];
  sessions: unknown[];
};
const salesforce = () => sandbox.system('salesforce');
const state = (): State => salesforce().state() as unknown as State;
const act = (action: string, body: unknown): unknown => salesforce().actions?.[action]?.run(body);
const at = (path = ''): string => sandbox.url('halden.my.salesforce', path);
const latest = (): Row => state().loginHistory.at(-1) as Row;

const STRONG = { amr: ['mfa', 'otp'] };
const SAM: ResponseOptions = {
  nameId: 'per_sam',
  nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  attributes: STRONG,
};

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['salesforce'] });
  broker = await SamlBroker.start(clock);
  sandbox.registerBroker({ publicUrl: broker.origin });
  metadata = await broker.trust(at('/setup/sso/metadata.xml'));
});
after(async () => {
  await sandbox[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});
beforeEach(() => {
  sandbox.reset();
  broker.reset();
  broker.answer = SAM;
  act('add-user', {
    username: 'sam@halden.example.org62',
    federationId: 'per_sam',
    firstName: 'Sam',
    lastName: 'Okafor',
    email: 'sam@halden.example',
  });
});

function open(path: string, options: ResponseOptions = {}, browser = new Browser()): Promise<Page> {
  broker.answer = { ...SAM, ...options };
  return follow(browser, at(path));
}

suite('a person signs in', () => {
  test('from My Domain, over the broker, to the home page', async () => {
    const page = await open('/');

    assert.equal(page.url, at('/lightning/page/home'));
    assert.equal(field(page, 'name'), 'Sam Okafor');
    assert.equal(field(page, 'federation-id'), 'per_sam');
    assert.deepEqual(state().loginHistory.length, 1);
    assert.equal(latest().Status, 'Success');
    assert.equal(latest().LoginType, 'SAML Sfdc Initiated SSO');
  });

  test('and lands at the deep link byte for byte', async () => {
    const link = `/lightning/r/Account/001Ha00000abc/view?x=1&y=%2Fa+b%20c&ws=%C3%A9~(!)&long=${'z'.repeat(200)}`;

    const page = await open(link);

    assert.equal(page.url, at(link));
    assert.equal(broker.last.relayState, link);
    assert.equal(latest().note, undefined);
  });

  test('an identity provider that forgets RelayState is noted', async () => {
    broker.relayState = 'drop';

    const page = await open('/lightning/r/Account/001Ha00000abc/view');

    assert.equal(page.url, at('/lightning/page/home'));
    assert.match(latest().note ?? '', /RelayState/);
  });

  test('RelayState leads nowhere else', async () => {
    const target = async (relayState: string): Promise<string | undefined> =>
      (await broker.bring(new Browser(), SAM, relayState)).headers.location;

    assert.equal(await target('https://evil.example/'), '/lightning/page/home');
    assert.equal(await target('//evil.example/'), '/lightning/page/home');
    assert.equal(await target('/lightning/o/Account/list'), '/lightning/o/Account/list');
  });

  test('from a tile, without a request, unless that is refused', async () => {
    assert.equal((await broker.bring(new Browser(), SAM)).status, 302);
    assert.equal(latest().LoginType, 'SAML Idp Initiated SSO');

    salesforce().turn({ unsolicited: 'refused' });
    assert.equal((await broker.bring(new Browser(), SAM)).status, 401);
  });

  test('chooses where several ways are offered', async () => {
    salesforce().turn({ loginPage: 'choose' });
    const browser = new Browser();
    const page = await browser.open(at('/lightning/o/Account/list?a=b'), NOWHERE);
    const [, link = ''] = /href="(\/\?sso[^"]*)"/.exec(page.body) ?? [];

    const home = await follow(browser, at(link.replaceAll('&amp;', '&')));

    assert.equal(home.url, at('/lightning/o/Account/list?a=b'));
  });

  test('the subject is compared without case, with case, or with the username', async () => {
    const statuses: number[] = [];
    const attempt = async (nameId: string): Promise<void> => {
      statuses.push((await broker.bring(new Browser(), { ...SAM, nameId })).status);
    };

    await attempt('PER_SAM');
    salesforce().turn({ federationIdCase: 'sensitive' });
    await attempt('PER_SAM');
    await attempt('per_sam');
    salesforce().turn({ identityMapping: 'Username' });
    await attempt('per_sam');
    await attempt('sam@halden.example.org62');

    assert.deepEqual(statuses, [302, 401, 302, 401, 302]);
  });
});

suite('requests', () => {
  const certificate = (): string => /X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? '';

  test('are signed with the key of the metadata and travel by redirect', async () => {
    await open('/');

    const { binding, xml, rawQuery } = broker.last;
    assert.equal(binding, 'redirect');
    assert.equal(isSignedQuery(rawQuery, certificate()), true);
    assert.equal(attributeOf(xml, 'AssertionConsumerServiceURL'), broker.sp.acsUrl);
    assert.match(xml, new RegExp(`<saml:Issuer>${state().serviceProvider.entityId}</saml:Issuer>`));
    assert.match(metadata, /AuthnRequestsSigned="true"/);
  });

  test('travel by POST with the signature inside, by switch', async () => {
    salesforce().turn({ requestBinding: 'post' });

    const page = await open('/lightning/page/chatter?a="b"');

    assert.equal(page.status, 200);
    assert.equal(broker.last.binding, 'post');
    assert.match(broker.last.xml, /<ds:SignatureMethod Algorithm="[^"]*rsa-sha256"/);
    assert.ok(broker.last.xml.includes(certificate()));
  });

  test('the consumer service carries the organization and has no path', () => {
    assert.match(broker.sp.acsUrl, /^http:\/\/halden\.my\.salesforce\.localhost:\d+\?so=00D\w{15}$/);
  });
});

suite('a failure', () => {
  const hour = 3_600_000;
  const minute = 60_000;
  const cases: readonly (readonly [string, ResponseOptions, string])[] = [
    ['unsigned', { sign: 'none' }, 'Signature Invalid'],
    ['changed', { afterSigning: (xml) => xml.replace('per_sam', 'per_ada') }, 'Signature Invalid'],
    ['of another issuer', { assertionIssuer: 'https://other.example' }, 'Issuer Mismatched'],
    ['for another audience', { audience: 'https://saml.salesforce.com' }, 'Audience Invalid'],
    ['for another recipient', { recipient: 'https://login.salesforce.com?so=00D1' }, 'Recipient Mismatched'],
    ['for another destination', { destination: 'https://login.salesforce.com' }, 'Recipient Mismatched'],
    ['without confirmation', { confirmation: ' ' }, 'Subject Confirmation Error'],
    ['with another confirmation', { method: 'urn:x' }, 'Subject Confirmation Error'],
    ['issued nine minutes ago', { issued: -9 * minute, notOnOrAfter: hour }, 'Assertion Expired'],
    ['issued four minutes ahead', { issued: 4 * minute, notOnOrAfter: hour }, 'Assertion Expired'],
    ['whose conditions are over', { notOnOrAfter: -4 * minute }, 'Assertion Expired'],
    ['to another request', { requestId: '_other' }, 'Assertion Invalid'],
    ['without subject', { nameId: ' ' }, 'Assertion Invalid'],
    ['of an unknown subject', { nameId: 'per_nobody' }, 'Assertion Invalid'],
    ['with a status', { status: 'Responder' }, 'Assertion Invalid'],
    [
      'with a forged assertion before the signed one',
      { sign: 'assertion', afterSigning: (xml) => `${xml.replace('per_sam', 'per_ada')}${xml}` },
      'Signature Invalid',
    ],
  ];
  for (const [what, options, status] of cases) {
    test(`${what} is "${status}" in Login History, and one sentence to the person`, async () => {
      const page = await open('/', options);

      assert.equal(page.status, 401);
      assert.match(page.body, /We can’t log you in because of an issue with single sign-on/);
      assert.equal(page.body.includes(status), false);
      assert.equal(latest().Status, `Failed: ${status}`);
      assert.equal(state().sessions.length, 0);
    });
  }

  test('without subject is noted as such, before anybody is looked up', async () => {
    await open('/', { nameId: ' ' });

    assert.equal(latest().note, 'No subject');
  });

  test('the second time is a replay', async () => {
    const response = await broker.response(SAM);
    await post(new Browser(), broker.sp.acsUrl, response);

    await post(new Browser(), broker.sp.acsUrl, response);

    assert.equal(latest().Status, 'Failed: Replay Detected');
  });

  test('for another organization, or while single sign-on is off, is one of the configuration', async () => {
    const response = await broker.response(SAM);
    await post(new Browser(), broker.sp.acsUrl.replace(/so=.*/, 'so=00Dxx0000000000AAA'), response);
    assert.equal(latest().Status, 'Failed: Configuration Error/Perm Disabled');

    salesforce().turn({ samlEnabled: false });
    await post(new Browser(), broker.sp.acsUrl, response);
    assert.equal(latest().Status, 'Failed: Configuration Error/Perm Disabled');
    assert.match((await new Browser().open(at('/'), NOWHERE)).body, /switched off/);
  });

  test('of a frozen or inactive user is told apart', async () => {
    const username = 'sam@halden.example.org62';
    act('change-user', { username, frozen: true });
    await open('/');
    assert.equal(latest().Status, 'Failed: User Is Frozen');

    act('change-user', { username, frozen: false, active: false });
    await open('/');
    assert.equal(latest().Status, 'Failed: User Is Inactive');
  });

  test('goes to the custom error address by switch', async () => {
    salesforce().turn({ errorUrl: `${broker.origin}/oops`, errorUrlFor: 'every-failure' });

    const page = await broker.bring(new Browser(), { ...SAM, audience: null });

    assert.equal(page.headers.location, `${broker.origin}/oops`);
  });

  test('an answer to no open request passes while nobody checks that', async () => {
    salesforce().turn({ inResponseTo: 'ignored' });

    assert.equal((await open('/', { requestId: '_other' })).status, 200);
  });

  test('SHA-1 is taken, or not, by switch; one signature is enough', async () => {
    const sha1 = { algorithm: ALGORITHM.rsaSha1, digest: ALGORITHM.sha1 };
    const statuses = [
      (await open('/', { sign: 'assertion', signature: sha1 })).status,
      (await open('/', { sign: 'response' })).status,
    ];
    salesforce().turn({ sha1: 'refused' });
    statuses.push((await open('/', { signature: sha1 })).status);

    assert.deepEqual(statuses, [200, 200, 401]);
  });

  test('the allowance is five minutes of age and three of skew', async () => {
    const old = { notOnOrAfter: hour, confirmedUntil: hour };
    const statuses = [
      (await open('/', { ...old, issued: -479_000 })).status,
      (await open('/', { ...old, issued: -481_000 })).status,
      (await open('/', { ...old, issued: 179_000, notBefore: 179_000 })).status,
    ];
    salesforce().turn({ skewSeconds: 0, maxAgeSeconds: 60 });
    statuses.push((await open('/', { ...old, issued: -61_000 })).status);

    assert.deepEqual(statuses, [200, 401, 200, 401]);
  });

  test('rotated keys are read again, keys of nobody are not believed', async () => {
    await open('/');
    const own = broker.key;
    broker.key = await makeSigningKey();
    const rotated = await open('/');
    const stranger = await open('/', { signature: { key: own } });

    assert.deepEqual([rotated.status, stranger.status], [200, 401]);
    broker.key = own;
  });
});

suite('strong authentication', () => {
  const weak: ResponseOptions = { attributes: {} };
  const codeOf = (): string =>
    (salesforce().state() as { mails: { code: string }[] }).mails.at(-1)?.code ?? '';
  const withClass = (classRef: string): ResponseOptions => ({
    ...weak,
    beforeSigning: (xml) =>
      xml.replace('name/password/uri', `urn:oasis:names:tc:SAML:2.0:ac:classes:${classRef}`),
  });
  const isAsked = (page: Page): boolean => page.body.includes('Verify Your Identity');

  test('a browser that nobody knows is activated once by a mailed code', async () => {
    const browser = new Browser();
    const link = '/lightning/o/Account/list?filterName=Recent';

    const asked = await open(link, weak, browser);
    const wrong = await browser.submit(asked, { code: '000000' }, NOWHERE);
    const page = await browser.submit(wrong, { code: codeOf() }, NOWHERE);
    browser.setCookie('halden.my.salesforce.localhost', 'sid', 'gone');

    assert.equal(wrong.status, 401);
    assert.equal(page.url, at(link));
    assert.equal(isAsked(await open('/', weak, browser)), false);
    assert.equal(isAsked(await open('/', weak)), true);
  });

  test('five wrong codes end the attempt', async () => {
    const browser = new Browser();
    let page = await open('/', weak, browser);
    const asked = page;
    for (let n = 0; n < 5; n += 1) page = await browser.submit(asked, { code: 'x' }, NOWHERE);
    const late = await browser.submit(asked, { code: codeOf() }, NOWHERE);

    assert.deepEqual([page.status, late.status], [401, 401]);
    assert.equal(state().sessions.length, 0);
  });

  test('is believed from amr in both spellings and from classes that stand for it', async () => {
    const microsoft = 'http://schemas.microsoft.com/claims';
    const asked = async (options: ResponseOptions): Promise<boolean> => isAsked(await open('/', options));

    assert.deepEqual(
      [
        await asked({ attributes: { amr: ['mfa'] } }),
        await asked({
          attributes: { [`${microsoft}/authnmethodsreferences`]: [`${microsoft}/multipleauthn`] },
        }),
        await asked(withClass('TimeSyncToken')),
        await asked(withClass('X509')),
        await asked({ attributes: { amr: ['pwd', 'session.mfa'] } }),
        await asked(withClass('PasswordProtectedTransport')),
      ],
      [false, false, false, false, true, true],
    );
  });

  test('either source may be ignored, or all of it', async () => {
    salesforce().turn({ amrAttribute: 'ignored', strongClassRefs: 'ignored' });
    assert.equal(isAsked(await open('/', { attributes: { amr: ['mfa'] } })), true);
    assert.equal(isAsked(await open('/', withClass('X509'))), true);

    salesforce().turn({ strongAuthentication: 'off' });
    assert.equal(isAsked(await open('/', weak)), false);
  });

  test('later on, a weak sign-on is asked each time', async () => {
    salesforce().turn({ strongAuthentication: '2026-07' });
    const browser = new Browser();
    const first = await open('/', weak, browser);
    await browser.submit(first, { code: codeOf() }, NOWHERE);
    browser.setCookie('halden.my.salesforce.localhost', 'sid', 'gone');

    assert.equal(isAsked(await open('/', weak, browser)), true);
  });

  test('later on, administrators need what cannot be phished', async () => {
    act('change-user', { username: 'sam@halden.example.org62', profile: 'System Administrator' });
    salesforce().turn({ strongAuthentication: '2026-07' });

    const strong = await open('/');
    assert.equal(latest().Status, 'Failed: Phishing-Resistant Authentication Required');
    const resistant = await open('/', { attributes: { amr: ['hwk', 'mfa'] } });

    assert.deepEqual([strong.status, resistant.status], [401, 200]);
  });

  test('Login History keeps what was said', async () => {
    await open('/', { ...withClass('TimeSyncToken'), attributes: { amr: ['otp', 'mfa'] } });

    assert.match(latest().AuthContextClassRef ?? '', /TimeSyncToken$/);
    assert.match(JSON.stringify(latest()), /"AuthMethodReference":"otp,mfa"/);
  });
});
