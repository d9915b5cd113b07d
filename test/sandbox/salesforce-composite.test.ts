import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Body, type Failure, failure, SalesforceApi } from './client/salesforce-api.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let api: SalesforceApi;

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['salesforce'] });
  api = new SalesforceApi(sandbox);
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(async () => {
  sandbox.reset();
  await api.signIn();
});

type Result = { body: unknown; httpHeaders: Body; httpStatusCode: number; referenceId: string };
type Part = { method: string; url: string; referenceId: string; body?: unknown };

const V = '/services/data/v66.0';
const part = (referenceId: string, method: string, path: string, body?: unknown): Part => ({
  ...{ method, url: V + path, referenceId },
  ...(body !== undefined && { body }),
});
const soql = (text: string): string => `/query?q=${encodeURIComponent(text)}`;

async function composite(allOrNone: boolean, ...compositeRequest: Part[]): Promise<Result[]> {
  const reply = await api.call('POST', '/composite', { allOrNone, compositeRequest });
  assert.equal(reply.status, 200, reply.body);
  return (reply.json() as { compositeResponse: Result[] }).compositeResponse;
}
const statuses = (results: readonly Result[]): number[] => results.map((each) => each.httpStatusCode);
const errorOf = (result: Result | undefined): Failure | undefined =>
  (result?.body as Failure[] | undefined)?.[0];
const code = (result: Result | undefined): string | undefined => errorOf(result)?.errorCode;
const users = async (): Promise<number> =>
  (await api.query("SELECT COUNT() FROM User WHERE LastName = 'Okafor'")).totalSize;

suite('composite', () => {
  test('hands results on to later calls and counts as one call', async () => {
    const used = (await api.call('GET', '/limits')).headers['sforce-limit-info'];
    const set = await api.one("SELECT Id FROM PermissionSet WHERE Name = 'Halden_Order_Entry'");

    const results = await composite(
      true,
      part('made', 'POST', '/sobjects/User', await api.newUser()),
      part('set', 'POST', '/sobjects/PermissionSetAssignment', {
        ...{ AssigneeId: '@{made.id}', PermissionSetId: set },
      }),
      part('login', 'GET', `/query?q=SELECT+Id+FROM+UserLogin+WHERE+UserId='@{made.id}'`),
      part('freeze', 'PATCH', '/sobjects/UserLogin/@{login.records[0].Id}', { IsFrozen: true }),
      part('look', 'GET', '/sobjects/User/@{made.id}?fields=Username'),
    );

    assert.deepEqual(statuses(results), [201, 201, 200, 204, 200]);
    assert.deepEqual(
      results.map(({ referenceId }) => referenceId),
      ['made', 'set', 'login', 'freeze', 'look'],
    );
    const [made, , , frozen, seen] = results.map(({ body }) => body as Body | null);
    assert.equal(results[0]?.httpHeaders['Location'], `${V}/sobjects/User/${made?.['id']}`);
    assert.equal(frozen, null);
    assert.equal(seen?.['Username'], 'sam@halden.example.org62');
    const after = (await api.call('GET', '/limits')).headers['sforce-limit-info'];
    const number = (text: unknown): number => Number(/=(\d+)\//.exec(String(text))?.[1]);
    // The query for the permission set, that for the profile, the composite, and the look at the limits.
    assert.equal(number(after) - number(used), 4);
  });

  test('all or none: the one that failed says why, the others were taken back', async () => {
    const results = await composite(
      true,
      part('made', 'POST', '/sobjects/User', await api.newUser()),
      part('two', 'POST', '/sobjects/User', await api.newUser({ Alias: 'far too long' })),
      part('three', 'GET', '/sobjects/User/@{made.id}'),
    );

    assert.deepEqual(statuses(results), [400, 400, 400]);
    assert.deepEqual(results.map(code), ['PROCESSING_HALTED', 'STRING_TOO_LONG', 'PROCESSING_HALTED']);
    assert.equal(await users(), 0);
    assert.ok(await api.createUser(), 'the name is free again');
  });

  test('not all or none: each for itself, and who refers to a failure is halted', async () => {
    const results = await composite(
      false,
      part('bad', 'POST', '/sobjects/User', await api.newUser({ Alias: 'far too long' })),
      part('good', 'POST', '/sobjects/User', await api.newUser()),
      part('behind', 'GET', '/sobjects/User/@{bad.id}'),
      part('missing', 'GET', '/sobjects/User/@{nobody.id}'),
    );

    assert.deepEqual(statuses(results), [400, 201, 400, 400]);
    assert.deepEqual([code(results[2]), code(results[3])], ['PROCESSING_HALTED', 'PROCESSING_HALTED']);
    assert.equal(await users(), 1);
  });

  test('set-up and business do not mix in all-or-none, but may in one request otherwise', async () => {
    const parts = [
      part('contact', 'POST', '/sobjects/Contact', { LastName: 'Okafor' }),
      part('made', 'POST', '/sobjects/User', await api.newUser()),
    ];

    const [first, second] = await composite(true, ...parts);
    assert.deepEqual([code(first), code(second)], ['PROCESSING_HALTED', 'MIXED_DML_OPERATION']);
    assert.match(errorOf(second)?.message ?? '', /User, original object: Contact/);
    assert.equal((await api.query("SELECT Id FROM Contact WHERE LastName = 'Okafor'")).totalSize, 0);
    assert.deepEqual(statuses(await composite(false, ...parts)), [201, 201]);

    const id = await api.one("SELECT Id FROM User WHERE LastName = 'Okafor'");
    const harmless = part('phone', 'PATCH', `/sobjects/User/${id}`, { Phone: '1' });
    const harmful = part('off', 'PATCH', `/sobjects/User/${id}`, { IsActive: false });
    const account = part('account', 'POST', '/sobjects/Account', { Name: 'Mixed' });
    assert.deepEqual(statuses(await composite(true, account, harmless)), [201, 204]);
    assert.equal(code((await composite(true, harmful, account))[1]), 'MIXED_DML_OPERATION');
  });

  test('what is undone includes ended sessions and licences', async () => {
    const token = await api.signIn();
    const { records } = await api.query('SELECT Id FROM AuthSession');
    const ends = records.map((each, at) => part(`end${at}`, 'DELETE', `/sobjects/AuthSession/${each['Id']}`));

    const results = await composite(true, ...ends, part('no', 'DELETE', '/sobjects/User/005Ha0000000001IAA'));

    assert.equal(results.at(-1)?.httpStatusCode, 400);
    assert.ok(token);
    assert.equal((await api.query('SELECT Id FROM AuthSession')).totalSize, records.length);
  });

  test('has its limits and its form', async () => {
    const get = (count: number, path: string): Part[] =>
      Array.from({ length: count }, (_each, at) => part(`r${at}`, 'GET', path));
    const refused = async (compositeRequest: unknown): Promise<[number, string]> =>
      failure(await api.call('POST', '/composite', { compositeRequest }));

    assert.equal((await composite(false, ...get(25, '/limits'))).length, 25);
    assert.deepEqual(await refused(get(26, '/limits')), [400, 'LIMIT_EXCEEDED']);
    assert.deepEqual(await refused(get(6, soql('SELECT Id FROM User'))), [400, 'LIMIT_EXCEEDED']);
    assert.deepEqual(await refused([...get(1, '/limits'), ...get(1, '/limits')]), [400, 'INVALID_FIELD']);
    assert.deepEqual(await refused([]), [400, 'JSON_PARSER_ERROR']);
    assert.deepEqual(await refused([{ method: 'GET' }]), [400, 'JSON_PARSER_ERROR']);
    assert.deepEqual(await refused([{ ...part('a-b', 'GET', '/limits') }]), [400, 'JSON_PARSER_ERROR']);
    const other = { ...part('a', 'GET', ''), url: '/services/data/v60.0/limits' };
    assert.equal(code((await composite(false, other))[0]), 'INVALID_REQUEST');
  });

  test('batch: independent calls', async () => {
    const batchRequests = [
      { method: 'GET', url: 'v66.0/limits' },
      { method: 'POST', url: 'v66.0/sobjects/Account', richInput: {} },
      { method: 'GET', url: '/services/data/v66.0/sobjects' },
    ];
    const run = async (haltOnError: boolean) =>
      (await api.call('POST', '/composite/batch', { batchRequests, haltOnError })).json() as {
        hasErrors: boolean;
        results: { statusCode: number }[];
      };

    const all = await run(false);
    assert.equal(all.hasErrors, true);
    assert.deepEqual(
      all.results.map(({ statusCode }) => statusCode),
      [200, 400, 200],
    );
    assert.equal((await run(true)).results.at(-1)?.statusCode, 412);
  });
});

suite('collections', () => {
  type Item = {
    id?: string;
    success: boolean;
    created?: boolean;
    errors: (Failure & { statusCode: string })[];
  };
  const user = async (name: string, change: Body = {}): Promise<Body> => ({
    attributes: { type: 'User' },
    ...(await api.newUser({ Username: `${name}@halden.example.org62`, FederationIdentifier: `per_${name}` })),
    ...change,
  });
  const many = async (method: string, path: string, body?: unknown): Promise<Item[]> => {
    const reply = await api.call(method, path, body);
    assert.equal(reply.status, 200, reply.body);
    return reply.json() as Item[];
  };

  test('make, change and remove up to 200 records, each for itself', async () => {
    const records = [await user('one'), await user('two', { Alias: 'far too long' }), { LastName: 'x' }];

    const made = await many('POST', '/composite/sobjects', { records });

    assert.deepEqual(
      made.map(({ success, errors }) => [success, errors[0]?.statusCode]),
      [
        [true, undefined],
        [false, 'STRING_TOO_LONG'],
        [false, 'INVALID_TYPE'],
      ],
    );
    const type = { attributes: { type: 'User' } };
    const changed = await many('PATCH', '/composite/sobjects', {
      records: [
        { ...type, id: made[0]?.id, Title: 'Seller' },
        { ...type, Title: 'Nobody' },
      ],
    });
    assert.deepEqual(
      changed.map(({ success }) => success),
      [true, false],
    );
    const groups = await api.query('SELECT Id FROM GroupMember');
    const ids = groups.records.map((each) => each['Id']).join(',');
    const removed = await many('DELETE', `/composite/sobjects?ids=${ids},${made[0]?.id}`);
    assert.deepEqual(
      removed.map(({ success }) => success),
      [true, true, false],
    );
  });

  test('all or none', async () => {
    const records = [await user('one'), await user('two', { Alias: 'far too long' })];

    const made = await many('POST', '/composite/sobjects', { allOrNone: true, records });

    assert.deepEqual(
      made.map(({ errors }) => errors[0]?.statusCode),
      ['ALL_OR_NONE_OPERATION_ROLLED_BACK', 'STRING_TOO_LONG'],
    );
    assert.equal(await users(), 0);
    const mixed = await many('POST', '/composite/sobjects', {
      allOrNone: true,
      records: [{ attributes: { type: 'Contact' }, LastName: 'x' }, await user('one')],
    });
    assert.equal(mixed[1]?.errors[0]?.statusCode, 'MIXED_DML_OPERATION');
  });

  test('are upserted by Federation ID and fetched by id', async () => {
    const upsert = async (...records: Body[]) =>
      many('PATCH', '/composite/sobjects/User/FederationIdentifier', { records });
    const made = await upsert(await user('one'));
    const again = await upsert(
      { attributes: { type: 'User' }, FederationIdentifier: 'per_one', Title: 'Seller' },
      { attributes: { type: 'User' }, Title: 'Nobody' },
    );

    assert.deepEqual([made[0]?.created, again[0]?.created, again[1]?.success], [true, false, false]);
    const id = made[0]?.id ?? '';
    const path = `/composite/sobjects/User?ids=${id},005Ha0000000099IAA&fields=Title`;
    const found = (await api.call('GET', path)).json() as Body[];
    assert.deepEqual([found[0]?.['Title'], found[1]], ['Seller', null]);
    const posted = await api.call('POST', '/composite/sobjects/User', { ids: [id], fields: ['Id', 'Shoe'] });
    assert.deepEqual(failure(posted), [400, 'INVALID_FIELD']);
  });

  test('are not more than 200', async () => {
    const account = { attributes: { type: 'Account' }, Name: 'One of many' };
    const records = (count: number): unknown => ({ records: Array.from({ length: count }, () => account) });

    assert.equal((await many('POST', '/composite/sobjects', records(200))).length, 200);
    assert.deepEqual(failure(await api.call('POST', '/composite/sobjects', records(201))), [
      400,
      'LIMIT_EXCEEDED',
    ]);
  });
});
