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

const DAY = 86_400_000;
let sam: string;
beforeEach(async () => {
  sam = await api.createUser();
});

const set = (name: string): Promise<string> => api.one(`SELECT Id FROM PermissionSet WHERE Name = '${name}'`);
const setGroup = (name: string): Promise<string> =>
  api.one(`SELECT Id FROM PermissionSetGroup WHERE DeveloperName = '${name}'`);
const assign = (fields: Body) =>
  api.call('POST', '/sobjects/PermissionSetAssignment', { AssigneeId: sam, ...fields });
const license = (): Promise<string> =>
  api.one("SELECT Id FROM PermissionSetLicense WHERE DeveloperName = 'SalesConsoleUser'");
const partner = async (): Promise<string> => {
  turn({ externalUserContact: 'optional' });
  return api.createUser({
    ...{ Username: 'olu@halden.example.org62', FederationIdentifier: 'per_olu' },
    ProfileId: await api.profile('Halden Partner'),
  });
};

suite('permission sets', () => {
  test('are assigned once, listed beside that of the profile, and taken away', async () => {
    const PermissionSetId = await set('Halden_Sales_Tools');
    const made = await assign({ PermissionSetId });
    const { id } = made.json() as { id: string };

    assert.equal(made.status, 201);
    for (const duplicateCode of ['DUPLICATE_VALUE', 'DUPLICATES_VALUE']) {
      turn({ duplicateCode });
      assert.deepEqual(failure(await assign({ PermissionSetId })), [400, duplicateCode]);
    }
    const soql = `SELECT PermissionSet.Name, IsActive FROM PermissionSetAssignment WHERE AssigneeId = '${sam}' AND PermissionSet.IsOwnedByProfile = false`;
    assert.equal((await api.query(soql)).totalSize, 1);
    assert.equal((await api.call('DELETE', `/sobjects/PermissionSetAssignment/${id}`)).status, 204);
    assert.equal((await api.query(soql)).totalSize, 0);
    const gone = await api.call('DELETE', `/sobjects/PermissionSetAssignment/${id}`);
    assert.deepEqual(failure(gone), [404, 'ENTITY_IS_DELETED']);
    assert.deepEqual(failure(await api.call('GET', `/sobjects/PermissionSetAssignment/${id}`)), [
      ...[404, 'ENTITY_IS_DELETED'],
    ]);
  });

  test('end by the clock when they have a date, which may be moved', async () => {
    const end = (days: number): string => new Date(clock.now().getTime() + days * DAY).toISOString();
    const made = await assign({ PermissionSetId: await set('Halden_Order_Entry'), ExpirationDate: end(2) });
    const { id } = made.json() as { id: string };
    const isActive = (): Promise<string> =>
      api.one(`SELECT IsActive FROM PermissionSetAssignment WHERE Id = '${id}'`, 'IsActive');

    assert.equal(await isActive(), 'true');
    const path = `/sobjects/PermissionSetAssignment/${id}`;
    assert.equal((await api.call('PATCH', path, { ExpirationDate: end(4) })).status, 204);
    sandbox.system('salesforce').clock.offsetMs = 3 * DAY;
    await api.signIn();
    assert.equal(await isActive(), 'true');
    sandbox.system('salesforce').clock.offsetMs = 4 * DAY;
    await api.signIn();
    assert.equal(await isActive(), 'false');
    const back = await api.call('PATCH', path, { ExpirationDate: end(-1) });
    assert.deepEqual(failure(back), [400, 'FIELD_INTEGRITY_EXCEPTION']);
    assert.equal((await api.call('PATCH', path, { ExpirationDate: null })).status, 204);
    assert.equal(await isActive(), 'true');
    const other = await api.call('PATCH', path, { PermissionSetId: await set('Halden_Forecasts') });
    assert.deepEqual(failure(other), [400, 'INVALID_FIELD_FOR_INSERT_UPDATE']);
  });

  test('come in groups, which stand in the row with a permission set of their own', async () => {
    const PermissionSetGroupId = await setGroup('Halden_Sales_Representative');

    assert.equal((await assign({ PermissionSetGroupId })).status, 201);

    const { records } = await api.query(
      `SELECT PermissionSetGroupId, PermissionSet.Type, PermissionSet.PermissionSetGroupId FROM PermissionSetAssignment WHERE AssigneeId = '${sam}' AND PermissionSetGroup.DeveloperName = 'Halden_Sales_Representative'`,
    );
    assert.equal(records[0]?.['PermissionSetGroupId'], PermissionSetGroupId);
    assert.equal((records[0]?.['PermissionSet'] as Body | undefined)?.['Type'], 'Group');
    const both = { PermissionSetGroupId, PermissionSetId: await set('Halden_Forecasts') };
    assert.deepEqual(failure(await assign(both)), [400, 'FIELD_INTEGRITY_EXCEPTION']);
    assert.deepEqual(failure(await assign({})), [400, 'REQUIRED_FIELD_MISSING']);
    assert.deepEqual(failure(await assign({ PermissionSetGroupId })), [400, 'DUPLICATE_VALUE']);
  });

  test('of a profile are neither assigned nor taken away', async () => {
    const [owned] = (
      await api.query(`SELECT Id, PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '${sam}'`)
    ).records;

    const other = await api.one(
      "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true AND Profile.Name = 'System Administrator'",
    );
    assert.deepEqual(failure(await assign({ PermissionSetId: other })), [400, 'FIELD_INTEGRITY_EXCEPTION']);
    const gone = await api.call('DELETE', `/sobjects/PermissionSetAssignment/${owned?.['Id']}`);
    assert.deepEqual(failure(gone), [400, 'FIELD_INTEGRITY_EXCEPTION']);
    await api.call('PATCH', `/sobjects/User/${sam}`, { ProfileId: await api.profile('Halden Sales') });
    const { records } = await api.query(
      `SELECT PermissionSet.Profile.Name FROM PermissionSetAssignment WHERE AssigneeId = '${sam}'`,
    );
    assert.equal(records.length, 1);
    assert.match(JSON.stringify(records[0]), /Halden Sales/);
  });

  test('of the company are refused to outside people, also inside a group', async () => {
    const AssigneeId = await partner();

    const tools = await assign({ AssigneeId, PermissionSetId: await set('Halden_Sales_Tools') });
    const [error] = tools.json() as Failure[];
    assert.equal(error?.errorCode, 'FIELD_INTEGRITY_EXCEPTION');
    assert.match(error?.message ?? '', /Can't assign permission set Halden Sales Tools to user olu@/);
    const group = await setGroup('Halden_Sales_Representative');
    assert.deepEqual(failure(await assign({ AssigneeId, PermissionSetGroupId: group })), [
      ...[400, 'FIELD_INTEGRITY_EXCEPTION'],
    ]);
    const portal = await set('Halden_Partner_Portal');
    assert.equal((await assign({ AssigneeId, PermissionSetId: portal })).status, 201);
    assert.deepEqual(failure(await assign({ PermissionSetId: portal })), [400, 'FIELD_INTEGRITY_EXCEPTION']);
  });

  test('go to inactive users or not, by switch', async () => {
    await api.call('PATCH', `/sobjects/User/${sam}`, { IsActive: false });
    const PermissionSetId = await set('Halden_Order_Entry');

    turn({ assignToInactive: 'refused' });
    assert.deepEqual(failure(await assign({ PermissionSetId })), [400, 'INACTIVE_OWNER_OR_USER']);
    turn({ assignToInactive: 'allowed' });
    assert.equal((await assign({ PermissionSetId })).status, 201);
  });
});

suite('permission set licenses', () => {
  const give = async (change: Body = {}) =>
    api.call('POST', '/sobjects/PermissionSetLicenseAssign', {
      ...{ AssigneeId: sam, PermissionSetLicenseId: await license() },
      ...change,
    });

  test('come before the permission sets that need them, and go after', async () => {
    const PermissionSetId = await set('Halden_Service_Console');
    assert.deepEqual(failure(await assign({ PermissionSetId })), [400, 'FIELD_INTEGRITY_EXCEPTION']);
    const group = await setGroup('Halden_Service_Agent');
    assert.deepEqual(failure(await assign({ PermissionSetGroupId: group })), [
      400,
      'FIELD_INTEGRITY_EXCEPTION',
    ]);

    const given = (await give()).json() as { id: string };
    const assigned = (await assign({ PermissionSetId })).json() as { id: string };
    const path = `/sobjects/PermissionSetLicenseAssign/${given.id}`;
    assert.deepEqual(failure(await api.call('DELETE', path)), [400, 'FIELD_INTEGRITY_EXCEPTION']);
    await api.call('DELETE', `/sobjects/PermissionSetAssignment/${assigned.id}`);
    assert.equal((await api.call('DELETE', path)).status, 204);
  });

  test('may be missing without a word, by switch', async () => {
    turn({ missingPermissionSetLicense: 'assigned-silently' });

    assert.equal((await assign({ PermissionSetId: await set('Halden_Service_Console') })).status, 201);
  });

  test('are counted and run out', async () => {
    assert.equal((await give()).status, 201);
    assert.deepEqual(failure(await give()), [400, 'DUPLICATE_VALUE']);
    const { records } = await api.query(
      "SELECT TotalLicenses, UsedLicenses FROM PermissionSetLicense WHERE DeveloperName = 'SalesConsoleUser'",
    );
    assert.deepEqual([records[0]?.['TotalLicenses'], records[0]?.['UsedLicenses']], [2, 1]);
    api.act('set-seats', { license: 'SalesConsoleUser', total: 1 });
    const two = await api.createUser({ Username: 'two@halden.example.org62', FederationIdentifier: null });
    assert.deepEqual(failure(await give({ AssigneeId: two })), [400, 'LICENSE_LIMIT_EXCEEDED']);
    assert.throws(() => api.act('set-seats', { license: 'Pirates', total: 1 }), /no licence/);
  });
});

suite('groups, queues and territories', () => {
  const group = (name: string): Promise<string> => api.one(`SELECT Id FROM Group WHERE Name = '${name}'`);
  const join = (GroupId: string) =>
    api.call('POST', '/sobjects/GroupMember', { GroupId, UserOrGroupId: sam });

  test('take members once, or say nothing about the second time, by switch', async () => {
    const queue = await group('Dealer Support');
    const made = (await join(queue)).json() as { id: string };

    assert.deepEqual(failure(await join(queue)), [400, 'DUPLICATE_VALUE']);
    turn({ duplicateGroupMember: 'same-record' });
    assert.deepEqual(((await join(queue)).json() as Body)['id'], made.id);
    const { records } = await api.query(
      `SELECT Group.Name, Group.Type FROM GroupMember WHERE UserOrGroupId = '${sam}'`,
    );
    assert.deepEqual(
      records.map((each) => (each['Group'] as Body)['Type']),
      ['Queue'],
    );
    assert.equal((await api.call('DELETE', `/sobjects/GroupMember/${made.id}`)).status, 204);
    const queues = await api.query("SELECT Queue.Name FROM QueueSobject WHERE SobjectType = 'Case'");
    assert.equal(queues.totalSize, 1);
  });

  test('territories take members in the active model only', async () => {
    const territory = (name: string): Promise<string> =>
      api.one(`SELECT Id FROM Territory2 WHERE Name = '${name}'`);
    const place = async (name: string, RoleInTerritory2 = 'Sales Rep') =>
      api.call('POST', '/sobjects/UserTerritory2Association', {
        ...{ UserId: sam, Territory2Id: await territory(name), RoleInTerritory2 },
      });

    assert.deepEqual(failure(await place('EMEA', 'King')), [400, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST']);
    const made = (await place('EMEA')).json() as { id: string };
    assert.deepEqual(failure(await place('EMEA')), [400, 'DUPLICATE_VALUE']);
    assert.deepEqual(failure(await place('EMEA Next Year')), [400, 'FIELD_INTEGRITY_EXCEPTION']);
    const path = `/sobjects/UserTerritory2Association/${made.id}`;
    assert.equal((await api.call('PATCH', path, { RoleInTerritory2: 'Owner' })).status, 400);
    assert.equal((await api.call('DELETE', path)).status, 204);
    const active = await api.query("SELECT Id FROM Territory2 WHERE Territory2Model.State = 'Active'");
    assert.equal(active.totalSize, 3);
  });

  test('territories do not exist where nobody switched them on', async () => {
    turn({ territories: 'not-enabled' });

    const path = `/query?q=${encodeURIComponent('SELECT Id FROM UserTerritory2Association')}`;
    assert.deepEqual(failure(await api.call('GET', path)), [400, 'INVALID_TYPE']);
    const made = await api.call('POST', '/sobjects/UserTerritory2Association', { UserId: sam });
    assert.deepEqual(failure(made), [404, 'NOT_FOUND']);
  });

  test('an administrator changes things by hand, under the same rules', async () => {
    const GroupId = await group('All Sales');
    const made = api.act('write-record', {
      ...{ object: 'GroupMember', fields: { GroupId, UserOrGroupId: sam } },
    }) as { id: string };
    assert.equal((await api.query(`SELECT Id FROM GroupMember WHERE Id = '${made.id}'`)).totalSize, 1);
    api.act('remove-record', { object: 'GroupMember', id: made.id });
    assert.equal((await api.query(`SELECT Id FROM GroupMember WHERE Id = '${made.id}'`)).totalSize, 0);
    api.act('write-record', { object: 'User', id: sam, fields: { Department: 'Elsewhere' } });
    assert.equal(await api.one(`SELECT Department FROM User WHERE Id = '${sam}'`, 'Department'), 'Elsewhere');
    assert.throws(() => api.act('remove-record', { object: 'User', id: sam }), /INSUFFICIENT_ACCESS/);
    assert.throws(() => api.act('write-record', { object: 'Shoe', fields: {} }), /no object/);
  });
});
