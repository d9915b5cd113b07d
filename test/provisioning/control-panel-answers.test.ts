import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { createHttpClient } from '../../src/platform/http/index.ts';
import { createLog } from '../../src/platform/log/index.ts';
import type { OpenTarget, WriteAnswer } from '../../src/provisioning/connector/connector.ts';
import { connectors } from '../../src/provisioning/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { background, partiesOf, settingsOf } from './control-panel-world.ts';

/** Answers that the simulator never gives: a GraphQL server may send anything. */

type Answer = { readonly status?: number; readonly body: unknown };
type Server = AsyncDisposable & {
  readonly target: OpenTarget;
  readonly requests: readonly string[];
  readonly log: readonly string[];
};

const USER = { id: 'bc/account/user/7', email: 'mira@halden.example' };
const MEMBER = { ...USER, lastLoginAt: null, permissions: [], status: 'ACTIVE' };
const LAST = { hasNextPage: false, endCursor: null };

const storeWith = (users: unknown): object => ({
  node: { id: 'bc/account/store/haldenemea', name: 'EMEA', storeHash: 'haldenemea', users },
});
const account = (users: unknown, stores: readonly unknown[] = []): object => ({
  account: { users, stores: { edges: stores, pageInfo: LAST } },
});
const everybody = { edges: [{ node: USER }], pageInfo: LAST };

async function serve(...answers: readonly Answer[]): Promise<Server> {
  await using cleanup = new AsyncDisposableStack();
  const requests: string[] = [];
  const server = createServer((req, res) => {
    void text(req).then((body) => {
      const { status = 200, body: answer } = answers[Math.min(requests.length, answers.length - 1)] ?? {
        body: {},
      };
      requests.push(body);
      res.writeHead(status, { 'content-type': 'application/json' });
      res.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  cleanup.defer(() => server.closeAllConnections());
  const http = cleanup.use(createHttpClient({ allowInsecureLoopback: true }));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lines: string[] = [];
  const log = createLog('debug', { write: (line: string) => lines.push(line) });
  const deps = { id: 'bc-account', http, clock: new ManualClock(), log, relyingParties: partiesOf() };
  const target = connectors.get('bigcommerce-control-panel')?.open(settingsOf(url), deps);
  const opened = cleanup.move();
  return {
    target: target ?? assert.fail(),
    requests,
    log: lines,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const failure = (message: string, path?: readonly (string | number)[], code?: string): object => ({
  ...{ message, path },
  ...(code !== undefined && { extensions: { code } }),
});

suite('a reading that is not whole is no reading', () => {
  const broken: readonly (readonly [string, unknown])[] = [
    ['users of a store are missing', { data: account(everybody, [storeWith(null)]) }],
    [
      'users of a store are missing, with an error beside',
      { data: account(everybody, [storeWith(null)]), errors: [failure('Internal', ['account'])] },
    ],
    ['an error stands beside data that look whole', { data: account(everybody), errors: [failure('Hm')] }],
    ['the list of users is null', { data: account({ edges: null, pageInfo: LAST }) }],
    [
      'there is more, and nothing says where',
      { data: account({ edges: [], pageInfo: { hasNextPage: true, endCursor: null } }) },
    ],
    ['there is no account', { data: { account: null } }],
    ['there are no data', { data: null, errors: [failure('Internal')] }],
    ['nobody is in the account, not even its owner', { data: account({ edges: [], pageInfo: LAST }) }],
    ['the body is no JSON', 'Service is fine, really'],
    ['the body is a list', []],
    [
      'permissions are no list',
      { data: account(everybody, [storeWith({ edges: [{ node: { ...MEMBER, permissions: null } }] })]) },
    ],
  ];
  for (const [what, body] of broken) {
    test(`${what}: nobody is taken for gone`, async () => {
      await using server = await serve({ body });

      const answer = await server.target.findById(USER.id, {}, {}, background());

      assert.deepEqual(
        [answer.outcome, 'code' in answer && answer.code],
        ['unavailable', 'provisioning.bad_answer'],
      );
    });
  }

  test('a list that never ends is given up', async () => {
    const next = { hasNextPage: true, endCursor: 'again' };
    await using server = await serve({
      body: { data: account({ edges: [{ node: USER }], pageInfo: next }) },
    });

    const answer = await server.target.findById(USER.id, {}, {}, background());

    assert.equal(answer.outcome, 'unavailable');
    assert.ok(server.requests.length <= 101);
  });
});

suite('an answer to an invitation', () => {
  const invite = (server: Server): Promise<WriteAnswer> =>
    server.target.create({ mail: USER.email }, 'unused', background());
  const added = (shown: unknown): object => ({ data: { account: { addUserToAccount: { account: shown } } } });

  test('that shows the new user needs no second request', async () => {
    await using server = await serve({
      body: added({ users: everybody, stores: { edges: [], pageInfo: LAST } }),
    });

    const answer = await invite(server);

    assert.ok(answer.outcome === 'written');
    assert.deepEqual([answer.account.externalId, answer.account.fresh], [USER.id, true]);
    assert.equal(server.requests.length, 1);
  });

  test('that does not show the account is followed by a look', async () => {
    await using server = await serve({ body: added(null) }, { body: { data: account(everybody) } });

    const answer = await invite(server);

    assert.equal(answer.outcome, 'written');
    assert.equal(server.requests.length, 2);
  });

  test('that shows nobody may have worked all the same', async () => {
    const nobody = { edges: [], pageInfo: LAST };
    await using server = await serve({ body: added(null) }, { body: { data: account(nobody) } });

    const answer = await invite(server);

    assert.ok(answer.outcome === 'unavailable');
    assert.equal(answer.maybeApplied, true);
  });

  const refusals: readonly (readonly [string, unknown, string])[] = [
    ['User is already a member', undefined, 'duplicate'],
    ['x', 'ALREADY_EXISTS', 'duplicate'],
    ['mira@halden.example is not a valid address', undefined, 'invalid'],
    ['The account has reached its limit of users', undefined, 'blocked'],
    ['You have already reached the maximum number of users of your plan', undefined, 'blocked'],
    ['The owner must upgrade the plan to add more users', undefined, 'blocked'],
    ['The user limit was exceeded', 'FORBIDDEN', 'blocked'],
    ['limit@halden.example is already used', undefined, 'duplicate'],
    ['Nein', 'UNHEARD_OF', 'blocked'],
  ];
  for (const [message, code, outcome] of refusals) {
    test(`"${message}" (${code ?? 'no code'}) is ${outcome}, and names nobody`, async () => {
      const errors = [failure(message, ['account', 'addUserToAccount'], code as string)];
      await using server = await serve({ body: { data: { account: { addUserToAccount: null } }, errors } });

      const answer = await invite(server);

      assert.equal(answer.outcome, outcome);
      assert.doesNotMatch(JSON.stringify([answer, server.log]), /halden\.example/);
    });
  }

  for (const status of [507, 402]) {
    test(`that is answered with ${status} waits for whoever can raise the limit, and claims nothing`, async () => {
      await using server = await serve({ status, body: {} });

      const answer = await invite(server);

      assert.ok(answer.outcome === 'blocked');
      assert.match(answer.reasons.join(), /takes no more users.*Remove users.*or have the limit raised/);
    });
  }

  test('that is answered with 423 waits for the account to come back', async () => {
    await using server = await serve({ status: 423, body: {} });

    const answer = await invite(server);

    assert.deepEqual(answer.outcome === 'unavailable' && answer.code, 'provisioning.maintenance');
  });

  test('that is empty may have worked', async () => {
    for (const body of [{ data: { account: null } }, { data: null }, {}, 'nonsense']) {
      await using server = await serve({ body });

      const answer = await invite(server);

      assert.ok(answer.outcome === 'unavailable', JSON.stringify(body));
      assert.deepEqual([answer.code, answer.maybeApplied], ['provisioning.bad_answer', true]);
    }
  });

  test('that refuses the document certainly did nothing', async () => {
    for (const status of [200, 400]) {
      await using server = await serve({ status, body: { errors: [failure('Cannot query field "x"')] } });

      const answer = await invite(server);

      assert.ok(answer.outcome === 'unavailable');
      assert.deepEqual([answer.code, answer.maybeApplied], ['provisioning.bad_answer', false]);
    }
  });
});

suite('an answer to a change of stores', () => {
  const join = (server: Server): Promise<WriteAnswer> =>
    server.target.update(
      {
        ...{ externalId: USER.id, call: 'stores', changes: { stores: ['haldenemea', 'haldenna'] } },
        ...{ current: { stores: [] }, desired: {}, marker: 'unused', refs: {}, takeOver: false },
      },
      background(),
    );

  test('that worked in part is looked at: what is there counts', async () => {
    const half = {
      data: { user: { s0: { storeId: 'bc/account/store/haldenemea' }, s1: null } },
      errors: [failure('Try again', ['user', 's1'])],
    };
    const shown = { data: account(everybody, [storeWith({ edges: [{ node: MEMBER }], pageInfo: LAST })]) };
    await using server = await serve({ body: half }, { body: shown });

    const answer = await join(server);

    // The other store is not in the account at all.
    assert.equal(answer.outcome, 'invalid');
  });

  test('that says nothing, or nothing of one of the stores, may have worked', async () => {
    const half = { s0: { storeId: 'bc/account/store/haldenemea' } };
    for (const user of [null, {}, half, undefined]) {
      const body = { data: { user } };
      await using server = await serve({ body });

      const answer = await join(server);

      assert.ok(answer.outcome === 'unavailable');
      assert.equal(answer.maybeApplied, true);
    }
  });
});

test('a mail address travels as a variable, never as part of the document', async () => {
  const mail = '"})}evil{x(a:"@halden.example';
  await using server = await serve({ body: { data: { account: null } } });

  await server.target.create({ mail }, 'unused', background());

  const { query, variables } = JSON.parse(server.requests[0] ?? '') as { query: string; variables: object };
  assert.doesNotMatch(query, /evil/);
  assert.deepEqual(variables, { mail, size: 100 });
});
