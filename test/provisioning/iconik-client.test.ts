import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpUnavailable, Secret } from '../../src/base/index.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import * as calls from '../../src/provisioning/connectors/iconik/calls.ts';
import type { Credential } from '../../src/provisioning/connectors/iconik/config.ts';
import { IconikApi } from '../../src/provisioning/connectors/iconik/iconik-api.ts';
import { createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { ManualClock } from '../support/manual-clock.ts';

const { aclCalls, groupCalls, trustCalls, userCalls } = calls;
const USER = '7c0e5b1a-40d2-11f0-8f6e-000000000023';
const GROUP = '7c0e5b1a-40d2-11f0-8f6e-000000000012';
const USER_BODY = {
  id: USER,
  email: 'mira@halden.example',
  first_name: 'Mira',
  type: 'STANDARD',
  status: 'ACTIVE',
};
const token = (name: string): Credential => ({
  appId: `app-${name}`,
  authToken: new Secret(name),
  scopes: [],
});
const CLIENT: Credential = { clientId: 'client', clientSecret: new Secret('s&cret'), scopes: ['a', 'b'] };

type Heard = { readonly api: IconikApi; readonly requests: HttpRequest[]; readonly clock: ManualClock };
type Given = Partial<Omit<HttpResponse, 'body'>> & { readonly body?: unknown };

/** The client alone, on a transport that notes requests and gives these answers in turn. */
function listen(
  answers: readonly (Given | Error)[],
  credentials: readonly Credential[] = [token('new')],
): Heard {
  const requests: HttpRequest[] = [];
  const clock = new ManualClock();
  const http: HttpClient = {
    request: async (request) => {
      const answer = answers[requests.length] ?? {};
      requests.push(request);
      if (answer instanceof Error) throw answer;
      const { body = USER_BODY, ...rest } = answer;
      return {
        status: 200,
        headers: {},
        ...rest,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      };
    },
    fetchFor: () => fetch,
  };
  const url = new URL('https://app.iconik.example');
  const api = new IconikApi({ id: 'iconik', url, credentials, http, clock, log: silentLog });
  return { api, requests, clock };
}

const budget = (lane: 'sign-in' | 'background' = 'sign-in') => createCallBudget(lane, 5_000);

test('requests carry App-ID and Auth-Token and end in a slash', async () => {
  const { api, requests } = listen([]);

  await api.send(userCalls.read(USER), budget());

  assert.equal(requests[0]?.url.href, `https://app.iconik.example/API/users/v1/users/${USER}/`);
  assert.deepEqual(requests[0]?.headers, {
    ...{ accept: 'application/json', 'user-agent': 'Vestibule (identity broker)' },
    ...{ 'app-id': 'app-new', 'auth-token': 'new' },
  });
});

test('an address with special characters is one filter', async () => {
  const { api, requests } = listen([{ body: { objects: [] } }]);

  await api.send(userCalls.withMail('a+b&status=DELETED@halden.example'), budget());

  assert.equal(requests[0]?.url.searchParams.get('email'), 'a+b&status=DELETED@halden.example');
  assert.deepEqual([...(requests[0]?.url.searchParams.keys() ?? [])], ['email', 'page', 'per_page']);
});

const HARMFUL: readonly (readonly [string, () => unknown])[] = [
  ['an id that climbs', () => userCalls.read('../groups/x')],
  ['an empty id', () => userCalls.read('')],
  ['a membership of nobody', () => groupCalls.removeMember(GROUP, '')],
  ['a list without permissions', () => aclCalls.put('users', USER, 'collections', GROUP, [])],
  ['a mapping without a name', () => trustCalls.removeMapping('')],
  ['a mapping that climbs', () => trustCalls.removeMapping('..')],
];
for (const [name, make] of HARMFUL) {
  test(`${name} cannot be asked for`, () => {
    assert.throws(make);
  });
}

test('no call deletes a user or a group or sets lists of many objects', () => {
  const made = [
    ...[
      userCalls.read(USER),
      userCalls.create({ ...USER_BODY, status: 'ACTIVE' }),
      userCalls.change(USER, {}),
    ],
    ...[userCalls.bind(USER, { email: 'a@b.example', identity_provider_id: GROUP })],
    ...[groupCalls.addMember(GROUP, USER), groupCalls.removeMember(GROUP, USER)],
    ...[
      aclCalls.put('users', USER, 'collections', GROUP, ['read']),
      aclCalls.remove(USER, 'collections', GROUP),
    ],
    ...[
      trustCalls.removeMapping('editors'),
      trustCalls.bindDomain({ domain: 'x', identity_provider_id: 'x', system_domain_id: 'x' }),
    ],
  ];

  const deletes = made.filter(({ verb }) => verb === 'DELETE').map(({ path }) => path);

  assert.deepEqual(deletes, [
    `/users/v1/groups/${GROUP}/users/${USER}/`,
    `/acls/v1/users/${USER}/acl/collections/${GROUP}/`,
    '/users/v1/groups/mappings/editors/',
  ]);
  assert.ok(made.every(({ path }) => !/^\/acls\/v1\/acl\//.test(path)));
});

test('an older credential serves when the newest is not accepted, and goes on serving', async () => {
  const { api, requests } = listen([{ status: 401 }], [token('new'), token('old')]);

  const first = await api.send(userCalls.read(USER), budget());
  await api.send(userCalls.read(USER), budget());

  assert.equal(first.outcome, 'ok');
  assert.deepEqual(
    requests.map(({ headers }) => headers?.['auth-token']),
    ['new', 'old', 'old'],
  );
});

test('when no credential is accepted the newest is tried first again', async () => {
  const { api, requests } = listen([{ status: 401 }, { status: 401 }], [token('new'), token('old')]);

  const answer = await api.send(userCalls.read(USER), budget());
  await api.send(userCalls.read(USER), budget());

  assert.equal(answer.outcome === 'unavailable' && answer.code, 'provisioning.token_revoked');
  assert.equal(requests.at(-1)?.headers?.['auth-token'], 'new');
});

test('an OAuth token is asked for once and kept until shortly before its end', async () => {
  const granted = { body: { access_token: 'short-lived', expires_in: 900 } };
  const { api, requests, clock } = listen([granted, {}, {}, granted], [CLIENT]);

  await api.send(userCalls.read(USER), budget());
  await api.send(userCalls.read(USER), budget());
  clock.advance(871_000);
  await api.send(userCalls.read(USER), budget());

  assert.deepEqual(
    requests.map(({ method, url }) => `${method} ${url.pathname}`),
    [
      'POST /API/auth/v1/oauth/token/',
      ...[1, 2].map(() => `GET /API/users/v1/users/${USER}/`),
      'POST /API/auth/v1/oauth/token/',
      `GET /API/users/v1/users/${USER}/`,
    ],
  );
  assert.equal(
    requests[0]?.body,
    'grant_type=client_credentials&client_id=client&client_secret=s%26cret&scope=a+b',
  );
  assert.equal(requests[1]?.headers?.['authorization'], 'Bearer short-lived');
  assert.equal(requests[1]?.headers?.['app-id'], undefined);
});

test('a kept OAuth token that was taken back is replaced once', async () => {
  const grant = (text: string): Given => ({ body: { access_token: text, expires_in: 900 } });
  const { api, requests } = listen([grant('one'), {}, { status: 401 }, grant('two')], [CLIENT]);

  await api.send(userCalls.read(USER), budget());
  const answer = await api.send(userCalls.read(USER), budget());

  assert.equal(answer.outcome, 'ok');
  assert.equal(requests.at(-1)?.headers?.['authorization'], 'Bearer two');
});

for (const status of [400, 401]) {
  test(`an OAuth client that is refused with ${status} says so, and nothing else is sent`, async () => {
    const { api, requests } = listen([{ status, body: { error: 'invalid_client' } }], [CLIENT]);

    const answer = await api.send(userCalls.read(USER), budget());

    assert.equal(answer.outcome === 'unavailable' && answer.code, 'provisioning.token_revoked');
    assert.equal(requests.length, 1);
  });
}

const STATUSES: readonly (readonly [number, string, boolean])[] = [
  [401, 'provisioning.token_revoked', false],
  [403, 'provisioning.forbidden', false],
  [419, 'provisioning.bad_answer', true],
  [429, 'provisioning.rate_limited', false],
  [500, 'provisioning.target_error', true],
  [501, 'provisioning.bad_answer', true],
  [502, 'provisioning.target_error', true],
  [503, 'provisioning.maintenance', true],
];
for (const [status, code, maybeApplied] of STATUSES) {
  test(`status ${status} of a write means ${code}`, async () => {
    const { api } = listen([{ status }]);

    const answer = await api.send(userCalls.change(USER, {}), budget());

    assert.ok(answer.outcome === 'unavailable');
    assert.deepEqual([answer.code, answer.maybeApplied], [code, maybeApplied]);
  });
}

const OBJECTIONS: readonly (readonly [string, number, unknown, string])[] = [
  ['by field', 400, { errors: { email: 'A user with this email already exists' } }, 'taken'],
  ['as a list', 400, { errors: ['email: already in use'] }, 'taken'],
  ['by its status alone', 409, { errors: ['Conflict'] }, 'taken'],
  ['of a group that is not there', 400, { errors: { groups: 'Group x does not exist' } }, 'other'],
  ['of full seats', 400, { errors: { type: 'The limit of users with type POWER is reached' } }, 'no-seat'],
  [
    'of a person of another domain',
    400,
    { errors: { email: 'Belongs to another system domain' } },
    'belongs-elsewhere',
  ],
  ['in no known form', 400, '<html>', 'other'],
  ['of a text', 400, { errors: 'That is too long' }, 'other'],
];
for (const [name, status, body, objection] of OBJECTIONS) {
  test(`an objection ${name} is understood as ${objection}, and its words stay inside`, async () => {
    const { api } = listen([{ status, body }]);

    const answer = await api.send(userCalls.change(USER, {}), budget());

    assert.ok(answer.outcome === 'invalid');
    assert.equal(answer.objection, objection);
    assert.deepEqual(Object.keys(answer).sort(), ['fields', 'objection', 'outcome', 'status']);
  });
}

test('an answer in another form is not believed', async () => {
  const { api } = listen([{ body: { objects: [] } }]);

  const answer = await api.send(userCalls.change(USER, {}), budget());

  assert.ok(
    answer.outcome === 'unavailable' && answer.code === 'provisioning.bad_answer' && answer.maybeApplied,
  );
});

test('a write that certainly never left may be sent again without looking', async () => {
  const refused = new HttpUnavailable({
    ...{ code: 'http.unreachable', system: 'iconik', maybeSent: false, publicMessage: 'no answer' },
  });
  const { api } = listen([refused]);

  const answer = await api.send(userCalls.change(USER, {}), budget());

  assert.ok(answer.outcome === 'unavailable' && !answer.maybeApplied);
});

test('after a 429 nothing is sent until the wait is over', async () => {
  const { api, requests, clock } = listen([{ status: 429, headers: { 'retry-after': '7' } }]);
  await api.send(userCalls.read(USER), budget());

  const held = await api.send(userCalls.read(USER), budget());
  clock.advance(7_000);
  const later = await api.send(userCalls.read(USER), budget());

  assert.equal(held.outcome === 'unavailable' && held.retryAfterSeconds, 7);
  assert.equal(later.outcome, 'ok');
  assert.equal(requests.length, 2);
});

test('a 429 that names no wait is waited out all the same', async () => {
  const { api } = listen([{ status: 429 }]);

  const answer = await api.send(userCalls.read(USER), budget());

  assert.equal(answer.outcome === 'unavailable' && answer.retryAfterSeconds, 10);
});

test('background work leaves the last requests of a window to sign-ins', async () => {
  const { api, clock } = listen([{ headers: { 'ratelimit-remaining': '90' } }]);
  await api.send(userCalls.read(USER), budget());

  const background = await api.send(userCalls.read(USER), budget('background'));
  const signIn = await api.send(userCalls.read(USER), budget('sign-in'));
  clock.advance(20_000);
  const later = await api.send(userCalls.read(USER), budget('background'));

  assert.deepEqual([background.outcome, signIn.outcome, later.outcome], ['unavailable', 'ok', 'ok']);
});
