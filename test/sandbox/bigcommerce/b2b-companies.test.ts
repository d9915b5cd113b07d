import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { b2b, callB2b } from './b2b-client.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const NEW = {
  companyName: 'Harbour Lights',
  companyPhone: '+49 40 1',
  companyEmail: 'office@harbour.example',
  country: 'DE',
  city: 'Hamburg',
  adminFirstName: 'Hanna',
  adminLastName: 'Lund',
  adminEmail: 'hanna@harbour.example',
  customerGroupId: 4,
  channelIds: [1],
};
const make = (body: unknown = NEW) => b2b(world, 'POST', '/companies', { body });
const customer = async (id: number) =>
  (await world.json('GET', `/v3/customers?id:in=${id}`)).data[0] as Record<string, unknown> | undefined;
const groups = async () =>
  (await world.api('GET', '/v2/customer_groups')).json() as { id: number; name: string }[];

test('companies are listed with texts for numbers, and found by name, status, group and customer', async () => {
  const { data, meta } = await b2b(world, 'GET', '/companies?orderBy=ASC&sortBy=companyName');
  const ids = async (query: string) =>
    ((await b2b(world, 'GET', `/companies?${query}`)).data as { companyId: number }[]).map(
      ({ companyId }) => companyId,
    );
  const detail = await b2b(world, 'GET', '/companies/502');

  assert.deepEqual(meta.pagination, { totalCount: 5, limit: 10, offset: 0 });
  assert.equal(data[0].companyName, 'Baltic Interiors');
  assert.deepEqual([data[0].companyStatus, data[0].createdAt, data[0].bcGroupId], ['0', '1715679240', 0]);
  assert.deepEqual(
    [detail.data.bcGroupId, detail.data.parentCompany],
    ['1', { id: 501, name: 'Fjord Hospitality' }],
  );
  assert.deepEqual(
    [
      await ids('q=fjord'),
      await ids('companyStatus=3'),
      await ids('bcGroupId=3'),
      await ids('customerId=103'),
    ],
    [[502, 501], [505], [503], [503]],
  );
});

test('a new company has an admin, who is a customer with its group', async () => {
  const { data, meta } = await make();
  const users = await b2b(world, 'GET', `/users?companyId=${data.companyId}`);
  const twin = await make();
  const taken = await make({ ...NEW, companyName: 'Other', adminEmail: 'pat@orchard.example' });
  const nameless = await make({ ...NEW, companyName: '' });

  assert.deepEqual([data.customerGroupId, meta.message], [4, 'SUCCESS']);
  assert.equal((await customer(data.customerId))?.['customer_group_id'], 4);
  assert.deepEqual([users.data[0].email, users.data[0].role], ['hanna@harbour.example', 0]);
  assert.deepEqual(nameless, { code: 422, data: {}, meta: { message: 'The company name is required.' } });
  for (const { code, meta: why } of [twin, taken]) {
    assert.equal(code, 422);
    assert.match(why.message, /already exists/);
  }
});

test('users follow the group of their company', async () => {
  await b2b(world, 'PUT', '/companies/503', { body: { customerGroupId: 2 } });
  const moved = (await customer(103))?.['customer_group_id'];
  world.act('b2b-edit-company', { company: 503, customerGroupId: 4 });
  const unknown = await b2b(world, 'PUT', '/companies/503', { body: { customerGroupId: 77 } });

  assert.deepEqual([moved, (await customer(103))?.['customer_group_id']], [2, 4]);
  assert.equal(unknown.code, 422);
});

test('a dependent company makes its own group, keeps it, and takes it along', async () => {
  turn({ b2bCompanyBehavior: 'dependent' });
  const { data } = await make();
  const made = (await groups()).find(({ id }) => id === data.customerGroupId);
  await b2b(world, 'PUT', `/companies/${data.companyId}`, { body: { customerGroupId: 2 } });
  const kept = (await customer(data.customerId))?.['customer_group_id'];
  await b2b(world, 'DELETE', `/companies/${data.companyId}`);

  assert.equal(made?.name, 'Harbour Lights');
  assert.equal(kept, data.customerGroupId);
  assert.equal(
    (await groups()).find(({ id }) => id === data.customerGroupId),
    undefined,
  );
  assert.equal((await customer(data.customerId))?.['customer_group_id'], 0);
});

test('an independent company goes without its group and leaves the customers', async () => {
  const before = await groups();
  const gone = await b2b(world, 'DELETE', '/companies/503');
  const again = await b2b(world, 'DELETE', '/companies/503');
  const users = await b2b(world, 'GET', '/users');

  assert.deepEqual([gone.code, gone.data, users.data], [200, {}, []]);
  assert.deepEqual([again.code, again.meta.message], [404, 'This resource is not found.']);
  assert.deepEqual(await groups(), before);
  assert.equal((await customer(103))?.['email'], 'pat@orchard.example');
});

test('the status of a company is set by its number', async () => {
  const set = await b2b(world, 'PUT', '/companies/504/status', { body: { companyStatus: 1 } });
  const wrong = await b2b(world, 'PUT', '/companies/504/status', { body: { companyStatus: 7 } });

  assert.deepEqual([set.code, wrong.code], [200, 422]);
  assert.equal((await b2b(world, 'GET', '/companies/504')).data.companyStatus, '1');
});

test('hierarchies answer without a code and have five layers', async () => {
  const call = async (method: string, path: string, body?: unknown) => {
    const reply = await callB2b(world, method, path, { body });
    return {
      status: reply.status,
      body: reply.body === '' ? undefined : (reply.json() as Record<string, unknown>),
    };
  };
  const tree = await call('GET', '/companies/502/hierarchy');
  const below = await call('GET', '/companies/501/subsidiaries');
  const attached = await call('POST', '/companies/503/parent', { parentCompanyId: 502 });
  const circle = await call('POST', '/companies/501/parent', { parentCompanyId: 503 });
  const chain = [];
  for (const [child, parent] of [
    [504, 503],
    [505, 504],
  ] as const) {
    chain.push((await call('POST', `/companies/${child}/parent`, { parentCompanyId: parent })).status);
  }
  const sixth = (await make()).data.companyId as number;
  const tooDeep = await call('POST', `/companies/${sixth}/parent`, { parentCompanyId: 505 });
  const detached = await call('DELETE', '/companies/502/subsidiaries/503');
  const again = await call('DELETE', '/companies/502/subsidiaries/503');
  const nowhere = await call('GET', '/companies/999/hierarchy');

  assert.deepEqual(tree.body?.['data'], [
    {
      companyId: 501,
      companyName: 'Fjord Hospitality',
      companyStatus: 1,
      subsidiaries: [{ companyId: 502, companyName: 'Fjord Hotels North', companyStatus: 1 }],
    },
  ]);
  assert.deepEqual(Object.keys(tree.body ?? {}), ['data', 'meta']);
  assert.deepEqual(below.body?.['meta'], {
    message: 'SUCCESS',
    pagination: { totalCount: 1, limit: 10, offset: 0 },
  });
  assert.deepEqual([attached.status, ...chain, detached.status, again.status], [201, 201, 201, 204, 400]);
  assert.deepEqual([circle.status, tooDeep.status], [400, 400]);
  assert.deepEqual(tooDeep.body?.['errors'], { '1': 'The parent company has reached the maximum layer.' });
  assert.deepEqual(nowhere.body, {
    status: 404,
    title: 'Parameter Error.',
    errors: { '1': 'Company does not exist.' },
  });
});

test('roles are three predefined and those of the store', async () => {
  const list = await b2b(world, 'GET', '/companies/roles');
  const body = { name: 'Requester', permissions: [{ code: 'get_quotes', permissionLevel: 1 }] };
  const made = await b2b(world, 'POST', '/companies/roles', { body });
  const path = `/companies/roles/${made.data.id}`;
  const twin = await b2b(world, 'POST', '/companies/roles', { body });
  const wrong = await b2b(world, 'PUT', path, {
    body: { ...body, permissions: [{ code: 'fly', permissionLevel: 1 }] },
  });
  const renamed = await b2b(world, 'PUT', path, { body: { ...body, name: 'Asker' } });
  const used = await b2b(world, 'PUT', '/users/602', { body: { companyRoleId: made.data.id } });
  const inUse = await b2b(world, 'DELETE', path);
  await b2b(world, 'PUT', '/users/602', { body: { role: 0 } });
  const gone = await b2b(world, 'DELETE', path);

  assert.deepEqual(
    list.data.map(({ name, roleType }: { name: string; roleType: number }) => [name, roleType]),
    [
      ['Admin', 1],
      ['Senior Buyer', 1],
      ['Junior Buyer', 1],
      ['Approver', 2],
    ],
  );
  assert.deepEqual([list.meta.message, made.data.roleType, made.data.permissions.length], ['success', 2, 1]);
  assert.deepEqual([twin.code, wrong.code, inUse.code, gone.code], [422, 422, 422, 200]);
  assert.deepEqual([renamed.data.name, used.data.companyRoleName], ['Asker', 'Asker']);
  assert.equal((await b2b(world, 'DELETE', '/companies/roles/1')).code, 422);
  assert.equal((await b2b(world, 'PUT', '/companies/roles/1', { body })).code, 422);
  assert.equal((await b2b(world, 'GET', path)).code, 404);
  assert.ok((await b2b(world, 'GET', '/companies/permissions')).data.length > 20);
});

test('there are no extra fields to fill', async () => {
  const of = (path: string) => b2b(world, 'GET', `${path}/extra-fields`);

  assert.deepEqual([(await of('/users')).data, (await of('/companies')).data], [[], []]);
});

test('channels are those of the store, with B2B Edition where the storefront is open', async () => {
  const { data } = await b2b(world, 'GET', '/channels');
  const missing = await callB2b(world, 'GET', '/channels/77');

  assert.deepEqual(
    data.map(({ channelId, b2bEnabled }: { channelId: number; b2bEnabled: boolean }) => [
      channelId,
      b2bEnabled,
    ]),
    [
      [1, true],
      [2, true],
      [3, true],
      [9, false],
    ],
  );
  assert.deepEqual(missing.json(), { code: 404, message: 'Channel does not exist' });
});
