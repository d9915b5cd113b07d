import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { accountCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { account, add, callAccount, removeFromAccount, SNAPSHOT } from './account-client.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const run = (query: string, options?: Parameters<typeof account>[2]) =>
  account(world.sandbox, query, options);
const mails = async () => {
  const { data } = await run('{ account { users { edges { node { email } } } } }');
  return data.account.users.edges.map(({ node }: { node: { email: string } }) => node.email) as string[];
};

const act = (action: string, body: unknown) =>
  world.sandbox.system('bigcommerce').actions?.[action]?.run(body);
const MIRA = 'mira@halden.example';

test('connections are paged with cursors', async () => {
  const page = async (args: string) => {
    const body = await run(
      `{ account { users${args} { edges { cursor node { email } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`,
    );
    return body.data?.account?.users ?? body;
  };
  const first = await page('(first: 2)');
  const second = await page(`(first: 2, after: "${first.pageInfo.endCursor}")`);
  const last = await page(`(last: 1)`);
  const back = await page(`(last: 2, before: "${last.edges[0].cursor}")`);
  const rest = await page(`(first: 10, after: "${second.pageInfo.endCursor}")`);

  const emails = ({ edges }: { edges: { node: { email: string } }[] }) =>
    edges.map(({ node }) => node.email.split('@')[0]);
  assert.deepEqual([first, second, rest].map(emails), [['ada', 'ines'], ['sam', 'lena'], ['viktor']]);
  assert.deepEqual(emails(back), ['sam', 'lena']);
  assert.deepEqual(
    [first, rest].map(({ pageInfo }) => pageInfo.hasNextPage),
    [true, false],
  );
  assert.deepEqual(
    [first, rest].map(({ pageInfo }) => pageInfo.hasPreviousPage),
    [false, true],
  );
  assert.match((await page('(after: "nothing")')).errors[0].message, /cursor/);
  assert.match((await page('(first: 1000)')).errors[0].message, /at most 250/);
  turn({ accountPageSize: 3 });
  const short = await page('');
  assert.deepEqual([short.edges.length, short.pageInfo.hasNextPage], [3, true]);
});

test('ids lead to what they are the id of', async () => {
  const { data } = await run(`{ node(id: "bc/account/user/40002") { __typename id ... on User { email } }
    nodes(ids: ["bc/account/store/haldenna", "bc/account/user/1"]) { id ... on Store { name } } system { time } }`);

  assert.deepEqual(data.node, {
    __typename: 'User',
    id: 'bc/account/user/40002',
    email: 'ines@halden.example',
  });
  assert.deepEqual(data.nodes, [{ id: 'bc/account/store/haldenna', name: 'Halden North America' }, null]);
  assert.equal(data.system.time, '2026-01-01T00:00:10Z');
});

test('a token of nobody or of another account is refused with the body of the REST APIs', async () => {
  const query = '{ account { id } }';
  const replies = [
    await callAccount(world.sandbox, query, { token: 'nobody' }),
    await callAccount(world.sandbox, query, { uuid: '00000000-0000-0000-0000-000000000000' }),
  ];
  act('revoke-account-token', { token: 'accountApi' });
  replies.push(await callAccount(world.sandbox, query));

  for (const reply of replies) {
    assert.equal(reply.status, 401);
    assert.match(reply.body, /not a valid combination/);
  }
});

test('a token without the scope gets an error beside null, or 403', async () => {
  const token = accountCredentials.readOnlyApi.accessToken;
  const graphql = await callAccount(world.sandbox, add(MIRA), { token });
  turn({ accountMissingScope: 'http-403' });
  const http = await callAccount(world.sandbox, add(MIRA), { token });

  const body = graphql.json() as Awaited<ReturnType<typeof run>>;
  assert.equal(graphql.status, 200);
  assert.deepEqual(body.data, { account: { addUserToAccount: null } });
  assert.deepEqual(body.errors?.[0]?.extensions, {
    code: 'INSUFFICIENT_ACCESS_SCOPE',
    requiredScopes: ['account_users_write'],
  });
  assert.equal(http.status, 403);
  assert.match(http.body, /required scope/);
  assert.ok(!(await mails()).includes(MIRA));
});

test('refusals carry a code only where the switch says so', async () => {
  const plain = await run(removeFromAccount('nobody@halden.example'));
  turn({ accountErrorCodes: 'present' });
  const coded = await run(removeFromAccount('nobody@halden.example'));

  assert.equal(plain.errors?.[0]?.extensions, undefined);
  assert.deepEqual(coded.errors?.[0]?.extensions, { code: 'NOT_FOUND' });
});

test('a wrong document runs nothing and is answered with 200 or 400', async () => {
  const wrong = [
    '{ account { id',
    '{ account { shoeSize } }',
    '{ account }',
    '{ account { id { x } } }',
    'mutation { account { addUserToAccount { account { id } } } }',
    'mutation { account { addUserToAccount(input: {}) { account { id } } } }',
    `query($n: Int!) { account { users(first: $n) { edges { node { id } } } } }`,
    '{ account { ...Nowhere } }',
    '{ account { users(first: "many") { edges { node { id } } } } }',
  ];
  for (const query of wrong) {
    const reply = await callAccount(world.sandbox, query);
    const body = reply.json() as { data?: unknown; errors: { message: string }[] };
    assert.deepEqual([reply.status, body.data], [200, undefined], query);
    assert.ok((body.errors[0]?.message ?? '').length > 10, query);
  }
  turn({ accountRejectedStatus: '400' });
  assert.equal((await callAccount(world.sandbox, wrong[0] ?? '')).status, 400);
});

test('seventy calls an hour are answered, over all tokens of the account', async () => {
  act('use-account-quota', { calls: 68 });
  const first = await callAccount(world.sandbox, '{ system { time } }');
  await callAccount(world.sandbox, '{ system { time } }', {
    token: accountCredentials.readOnlyApi.accessToken,
  });
  world.clock.advance(600_000);
  const over = await callAccount(world.sandbox, add(MIRA));
  const store = await world.api('GET', '/v2/time');
  world.clock.advance(3_000_000);
  const later = await callAccount(world.sandbox, '{ system { time } }');
  world.clock.advance(-3_600_000);

  assert.equal(first.headers['x-rate-limit-requests-left'], '1');
  assert.equal(first.headers['x-rate-limit-time-window-ms'], '3600000');
  assert.equal(over.status, 429);
  assert.equal(over.headers['x-rate-limit-time-reset-ms'], '3000000');
  assert.equal(over.headers['x-retry-after'], '3000');
  assert.deepEqual([store.status, later.status], [200, 200]);
});

test('limits are told in headers or kept quiet', async () => {
  turn({ accountRateHeaders: 'omitted', accountQuota: 1 });
  const first = await callAccount(world.sandbox, '{ system { time } }');
  const second = await callAccount(world.sandbox, '{ system { time } }');

  assert.deepEqual([first.status, second.status], [200, 429]);
  for (const { headers } of [first, second]) {
    assert.equal(headers['x-rate-limit-requests-left'], undefined);
    assert.equal(headers['x-retry-after'], undefined);
  }
});

test('a lost reply has added the user all the same; a fault can hit this API alone', async () => {
  const system = world.sandbox.system('bigcommerce');
  system.fail({ kind: 'lost-reply', times: 1, match: { path: '/accounts' } });
  const time = await world.api('GET', '/v2/time');
  await assert.rejects(callAccount(world.sandbox, add(MIRA)));

  assert.equal(time.status, 200);
  assert.ok((await mails()).includes(MIRA));
  system.fail({ kind: 'revoked-token', match: { path: '/accounts' } });
  assert.equal((await callAccount(world.sandbox, '{ account { id } }')).status, 401);
});

test('calls are counted by token and operation in the state', async () => {
  await run(add(MIRA));
  await run(SNAPSHOT);
  const { account: state } = world.sandbox.system('bigcommerce').state() as {
    account: { calls: { token: string; operation: string; status: number }[]; mails: { to: string }[] };
  };

  assert.deepEqual(
    state.calls.map(({ token, operation, status }) => [token, operation, status]),
    [
      ['accountApi', 'addUserToAccount', 200],
      ['accountApi', 'query', 200],
    ],
  );
  assert.equal(state.mails[0]?.to, MIRA);
  assert.doesNotMatch(JSON.stringify(state), /halden-demo|sandbox-token/);
});
