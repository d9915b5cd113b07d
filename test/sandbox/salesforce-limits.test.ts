import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type Body, failure, SalesforceApi } from './client/salesforce-api.ts';

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

const turn = (positions: Record<string, unknown>): void => sandbox.system('salesforce').turn(positions);
const limits = () => api.call('GET', '/limits');

suite('calls in a day', () => {
  test('are told in every answer, run out with 403 and come back after 24 hours', async () => {
    turn({ dailyApiRequests: 3 });
    assert.equal((await limits()).headers['sforce-limit-info'], 'api-usage=1/3');
    const { DailyApiRequests } = (await limits()).json() as { DailyApiRequests: Body };
    assert.deepEqual(DailyApiRequests, { Max: 3, Remaining: 1 });
    await limits();

    const refused = await limits();
    assert.deepEqual(failure(refused), [403, 'REQUEST_LIMIT_EXCEEDED']);
    assert.equal(refused.headers['retry-after'], undefined);
    sandbox.system('salesforce').clock.offsetMs = 24 * 3_600_000 + 1;
    await api.signIn();
    assert.equal((await limits()).status, 200);
  });

  test('are used up by others too; the header may be missing', async () => {
    turn({ otherApiUsage: 100_000 });
    assert.deepEqual(failure(await limits()), [403, 'REQUEST_LIMIT_EXCEEDED']);
    turn({ otherApiUsage: 99_000, limitHeader: false });
    assert.equal((await limits()).headers['sforce-limit-info'], undefined);
  });
});

suite('trouble', () => {
  test('rows are locked on every write, every second one, or as often as an action says', async () => {
    const write = async (): Promise<number> =>
      (await api.call('POST', '/sobjects/Account', { Name: 'x' })).status;

    turn({ rowLocks: 'every-write' });
    assert.deepEqual(failure(await api.call('POST', '/sobjects/Account', { Name: 'x' })), [
      ...[400, 'UNABLE_TO_LOCK_ROW'],
    ]);
    turn({ rowLocks: 'free' });
    api.act('lock-rows', { times: 2 });
    assert.deepEqual([await write(), await write(), await write()], [400, 400, 201]);
    turn({ rowLocks: 'every-second-write' });
    const four = [await write(), await write(), await write(), await write()];
    assert.equal(four.filter((status) => status === 201).length, 2);
  });

  test('maintenance and faults of the frame', async () => {
    turn({ maintenance: true });
    assert.deepEqual(failure(await limits()), [503, 'SERVER_UNAVAILABLE']);
    assert.equal((await api.call('GET', '/services/data')).status, 503);
    turn({ maintenance: false });

    const salesforce = sandbox.system('salesforce');
    const path = '/services/data/v66.0/sobjects/User';
    salesforce.fail({ kind: 'lost-reply', match: { method: 'POST', path }, times: 1 });
    const body = await api.newUser();
    await assert.rejects(api.call('POST', '/sobjects/User', body));
    assert.deepEqual(failure(await api.call('POST', '/sobjects/User', body)), [400, 'DUPLICATE_USERNAME']);
    salesforce.fail({ kind: 'html-503', times: 1 });
    assert.match((await limits()).body, /<html/);
  });

  test('an integration without the right to manage users reads and does not write', async () => {
    turn({ integrationRights: 'read-only' });

    assert.equal((await api.query('SELECT COUNT() FROM User')).totalSize, 3);
    const reply = await api.call('POST', '/sobjects/User', await api.newUser());
    assert.deepEqual(failure(reply), [400, 'INSUFFICIENT_ACCESS_OR_READONLY']);
  });
});

suite('the surface', () => {
  test('names its versions to everybody and its resources to who is signed in', async () => {
    const anonymous = await api.call('GET', '/services/data', undefined, { authorization: '' });
    const versions = anonymous.json() as { version: string; url: string }[];
    assert.deepEqual(versions.at(-1)?.url, '/services/data/v66.0');
    assert.ok('sobjects' in ((await api.call('GET', '/')).json() as Body));

    turn({ newestVersion: 68 });
    assert.equal((await api.call('GET', '/services/data/v68.0/limits')).status, 200);
    turn({ newestVersion: 60 });
    assert.deepEqual(failure(await limits()), [404, 'NOT_FOUND']);
  });

  test('says what it cannot read', async () => {
    const post = (body: string, type = 'application/json') =>
      api.call('POST', '/sobjects/Account', body, { 'content-type': type });

    assert.deepEqual(failure(await post('{"Name":')), [400, 'JSON_PARSER_ERROR']);
    assert.deepEqual(failure(await post('[]')), [400, 'JSON_PARSER_ERROR']);
    assert.deepEqual(failure(await post('Name=x', 'application/x-www-form-urlencoded')), [
      ...[415, 'UNSUPPORTED_MEDIA_TYPE'],
    ]);
    assert.deepEqual(failure(await api.call('PUT', '/sobjects/Account', {})), [405, 'METHOD_NOT_ALLOWED']);
    assert.deepEqual(failure(await api.call('GET', '/nowhere/at/all/there')), [404, 'NOT_FOUND']);
    const readOnly = await api.call('POST', '/sobjects/Profile', { Name: 'x' });
    assert.deepEqual(failure(readOnly), [400, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY']);
  });

  test('names another instance, by switch', async () => {
    turn({ instanceUrl: 'http://other.example' });
    const reply = await api.token({
      ...{ grant_type: 'client_credentials', client_id: 'halden-external-client-app-vestibule' },
      client_secret: 'sandbox-secret-of-salesforce-integration-0000000000',
    });

    assert.equal((reply.json() as Body)['instance_url'], 'http://other.example');
  });
});
