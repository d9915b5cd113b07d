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

async function refusedUser(change: Body): Promise<Failure> {
  const reply = await api.call('POST', '/sobjects/User', await api.newUser(change));
  assert.equal(reply.status, 400, reply.body);
  return (reply.json() as Failure[])[0] as Failure;
}

suite('making a user', () => {
  test('answers with its id, and the user has a login, a name and the assignment of the profile', async () => {
    const reply = await api.call('POST', '/sobjects/User', await api.newUser());

    const { id, success, errors } = reply.json() as { id: string; success: boolean; errors: unknown[] };
    assert.deepEqual([reply.status, success, errors], [201, true, []]);
    assert.equal(reply.headers.location, `/services/data/v66.0/sobjects/User/${id}`);
    const { records } = await api.query(
      `SELECT Name, IsActive, UserType, CommunityNickname FROM User WHERE Id = '${id}'`,
    );
    const { attributes: _attributes, ...user } = records[0] ?? {};
    assert.deepEqual(user, {
      ...{ Name: 'Sam Okafor', IsActive: true, UserType: 'Standard', CommunityNickname: 'sam' },
    });
    assert.equal(await api.one(`SELECT IsFrozen FROM UserLogin WHERE UserId = '${id}'`, 'IsFrozen'), 'false');
    const owned = `SELECT COUNT() FROM PermissionSetAssignment WHERE AssigneeId = '${id}' AND PermissionSet.IsOwnedByProfile = true`;
    assert.equal((await api.query(owned)).totalSize, 1);
  });

  test('needs nine fields, and says which are missing', async () => {
    const reply = await api.call('POST', '/sobjects/User', { LastName: 'Okafor' });

    const [error] = reply.json() as Failure[];
    assert.equal(error?.errorCode, 'REQUIRED_FIELD_MISSING');
    assert.deepEqual(error?.fields?.toSorted(), [
      ...['Alias', 'Email', 'EmailEncodingKey', 'LanguageLocaleKey', 'LocaleSidKey', 'ProfileId'],
      ...['TimeZoneSidKey', 'Username'],
    ]);
  });

  const refusals: readonly (readonly [string, Body, string, string[] | undefined])[] = [
    ['an alias of nine letters', { Alias: 'ninechars' }, 'STRING_TOO_LONG', ['Alias']],
    [
      'a time zone that does not exist',
      { TimeZoneSidKey: 'Mars/Olympus' },
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      ['TimeZoneSidKey'],
    ],
    [
      'a language in another spelling',
      { LanguageLocaleKey: 'en-US' },
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      ['LanguageLocaleKey'],
    ],
    ['a username without a domain', { Username: 'sam' }, 'INVALID_EMAIL_ADDRESS', ['Username']],
    ['an address that is none', { Email: 'sam at home' }, 'INVALID_EMAIL_ADDRESS', ['Email']],
    [
      'a taken username in capitals',
      { Username: 'Setup@Halden.example.org62' },
      'DUPLICATE_USERNAME',
      ['Username'],
    ],
    [
      'a username of another organization',
      { Username: 'dup@halden.example' },
      'DUPLICATE_USERNAME',
      ['Username'],
    ],
    ['a profile that is no id', { ProfileId: 'Standard User' }, 'MALFORMED_ID', ['ProfileId']],
    [
      'a profile that is not there',
      { ProfileId: '00eHa0000000000IAA' },
      'INVALID_CROSS_REFERENCE_KEY',
      ['ProfileId'],
    ],
    [
      'the id of something else as role',
      { UserRoleId: '00eHa000000ZStdIAG' },
      'MALFORMED_ID',
      ['UserRoleId'],
    ],
    ['a field that does not exist', { Shoe__c: '44' }, 'INVALID_FIELD', undefined],
    [
      'a field that is not written',
      { UserType: 'Standard' },
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      ['UserType'],
    ],
    ['a text for a truth value', { IsActive: 'yes' }, 'JSON_PARSER_ERROR', undefined],
  ];
  for (const [what, change, code, fields] of refusals) {
    test(`with ${what} is ${code}`, async () => {
      const error = await refusedUser(change);

      assert.equal(error.errorCode, code);
      assert.deepEqual(error.fields, fields);
      assert.equal((await api.query("SELECT COUNT() FROM User WHERE LastName = 'Okafor'")).totalSize, 0);
    });
  }

  test('takes the id of a profile with 15 characters', async () => {
    const id = await api.createUser({ ProfileId: '00eHa000000ZStd' });

    assert.equal(
      await api.one(`SELECT ProfileId FROM User WHERE Id = '${id}'`, 'ProfileId'),
      '00eHa000000ZStdIAG',
    );
  });

  test('uses a seat, which deactivation gives back', async () => {
    turn({ salesforceLicences: 3 });
    const id = await api.createUser();
    const other = { Username: 'two@halden.example.org62', FederationIdentifier: 'per_two' };

    assert.equal((await refusedUser(other)).errorCode, 'LICENSE_LIMIT_EXCEEDED');
    await api.createUser({ ...other, IsActive: false });
    const seats = await api.query(
      "SELECT TotalLicenses, UsedLicenses FROM UserLicense WHERE Name = 'Salesforce'",
    );
    assert.deepEqual([seats.records[0]?.['TotalLicenses'], seats.records[0]?.['UsedLicenses']], [3, 3]);

    await api.call('PATCH', `/sobjects/User/${id}`, { IsActive: false });
    const two = await api.one("SELECT Id FROM User WHERE FederationIdentifier = 'per_two'");
    assert.equal((await api.call('PATCH', `/sobjects/User/${two}`, { IsActive: true })).status, 204);
    assert.deepEqual(failure(await api.call('PATCH', `/sobjects/User/${id}`, { IsActive: true })), [
      400,
      'LICENSE_LIMIT_EXCEEDED',
    ]);
  });

  test('is never undone: a user cannot be deleted', async () => {
    const id = await api.createUser();

    const codes = [];
    for (const deleteUserCode of ['INSUFFICIENT_ACCESS_OR_READONLY', 'INVALID_TYPE_FOR_OPERATION']) {
      turn({ deleteUserCode });
      codes.push(failure(await api.call('DELETE', `/sobjects/User/${id}`)));
    }
    assert.deepEqual(codes, [
      [400, 'INSUFFICIENT_ACCESS_OR_READONLY'],
      [400, 'INVALID_TYPE_FOR_OPERATION'],
    ]);
    assert.equal((await api.call('GET', `/sobjects/User/${id}`)).status, 200);
  });
});
