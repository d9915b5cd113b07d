import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { ResponseOptions } from '../support/saml-idp.ts';
import { Browser, type Page } from './client/browser.ts';
import { attributeOf, field, follow, isSignedQuery, NOWHERE, SamlBroker } from './client/saml-broker.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let broker: SamlBroker;
let metadata: string;

type User = {
  Username: string;
  FederationIdentifier: string;
  Profile: string;
  IsActive: boolean;
  LastName: string;
};
type State = {
  users: User[];
  sessions: unknown[];
  loginHistory: { Status: string }[];
  serviceProvider: { slo: string };
};
const salesforce = () => sandbox.system('salesforce');
const state = (): State => salesforce().state() as unknown as State;
const act = (action: string, body: unknown): unknown => salesforce().actions?.[action]?.run(body);
const at = (path = ''): string => sandbox.url('halden.my.salesforce', path);
const sam = (): User | undefined => state().users.find((user) => user.FederationIdentifier === 'per_sam');

const USERNAME = 'sam@halden.example.org62';
const FIELDS: Record<string, string[]> = {
  amr: ['mfa'],
  'User.Username': [USERNAME],
  'User.LastName': ['Okafor'],
  'User.FirstName': ['Sam'],
  'User.Email': ['sam@halden.example'],
  'User.ProfileId': ['Halden Sales'],
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
});

/** Signs sam in with these attributes; a null takes one away. */
function signIn(
  change: Record<string, string[] | null> = {},
  options: ResponseOptions = {},
  browser = new Browser(),
): Promise<Page> {
  const attributes = Object.fromEntries(
    Object.entries({ ...FIELDS, ...change }).filter((each): each is [string, string[]] => each[1] !== null),
  );
  broker.answer = { nameId: 'per_sam', attributes, ...options };
  return follow(browser, at('/'));
}

suite('just-in-time provisioning', () => {
  beforeEach(() => salesforce().turn({ userProvisioning: true }));

  test('is off unless somebody switches it on', async () => {
    salesforce().turn({ userProvisioning: false });

    assert.equal((await signIn()).status, 401);
    assert.equal(sam(), undefined);
  });

  test('makes a user with the subject as Federation ID, then updates', async () => {
    const page = await signIn();
    assert.equal(field(page, 'username'), USERNAME);
    assert.equal(field(page, 'profile'), 'Halden Sales');

    await signIn({ 'User.LastName': ['Okafor-Berg'], 'User.ProfileId': ['00eHa000000ZStd'] });

    assert.equal(state().users.filter((user) => user.Username === USERNAME).length, 1);
    assert.equal(sam()?.LastName, 'Okafor-Berg');
    assert.equal(sam()?.Profile, 'Standard User');
  });

  test('updates an inactive user, who stays inactive unless the assertion says otherwise', async () => {
    await signIn();
    act('change-user', { username: USERNAME, active: false });

    assert.equal((await signIn({ 'User.LastName': ['New'] })).status, 401);
    assert.equal(sam()?.LastName, 'New');
    assert.equal((await signIn({ 'User.IsActive': ['true'] })).status, 200);
    assert.equal(sam()?.IsActive, true);
  });

  const failures: readonly (readonly [string, Record<string, string[] | null>, string, string])[] = [
    ['a missing required field', { 'User.LastName': null }, '5', 'REQUIRED_FIELD_MISSING LastName'],
    [
      'a username that is taken',
      { 'User.Username': ['setup@halden.example.org62'] },
      '5',
      'DUPLICATE_USERNAME',
    ],
    [
      'a value outside a picklist',
      { 'User.TimeZoneSidKey': ['Mars/Olympus'] },
      '5',
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST TimeZoneSidKey',
    ],
    ['an unknown custom field', { 'User.Shoe__c': ['44'] }, '8', 'Shoe__c'],
    ['an unknown field', { 'User.Shoe': ['44'] }, '9', 'Shoe'],
    ['another version', { ProvisionVersion: ['2.0'] }, '13', 'UNSUPPORTED_VERSION'],
    ['an unknown profile', { 'User.ProfileId': ['Pirates'] }, '16', 'PROFILE_NAME_LOOKUP_ERROR'],
    ['an unknown role', { 'User.UserRoleId': ['Pirates'] }, '17', 'ROLE_NAME_LOOKUP_ERROR'],
    ['another Federation ID', { 'User.FederationIdentifier': ['per_ada'] }, '2', 'MISMATCH_FEDERATION_ID'],
  ];
  for (const [what, change, code, details] of failures) {
    test(`${what} is error ${code}, in the address and in Login History`, async () => {
      const page = await signIn(change);

      const query = new URL(page.url).searchParams;
      assert.match(page.url, /\/identity\/jit\/saml-error\.jsp\?/);
      assert.equal(query.get('ErrorCode'), code);
      assert.match(query.get('ErrorDetails') ?? '', new RegExp(details));
      assert.equal(field(page, 'code'), code);
      assert.equal(state().loginHistory.at(-1)?.Status, 'Failed: SAML Provision Error');
      assert.equal(sam(), undefined);
    });
  }

  test('another username later on is error 14', async () => {
    await signIn();

    const page = await signIn({ 'User.Username': ['other@halden.example.org62'] });

    assert.equal(new URL(page.url).searchParams.get('ErrorCode'), '14');
  });

  test('licences may be used up', async () => {
    salesforce().turn({ salesforceLicences: 1 });

    assert.equal(new URL((await signIn()).url).searchParams.get('ErrorCode'), '11');
  });

  test('errors go to the custom address, which keeps its own query', async () => {
    salesforce().turn({ errorUrl: `${broker.origin}/errors?from=sf` });

    const page = await broker.bring(new Browser(), {
      nameId: 'per_sam',
      attributes: { ...FIELDS, 'User.Shoe': ['44'] },
    });

    assert.match(
      page.headers.location ?? '',
      /\/errors\?from=sf&ErrorCode=9&ErrorDescription=Unrecognized\+standard/,
    );
  });
});

suite('sessions and logging out', () => {
  beforeEach(() => {
    act('add-user', { username: USERNAME, federationId: 'per_sam', lastName: 'Okafor' });
  });
  const signedIn = async (): Promise<Browser> => {
    const browser = new Browser();
    assert.equal((await signIn({}, {}, browser)).status, 200);
    return browser;
  };
  const isSignedIn = async (browser: Browser): Promise<boolean> =>
    (await browser.visit(at('/lightning/page/home'))).status === 200;

  test('a session ends after its hours, with its user, or by an administrator', async () => {
    const browser = await signedIn();
    assert.equal(await isSignedIn(browser), true);
    act('change-user', { username: USERNAME, frozen: true });
    assert.equal(await isSignedIn(browser), false);
    salesforce().turn({ deactivatedUser: 'session-survives' });
    assert.equal(await isSignedIn(browser), true);
    salesforce().clock.offsetMs = 12 * 3_600_000;
    assert.equal(await isSignedIn(browser), false);
    salesforce().clock.offsetMs = 0;
    act('end-sessions', { username: USERNAME });
    assert.equal(state().sessions.length, 0);
  });

  for (const singleLogoutBinding of ['redirect', 'post']) {
    test(`log-out is told to the identity provider by ${singleLogoutBinding}, signed, and ends at a page`, async () => {
      salesforce().turn({ singleLogoutBinding });
      const browser = await signedIn();

      const page = await follow(browser, at('/secur/logout.jsp'));

      const { binding, xml, rawQuery } = broker.last;
      const [, certificate = ''] = /X509Certificate>([^<]+)</.exec(metadata) ?? [];
      assert.equal(binding, singleLogoutBinding);
      assert.match(xml, />per_sam<\/saml:NameID><samlp:SessionIndex>si-1</);
      const signed =
        binding === 'redirect' ? isSignedQuery(rawQuery, certificate) : xml.includes('SignatureValue');
      assert.equal(signed, true);
      assert.match(page.body, /You are logged out/);
      assert.equal(state().sessions.length, 0);
    });

    test(`a log-out at the identity provider ends the session; the answer goes by ${singleLogoutBinding}`, async () => {
      salesforce().turn({ singleLogoutBinding });
      const browser = await signedIn();
      const other = await signedIn();
      const xml = broker.logoutRequest({ nameId: 'per_sam', sessionIndex: 'si-1' });

      await follow(browser, broker.redirect(broker.sp.slo, 'SAMLRequest', xml, 'r-1'));

      assert.equal(await isSignedIn(other), false);
      assert.equal(broker.last.binding, singleLogoutBinding);
      assert.equal(attributeOf(broker.last.xml, 'InResponseTo'), attributeOf(xml, 'ID'));
      assert.equal(broker.last.relayState, 'r-1');
    });
  }

  test('nobody is told by switch, and the custom page follows', async () => {
    const logoutUrl = `${broker.origin}/bye`;
    salesforce().turn({ singleLogout: false, logoutUrl });
    const browser = await signedIn();

    assert.equal((await browser.visit(at('/secur/logout.jsp'))).headers.location, logoutUrl);
  });

  test('logout messages that are forged, stale, for others or not asked for are refused', async () => {
    await signedIn();
    const attempt = async (xml: string, change = (url: string): string => url): Promise<number> =>
      (await new Browser().visit(change(broker.redirect(broker.sp.slo, 'SAMLRequest', xml)))).status;
    const good = { nameId: 'per_sam' };
    const answer = `<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_x" Version="2.0" InResponseTo="_y"><saml:Issuer>${broker.entityId}</saml:Issuer></samlp:LogoutResponse>`;

    const statuses = [
      await attempt(broker.logoutRequest(good), (url) => url.replace(/&SigAlg.*/, '')),
      await attempt(broker.logoutRequest(good), (url) => url.replace(/&Signature=...../, '&Signature=AAAAA')),
      await attempt(broker.logoutRequest({ ...good, destination: 'https://other.example' })),
      await attempt(broker.logoutRequest({ ...good, ends: -1_000 })),
      await attempt(broker.logoutRequest(good).replace(broker.entityId, 'https://other.example')),
      (await new Browser().visit(broker.redirect(broker.sp.slo, 'SAMLResponse', answer))).status,
    ];

    assert.deepEqual(statuses, [403, 403, 403, 403, 403, 403]);
    assert.equal(state().sessions.length, 1);
  });

  test('an unsigned logout request is taken by switch', async () => {
    await signedIn();
    salesforce().turn({ requireSignedLogout: false });
    const url = broker.redirect(broker.sp.slo, 'SAMLRequest', broker.logoutRequest({ nameId: 'per_sam' }));

    await new Browser().open(url.replace(/&SigAlg.*/, ''), NOWHERE);

    assert.equal(state().sessions.length, 0);
  });

  test('actions that name nobody are refused', () => {
    assert.throws(() => act('change-user', { username: 'nobody' }), /There is no user/);
    assert.throws(() => act('add-user', { username: USERNAME, lastName: 'X' }), /already/);
    assert.throws(() => act('change-user', { username: USERNAME, profile: 'X' }), /There is no profile/);
    assert.throws(() => act('import-identity-provider', { metadata: '<a/>' }), /no metadata/);
  });
});
