import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { startSandbox } from '../../../src/sandbox/index.ts';
import { b2b, callB2b } from './b2b-client.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const system = () => world.sandbox.system('bigcommerce');
const turn = (positions: Record<string, unknown>) => system().turn(positions);
const { storeHash, b2b: account, api } = bigCommerceCredentials['store-emea'];
const withHeaders = (headers: Record<string, string>) => callB2b(world, 'GET', '/companies', { headers });
const issue = (body: unknown) => b2b(world, 'POST', '/auth/backend', { root: '/api/io', headers: {}, body });
const ADA = { storeHash, email: 'ada@halden.example', password: 'halden-demo', name: 'broker' };

test('a token without its store, or nobody at all, is refused', async () => {
  const nobody = await withHeaders({});
  const storeless = await withHeaders({ 'x-auth-token': account.accessToken });
  const elsewhere = await withHeaders({ 'x-auth-token': account.accessToken, 'x-store-hash': 'haldenna' });
  const text = 'Invalid token header. No credentials provided.';

  for (const reply of [nobody, storeless]) {
    assert.equal(reply.status, 401);
    assert.deepEqual(reply.json(), { code: 401, data: { errMsg: text }, meta: { message: text } });
  }
  assert.equal(elsewhere.status, 401);
});

test('a token without the scope is refused with 403 or 401, and so is a store without B2B Edition', async () => {
  const headers = { 'x-auth-token': api.accessToken, 'x-store-hash': storeHash };
  const plain = await withHeaders(headers);
  turn({ b2bMissingScope: '401' });
  const other = await withHeaders(headers);
  const outlet = await callB2b(world, 'GET', '/companies', { store: 'store-outlet' });

  assert.deepEqual([plain.status, other.status, outlet.status], [403, 401, 403]);
});

test('an account that was deleted and the fault for it are refused alike', async () => {
  system().fail({ kind: 'revoked-token', times: 1, match: { host: 'api-b2b.bigcommerce.localhost' } });
  const fault = await callB2b(world, 'GET', '/companies');
  world.act('revoke-account', { account: 'b2b' });
  const revoked = await callB2b(world, 'GET', '/companies');

  assert.equal(revoked.status, 401);
  assert.deepEqual(fault.json(), revoked.json());
});

test('an administrator gets a token of the older kind, which needs no store', async () => {
  const made = await issue(ADA);
  const headers = { authtoken: made.data[0].token as string };
  const used = await withHeaders(headers);
  const listed = await b2b(world, 'GET', '/backend/tokens', { root: '/api/io', headers });
  const gone = await b2b(world, 'DELETE', '/auth/backend', {
    root: '/api/io',
    headers,
    body: { id: listed.data[0].id },
  });

  assert.deepEqual([used.status, listed.data[0].name, gone.code], [200, 'broker', 200]);
  assert.equal((await withHeaders(headers)).status, 401);
});

test('a wrong password and a role without the right get no token', async () => {
  const wrong = await issue({ ...ADA, password: 'x' });
  const sales = await issue({ ...ADA, storeHash: 'haldenna', email: 'sam@halden.example' });

  assert.deepEqual([wrong.code, wrong.meta.message], [400, 'API logic error']);
  assert.match(wrong.data.errMsg, /email or password/);
  assert.equal(sales.data.errMsg, 'role forbidden');
});

test('both kinds of token in one request are refused, or the newer counts', async () => {
  const { data } = await issue(ADA);
  const headers = {
    authtoken: data[0].token as string,
    'x-auth-token': account.accessToken,
    'x-store-hash': storeHash,
  };
  const refused = await withHeaders(headers);
  turn({ b2bMixedTokens: 'x-auth-token' });

  assert.deepEqual([refused.status, (await withHeaders(headers)).status], [401, 200]);
});

test('the minute of B2B Edition is its own', async () => {
  turn({ b2bQuota: 2 });
  const first = await callB2b(world, 'GET', '/companies');
  world.clock.advance(20_000);
  await callB2b(world, 'GET', '/companies');
  const third = await callB2b(world, 'GET', '/companies');
  const rest = await world.api('GET', '/v2/time');
  world.clock.advance(40_000);
  const later = await callB2b(world, 'GET', '/companies');
  world.clock.advance(-60_000);

  assert.equal(first.headers['x-requests-allocated'], '2 times/60 s');
  assert.equal(first.headers['x-requests-remaining'], '1');
  assert.equal(third.headers['x-request-window-resets-after'], '40');
  assert.deepEqual([third.status, rest.status, later.status], [429, 200, 200]);
  assert.deepEqual(third.json(), { code: 429, data: {}, meta: { message: 'Too Many Requests' } });
});

test('the wait for the next minute is told in seconds or milliseconds', async () => {
  const told = async () =>
    (await callB2b(world, 'GET', '/companies')).headers['x-request-window-resets-after'];
  const seconds = await told();
  turn({ b2bResetUnit: 'milliseconds' });

  assert.deepEqual([seconds, await told()], ['60', '60000']);
});

test('whole hierarchies can be asked for fifteen times a minute', async () => {
  const statuses = [];
  for (let n = 0; n < 16; n += 1)
    statuses.push((await callB2b(world, 'GET', '/companies/501/hierarchy')).status);
  const other = await callB2b(world, 'GET', '/companies/501/subsidiaries');

  assert.deepEqual([statuses[14], statuses[15], other.status], [200, 429, 200]);
});

test('limits are told in headers or kept quiet; every answer has its number', async () => {
  turn({ b2bRateHeaders: 'omitted' });
  const { headers } = await callB2b(world, 'GET', '/companies');

  assert.equal(headers['x-requests-remaining'], undefined);
  assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/);
  assert.ok(headers['trace-id']);
});

test('an error has the status of its code, or 200', async () => {
  const plain = await callB2b(world, 'GET', '/users/7');
  turn({ b2bErrorStatus: 'always-200' });
  const masked = await callB2b(world, 'GET', '/users/7');

  assert.deepEqual([plain.status, masked.status], [404, 200]);
  assert.deepEqual(masked.json(), plain.json());
});

test('a body that is no JSON and a path that is none are told', async () => {
  const broken = await callB2b(world, 'POST', '/users', { body: '{' });
  const nowhere = await callB2b(world, 'GET', '/nowhere');

  assert.deepEqual([broken.status, nowhere.status], [400, 404]);
});

test('calls are in the state, without values or tokens', async () => {
  await issue(ADA);
  await callB2b(world, 'POST', '/users', { body: { firstName: 'Secretive', companyId: 501 } });
  const { b2b: state } = world.state() as unknown as {
    b2b: { calls: { method: string; path: string; bodyKeys: string[]; account: string; status: number }[] };
  };

  assert.deepEqual(
    state.calls.map(({ method, path, bodyKeys, account: by, status }) => [
      method,
      path,
      bodyKeys,
      by,
      status,
    ]),
    [['POST', '/api/v3/io/users', ['companyId', 'firstName'], 'b2b', 422]],
  );
  assert.doesNotMatch(JSON.stringify(state), /Secretive|sandbox-token/);
});

test('companies, their people and control-panel users outlive the process where stores do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-b2b-'));
  const options = { port: 0, clock: world.clock, only: ['bigcommerce'], folder };
  const kept = async (change: boolean) => {
    await using sandbox = await startSandbox(options);
    const there = { ...world, sandbox };
    if (change) {
      const body = { firstName: 'Tess', lastName: 'Moreau', email: 'tess@halden.example', channelIds: [1] };
      const { data } = await b2b(there, 'POST', '/super-admins', { body });
      await b2b(there, 'PUT', `/super-admins/${data.userId}`, {
        body: { companies: [{ companyId: 503, isAssigned: true }] },
      });
      await b2b(there, 'DELETE', '/companies/504');
      sandbox.system('bigcommerce').actions?.['set-panel-permissions']?.run({
        store: 'store-na',
        email: 'sam@halden.example',
        permissions: ['Manage_Orders'],
      });
    }
    const { stores, account: panel } = sandbox.system('bigcommerce').state() as {
      stores: Record<string, { b2b: { superAdmins: object[]; companies: object[] } }>;
      account: { users: object[] };
    };
    const { superAdmins, companies } = stores['store-emea']?.b2b ?? {};
    return JSON.stringify({ superAdmins, companies, users: panel.users });
  };
  try {
    const before = await kept(true);
    const after = await kept(false);

    assert.equal(after, before);
    assert.match(after, /tess@halden.example/);
    assert.doesNotMatch(after, /Baltic/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
