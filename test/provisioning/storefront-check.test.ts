import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bigCommerceCredentials } from '../../src/sandbox/bigcommerce/index.ts';
import { budget } from '../conformance/connector-driver.ts';
import { type StorefrontWorld, startStorefront } from './storefront-world.ts';
import { startWorld } from './world.ts';

// What `vestibule check` finds out by trying. Customer 102 is on channel 1, the first storefront's.

const { login, previousLogin, api, readOnlyApi } = bigCommerceCredentials['store-emea'];
const testCustomer = 102;

async function check(world: StorefrontWorld, settings: Record<string, unknown>): Promise<readonly string[]> {
  const target = world.open({ settings });
  await world.prepare(target);
  const problems = (await target.check?.(budget(20_000))) ?? assert.fail('stores can be checked');
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

suite('login credentials', () => {
  test('that work sign in once each, and out again', async () => {
    await using world = await startStorefront();

    const problems = await check(world, { testCustomer, login: [login, previousLogin] });

    assert.deepEqual(problems, []);
    assert.deepEqual(world.logins(), ['signed-in', 'signed-in']);
    assert.equal(world.store.calls.list().filter(({ path }) => path === '/graphql').length, 4);
  });

  test('are dated by the clock of the store', async () => {
    await using world = await startStorefront({ positions: { clockOffsetMs: -120_000 } });

    assert.deepEqual(await check(world, { testCustomer }), []);
  });

  const WRONG: readonly (readonly [string, object, string])[] = [
    ['a wrong secret', { ...login, clientSecret: 'not-the-secret' }, 'signature is wrong'],
    ['an unknown client', { ...login, clientId: 'nobody' }, 'iss is no API account of this store'],
    [
      'an account without the scope',
      { clientId: api.clientId, clientSecret: api.clientSecret },
      'account lacks the login scope',
    ],
  ];
  for (const [name, wrong, reason] of WRONG) {
    test(`with ${name} are reported by place, the others are tried all the same`, async () => {
      await using world = await startStorefront();

      const problems = await check(world, {
        ...{ testCustomer, login: [login, wrong] },
        api: [{ accessToken: api.accessToken }],
      });

      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /^login\[1\]: the store refused a login token for customer 102/);
      assert.deepEqual(world.logins(), ['signed-in', reason]);
      assert.doesNotMatch(problems.join(), /secret-of|not-the-secret|orchard/);
    });
  }

  test('cannot be tried with a customer who is elsewhere', async () => {
    await using world = await startStorefront();

    const problems = await check(world, { testCustomer: 103 });

    assert.match(problems.join(), /^login\[0\]: .*customer 103 on channel 1.*covers the channel/);
  });

  test('are not tried without a test customer, so that nobody is signed out', async () => {
    await using world = await startStorefront();

    assert.deepEqual(await check(world, {}), []);
    assert.deepEqual(world.logins(), []);
  });

  test('of a token that may not ask the storefront are reported as not tried', async () => {
    await using world = await startStorefront();
    world.store.fail({ kind: 'status', status: 403, match: { path: '^.*/storefront/api-token' } });

    const problems = await check(world, { testCustomer });

    assert.match(problems.join(), /^testCustomer: .*could not be tried.*Storefront API tokens/);
  });

  test('of a storefront that is down are reported so', async () => {
    await using world = await startStorefront();
    world.store.fail({ kind: 'refuse-connection', match: { host: 'store-emea.localhost' } });

    const problems = await check(world, { testCustomer });

    assert.match(problems.join(), /^login\[0\]: the target did not answer/);
  });
});

test('the engine asks for all of it when somebody checks the target', async () => {
  await using world = await startWorld({ settings: { testCustomer: 999_999 } });

  const problems = await world.provisioning.checkTarget('bc-emea');

  assert.deepEqual(
    problems.map(({ path }) => path),
    ['login[0]'],
  );
});

suite('API tokens', () => {
  test('are tried one by one: revoked, without the scope to write, right', async () => {
    await using world = await startStorefront();

    const problems = await check(world, { api: [api, { accessToken: 'revoked' }, readOnlyApi] });

    assert.deepEqual(
      problems.map((text) => text.slice(0, 60)),
      [
        'api[1].accessToken: the target does not accept the API token',
        'api[2].accessToken: may not write customers, or the owner of',
      ],
    );
  });

  test('are tried without changing anybody', async () => {
    await using world = await startStorefront();
    const before = JSON.stringify(world.customers());

    await check(world, { testCustomer });

    const writes = world.calls().filter(({ method, path }) => method !== 'GET' && path === '/v3/customers');
    assert.deepEqual(
      writes.map(({ method, bodyKeys }) => [method, bodyKeys]),
      [['PUT', ['id']]],
    );
    assert.equal(JSON.stringify(world.customers()), before);
  });
});
