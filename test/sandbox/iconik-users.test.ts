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

type User = {
  email: string;
  type: string;
  groups: string[];
  primary_group: string | null;
  first_name: string;
};
type State = {
  serviceProvider: { entityId: string; start: string; acs: string; slo: string };
  users: User[];
  groups: { name: string; is_saml_group: boolean }[];
  sessions: { ends: string }[];
  logins: { problem?: string }[];
};
const iconik = () => sandbox.system('iconik');
const state = (): State => iconik().state() as unknown as State;
const act = (action: string, body: unknown): unknown => iconik().actions?.[action]?.run(body);
const ravi = (): User => state().users.find(({ email }) => email === 'ravi@halden.example') as User;
const problemOf = (): string => state().logins.at(-1)?.problem ?? '';

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['iconik'] });
  broker = await SamlBroker.start(clock);
  sandbox.registerBroker({ publicUrl: broker.origin });
  await broker.trust(state().serviceProvider.entityId);
});
after(async () => {
  await sandbox[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});
beforeEach(() => {
  sandbox.reset();
  broker.reset();
});

/** Signs ravi in with these groups; undefined sends no groups attribute at all. */
function signIn(
  groups: readonly string[] | undefined,
  options: ResponseOptions = {},
  browser = new Browser(),
): Promise<Page> {
  const attributes = { first_name: ['Ravi'], last_name: ['Menon'], ...(groups && { groups: [...groups] }) };
  broker.answer = { nameId: 'ravi@halden.example', attributes, ...options };
  return follow(browser, state().serviceProvider.start);
}

suite('users that sign-on makes', () => {
  test('are in the groups of the same name and in those that a mapping names', async () => {
    await signIn(['media@staff', 'Reviewers', 'nobody knows this']);

    assert.deepEqual(ravi().groups.toSorted(), ['Editors', 'Reviewers']);
  });

  test('get the type of the group with the highest priority, once and for all', async () => {
    await signIn(['Reviewers']);
    assert.equal(ravi().type, 'BROWSE_ONLY');

    await signIn(['Producers']);

    assert.equal(ravi().type, 'BROWSE_ONLY');
    assert.deepEqual(ravi().groups, ['Producers']);
  });

  test('get the default type when their groups say nothing', async () => {
    for (const defaultUserType of ['STANDARD', 'BROWSE_ONLY', 'POWER']) {
      sandbox.reset();
      iconik().turn({ defaultUserType });
      await signIn(['Summer campaign']);
      assert.equal(ravi().type, defaultUserType);
      assert.equal(ravi().primary_group, null);
    }
  });

  test('are known again by mail address without case, with their new name', async () => {
    await signIn(['Editors']);
    await signIn(['Editors'], { nameId: 'Ravi@Halden.Example', attributes: { first_name: ['Ravindra'] } });

    const ravis = state().users.filter(({ email }) => /^ravi@/i.test(email));
    assert.equal(ravis.length, 1);
    assert.equal(ravi().first_name, 'Ravindra');
  });

  test('lose a managed group at the next sign-on only, and keep what iconik manages', async () => {
    const browser = new Browser();
    await signIn(['Editors', 'Reviewers'], {}, browser);
    act('change-user', { email: 'ravi@halden.example', groups: ['Editors', 'Reviewers', 'Summer campaign'] });
    assert.match(field(await browser.visit(sandbox.url('iconik')), 'groups') ?? '', /Reviewers/);

    await signIn(['Editors'], {}, browser);

    assert.deepEqual(ravi().groups.toSorted(), ['Editors', 'Summer campaign']);
    const managed = state().groups.filter(({ is_saml_group }) => is_saml_group);
    assert.deepEqual(managed.map(({ name }) => name).toSorted(), ['Editors', 'Reviewers']);
  });

  test('a group of iconik becomes managed when the identity provider names it', async () => {
    await signIn(['Summer campaign']);
    await signIn(['Editors']);

    assert.deepEqual(ravi().groups, ['Editors']);
  });

  test('without a groups attribute, groups go or stay by switch', async () => {
    for (const [absentGroups, expected] of [
      ['removes', []],
      ['keeps', ['Editors']],
    ] as const) {
      sandbox.reset();
      iconik().turn({ absentGroups });
      await signIn(['Editors']);
      await signIn(undefined);
      assert.deepEqual(ravi().groups, expected);
    }
  });

  test('the primary group follows by switch', async () => {
    for (const [updatePrimaryGroup, expected] of [
      [false, 'Reviewers'],
      [true, 'Producers'],
    ] as const) {
      sandbox.reset();
      iconik().turn({ updatePrimaryGroup });
      await signIn(['Reviewers']);
      await signIn(['Reviewers', 'Producers']);
      assert.equal(ravi().primary_group, expected);
    }
  });

  test('need a known group while saml_require_groups is on', async () => {
    iconik().turn({ requireGroups: true });

    assert.equal((await signIn(['unknown'])).status, 401);
    assert.equal((await signIn(['Editors'])).status, 200);
  });

  test('need a mail address and a first name', async () => {
    assert.equal((await signIn(['Editors'], { nameId: 'per_123' })).status, 401);
    assert.match(problemOf(), /no mail address/);
    assert.equal((await signIn([], { attributes: { last_name: ['Menon'] } })).status, 401);
    assert.match(problemOf(), /first name/);
  });

  test('find no seat when all of their type are taken, unless nobody counts', async () => {
    act('add-user', { email: 'one@halden.example', firstName: 'One' });
    iconik().turn({ maxStandardUsers: 1 });
    assert.equal((await signIn(['Editors'])).status, 401);
    assert.match(problemOf(), /seats/);

    iconik().turn({ seatsFull: 'ignored' });
    assert.equal((await signIn(['Editors'])).status, 200);
  });

  test('attribute names are plain, those of WS-Federation, or both', async () => {
    const claims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
    const attributes = {
      [`${claims}givenname`]: ['Ravi'],
      'http://schemas.xmlsoap.org/claims/Group': ['Editors'],
    };
    const statuses: number[] = [];
    for (const attributeNames of ['plain', 'ws-federation', 'both']) {
      sandbox.reset();
      iconik().turn({ attributeNames });
      statuses.push((await signIn([], { attributes })).status);
    }

    assert.deepEqual(statuses, [401, 200, 200]);
    assert.deepEqual(ravi().groups, ['Editors']);
  });

  test('the mail attribute goes before the name identifier by switch', async () => {
    iconik().turn({ emailFrom: 'attribute-first' });

    await signIn([], {
      nameId: 'per_123',
      attributes: { email: ['ravi@halden.example'], first_name: ['R'] },
    });

    assert.equal(state().users.find(({ email }) => email.startsWith('ravi'))?.email, 'ravi@halden.example');
  });
});

suite('users made by hand', () => {
  beforeEach(() => {
    act('add-user', {
      email: 'ravi@halden.example',
      firstName: 'R',
      groups: ['Summer campaign'],
      type: 'POWER',
    });
  });

  test('are linked at sign-on and keep their type and their own groups', async () => {
    await signIn(['Editors']);

    assert.equal(ravi().type, 'POWER');
    assert.deepEqual(ravi().groups, ['Summer campaign', 'Editors']);
  });

  test('are refused by switch while nobody has linked them', async () => {
    iconik().turn({ unlinkedUser: 'refused' });

    assert.equal((await signIn(['Editors'])).status, 401);
  });

  test('are refused while they are not active', async () => {
    for (const status of ['INACTIVE', 'BLOCKED']) {
      act('change-user', { email: 'ravi@halden.example', status });
      assert.equal((await signIn(['Editors'])).status, 401);
      assert.match(problemOf(), new RegExp(status));
    }
  });

  test('are refused in a frozen domain', async () => {
    iconik().turn({ domainStatus: 'FROZEN' });

    assert.equal((await signIn(['Editors'])).status, 401);
  });

  test('an action that names nobody is refused', () => {
    assert.throws(() => act('change-user', { email: 'nobody@halden.example' }), /There is no user/);
    assert.throws(() => act('add-user', { email: 'ravi@halden.example', firstName: 'R' }), /already/);
    assert.throws(() => act('map-group', { name: 'x', group: 'y' }), /There is no group/);
  });
});

suite('sessions', () => {
  const isSignedIn = async (browser: Browser): Promise<boolean> =>
    field(await browser.open(sandbox.url('iconik'), NOWHERE), 'email') !== undefined;

  test('end after their hours, or when the assertion says, by switch', async () => {
    const ends = async (sessionNotOnOrAfter: string): Promise<number> => {
      sandbox.reset();
      iconik().turn({ sessionNotOnOrAfter, sessionHours: 12 });
      await signIn(['Editors'], { sessionNotOnOrAfter: 3_600_000 });
      return (new Date(state().sessions[0]?.ends ?? 0).getTime() - clock.now().getTime()) / 3_600_000;
    };

    assert.deepEqual([await ends('honoured'), await ends('ignored')], [1, 12]);

    const browser = new Browser();
    await signIn(['Editors'], {}, browser);
    iconik().clock.offsetMs = 12 * 3_600_000;
    assert.equal(await isSignedIn(browser), false);
  });

  test('of a deactivated user end or survive by switch', async () => {
    const browser = new Browser();
    await signIn(['Editors'], {}, browser);
    act('change-user', { email: 'ravi@halden.example', status: 'INACTIVE' });
    assert.equal(await isSignedIn(browser), false);

    iconik().turn({ deactivatedUser: 'session-survives' });
    assert.equal(await isSignedIn(browser), true);
  });

  test('are ended by an administrator', async () => {
    const browser = new Browser();
    await signIn(['Editors'], {}, browser);

    act('end-sessions', { email: 'ravi@halden.example' });

    assert.equal(await isSignedIn(browser), false);
  });
});

suite('signing out', () => {
  const signOut = (browser: Browser): Promise<Page> =>
    browser.visit(sandbox.url('iconik', '/logout'), { method: 'POST' });

  async function signedIn(): Promise<Browser> {
    const browser = new Browser();
    await signIn(['Editors'], {}, browser);
    return browser;
  }

  test('leads over the identity provider with a logout request that names the session, and back', async () => {
    const browser = await signedIn();

    const page = await signOut(browser);
    const rests = await browser.open(page.headers.location ?? '', NOWHERE);

    assert.equal(state().sessions.length, 0);
    assert.match(broker.last.xml, /<samlp:SessionIndex>si-1</);
    assert.match(broker.last.xml, />ravi@halden\.example</);
    assert.doesNotMatch(broker.last.rawQuery, /Signature/);
    assert.match(rests.body, /You are signed out/);
  });

  test('the request is signed by switch, with the key of the metadata', async () => {
    iconik().turn({ signLogout: true });
    const metadata = await broker.trust(state().serviceProvider.entityId);
    const browser = await signedIn();

    await browser.open((await signOut(browser)).headers.location ?? '', NOWHERE);

    const [, certificate = ''] = /X509Certificate>([^<]+)</.exec(metadata) ?? [];
    assert.equal(isSignedQuery(broker.last.rawQuery, certificate), true);
  });

  test('leads there without a message, or nowhere, by switch', async () => {
    iconik().turn({ logout: 'plain-redirect' });
    assert.equal((await signOut(await signedIn())).headers.location, `${broker.origin}/saml/slo`);

    iconik().turn({ logout: 'local' });
    assert.equal((await signOut(await signedIn())).headers.location, '/login?signed-out');
  });

  test('by the API answers where the browser should go', async () => {
    const browser = await signedIn();

    const reply = await browser.visit(state().serviceProvider.slo.replace('/slo/', '/logout/'), {
      method: 'POST',
    });

    assert.match((reply.json() as { url: string }).url, /\/saml\/slo\?SAMLRequest=/);
  });

  test('at the identity provider ends the session and is answered', async () => {
    const browser = await signedIn();
    const xml = broker.logoutRequest({ nameId: 'ravi@halden.example', sessionIndex: 'si-1' });

    const answer = await browser.visit(broker.redirect(broker.sp.slo, 'SAMLRequest', xml, 'r-1'));
    await browser.open(answer.headers.location ?? '', NOWHERE);

    assert.equal(state().sessions.length, 0);
    assert.match(broker.last.xml, /LogoutResponse/);
    assert.equal(attributeOf(broker.last.xml, 'InResponseTo'), attributeOf(xml, 'ID'));
    assert.equal(broker.last.relayState, 'r-1');
  });

  test('by somebody else is refused', async () => {
    const browser = await signedIn();
    const attempt = async (xml: string, change = (url: string): string => url): Promise<number> =>
      (await new Browser().visit(change(broker.redirect(broker.sp.slo, 'SAMLRequest', xml)))).status;
    const good = { nameId: 'ravi@halden.example' };

    const statuses = [
      await attempt(broker.logoutRequest(good), (url) => url.replace(/&SigAlg.*/, '')),
      await attempt(broker.logoutRequest(good), (url) => url.replace(/&Signature=...../, '&Signature=AAAAA')),
      await attempt(broker.logoutRequest({ ...good, destination: 'https://other.example' })),
      await attempt(broker.logoutRequest({ ...good, ends: -1_000 })),
      await attempt(broker.logoutRequest(good).replace(broker.entityId, 'https://other.example')),
    ];

    assert.deepEqual(statuses, [401, 401, 401, 401, 401]);
    assert.equal(state().sessions.length, 1);
    assert.notEqual(browser, undefined);
  });

  test('an unsigned logout request is taken by switch', async () => {
    await signedIn();
    iconik().turn({ requireSignedLogout: false });
    const url = broker.redirect(
      broker.sp.slo,
      'SAMLRequest',
      broker.logoutRequest({ nameId: 'ravi@halden.example' }),
    );

    await new Browser().visit(url.replace(/&SigAlg.*/, ''));

    assert.equal(state().sessions.length, 0);
  });
});
