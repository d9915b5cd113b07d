import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { HttpUnavailable, Secret } from '../../src/base/index.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import {
  StoreApi,
  type StoreRequest,
} from '../../src/provisioning/connectors/bigcommerce-storefront/store-api.ts';
import { createCallBudget } from '../../src/provisioning/targets/call-budget.ts';
import { ManualClock } from '../support/manual-clock.ts';

type Heard = { readonly api: StoreApi; readonly requests: HttpRequest[]; readonly clock: ManualClock };

/** The client alone, on a transport that notes requests and gives these answers in turn. */
function listen(...answers: readonly (Partial<HttpResponse> | Error)[]): Heard {
  const requests: HttpRequest[] = [];
  const clock = new ManualClock();
  const http: HttpClient = {
    request: async (request) => {
      const answer = answers[requests.length] ?? {};
      requests.push(request);
      if (answer instanceof Error) throw answer;
      return { status: 200, headers: {}, body: '{}', ...answer };
    },
    fetchFor: () => fetch,
  };
  const api = new StoreApi({
    ...{ id: 'bc-emea', storeHash: 'abc123', http, clock, log: silentLog },
    apiUrl: new URL('https://api.bigcommerce.com'),
    tokens: [new Secret('token-1')],
  });
  return { api, requests, clock };
}

const anything = z.unknown();
const FIND: StoreRequest = {
  verb: 'GET',
  path: '/v3/customers',
  query: { 'email:in': 'a+b@halden.example' },
};
const budget = (lane: 'sign-in' | 'background' = 'sign-in') => createCallBudget(lane, 5_000);

test('a plus sign and other special characters of a mail address are encoded', async () => {
  const { api, requests } = listen();

  await api.send(FIND, anything, budget());

  assert.equal(
    requests[0]?.url.href,
    'https://api.bigcommerce.com/stores/abc123/v3/customers?email:in=a%2Bb%40halden.example',
  );
});

test('requests name the integration, the token and the accepted form', async () => {
  const { api, requests } = listen();

  await api.send(FIND, anything, budget());

  assert.deepEqual(requests[0]?.headers, {
    accept: 'application/json',
    'user-agent': 'Vestibule (identity broker)',
    'x-auth-token': 'token-1',
  });
});

const DANGEROUS: readonly (readonly [string, StoreRequest])[] = [
  ['an update without an id', { verb: 'PUT', path: '/v3/customers', items: [{ first_name: 'All' }] }],
  ['an update with an id that is no number', { verb: 'PUT', path: '/v3/customers', items: [{ id: 'x' }] }],
  ['an update of nobody', { verb: 'PUT', path: '/v3/customers', items: [] }],
  [
    'a write of eleven',
    { verb: 'POST', path: '/v3/customers', items: Array.from({ length: 11 }, (_, id) => ({ id })) },
  ],
  [
    'an address update without an id',
    { verb: 'PUT', path: '/v3/customers/addresses', items: [{ customer_id: 1 }] },
  ],
  [
    'a filter that is no whole number',
    { verb: 'GET', path: '/v3/customers', query: { 'id:in': Number.NaN } },
  ],
];
for (const [name, request] of DANGEROUS) {
  test(`${name} is never sent`, async () => {
    const { api, requests } = listen();

    await assert.rejects(api.send(request, anything, budget()));

    assert.deepEqual(requests, []);
  });
}

test('the last call of a window is spent once, and the window is waited for', async () => {
  const headers = {
    'x-rate-limit-requests-left': '0',
    'x-rate-limit-requests-quota': '150',
    'x-rate-limit-time-reset-ms': '12000',
  };
  const { api, requests, clock } = listen({ headers });
  await api.send(FIND, anything, budget());

  const held = await api.send(FIND, anything, budget());
  clock.advance(12_000);
  const after = await api.send(FIND, anything, budget());

  assert.deepEqual(held, {
    outcome: 'unavailable',
    code: 'provisioning.rate_limited',
    retryAfterSeconds: 12,
    maybeApplied: false,
  });
  assert.equal(after.outcome, 'ok');
  assert.equal(requests.length, 2);
});

test('background work leaves the last fifth of the quota to sign-ins', async () => {
  const headers = {
    'x-rate-limit-requests-left': '30',
    'x-rate-limit-requests-quota': '150',
    'x-rate-limit-time-reset-ms': '12000',
  };
  const { api } = listen({ headers });
  await api.send(FIND, anything, budget());

  const background = await api.send(FIND, anything, budget('background'));
  const signIn = await api.send(FIND, anything, budget('sign-in'));

  assert.deepEqual([background.outcome, signIn.outcome], ['unavailable', 'ok']);
});

test('one customer is deleted by number', async () => {
  const { api, requests } = listen({ status: 204, body: '' });

  const answer = await api.send({ verb: 'DELETE', path: '/v3/customers', id: 104 }, anything, budget());

  assert.equal(answer.outcome, 'ok');
  assert.deepEqual(
    requests.map(({ method, url, body }) => [method, url.pathname + url.search, body]),
    [['DELETE', '/stores/abc123/v3/customers?id:in=104', undefined]],
  );
});

for (const id of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
  test(`deleting customer ${id} is never asked for`, async () => {
    const { api, requests } = listen();

    await assert.rejects(
      api.send({ verb: 'DELETE', path: '/v3/customers', id }, anything, budget()),
      TypeError,
    );

    assert.deepEqual(requests, []);
  });
}

const STATUSES: readonly (readonly [number, string, boolean])[] = [
  [401, 'provisioning.token_revoked', false],
  [403, 'provisioning.forbidden', false],
  [429, 'provisioning.rate_limited', false],
  [500, 'provisioning.target_error', true],
  [502, 'provisioning.target_error', true],
  [503, 'provisioning.maintenance', true],
  [504, 'provisioning.target_error', true],
  [507, 'provisioning.plan_limit', false],
  [418, 'provisioning.bad_answer', true],
];
for (const [status, code, maybeApplied] of STATUSES) {
  test(`status ${status} of a write means ${code}`, async () => {
    const { api } = listen({ status });

    const answer = await api.send({ verb: 'POST', path: '/v3/customers', items: [{}] }, anything, budget());

    assert.ok(answer.outcome === 'unavailable');
    assert.deepEqual([answer.code, answer.maybeApplied], [code, maybeApplied]);
  });
}

test('a write that certainly never left may be sent again without looking', async () => {
  const refused = new HttpUnavailable({
    ...{ code: 'http.unreachable', system: 'bc-emea', maybeSent: false },
    publicMessage: 'no answer',
  });
  const { api } = listen(refused);

  const answer = await api.send({ verb: 'POST', path: '/v3/customers', items: [{}] }, anything, budget());

  assert.ok(answer.outcome === 'unavailable' && !answer.maybeApplied);
});

test('what the store says about a mail address stays out of the answer', async () => {
  const errors = { '.customer_create': 'Error creating customers: email mira@halden.example already in use' };
  const { api } = listen({ status: 422, body: JSON.stringify({ title: 'x', errors }) });

  const answer = await api.send({ verb: 'POST', path: '/v3/customers', items: [{}] }, anything, budget());

  assert.deepEqual(answer, {
    outcome: 'invalid',
    status: 422,
    paths: ['.customer_create'],
    isDuplicate: true,
  });
});

test('an empty answer is an empty list', async () => {
  const { api } = listen({ status: 204, body: '' });

  const answer = await api.send({ verb: 'GET', path: '/v2/customer_groups' }, z.array(z.unknown()), budget());

  assert.deepEqual(answer, { outcome: 'ok', body: [] });
});
