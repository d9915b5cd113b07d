import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Body, failure, SalesforceApi } from './client/salesforce-api.ts';

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

const names = (records: readonly Body[], field = 'Name'): unknown[] => records.map((each) => each[field]);

async function refusal(soql: string): Promise<[number, string]> {
  return failure(await api.call('GET', `/query?q=${encodeURIComponent(soql)}`));
}

suite('conditions', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["Name = 'standard user'", ['Standard User']],
    [
      "Name != 'Standard User' AND UserType = 'Standard' AND PermissionsManageUsers = true",
      ['System Administrator', 'Minimum Access - API Only Integrations'],
    ],
    ["Name IN ('Standard User', 'Halden Sales')", ['Standard User', 'Halden Sales']],
    ["Name NOT IN ('Standard User', 'Halden Sales') AND UserType = 'PowerPartner'", ['Halden Partner']],
    ["Name LIKE 'halden%'", ['Halden Sales', 'Halden Partner']],
    ["Name LIKE 'Halden _ales'", ['Halden Sales']],
    ["Name LIKE 'Halden\\_ales'", []],
    ["(Name = 'Halden Sales' OR Name = 'Standard User') AND NOT Name = 'Standard User'", ['Halden Sales']],
    ["UserLicense.Name = 'Partner Community'", ['Halden Partner']],
    ["Profile.UserLicense.Name = 'Partner Community'", ['Halden Partner']],
    ['Description != null', []],
    ["Description = null AND UserType = 'PowerPartner'", ['Halden Partner']],
    ["Id = '00eHa000000ZSal'", ['Halden Sales']],
    ["Id IN (SELECT ProfileId FROM User WHERE LastName = 'Vollmer')", ['Standard User']],
    ["CreatedDate = TODAY AND Name = 'Halden Sales'", ['Halden Sales']],
    ['CreatedDate > 2026-03-03T00:00:00Z', []],
    ["CreatedDate >= 2026-03-02T09:00:00.000+0000 AND Name = 'Halden Sales'", ['Halden Sales']],
    ["CreatedDate = LAST_N_DAYS:7 AND Name = 'Halden Sales'", ['Halden Sales']],
    ["Name = 'O\\'Brien'", []],
  ];
  for (const [where, found] of cases) {
    test(where, async () => {
      const { records } = await api.query(`select Name from Profile where ${where}`);

      assert.deepEqual(names(records), found);
    });
  }

  test('of one field use an index and find the same as without', async () => {
    const id = await api.createUser();
    const by = async (where: string): Promise<unknown[]> =>
      names((await api.query(`SELECT Username FROM User WHERE ${where}`)).records, 'Username');

    const found = [
      await by("FederationIdentifier = 'PER_SAM'"),
      await by("Username IN ('SAM@halden.example.org62', 'nobody@x.example')"),
      await by(`Id IN ('${id}', '${id.slice(0, 15)}')`),
      await by("(FederationIdentifier = 'per_sam')"),
      await by("IsActive = true AND FederationIdentifier = 'per_sam'"),
      await by("NOT (FederationIdentifier = null OR FederationIdentifier = 'x')"),
    ];

    for (const each of found) assert.deepEqual(each, ['sam@halden.example.org62']);
    turn({ federationIdCase: 'sensitive' });
    assert.deepEqual(await by("FederationIdentifier = 'PER_SAM'"), []);
    assert.deepEqual(await by("FederationIdentifier IN ('PER_SAM')"), []);
  });
});

suite('answers', () => {
  test('have records behind references inside, and null where there is none', async () => {
    const { records } = await api.query(
      "SELECT Id, Name, Profile.Name, Profile.UserLicense.LicenseDefinitionKey, UserRole.Name, Manager.Name FROM User WHERE LastName = 'Vollmer'",
    );

    const [user] = records as [Body & { Profile: Body & { UserLicense: Body } }];
    assert.deepEqual(user['attributes'], {
      type: 'User',
      url: `/services/data/v66.0/sobjects/User/${user['Id']}`,
    });
    assert.equal(user.Profile['Name'], 'Standard User');
    assert.equal((user.Profile['attributes'] as Body)['type'], 'Profile');
    assert.equal(user.Profile.UserLicense['LicenseDefinitionKey'], 'SFDC');
    assert.equal((user['UserRole'] as Body)['Name'], 'Sales EMEA');
    assert.equal(user['Manager'], null);
  });

  test('have children, in pages of their own', async () => {
    const { records } = await api.query(
      "SELECT Name, (SELECT UserOrGroupId FROM GroupMembers) FROM Group WHERE Name IN ('All Sales', 'Sales EMEA') ORDER BY Name",
    );

    const members = records.map((record) => record['GroupMembers'] as Body | null);
    assert.equal(members[0]?.['totalSize'], 1);
    assert.equal(members[1], null);
  });

  test('count alone, or by owner: what somebody who leaves would leave behind', async () => {
    const greta = await api.one("SELECT Id FROM User WHERE LastName = 'Vollmer'");

    const count = await api.query(`SELECT COUNT() FROM Case WHERE OwnerId = '${greta}' AND IsClosed = false`);
    assert.deepEqual(count, { totalSize: 2, done: true, records: [] });
    const open = await api.query(
      'SELECT OwnerId, COUNT(Id) open, MAX(Name) FROM Opportunity WHERE IsClosed = false GROUP BY OwnerId',
    );
    assert.deepEqual(open.records, [
      {
        ...{ attributes: { type: 'AggregateResult' }, OwnerId: greta },
        ...{ open: 2, expr0: 'Stoneware for nine houses' },
      },
    ]);
    const queue = await api.query("SELECT Owner.Name FROM Case WHERE Owner.Name = 'Greta Vollmer'");
    assert.equal(queue.totalSize, 3);
  });

  test('are ordered, with nulls first unless told otherwise, limited and begun later', async () => {
    await api.createUser();
    const by = async (rest: string): Promise<unknown[]> =>
      names((await api.query(`SELECT LastName FROM User ${rest}`)).records, 'LastName');

    assert.deepEqual(await by('ORDER BY LastName DESC LIMIT 2'), ['Vollmer', 'Vestibule Integration']);
    assert.deepEqual(await by('ORDER BY LastName ASC LIMIT 1 OFFSET 1'), ['Okafor']);
    assert.equal((await by('ORDER BY FederationIdentifier')).at(-1), 'Okafor');
    assert.equal((await by('ORDER BY FederationIdentifier NULLS LAST')).at(0), 'Okafor');
    assert.equal((await by('ORDER BY FederationIdentifier DESC NULLS FIRST, LastName')).at(-1), 'Okafor');
  });

  test('come in pages of 2000 by the address in the answer, of fewer by switch or header, for two days', async () => {
    turn({ queryBatchSize: 2 });
    const first = await api.query('SELECT Name FROM Profile');

    assert.deepEqual([first.totalSize, first.done, first.records.length], [6, false, 2]);
    assert.match(first.nextRecordsUrl ?? '', /^\/services\/data\/v66\.0\/query\/01g[A-Za-z0-9]{15}-2$/);
    const found = [...first.records];
    let next = first.nextRecordsUrl;
    while (next !== undefined) {
      const page = (await api.call('GET', next)).json() as typeof first;
      found.push(...page.records);
      next = page.nextRecordsUrl;
      assert.equal(page.done, next === undefined);
    }
    assert.equal(new Set(names(found)).size, 6);

    assert.deepEqual(failure(await api.call('GET', '/query/01gHa0000000099IAA-2')), [
      400,
      'INVALID_QUERY_LOCATOR',
    ]);
    sandbox.system('salesforce').clock.offsetMs = 49 * 3_600_000;
    await api.signIn();
    assert.deepEqual(failure(await api.call('GET', first.nextRecordsUrl ?? '')), [
      400,
      'INVALID_QUERY_LOCATOR',
    ]);
  });

  test('have at least 200 records a page however few the header asks for', async () => {
    const page = await api.query('SELECT Name FROM Profile', { 'sforce-query-options': 'batchSize=3' });

    assert.equal(page.done, true);
  });
});

suite('queries that are refused', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['SELECT', 'MALFORMED_QUERY'],
    ['SELECT Id FROM', 'MALFORMED_QUERY'],
    ['SELECT Id FROM User WHERE', 'MALFORMED_QUERY'],
    ["SELECT Id FROM User WHERE Username = 'unfinished", 'MALFORMED_QUERY'],
    ['SELECT Id FROM User WHERE Username = "x"', 'MALFORMED_QUERY'],
    ["SELECT Id FROM User WHERE Alias = 'a' AND Alias = 'b' OR Alias = 'c'", 'MALFORMED_QUERY'],
    ['SELECT Id FROM User; DROP TABLE User', 'MALFORMED_QUERY'],
    ['SELECT Id, Name FROM User GROUP BY Id', 'MALFORMED_QUERY'],
    ['SELECT Shoe FROM User', 'INVALID_FIELD'],
    ['SELECT Shoe.Name FROM User', 'INVALID_FIELD'],
    ['SELECT Id FROM User WHERE Shoe = 1', 'INVALID_FIELD'],
    ["SELECT Id FROM User WHERE IsActive = 'true'", 'INVALID_FIELD'],
    ['SELECT Id FROM User WHERE Username = 5', 'INVALID_FIELD'],
    ["SELECT Id FROM User WHERE CreatedDate > '2026-01-01T00:00:00Z'", 'INVALID_FIELD'],
    ["SELECT Id FROM User WHERE ProfileId = 'Standard User'", 'INVALID_QUERY_FILTER_OPERATOR'],
    ["SELECT Id FROM User WHERE Id LIKE '005%'", 'INVALID_QUERY_FILTER_OPERATOR'],
    ["SELECT Id FROM LoginHistory WHERE Status = 'Success'", 'INVALID_FIELD'],
    ['SELECT COUNT(Id) FROM LoginHistory', 'MALFORMED_QUERY'],
    ['SELECT Id FROM Person', 'INVALID_TYPE'],
    ['SELECT Id, (SELECT Id FROM Shoes) FROM User', 'INVALID_TYPE'],
    ['SELECT Id FROM User WHERE Id IN (SELECT Id, Name FROM User)', 'MALFORMED_QUERY'],
    ['SELECT Id FROM User OFFSET 2001', 'NUMBER_OUTSIDE_VALID_RANGE'],
  ];
  for (const [soql, code] of cases) {
    test(`${soql} is ${code}`, async () => {
      assert.deepEqual(await refusal(soql), [400, code]);
    });
  }

  test('without a query at all', async () => {
    assert.deepEqual(failure(await api.call('GET', '/query')), [400, 'MALFORMED_QUERY']);
  });
});
