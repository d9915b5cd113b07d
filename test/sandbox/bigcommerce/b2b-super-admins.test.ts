import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Browser } from '../client/browser.ts';
import { b2b } from './b2b-client.ts';
import { fact, loginToken, startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const TESS = { firstName: 'Tess', lastName: 'Moreau', email: 'tess@halden.example', channelIds: [1, 2] };
const make = (body: unknown = TESS) => b2b(world, 'POST', '/super-admins', { body });
const customer = async (id: number) =>
  (await world.json('GET', `/v3/customers?id:in=${id}`)).data[0] as Record<string, unknown> | undefined;
const assign = (id: number, ...companies: readonly [companyId: number, isAssigned: boolean][]) =>
  b2b(world, 'PUT', `/super-admins/${id}`, {
    body: { companies: companies.map(([companyId, isAssigned]) => ({ companyId, isAssigned })) },
  });
const companiesOf = async (id: number) =>
  ((await b2b(world, 'GET', `/super-admins/${id}/companies`)).data as { companyId: number }[])
    .map(({ companyId }) => companyId)
    .sort();

test('a super admin is a customer with a number of its own, without a company and without a group', async () => {
  const made = await make({ ...TESS, uuid: 'per_tess', phone: '+33 1' });
  const { data } = await b2b(world, 'GET', `/super-admins/info/${made.data.userId}`);
  const behind = await customer(made.data.customerId);

  assert.deepEqual(made.meta, { message: 'Success' });
  assert.notEqual(made.data.userId, made.data.customerId);
  assert.deepEqual([behind?.['email'], behind?.['customer_group_id']], [TESS.email, 0]);
  assert.deepEqual(behind?.['channel_ids'], [1, 2]);
  assert.deepEqual([data.id, data.customerId, data.phone], [made.data.userId, made.data.customerId, '+33 1']);
  assert.equal(data.uuid, 'per_tess');
  assert.deepEqual(
    data.channelList.map(({ channelId }: { channelId: number }) => channelId),
    [1, 2],
  );
  assert.deepEqual(await companiesOf(made.data.userId), []);
});

test('an existing customer becomes a super admin; who is in B2B Edition already does not', async () => {
  const converted = await make({ ...TESS, email: 'freya@fjord.example', channelIds: [1] });
  const again = await make({ ...TESS, email: 'freya@fjord.example' });
  const buyer = await make({ ...TESS, email: 'pat@orchard.example' });

  assert.equal(converted.data.customerId, 104);
  for (const answer of [again, buyer]) {
    assert.deepEqual(answer, { code: 400, data: {}, meta: { message: 'The user already exists.' } });
  }
});

test('required fields are told', async () => {
  const { code, data, meta } = await make({ firstName: 'Tess' });
  const need = ['This field is required'];

  assert.deepEqual([code, meta.message], [422, 'Parameter Error']);
  assert.deepEqual(data.errMsg, { lastName: need, email: need });
});

test('companies are assigned and unassigned one by one, and an assignment does not reach subsidiaries', async () => {
  const { userId } = (await make()).data;
  const first = await assign(userId, [501, true], [503, true]);
  const both = await companiesOf(userId);
  await assign(userId, [501, false], [504, true], [503, true]);

  assert.deepEqual(first, { code: 200, data: {}, meta: { message: 'Success' } });
  assert.deepEqual(both, [501, 503]);
  assert.deepEqual(await companiesOf(userId), [503, 504]);
});

test('an assignment with something unknown assigns nothing', async () => {
  const { userId } = (await make()).data;
  const company = await assign(userId, [501, true], [999, true]);
  const admin = await assign(7, [501, true]);
  const shape = await b2b(world, 'PUT', `/super-admins/${userId}`, {
    body: { companies: [{ companyId: 501 }] },
  });

  for (const { code, meta } of [company, admin]) {
    assert.equal(code, 404);
    assert.equal(
      meta.message,
      'The ID provided does not match an available resource of the appropriate type.',
    );
  }
  assert.equal(shape.code, 422);
  assert.deepEqual(await companiesOf(userId), []);
});

test('the same can be said from the side of the company', async () => {
  const { userId } = (await make()).data;
  const path = '/companies/501/super-admins';
  const put = (isAssigned: boolean, superAdminId = userId) =>
    b2b(world, 'PUT', path, { body: { superAdmins: [{ superAdminId, isAssigned }] } });
  await put(true);
  const shown = await b2b(world, 'GET', path);
  const counts = await b2b(world, 'GET', '/super-admins/companies?orderBy=ASC');
  await put(false);

  assert.deepEqual(
    shown.data.map(({ email }: { email: string }) => email),
    [TESS.email],
  );
  assert.deepEqual([counts.data[0].companyId, counts.data[0].superAdminCount], [501, 1]);
  assert.deepEqual(await companiesOf(userId), []);
  assert.equal((await put(true, 7)).code, 404);
  assert.equal((await b2b(world, 'GET', '/companies/999/super-admins')).code, 404);
});

test('super admins are listed and searched, with a uuid only where there is one', async () => {
  await make();
  await make({ ...TESS, firstName: 'Ada', lastName: 'Brandt', email: 'ada@halden.example', uuid: 'per_ada' });
  const all = await b2b(world, 'GET', '/companies/super-admins?limit=1');
  const found = await b2b(world, 'GET', '/companies/super-admins?q=moreau');
  const byUuid = await b2b(world, 'GET', '/companies/super-admins?uuid=per_ada');
  const tooMany = await b2b(world, 'GET', '/companies/super-admins?limit=201');

  assert.deepEqual(all.meta.pagination, { totalCount: 2, limit: 1, offset: 0 });
  assert.deepEqual([found.data.length, 'uuid' in found.data[0]], [1, false]);
  assert.deepEqual([byUuid.data.length, byUuid.data[0].uuid], [1, 'per_ada']);
  assert.equal(tooMany.code, 422);
});

test('details change, the mail address does not', async () => {
  const { userId, customerId } = (await make()).data;
  const put = (body: unknown) => b2b(world, 'PUT', `/super-admins/info/${userId}`, { body });
  const { data } = await put({ lastName: 'Moreau-Petit', email: 'other@halden.example', channelIds: [2] });
  turn({ b2bReadOnlyFields: 'refused' });
  const refused = await put({ email: 'other@halden.example' });

  assert.deepEqual([data.lastName, data.email], ['Moreau-Petit', TESS.email]);
  assert.deepEqual((await customer(customerId))?.['channel_ids'], [2]);
  assert.equal(refused.code, 422);
});

test('no call deletes a super admin; only a human can', async () => {
  const { userId, customerId } = (await make()).data;
  const { code, meta } = await b2b(world, 'DELETE', `/super-admins/${userId}`);
  world.act('b2b-remove-person', { email: TESS.email });

  assert.deepEqual([code, meta.message], [405, 'Method "DELETE" not allowed.']);
  assert.equal((await b2b(world, 'GET', `/super-admins/info/${userId}`)).code, 404);
  assert.equal((await customer(customerId))?.['email'], TESS.email);
});

test('acting for a company changes the own group while it lasts, and ends with the assignment', async () => {
  const { userId, customerId } = (await make()).data;
  await assign(userId, [503, true]);
  const group = async () => (await customer(customerId))?.['customer_group_id'];

  assert.throws(() => world.act('b2b-masquerade', { email: TESS.email, company: 501 }), /not assigned/);
  world.act('b2b-masquerade', { email: TESS.email, company: 503 });
  const during = await group();
  await assign(userId, [503, false]);

  assert.deepEqual([during, await group()], [3, 0]);
});

test('ten super admins can be made at once: all of them or none', async () => {
  const body = [TESS, { ...TESS, email: 'second@halden.example' }];
  const bulk = (items: unknown) => b2b(world, 'POST', '/super-admins/bulk', { body: items });
  const missing = await bulk([TESS, {}]);
  const twins = await bulk([TESS, TESS]);
  const made = await bulk(body);
  const again = await bulk(body);
  const many = await bulk(Array.from({ length: 11 }, () => TESS));

  assert.deepEqual([missing.code, missing.data[0]], [422, {}]);
  assert.equal(made.data.superAdminIds.length, 2);
  assert.deepEqual([again.code, again.data.errMsg], [400, 'The super admin already exists']);
  assert.deepEqual([twins.code, many.code], [400, 413]);
});

test('the account page in the shop tells company and companies', async () => {
  const { userId, customerId } = (await make({ ...TESS, channelIds: [1] })).data;
  await assign(userId, [501, true], [503, true]);
  world.act('b2b-masquerade', { email: TESS.email, company: 503 });
  const pageOf = async (claims: Record<string, unknown>, host = 'store-emea') => {
    const token = loginToken(world.clock, { claims });
    return new Browser().open(world.storefront(host, `/login/token/${token}`), 'http://nowhere');
  };
  const admin = await pageOf({ customer_id: customerId });
  const buyer = await pageOf({ customer_id: 103, channel_id: 2 }, 'b2b-emea');
  const shopper = await pageOf({ customer_id: 104 });

  assert.equal(fact(admin, 'looks-after'), 'Fjord Hospitality, Orchard Supply');
  assert.equal(fact(admin, 'acts-for'), 'Orchard Supply');
  assert.equal(fact(buyer, 'company'), 'Orchard Supply (Admin)');
  assert.deepEqual([fact(shopper, 'company'), fact(shopper, 'email')], [undefined, 'freya@fjord.example']);
});

test('in North America somebody who left is still a super admin with two companies', async () => {
  const { data } = await b2b(world, 'GET', '/companies/super-admins', { store: 'store-na' });
  const { data: companies } = await b2b(world, 'GET', `/super-admins/${data[0].id}/companies`, {
    store: 'store-na',
  });

  assert.deepEqual([data[0].email, companies.length], ['viktor@brightline.example', 2]);
});

test('sales staff are assigned by a list and made by hand only', async () => {
  const put = (body: unknown, id = 801) => b2b(world, 'PUT', `/sales-staffs/${id}`, { body });
  const before = await b2b(world, 'GET', '/sales-staffs');
  await put([
    { companyId: 501, assignStatus: false },
    { companyId: 503, assignStatus: true },
  ]);
  const after = await b2b(world, 'GET', '/sales-staffs/801');
  const wrong = await put([{ companyId: 503, assignStatus: 'yes' }]);

  assert.deepEqual([before.data[0].salesRepName, before.data[0].companyCount], ['Inês Carvalho', 1]);
  assert.deepEqual(
    after.data.assignedCompanies.map(({ id }: { id: number }) => id),
    [503],
  );
  assert.deepEqual([wrong.code, wrong.data.errMsg], [422, 'Must be a valid boolean.']);
  assert.deepEqual([(await put({})).code, (await put([], 9)).code], [400, 422]);
  assert.equal((await b2b(world, 'POST', '/sales-staffs', { body: {} })).code, 405);
});
