import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Browser, type Page } from './client/browser.ts';
import { type Body, failure, SalesforceApi } from './client/salesforce-api.ts';
import { field, follow, SamlBroker } from './client/saml-broker.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let broker: SamlBroker;
let api: SalesforceApi;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['salesforce'] });
  broker = await SamlBroker.start(clock);
  sandbox.registerBroker({ publicUrl: broker.origin });
  api = new SalesforceApi(sandbox);
  await broker.trust(api.at('/setup/sso/metadata.xml'));
});
after(async () => {
  await sandbox[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});
beforeEach(async () => {
  sandbox.reset();
  broker.reset();
  broker.answer = { nameId: 'per_sam', attributes: { amr: ['mfa'] } };
  await api.signIn();
});

const signIn = (browser = new Browser()): Promise<Page> => follow(browser, api.at('/'));
const history = async (userId: string): Promise<unknown[]> => {
  const soql = `SELECT LoginTime, LoginType, Status, AuthenticationServiceId, AuthMethodReference FROM LoginHistory WHERE UserId = '${userId}' ORDER BY LoginTime`;
  return (await api.query(soql)).records.map((row) => row['Status']);
};

test('somebody made over REST signs in by SAML with their Federation ID', async () => {
  assert.equal((await signIn()).status, 401);
  const id = await api.createUser();

  const page = await signIn();

  assert.equal(field(page, 'username'), 'sam@halden.example.org62');
  assert.deepEqual(await history(id), ['Success']);
  assert.equal(
    await api.one(`SELECT LastLoginDate FROM User WHERE Id = '${id}'`, 'LastLoginDate'),
    '2026-03-02T09:00:00.000+0000',
  );
});

test('who is frozen or inactive is refused, and Login History says so', async () => {
  const id = await api.createUser();
  const login = await api.one(`SELECT Id FROM UserLogin WHERE UserId = '${id}'`);

  await api.call('PATCH', `/sobjects/UserLogin/${login}`, { IsFrozen: true });
  assert.equal((await signIn()).status, 401);
  await api.call('PATCH', `/sobjects/UserLogin/${login}`, { IsFrozen: false });
  await api.call('PATCH', `/sobjects/User/${id}`, { IsActive: false });
  assert.equal((await signIn()).status, 401);

  assert.deepEqual(await history(id), ['Failed: User Is Frozen', 'Failed: User Is Inactive']);
});

for (const deactivatedUser of ['session-survives', 'session-ends']) {
  test(`sessions are records that can be deleted (${deactivatedUser})`, async () => {
    sandbox.system('salesforce').turn({ deactivatedUser });
    const id = await api.createUser();
    const browser = new Browser();
    await signIn(browser);
    const isSignedIn = async (): Promise<boolean> =>
      (await browser.visit(api.at('/lightning/page/home'))).status === 200;
    const login = await api.one(`SELECT Id FROM UserLogin WHERE UserId = '${id}'`);
    await api.call('PATCH', `/sobjects/UserLogin/${login}`, { IsFrozen: true });

    assert.equal(await isSignedIn(), deactivatedUser === 'session-survives');
    const soql = `SELECT Id, SessionType, Users.Username FROM AuthSession WHERE UsersId = '${id}'`;
    const { records } = await api.query(soql);
    assert.deepEqual([records.length, records[0]?.['SessionType']], [1, 'UI']);
    const path = `/sobjects/AuthSession/${records[0]?.['Id']}`;
    assert.equal((await api.call('DELETE', path)).status, 204);
    assert.equal(await isSignedIn(), false);
    assert.equal((await api.query(soql)).totalSize, 0);
    assert.deepEqual(failure(await api.call('DELETE', path)), [404, 'NOT_FOUND']);
  });
}

test('who was made at sign-on is found over REST, and their names may be fixed, by switch', async () => {
  sandbox.system('salesforce').turn({ userProvisioning: true, federationIdChange: 'refused-after-sign-on' });
  broker.answer = {
    nameId: 'per_sam',
    attributes: {
      ...{ amr: ['mfa'], 'User.Username': ['sam@halden.example.org62'], 'User.LastName': ['Okafor'] },
      ...{ 'User.Email': ['sam@halden.example'], 'User.ProfileId': ['Standard User'] },
    },
  };
  assert.equal((await signIn()).status, 200);
  const id = await api.one("SELECT Id FROM User WHERE FederationIdentifier = 'per_sam'");
  const change = (fields: Body) => api.call('PATCH', `/sobjects/User/${id}`, fields);

  assert.deepEqual(failure(await change({ FederationIdentifier: 'per_x' })), [
    400,
    'INVALID_FIELD_FOR_INSERT_UPDATE',
  ]);
  assert.equal((await change({ FederationIdentifier: 'per_sam', Title: 'Seller' })).status, 204);
  sandbox.system('salesforce').turn({ federationIdChange: 'allowed' });
  assert.equal((await change({ FederationIdentifier: 'per_x' })).status, 204);
});

test('a permission set can make somebody privileged, who then needs proof that cannot be phished', async () => {
  sandbox.system('salesforce').turn({ strongAuthentication: '2026-07' });
  const id = await api.createUser();
  assert.equal((await signIn()).status, 200);
  const set = await api.one("SELECT Id FROM PermissionSet WHERE Name = 'Halden_Auditor'");
  const ExpirationDate = new Date(clock.now().getTime() + 86_400_000).toISOString();
  await api.create('PermissionSetAssignment', { AssigneeId: id, PermissionSetId: set, ExpirationDate });

  assert.equal((await signIn()).status, 401);
  assert.equal((await history(id)).at(-1), 'Failed: Phishing-Resistant Authentication Required');
  clock.advance(2 * 86_400_000);
  assert.equal((await signIn()).status, 200);
});

test('Login History keeps six months', async () => {
  const id = await api.createUser();
  await signIn();
  clock.advance(184 * 86_400_000);
  await api.signIn();

  assert.deepEqual(await history(id), []);
});
