import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Body, type Failure, failure, SalesforceApi } from './client/salesforce-api.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let api: SalesforceApi;

const turn = (positions: Record<string, unknown>): void => sandbox.system('salesforce').turn(positions);

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['salesforce'] });
  api = new SalesforceApi(sandbox);
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(async () => {
  sandbox.reset();
  await api.signIn();
});

const patch = (id: string, change: Body) => api.call('PATCH', `/sobjects/User/${id}`, change);
const field = (id: string, name: string): Promise<string> =>
  api.one(`SELECT ${name} FROM User WHERE Id = '${id}'`, name);

suite('one user', () => {
  test('is shown by id with all fields or some, and not found otherwise', async () => {
    const id = await api.createUser();

    const whole = (await api.call('GET', `/sobjects/User/${id}`)).json() as Body;
    assert.deepEqual([whole['Username'], whole['Region__c']], ['sam@halden.example.org62', null]);
    const some = (
      await api.call('GET', `/sobjects/User/${id.slice(0, 15)}?fields=Alias,name`)
    ).json() as Body;
    assert.deepEqual(Object.keys(some), ['attributes', 'Alias', 'Name', 'Id']);
    assert.deepEqual(failure(await api.call('GET', `/sobjects/User/${id}?fields=Shoe`)), [
      400,
      'INVALID_FIELD',
    ]);
    assert.deepEqual(failure(await api.call('GET', '/sobjects/User/005Ha0000000099IAA')), [404, 'NOT_FOUND']);
    assert.deepEqual(failure(await api.call('GET', '/sobjects/Person/005Ha0000000099IAA')), [
      404,
      'NOT_FOUND',
    ]);
  });

  test('changes without an answer body; names follow', async () => {
    const id = await api.createUser();
    const manager = await api.one("SELECT Id FROM User WHERE LastName = 'Vollmer'");

    const reply = await patch(id, {
      LastName: 'Okafor-Berg',
      Department: 'Sales',
      ManagerId: manager,
      Phone: '',
    });

    assert.deepEqual([reply.status, reply.body], [204, '']);
    assert.equal(await field(id, 'Name'), 'Sam Okafor-Berg');
    const { records } = await api.query(`SELECT Manager.LastName FROM User WHERE Id = '${id}'`);
    assert.equal((records[0]?.['Manager'] as Body | undefined)?.['LastName'], 'Vollmer');
    assert.deepEqual(failure(await patch('005Ha0000000099IAA', {})), [404, 'NOT_FOUND']);
    assert.deepEqual(failure(await patch(id, { LastName: null })), [400, 'REQUIRED_FIELD_MISSING']);
    assert.deepEqual(failure(await patch(id, { ContactId: null })), [400, 'INVALID_FIELD_FOR_INSERT_UPDATE']);
  });

  test('keeps names unique also when they change', async () => {
    const id = await api.createUser();
    await api.createUser({ Username: 'two@halden.example.org62', FederationIdentifier: 'per_two' });

    assert.deepEqual(failure(await patch(id, { Username: 'TWO@halden.example.org62' })), [
      400,
      'DUPLICATE_USERNAME',
    ]);
    assert.deepEqual(failure(await patch(id, { CommunityNickname: 'two' })), [
      400,
      'DUPLICATE_COMM_NICKNAME',
    ]);
    for (const duplicateCode of ['DUPLICATE_VALUE', 'DUPLICATES_VALUE']) {
      turn({ duplicateCode });
      assert.deepEqual(failure(await patch(id, { FederationIdentifier: 'PER_TWO' })), [400, duplicateCode]);
    }
    turn({ federationIdCase: 'sensitive' });
    assert.equal((await patch(id, { FederationIdentifier: 'PER_TWO' })).status, 204);
    api.act('claim-username', { username: 'Three@halden.example' });
    assert.deepEqual(failure(await patch(id, { Username: 'three@halden.example' })), [
      400,
      'DUPLICATE_USERNAME',
    ]);
  });

  test('gets a new address at once, or when they click, by switch', async () => {
    const id = await api.createUser();
    await patch(id, { Email: 'new@halden.example' });
    assert.equal(await field(id, 'Email'), 'new@halden.example');

    turn({ emailChange: 'needs-confirmation' });
    assert.equal((await patch(id, { Email: 'newer@halden.example' })).status, 204);
    assert.equal(await field(id, 'Email'), 'new@halden.example');
    api.act('confirm-email', { username: 'sam@halden.example.org62' });
    assert.equal(await field(id, 'Email'), 'newer@halden.example');
    assert.throws(() => api.act('confirm-email', { username: 'sam@halden.example.org62' }), /No address/);
  });

  test('is described, required fields and restricted picklists among the rest', async () => {
    const { fields } = (await api.call('GET', '/sobjects/User/describe')).json() as {
      fields: (Body & { picklistValues: Body[] })[];
    };

    const required = fields.filter(
      (each) => each['createable'] && !each['nillable'] && !each['defaultedOnCreate'],
    );
    assert.equal(required.length, 9);
    const zone = fields.find((each) => each['name'] === 'TimeZoneSidKey');
    assert.equal(zone?.['restrictedPicklist'], true);
    assert.ok(zone?.picklistValues.some((each) => each['value'] === 'Europe/Berlin'));
    const profile = fields.find((each) => each['name'] === 'ProfileId');
    assert.deepEqual([profile?.['referenceTo'], profile?.['relationshipName']], [['Profile'], 'Profile']);
    assert.equal((await api.call('GET', '/sobjects/User')).status, 200);
    assert.equal((await api.call('GET', '/sobjects')).status, 200);
  });
});

suite('the Federation ID as a key', () => {
  const key = '/sobjects/User/FederationIdentifier/per_sam';
  const fields = async (): Promise<Body> => {
    const { FederationIdentifier: _key, ...rest } = await api.newUser();
    return rest;
  };

  test('makes the user with 201, and updates with 204 or 200 by switch', async () => {
    const made = await api.call('PATCH', key, await fields());
    const { id, created } = made.json() as { id: string; created: boolean };
    assert.deepEqual([made.status, created], [201, true]);
    assert.equal(await field(id, 'FederationIdentifier'), 'per_sam');

    assert.equal((await api.call('PATCH', key, { Title: 'Seller' })).status, 204);
    turn({ upsertUpdateStatus: '200' });
    const again = await api.call('PATCH', key, { Title: 'Lead' });
    assert.equal(again.status, 200);
    assert.deepEqual(again.json(), { id, success: true, errors: [], created: false });
    assert.equal(await field(id, 'Title'), 'Lead');
    assert.equal((await api.call('GET', key)).status, 200);
  });

  test('makes one user of fifty calls at the same time', async () => {
    const body = await fields();

    const replies = await Promise.all(Array.from({ length: 50 }, () => api.call('PATCH', key, body)));

    assert.equal(replies.filter(({ status }) => status === 201).length, 1);
    assert.equal(replies.filter(({ status }) => status === 204).length, 49);
  });

  test('must not stand in the body, and misses like any other create', async () => {
    assert.deepEqual(failure(await api.call('PATCH', key, await api.newUser())), [400, 'INVALID_FIELD']);
    assert.deepEqual(failure(await api.call('PATCH', key, { Title: 'x' })), [400, 'REQUIRED_FIELD_MISSING']);
    assert.deepEqual(failure(await api.call('GET', key)), [404, 'NOT_FOUND']);
  });

  test('answers 300 with the addresses when several users have it', async () => {
    turn({ federationIdCase: 'sensitive' });
    const one = await api.createUser();
    const two = await api.createUser({
      Username: 'two@halden.example.org62',
      FederationIdentifier: 'PER_SAM',
    });

    for (const reply of [await api.call('PATCH', key, { Title: 'x' }), await api.call('GET', key)]) {
      assert.equal(reply.status, 300);
      assert.deepEqual(
        reply.json(),
        [one, two].map((id) => `/services/data/v66.0/sobjects/User/${id}`),
      );
    }
    turn({ externalIdCase: 'as-federation-id' });
    assert.equal((await api.call('PATCH', key, { Title: 'x' })).status, 204);
    assert.equal(await field(two, 'Title'), 'null');
  });

  test('may not work at all, by switch; other fields never do', async () => {
    await api.createUser();
    turn({ federationIdUpsert: 'refused' });

    assert.deepEqual(failure(await api.call('PATCH', key, { Title: 'x' })), [404, 'NOT_FOUND']);
    assert.deepEqual(failure(await api.call('GET', '/sobjects/User/Alias/sokafor')), [404, 'NOT_FOUND']);
    assert.equal((await api.call('GET', '/sobjects/User/Username/sam@halden.example.org62')).status, 200);
  });

  test('cannot be written while single sign-on is off', async () => {
    turn({ samlEnabled: false });

    const made = await api.call('POST', '/sobjects/User', await api.newUser());
    assert.deepEqual(failure(made), [400, 'INVALID_FIELD_FOR_INSERT_UPDATE']);
    const { FederationIdentifier: _id, ...plain } = await api.newUser();
    assert.equal((await api.call('POST', '/sobjects/User', plain)).status, 201);
  });

  test('is fixed for users made at sign-on, by switch', async () => {
    turn({ federationIdChange: 'refused-after-sign-on' });
    const id = await api.createUser();

    assert.equal((await patch(id, { FederationIdentifier: 'per_other' })).status, 204);
  });
});

suite('a user who leaves', () => {
  const freeze = async (id: string, isFrozen = true) => {
    const login = await api.one(`SELECT Id FROM UserLogin WHERE UserId = '${id}'`);
    return api.call('PATCH', `/sobjects/UserLogin/${login}`, { IsFrozen: isFrozen });
  };

  test('is frozen and thawed; a password lock is only cleared', async () => {
    const id = await api.createUser();

    assert.equal((await freeze(id)).status, 204);
    assert.equal(await api.one(`SELECT IsFrozen FROM UserLogin WHERE UserId = '${id}'`, 'IsFrozen'), 'true');
    assert.equal((await freeze(id, false)).status, 204);
    const login = await api.one(`SELECT Id FROM UserLogin WHERE UserId = '${id}'`);
    const lock = await api.call('PATCH', `/sobjects/UserLogin/${login}`, { IsPasswordLocked: true });
    assert.deepEqual(failure(lock), [400, 'INVALID_FIELD_FOR_INSERT_UPDATE']);
    const audit = await api.query(
      "SELECT Action FROM SetupAuditTrail WHERE Action IN ('frozeuser', 'unfrozeuser')",
    );
    assert.equal(audit.totalSize, 2);
  });

  test('is deactivated, and everything that they were given stays', async () => {
    const id = await api.createUser();
    const set = await api.one("SELECT Id FROM PermissionSet WHERE Name = 'Halden_Sales_Tools'");
    await api.create('PermissionSetAssignment', { AssigneeId: id, PermissionSetId: set });

    assert.equal((await patch(id, { IsActive: false })).status, 204);

    assert.equal(await field(id, 'IsActive'), 'false');
    const rows = await api.query(`SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '${id}'`);
    assert.equal(rows.totalSize, 2);
  });

  test('may be held by what hangs on them, in the words and under the code of the switch', async () => {
    const id = await api.createUser();
    const blockers = [
      'You cannot deactivate a user who is the default owner of cases',
      'You cannot deactivate a user who is the Default Workflow User',
    ];
    api.act('set-blockers', { username: 'sam@halden.example.org62', blockers });

    for (const deactivationError of ['FIELD_INTEGRITY_EXCEPTION', 'UNKNOWN_EXCEPTION', 'DEPENDENCY_EXISTS']) {
      turn({ deactivationError });
      const [error] = (await patch(id, { IsActive: false })).json() as Failure[];
      assert.equal(error?.errorCode, deactivationError);
      assert.equal(error?.message, `You cannot deactivate this user. ${blockers[0]}.`);
    }
    turn({ deactivationReasons: 'all' });
    const [error] = (await patch(id, { IsActive: false })).json() as Failure[];
    assert.equal(error?.message, `You cannot deactivate this user. ${blockers.join('. ')}.`);
    assert.equal(await field(id, 'IsActive'), 'true');
    assert.equal((await patch(id, { Title: 'still here' })).status, 204);
    assert.equal((await freeze(id)).status, 204);

    api.act('set-blockers', { username: 'sam@halden.example.org62', blockers: [] });
    assert.equal((await patch(id, { IsActive: false })).status, 204);
  });

  test('may be gone altogether where a sandbox was refreshed', async () => {
    const id = await api.createUser();

    api.act('lose-user', { username: 'sam@halden.example.org62' });

    assert.deepEqual(failure(await api.call('GET', `/sobjects/User/${id}`)), [404, 'ENTITY_IS_DELETED']);
    assert.deepEqual(failure(await patch(id, { Title: 'x' })), [404, 'ENTITY_IS_DELETED']);
    const rights = await api.query(`SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '${id}'`);
    assert.equal(rights.totalSize, 0);
    assert.notEqual(await api.createUser(), id);
  });

  test('is not the integration itself', async () => {
    const me = await api.one("SELECT Id FROM User WHERE Username LIKE 'vestibule@%'");

    assert.equal((await patch(me, { IsActive: false })).status, 400);
    assert.equal((await freeze(me)).status, 400);
  });

  test('has tokens of their own apps, which are revoked by DeleteToken or deleted', async () => {
    const id = await api.createUser();
    api.act('add-token', { username: 'sam@halden.example.org62' });
    api.act('add-token', { username: 'sam@halden.example.org62', appName: 'Data Loader' });
    await patch(id, { IsActive: false });

    const soql = `SELECT Id, AppName, DeleteToken FROM OauthToken WHERE UserId = '${id}'`;
    const { records } = await api.query(soql);
    assert.deepEqual(
      records.map((each) => each['AppName']),
      ['Salesforce for iOS', 'Data Loader'],
    );
    const [first, second] = records;
    const revoked = await api.call('POST', `/services/oauth2/revoke?token=${first?.['DeleteToken']}`);
    assert.equal(revoked.status, 200);
    turn({ oauthTokenDelete: 'refused' });
    const path = `/sobjects/OauthToken/${second?.['Id']}`;
    assert.equal((await api.call('DELETE', path)).status, 400);
    turn({ oauthTokenDelete: 'allowed' });
    assert.equal((await api.call('DELETE', path)).status, 204);
    assert.equal((await api.query(soql)).totalSize, 0);
  });

  test('loses tokens and permission set licenses by themselves, by switch', async () => {
    turn({ tokensOfDeactivated: 'end', licensesOfDeactivated: 'end' });
    const id = await api.createUser();
    api.act('add-token', { username: 'sam@halden.example.org62' });
    const license = await api.one(
      "SELECT Id FROM PermissionSetLicense WHERE DeveloperName = 'SalesConsoleUser'",
    );
    await api.create('PermissionSetLicenseAssign', { AssigneeId: id, PermissionSetLicenseId: license });

    await patch(id, { IsActive: false });

    assert.equal((await api.query(`SELECT Id FROM OauthToken WHERE UserId = '${id}'`)).totalSize, 0);
    const assigned = await api.query(`SELECT Id FROM PermissionSetLicenseAssign WHERE AssigneeId = '${id}'`);
    assert.equal(assigned.totalSize, 0);
  });

  test('may own records, which go to somebody who is active', async () => {
    const sam = await api.createUser();
    const greta = await api.one("SELECT Id FROM User WHERE LastName = 'Vollmer'");
    const { records } = await api.query(
      `SELECT Id FROM Case WHERE OwnerId = '${greta}' AND IsClosed = false`,
    );
    const give = (OwnerId: string) => api.call('PATCH', `/sobjects/Case/${records[0]?.['Id']}`, { OwnerId });

    assert.equal((await give(sam)).status, 204);
    await patch(greta, { IsActive: false });
    assert.deepEqual(failure(await give(greta)), [400, 'INACTIVE_OWNER_OR_USER']);
    const mine = await api.create('Case', { Subject: 'Mine' });
    const { records: own } = await api.query(`SELECT Owner.Username FROM Case WHERE Id = '${mine}'`);
    assert.equal((own[0]?.['Owner'] as Body | undefined)?.['Username'], 'vestibule@halden.example.org62');
  });
});

suite('an outside person', () => {
  const partner = async (): Promise<Body> => ({ ProfileId: await api.profile('Halden Partner') });

  test('comes from a contact, with an external profile and without a role', async () => {
    const ContactId = await api.one("SELECT Id FROM Contact WHERE LastName = 'Adeyemi'");
    const role = await api.one("SELECT Id FROM UserRole WHERE Name = 'Support'");
    const make = async (change: Body) =>
      api.call('POST', '/sobjects/User', await api.newUser({ ...(await partner()), ...change }));

    assert.deepEqual(failure(await make({})), [400, 'REQUIRED_FIELD_MISSING']);
    assert.deepEqual(failure(await make({ ContactId, UserRoleId: role })), [
      400,
      'FIELD_INTEGRITY_EXCEPTION',
    ]);
    const made = await make({ ContactId });
    assert.equal(made.status, 201);
    const { id } = made.json() as { id: string };
    assert.equal(await field(id, 'UserType'), 'PowerPartner');
    const { records } = await api.query(`SELECT Account.Name FROM User WHERE Id = '${id}'`);
    assert.equal((records[0]?.['Account'] as Body | undefined)?.['Name'], 'Brightline Agency');
    const other = { ContactId, Username: 'two@halden.example.org62', FederationIdentifier: 'per_two' };
    const internal = await api.call('POST', '/sobjects/User', await api.newUser(other));
    assert.deepEqual(failure(internal), [400, 'FIELD_INTEGRITY_EXCEPTION']);
  });

  test('needs an account whose owner has a role', async () => {
    const account = await api.create('Account', { Name: 'New Agency' });
    const ContactId = await api.create('Contact', { LastName: 'Okafor', AccountId: account });

    const reply = await api.call(
      'POST',
      '/sobjects/User',
      await api.newUser({ ...(await partner()), ContactId }),
    );

    assert.deepEqual(failure(reply), [400, 'UNKNOWN_EXCEPTION']);
  });

  test('needs no contact, by switch', async () => {
    turn({ externalUserContact: 'optional' });

    assert.ok(await api.createUser(await partner()));
  });
});
