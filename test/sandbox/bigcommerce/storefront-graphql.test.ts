import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { type Reply, send } from '../client/request.ts';
import { loginToken, startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.sandbox.reset();
  world.clock.set('2026-01-01T00:00:10Z');
});

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const seconds = (): number => Math.floor(world.clock.now().getTime() / 1_000);
const PRIVATE = '/v3/storefront/api-token-private';
const BROWSER = '/v3/storefront/api-token';

async function newToken(fields: Record<string, unknown> = {}, path: string = PRIVATE): Promise<string> {
  const body = {
    channel_id: 1,
    expires_at: seconds() + 3_600,
    scopes: ['Unauthenticated', 'Customer'],
    ...fields,
  };
  const { data } = await world.json('POST', path, { body });
  return String((data as unknown as { token: string }).token);
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into, field by field.
type Answer = { status: number; data: any; errors?: any[] };
type Ask = { token: string; headers?: Record<string, string>; host?: string; variables?: object };

async function ask(query: string, { token, headers, host = 'store-emea', variables }: Ask): Promise<Answer> {
  const reply: Reply = await send(world.storefront(host, '/graphql'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: reply.status, ...(reply.json() as Omit<Answer, 'status'>) };
}

const LOGIN = `mutation SignIn($jwt: String!) {
  loginWithCustomerLoginJwt(jwt: $jwt) {
    redirectTo customer { entityId email } customerAccessToken { value expiresAt }
  }
}`;
const ME = '{ customer { entityId firstName customerGroupName } }';
const signIn = (token: string, jwt = loginToken(world.clock)): Promise<Answer> =>
  ask(LOGIN, { token, variables: { jwt } });
const me = async (token: string, value: string, strict = false): Promise<Answer> =>
  ask(ME, {
    token,
    headers: {
      'x-bc-customer-access-token': value,
      ...(strict && { 'x-bc-error-on-invalid-customer-access-token': 'true' }),
    },
  });

test('a login token signs in over GraphQL, and the caller learns that it worked', async () => {
  const token = await newToken();
  const { status, data } = await signIn(token);
  const { value, expiresAt } = data.loginWithCustomerLoginJwt.customerAccessToken;
  const who = await me(token, value);

  assert.equal(status, 200);
  assert.deepEqual(data.loginWithCustomerLoginJwt.customer, { entityId: 104, email: 'freya@fjord.example' });
  assert.equal(data.loginWithCustomerLoginJwt.redirectTo, '/account.php');
  assert.equal(expiresAt, '2026-01-08T00:00:10Z');
  assert.equal(who.data.customer.firstName, 'Freya');
  assert.deepEqual({ ...world.lastLogin(), at: 0 }.customerId, 104);
});

test('a login token that is wrong gives no customer, and its jti is used up when it is right', async () => {
  const token = await newToken();
  const jwt = loginToken(world.clock);
  await signIn(token, jwt);
  const wrong = [
    await signIn(token, jwt),
    await signIn(token, loginToken(world.clock, { secret: 'no' })),
    await signIn(token, loginToken(world.clock, { claims: { customer_id: 9 } })),
  ];

  for (const { status, data, errors } of wrong) {
    assert.deepEqual([status, data], [200, null]);
    assert.deepEqual(errors?.[0].path, ['loginWithCustomerLoginJwt']);
  }
  assert.equal(world.lastLogin()?.reason, 'customer does not exist');
});

test('a private token can do what its scopes say', async () => {
  const { status, data, errors } = await signIn(await newToken({ scopes: ['Unauthenticated'] }));

  assert.deepEqual([status, data], [200, null]);
  assert.deepEqual(errors?.[0].extensions, {
    code: 'INSUFFICIENT_ACCESS_SCOPE',
    requiredScopes: ['Customer'],
  });
});

test('tokens are for their channel, their time and their kind of client', async () => {
  const token = await newToken();
  const text = async (options: Ask): Promise<string> => {
    const { status, errors } = await ask('{ channel { entityId } }', options);
    assert.equal(status, 401);
    return String(errors?.[0].message).replace('GraphQL invalid credentials. ', '');
  };
  const origin = 'https://shop.example';
  const browser = await newToken({ allowed_cors_origins: [origin] }, BROWSER);
  const elsewhere = await text({ token, host: 'b2b-emea' });
  const inBrowser = await text({ token, headers: { origin } });
  const unknown = await text({ token: 'x.y.z' });
  const foreign = await text({ token: browser, headers: { origin: 'https://evil.example' } });
  const good = await ask('{ channel { entityId } }', { token: browser, headers: { origin } });
  world.clock.advance(3_600_000);
  const late = await text({ token });

  assert.match(elsewhere, /channel id doesn't match/);
  assert.match(inBrowser, /not for browsers/);
  assert.equal(unknown, 'Unknown JWT token');
  assert.match(foreign, /origin/);
  assert.deepEqual(good.data, { channel: { entityId: 1 } });
  assert.equal(late, 'JWT is expired');
});

test('tokens for browsers serve servers only where they are old enough', async () => {
  const far = { expires_at: Date.UTC(2028, 0) / 1_000, scopes: undefined };
  const status = async (token: string): Promise<number> =>
    (await ask('{ channel { entityId } }', { token })).status;
  const old = await newToken(far, BROWSER);
  const before = await status(old);
  world.clock.set('2026-07-01T00:00:00Z');
  const young = await status(await newToken(far, BROWSER));
  const still = await status(old);
  world.clock.set('2027-04-01T00:00:00Z');

  assert.deepEqual([before, young, still, await status(old)], [200, 401, 200, 401]);
});

test('tokens are revoked one by one, or with the account that made them', async () => {
  const [one, two] = [await newToken(), await newToken({ channel_id: undefined, channel_ids: [1, 2] })];
  const status = async (token: string): Promise<number> => (await ask(ME, { token })).status;
  const { storeHash, api } = bigCommerceCredentials['store-emea'];
  const revoke = (token: string): Promise<Reply> =>
    send(world.sandbox.url('api.bigcommerce', `/stores/${storeHash}${BROWSER}`), {
      method: 'DELETE',
      headers: { 'x-auth-token': api.accessToken, 'sf-api-token': token },
    });
  const before = [await status(one), await status(two)];
  const answers = [await revoke(one), await revoke(one), await revoke('x')];
  const between = [await status(one), await status(two)];
  world.act('revoke-account', { account: 'api' });

  assert.deepEqual(before, [200, 200]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 422, 422],
  );
  assert.deepEqual(between, [401, 200]);
  assert.equal(await status(two), 401);
});

test('tokens are asked for with one channel or several, an end in seconds, and scopes', async () => {
  const body = { channel_id: 1, expires_at: seconds() + 60, scopes: ['Customer'] };
  const wrong = [
    { ...body, channel_id: undefined },
    { ...body, channel_ids: [1] },
    { ...body, channel_id: 77 },
    { ...body, expires_at: undefined },
    { ...body, expires_at: seconds() },
    { ...body, expires_at: (seconds() + 60) * 1_000 },
    { ...body, scopes: undefined },
    { ...body, scopes: [] },
    { ...body, scopes: ['All'] },
  ];
  for (const each of wrong) {
    assert.equal((await world.api('POST', PRIVATE, { body: each })).status, 422, JSON.stringify(each));
  }
  const origins = { ...body, allowed_cors_origins: ['https://a', 'https://b', 'https://c'] };
  assert.equal((await world.api('POST', BROWSER, { body: origins })).status, 422);
  const { accessToken } = bigCommerceCredentials['store-emea'].readOnlyApi;
  assert.equal((await world.api('POST', PRIVATE, { body, token: accessToken })).status, 403);
});

test('a customer is signed in on one device at a time, and signing out ends all', async () => {
  const token = await newToken();
  const open = async (): Promise<string> =>
    (await signIn(token)).data.loginWithCustomerLoginJwt.customerAccessToken.value;
  const isIn = async (value: string): Promise<boolean> => (await me(token, value)).data.customer !== null;
  const first = await open();
  const second = await open();
  const during = [await isIn(first), await isIn(second)];
  const headers = { 'x-bc-customer-access-token': second };
  const out = await ask('mutation { logout { result } }', { token, headers });

  assert.deepEqual(during, [false, true]);
  assert.deepEqual(out.data, { logout: { result: 'success' } });
  assert.equal(await isIn(second), false);
});

test('a wrong customer token makes a guest, or an error where that is asked for', async () => {
  const token = await newToken();
  const silent = await me(token, 'wrong');
  const strict = await me(token, 'wrong', true);
  const missing = await ask(ME, {
    token,
    headers: { 'x-bc-error-on-invalid-customer-access-token': 'true' },
  });

  assert.deepEqual([silent.data, silent.errors], [{ customer: null }, undefined]);
  assert.equal(strict.errors?.[0].extensions.code, 'INVALID_CUSTOMER_ACCESS_TOKEN');
  assert.equal(missing.errors?.[0].extensions.code, 'MISSING_CUSTOMER_ACCESS_TOKEN');
});

test('customerTokenHours and what ends sessions also end customer tokens', async () => {
  turn({ customerTokenHours: 1, sessionAfterPasswordChange: 'ends' });
  const token = await newToken({ expires_at: seconds() + 86_400 });
  const open = async (): Promise<string> =>
    (await signIn(token)).data.loginWithCustomerLoginJwt.customerAccessToken.value;
  const isIn = async (value: string): Promise<boolean> => (await me(token, value)).data.customer !== null;
  const first = await open();
  world.clock.advance(3_600_000);
  const late = await isIn(first);
  const second = await open();
  await world.api('PUT', '/v3/customers', {
    body: [{ id: 104, authentication: { new_password: 'changed-2026' } }],
  });
  const changed = await isIn(second);
  const third = await open();
  world.act('delete-customer', { id: 104 });

  assert.deepEqual([late, changed, await isIn(third)], [false, false, false]);
});

test('mail and password sign in too; what is wrong says "Invalid credentials"', async () => {
  const token = await newToken();
  const login = (password: string): Promise<Answer> =>
    ask(
      'mutation($p: String!) { login(email: "freya@fjord.example", password: $p) { result customer { entityId } } }',
      {
        token,
        variables: { p: password },
      },
    );
  const wrong = await login('nope');
  const right = await login('freya-2020');
  await world.api('PUT', '/v3/customers', {
    body: [{ id: 104, authentication: { force_password_reset: true } }],
  });
  const reset = await login('freya-2020');

  assert.deepEqual(
    [wrong.status, wrong.data, wrong.errors?.[0].message, wrong.errors?.[0].path],
    [200, null, 'Invalid credentials', ['login']],
  );
  assert.deepEqual(right.data.login, { result: 'success', customer: { entityId: 104 } });
  assert.equal(reset.data, null);
});

test('documents that are wrong, and a store in maintenance', async () => {
  const token = await newToken();
  const wrong = [await ask('{ nothing }', { token }), await ask('{ customer', { token })];
  turn({ maintenance: true });
  const closed = await ask(ME, { token });

  assert.deepEqual(
    wrong.map(({ status, errors }) => [status, errors?.length]),
    [
      [400, 1],
      [400, 1],
    ],
  );
  assert.equal(closed.status, 503);
});

test('a token that was changed is unknown', async () => {
  const [head, body = '', signature] = (await newToken({ scopes: ['Unauthenticated'] })).split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  const more = Buffer.from(JSON.stringify({ ...claims, scopes: ['Customer'] })).toString('base64url');
  const { status, errors } = await ask(ME, { token: `${head}.${more}.${signature}` });

  assert.deepEqual([status, errors?.[0].message], [401, 'GraphQL invalid credentials. Unknown JWT token']);
});

test('a customer token is for the channel where it was given', async () => {
  const token = await newToken({ channel_id: undefined, channel_ids: [1, 3] });
  const { data } = await signIn(token);
  const headers = { 'x-bc-customer-access-token': data.loginWithCustomerLoginJwt.customerAccessToken.value };
  const here = await ask(ME, { token, headers });
  const there = await ask(ME, { token, headers, host: 'app-emea' });

  assert.equal(here.data.customer.entityId, 104);
  assert.equal(there.data.customer, null);
});
