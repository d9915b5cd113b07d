import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { APP_ID, AUTH_TOKEN, GROUP, IconikApi, USER, type User } from './client/iconik.ts';
import { send, sendForm } from './client/request.ts';

const clock = new ManualClock();
let sandbox: Sandbox;
let api: IconikApi;

const CURRENT = '/users/v1/users/current/';
const iconik = () => sandbox.system('iconik');
const turn = (positions: Record<string, unknown>): void => iconik().turn(positions);
const act = (action: string, body: unknown): unknown => iconik().actions?.[action]?.run(body);

before(async () => {
  sandbox = await startSandbox({ port: 0, clock, only: ['iconik'] });
  api = new IconikApi(sandbox);
});
after(() => sandbox[Symbol.asyncDispose]());
beforeEach(() => sandbox.reset());

suite('App-ID and Auth-Token', () => {
  test('act as the user of the token', async () => {
    assert.equal((await api.call<User>('GET', CURRENT)).email, 'vestibule@halden.example');
    const { objects } = await api.call<{ objects: string[] }>('GET', `${CURRENT}roles/`);
    assert.ok(objects.includes('can_create_users'));
    assert.ok(!objects.includes('can_write_apps'));
  });

  test('are both needed, and belong together', async () => {
    const status = (headers: Record<string, string>): Promise<[number, unknown]> =>
      new IconikApi(sandbox, headers).refusal('GET', CURRENT);

    assert.deepEqual(await status({ 'App-ID': APP_ID }), [401, ['Auth-Token header is missing']]);
    assert.deepEqual(await status({ 'Auth-Token': AUTH_TOKEN }), [401, ['App-ID header is missing']]);
    assert.deepEqual(await status({ 'App-ID': APP_ID, 'Auth-Token': 'x' }), [401, ['Token is invalid']]);
    const other = { 'App-ID': '7c0e5b1a-40d2-11f0-8f6e-000000000052', 'Auth-Token': AUTH_TOKEN };
    assert.deepEqual(await status(other), [401, ['Token is invalid']]);
  });

  test('are refused once the token is revoked, or while a fault says so', async () => {
    iconik().fail({ kind: 'revoked-token', times: 1 });
    assert.deepEqual(await api.refusal('GET', CURRENT), [401, ['Token is invalid']]);
    assert.equal(await api.status('GET', CURRENT), 200);

    act('revoke-tokens', { email: 'vestibule@halden.example' });
    assert.equal(await api.status('GET', CURRENT), 401);
  });

  test('a role that the user lacks refuses the call, with the status of the switch', async () => {
    const elin = api.as('elin@halden.example');
    const forbidden = ['Required role is missing: can_create_users'];
    const body = { email: 'x@halden.example', first_name: 'X', type: 'POWER' };

    assert.deepEqual(await elin.refusal('POST', '/users/v1/users/', body), [403, forbidden]);
    turn({ missingRole: '401' });
    assert.deepEqual(await elin.refusal('POST', '/users/v1/users/', body), [401, forbidden]);
    assert.equal(await api.as('grit@halden.example').status('POST', '/users/v1/users/', body), 201);
  });

  test('taking a member out needs the role that deletes groups', async () => {
    const { roles } = await api.call<{ roles: string[] }>('GET', `/users/v1/groups/${GROUP.integration}/`);
    await api.call('PATCH', `/users/v1/groups/${GROUP.integration}/`, {
      roles: roles.filter((role) => role !== 'can_delete_groups'),
    });
    const member = `/users/v1/groups/${GROUP.campaign}/users/${USER.elin}/`;

    assert.equal(await api.status('POST', member), 201);
    assert.equal(await api.status('DELETE', member), 403);
  });

  test('types that only browse keep no other roles', async () => {
    const roles = () => api.call<{ objects: string[] }>('GET', `/users/v1/users/${USER.elin}/roles/`);
    assert.ok((await roles()).objects.includes('can_write_assets'));

    await api.call('PATCH', `/users/v1/users/${USER.elin}/`, { type: 'BROWSE_ONLY' });

    assert.deepEqual(
      (await roles()).objects.filter((role) => !role.startsWith('can_read_') && role !== 'can_search'),
      [],
    );
    assert.equal(await api.status('GET', `/users/v1/users/${USER.elin}/roles/can_write_assets/`), 404);
    assert.equal(await api.status('GET', `/users/v1/users/${USER.elin}/roles/can_read_assets/`), 200);
  });

  test('nobody gives themselves power', async () => {
    const elin = api.as('elin@halden.example');
    const me = await elin.call<User>('PATCH', CURRENT, { is_admin: true, type: 'POWER', last_name: 'Berg' });

    assert.deepEqual([me.is_admin, me.type, me.last_name], [false, 'STANDARD', 'Berg']);
  });
});

suite('tokens', () => {
  const TOKEN = '/auth/v1/auth/token/';

  test('can be checked, doubled, refreshed and revoked', async () => {
    const checked = await api.call<{ user_id: string; expires: null }>('GET', TOKEN);
    const { token: second } = await api.call<{ token: string }>('POST', TOKEN);
    const doubled = new IconikApi(sandbox, { 'App-ID': APP_ID, 'Auth-Token': second });
    const { token: third } = await doubled.call<{ token: string }>('PUT', TOKEN);
    const refreshed = new IconikApi(sandbox, { 'App-ID': APP_ID, 'Auth-Token': third });

    assert.equal(checked.user_id, USER.integration);
    assert.equal(checked.expires, null);
    assert.equal(await doubled.status('GET', TOKEN), 401);
    assert.equal(await refreshed.status('DELETE', TOKEN), 200);
    assert.equal(await refreshed.status('GET', TOKEN), 401);
    assert.equal(await api.status('GET', TOKEN), 200);
  });

  test('of everybody are listed, or the caller’s own, by switch, and never their secret', async () => {
    const owners = async (): Promise<string[]> =>
      (await api.list<{ user_id: string }>('/auth/v1/auth/tokens/')).map(({ user_id }) => user_id);

    assert.deepEqual(await owners(), [USER.integration, USER.admin, USER.leo]);
    assert.doesNotMatch((await api.send('GET', '/auth/v1/auth/tokens/')).body, /sandbox-token/);
    turn({ tokensListed: 'own' });
    assert.deepEqual(await owners(), [USER.integration]);
  });

  test('of somebody else are taken away by an administrator only', async () => {
    const gateway = `${TOKEN}7c0e5b1a-40d2-11f0-8f6e-000000000063/`;

    assert.equal(await api.status('DELETE', gateway), 403);
    assert.equal(await api.as('grit@halden.example').status('DELETE', gateway), 200);
    assert.equal(await api.status('GET', gateway), 404);
  });

  test('are made by an application that has a user', async () => {
    const grit = api.as('grit@halden.example');
    const apps = '/auth/v1/apps/';
    const app = await grit.call<{ id: string }>('POST', apps, { name: 'Probe', default_user_id: USER.elin });
    const { token } = await api.call<{ token: string }>('POST', `${apps}${app.id}/token/`);
    const probe = new IconikApi(sandbox, { 'App-ID': app.id, 'Auth-Token': token });
    assert.equal((await probe.call<User>('GET', CURRENT)).id, USER.elin);

    const alone = await grit.call<{ id: string }>('POST', apps, { name: 'Nobody' });
    assert.equal(await api.status('POST', `${apps}${alone.id}/token/`), 400);
    assert.equal(await grit.status('DELETE', `${apps}${app.id}/`), 204);
    assert.equal(await probe.status('GET', CURRENT), 401);
    assert.doesNotMatch((await api.send('GET', apps)).body, /sandbox-secret/);
  });
});

suite('OAuth client credentials', () => {
  const CLIENT = '7c0e5b1a-40d2-11f0-8f6e-000000000053';
  const SECRET = 'sandbox-secret-of-iconik-integration';
  const ask = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    sendForm(sandbox.url('iconik', '/API/auth/v1/oauth/token/'), fields, headers);
  const grant = { grant_type: 'client_credentials', client_id: CLIENT, client_secret: SECRET };

  async function bearer(fields: Record<string, string> = {}): Promise<Record<string, string>> {
    const { access_token } = (await ask({ ...grant, ...fields })).json() as { access_token: string };
    return { authorization: `Bearer ${access_token}` };
  }

  test('give a token that lasts a quarter of an hour and needs no App-ID', async () => {
    const client = new IconikApi(sandbox, await bearer());
    assert.equal((await client.call<User>('GET', CURRENT)).id, USER.integration);

    iconik().clock.offsetMs = 15 * 60_000;
    assert.deepEqual(await client.refusal('GET', CURRENT), [401, ['Token is invalid']]);
  });

  test('may need App-ID as well, or not exist, by switch', async () => {
    const headers = await bearer();
    turn({ oauth: 'with-app-id' });
    assert.equal(await new IconikApi(sandbox, headers).status('GET', CURRENT), 401);
    assert.equal(await new IconikApi(sandbox, { ...headers, 'App-ID': CLIENT }).status('GET', CURRENT), 200);

    turn({ oauth: 'off' });
    assert.equal((await ask(grant)).status, 404);
    assert.equal(await new IconikApi(sandbox, { ...headers, 'App-ID': CLIENT }).status('GET', CURRENT), 401);
  });

  test('take the client by Basic authentication too', async () => {
    const basic = `Basic ${Buffer.from(`${CLIENT}:${SECRET}`).toString('base64')}`;

    assert.equal((await ask({ grant_type: 'client_credentials' }, { authorization: basic })).status, 200);
  });

  test('are refused with a wrong secret, for an application with a long-lived token, and for another grant', async () => {
    const error = async (fields: Record<string, string>): Promise<unknown> => {
      const reply = await ask({ ...grant, ...fields });
      return [reply.status, (reply.json() as { error: string }).error];
    };

    assert.deepEqual(await error({ client_secret: 'x' }), [401, 'invalid_client']);
    assert.deepEqual(await error({ client_id: APP_ID, client_secret: '' }), [401, 'invalid_client']);
    assert.deepEqual(await error({ grant_type: 'password' }), [400, 'unsupported_grant_type']);
  });

  test('with a scope leave only those roles', async () => {
    const client = new IconikApi(sandbox, await bearer({ scope: 'can_read_users' }));

    assert.equal(await client.status('GET', '/users/v1/users/'), 200);
    assert.equal(await client.status('GET', '/users/v1/groups/'), 403);
  });
});

suite('limits and states', () => {
  test('requests beyond the limit of the window are refused, for one application', async () => {
    turn({ rateLimit: 3 });
    const remaining = async (): Promise<string | undefined> =>
      String((await api.send('GET', CURRENT)).headers['ratelimit-remaining']);

    assert.deepEqual([await remaining(), await remaining(), await remaining()], ['2', '1', '0']);
    const refused = await api.send('GET', CURRENT);
    assert.deepEqual([refused.status, refused.headers['retry-after']], [429, undefined]);
    assert.deepEqual(refused.json(), { errors: ['Too many requests'] });

    iconik().clock.offsetMs = 20_000;
    assert.equal(await api.status('GET', CURRENT), 200);
  });

  test('a refusal names the wait by switch', async () => {
    turn({ rateLimit: 1, retryAfter: 'sent' });
    await api.send('GET', CURRENT);
    iconik().clock.offsetMs = 12_000;

    assert.equal((await api.send('GET', CURRENT)).headers['retry-after'], '8');
  });

  test('a frozen or deactivated domain answers nothing but the check of the token', async () => {
    for (const domainStatus of ['FROZEN', 'DEACTIVATED']) {
      turn({ domainStatus });
      assert.equal(await api.status('GET', CURRENT), 403);
      const token = await api.call<{ system_domain_status: string }>('GET', '/auth/v1/auth/token/');
      assert.equal(token.system_domain_status, domainStatus);
    }
    turn({ domainStatus: 'WARNING' });
    assert.equal(await api.status('GET', CURRENT), 200);
  });

  test('an address that is not on the allow-list gets nothing', async () => {
    turn({ ipAllowList: 'refuses-caller' });

    assert.equal(await api.status('GET', CURRENT), 403);
  });

  test('a path without its last slash is not found, or redirected, by switch', async () => {
    assert.equal(await api.status('GET', '/users/v1/users'), 404);

    turn({ withoutSlash: '308' });
    const reply = await api.send('GET', '/users/v1/users?page=1');
    assert.deepEqual([reply.status, reply.headers.location], [308, '/API/users/v1/users/?page=1']);
    assert.equal(await api.status('GET', '/users/v1/nothing'), 404);
  });

  test('other methods, bodies that are no JSON, and other words than /API are refused', async () => {
    assert.equal(await api.status('PATCH', '/users/v1/users/'), 405);
    assert.equal(await api.status('POST', '/users/v1/users/', '{'), 400);
    assert.equal(await api.status('POST', '/users/v1/users/', []), 400);
    assert.equal((await send(sandbox.url('iconik', '/api/users/v1/users/'))).status, 404);
  });

  test('a lost reply leaves what was done', async () => {
    const body = { email: 'ravi@halden.example', first_name: 'Ravi', type: 'STANDARD' };
    iconik().fail({ kind: 'lost-reply', match: { method: 'POST' }, times: 1 });

    await assert.rejects(api.send('POST', '/users/v1/users/', body));

    assert.equal(await api.status('POST', '/users/v1/users/', body), 400);
    assert.equal((await api.list<User>('/users/v1/users/?email=ravi@halden.example')).length, 1);
  });

  test('settings of the domain are read and changed', async () => {
    const path = '/settings/v1/system/current/';
    const grit = api.as('grit@halden.example');
    const changed = await grit.call<Record<string, unknown>>('PATCH', path, {
      max_power_users: 3,
      saml_require_groups: true,
    });

    assert.deepEqual([changed['max_power_users'], changed['saml_require_groups']], [3, true]);
    assert.equal(await api.status('PATCH', path, { max_power_users: 9 }), 403);
    assert.equal((await api.call<Record<string, unknown>>('GET', path))['max_power_users'], 3);
  });
});
