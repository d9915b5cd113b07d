import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { b2b } from './b2b-client.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.sandbox.reset();
  // Nothing leaves: what would be sent is in the state.
  world.sandbox.system('bigcommerce').turn({ webhookDelivery: 'held' });
});

const token = bigCommerceCredentials['store-emea'].b2b.accessToken;
const subscribe = (scope: string, by = token) =>
  world.api('POST', '/v3/hooks', {
    token: by,
    body: { scope, destination: 'http://broker.localhost/hooks' },
  });
const told = () => {
  const { deliveries } = world.state() as unknown as { deliveries: { body: string }[] };
  return deliveries.map(({ body }) => {
    const { scope, data } = JSON.parse(body) as { scope: string; data: Record<string, number> };
    return [scope.replace('store/', ''), data] as const;
  });
};
const TESS = { firstName: 'Tess', lastName: 'Moreau', email: 'tess@halden.example', channelIds: [1] };

test('what happens to people of B2B Edition is told by ids', async () => {
  for (const scope of [
    'store/company/user/*',
    'store/superadmin/*',
    'store/company/superadmin/assignmentUpdated',
  ]) {
    assert.equal((await subscribe(scope)).status, 200);
  }
  const user = { ...TESS, email: 'nils@fjord.example', companyId: 503, role: 1 };
  const { userId } = (await b2b(world, 'POST', '/users', { body: user })).data;
  await b2b(world, 'PUT', `/users/${userId}`, { body: { role: 2 } });
  await b2b(world, 'PUT', `/users/${userId}`, { body: { lastName: 'Berg' } });
  await b2b(world, 'DELETE', `/users/${userId}`);
  const { userId: admin } = (await b2b(world, 'POST', '/super-admins', { body: TESS })).data;
  const companies = [{ companyId: 501, isAssigned: true }];
  await b2b(world, 'PUT', `/super-admins/${admin}`, { body: { companies } });
  await b2b(world, 'PUT', `/super-admins/${admin}`, { body: { companies } });
  world.act('b2b-remove-person', { email: TESS.email });

  const ofUser = { company_id: 503, user_id: userId };
  assert.deepEqual(told(), [
    ['company/user/created', ofUser],
    ['company/user/updated', ofUser],
    ['company/user/deleted', ofUser],
    ['superadmin/created', { user_id: admin }],
    ['company/superadmin/assignmentUpdated', { company_id: 501 }],
    ['superadmin/assignmentUpdated', { user_id: admin }],
    ['superadmin/updated', { user_id: admin }],
    ['superadmin/deleted', { user_id: admin }],
  ]);
});

test('what happens to companies is told, and their status apart', async () => {
  await subscribe('store/company/*');
  await b2b(world, 'PUT', '/companies/504/status', { body: { companyStatus: 1 } });
  await b2b(world, 'PUT', '/companies/504', { body: { city: 'Tartu' } });
  await b2b(world, 'POST', '/companies/504/parent', { body: { parentCompanyId: 501 } }).catch(
    () => undefined,
  );
  await b2b(world, 'DELETE', '/companies/504');

  assert.deepEqual(
    told().map(([scope]) => scope),
    ['company/updated', 'company/statusUpdated', 'company/updated', 'company/updated', 'company/deleted'],
  );
});

test('to be told one needs the scope of B2B Edition', async () => {
  const { accessToken } = bigCommerceCredentials['store-emea'].api;

  assert.equal((await subscribe('store/company/*', accessToken)).status, 403);
  assert.equal((await subscribe('store/company/nothing')).status, 422);
});
