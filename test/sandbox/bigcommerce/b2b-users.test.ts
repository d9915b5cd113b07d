import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { b2b } from './b2b-client.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
let freya = 0;
beforeEach(() => startOver());

/** As at the start, with the customer 104 as the only user of the company 501. */
async function startOver(): Promise<void> {
  world.sandbox.reset();
  const { data } = await post({ ...NEW, ...FREYA });
  freya = data.userId;
}

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const post = (body: unknown) => b2b(world, 'POST', '/users', { body });
const customer = async (id: number) =>
  (await world.json('GET', `/v3/customers?id:in=${id}`)).data[0] as Record<string, unknown> | undefined;

const NEW = {
  firstName: 'Nils',
  lastName: 'Berg',
  email: 'nils@fjord.example',
  phoneNumber: '+47 555 10',
  companyId: 501,
  role: 1,
  channelIds: [1],
};

const FREYA = {
  email: 'freya@fjord.example',
  firstName: 'Freya',
  lastName: 'Holm',
  role: 0,
  phoneNumber: '',
};

test('a new company user is a new customer with the group of the company', async () => {
  const made = await post({ ...NEW, uuid: 'per_1', acceptWelcomeEmail: true });
  const shown = await b2b(world, 'GET', `/users/${made.data.userId}`);
  const behind = await customer(made.data.bcId);

  assert.deepEqual([made.code, made.meta.message], [200, 'Success']);
  assert.deepEqual(Object.keys(made.data), ['userId', 'bcId']);
  assert.equal(behind?.['email'], NEW.email);
  assert.deepEqual([behind?.['customer_group_id'], behind?.['channel_ids']], [1, [1]]);
  assert.deepEqual(shown.data, {
    id: made.data.userId,
    email: NEW.email,
    firstName: 'Nils',
    lastName: 'Berg',
    phoneNumber: '+47 555 10',
    role: 1,
    companyRoleId: 2,
    companyRoleName: 'Senior Buyer',
    uuid: 'per_1',
    extraFields: [],
    companyId: 501,
    customerId: made.data.bcId,
    createdAt: 1_767_225_610,
    updatedAt: 1_767_225_610,
    channelList: [{ channelId: 1, channelName: 'Halden Europe', iconUrl: '' }],
  });
});

test('a customer with the same address on a channel of the user is taken over', async () => {
  const path = '/v3/customers';
  const body = [
    { email: NEW.email, first_name: 'Old', last_name: 'Name', channel_ids: [1], customer_group_id: 4 },
  ];
  const [known] = (await world.json('POST', path, { body })).data;
  const made = await post(NEW);
  const behind = await customer(made.data.bcId);

  assert.equal(made.data.bcId, known?.['id']);
  assert.deepEqual([behind?.['first_name'], behind?.['customer_group_id']], ['Nils', 1]);
});

test('what a customer who is taken over had, is replaced or kept', async () => {
  const body = [{ email: NEW.email, first_name: 'Old', last_name: 'Name', channel_ids: [1] }];
  const shape = async () => {
    await world.json('POST', '/v3/customers', { body });
    const made = await post({ ...NEW, channelIds: [1, 2] });
    const behind = await customer(made.data.bcId);
    return [behind?.['first_name'], behind?.['channel_ids']];
  };
  const first = await shape();
  await startOver();
  await world.json('POST', '/v3/customers', { body: [{ ...body[0], channel_ids: [1, 3] }] });
  turn({ b2bAdoptedNames: 'kept', b2bAdoptedChannels: 'merged' });
  const made = await post({ ...NEW, channelIds: [1, 2] });
  const second = await customer(made.data.bcId);

  assert.deepEqual(first, ['Nils', [1, 2]]);
  assert.deepEqual([second?.['first_name'], second?.['channel_ids']], ['Old', [1, 3, 2]]);
});

test('an address that exists twice is taken over on the channel that is asked for', async () => {
  await b2b(world, 'POST', '/users', { body: { ...NEW, email: 'second@orchard.example', companyId: 503 } });
  await b2b(world, 'DELETE', '/users/602');
  const made = await post({ ...NEW, email: 'pat@orchard.example', channelIds: [1] });

  assert.equal(made.data.bcId, 102);
  assert.equal((await customer(103))?.['customer_group_id'], 0);
});

test('missing and wrong fields are told one by one', async () => {
  const empty = await post({});
  const wrong = await post({ ...NEW, email: 'nobody', role: 5 });
  const noRole = await post({ ...NEW, role: undefined });
  const cased = await post({ ...NEW, firstName: undefined, first_name: 'Nils' });
  const nowhere = await post({ ...NEW, companyId: 9 });

  for (const { code, meta } of [empty, wrong, noRole, cased, nowhere]) {
    assert.deepEqual([code, meta.message], [422, 'Parameter Error']);
  }
  const need = ['This field may not be null'];
  assert.deepEqual(empty.data.errMsg, { firstName: need, lastName: need, email: need, companyId: need });
  assert.deepEqual(wrong.data.errMsg, {
    email: ['Email is not correct.'],
    role: ['"5" is not a valid choice'],
  });
  assert.deepEqual(noRole.data.errMsg, { non_field_errors: ['User must have a role.'] });
  assert.deepEqual(cased.data.errMsg, { firstName: need });
  assert.deepEqual(nowhere.data.errMsg, { companyId: ['Company does not exist.'] });
});

test('errors name fields as bodies do, or as the server does inside', async () => {
  turn({ b2bErrorFields: 'snake' });
  const { data } = await post({ ...NEW, firstName: undefined });

  assert.deepEqual(Object.keys(data.errMsg), ['first_name']);
});

test('a user needs a storefront with B2B Edition, and one company only', async () => {
  const none = await post({ ...NEW, channelIds: [] });
  const parked = await post({ ...NEW, channelIds: [9] });
  const taken = await post({ ...NEW, email: 'FREYA@fjord.example', companyId: 503 });
  const admin = await b2b(world, 'POST', '/super-admins', {
    body: { firstName: 'T', lastName: 'M', email: 'tess@halden.example', channelIds: [1] },
  });
  const both = await post({ ...NEW, email: 'tess@halden.example' });

  for (const answer of [none, parked]) {
    assert.equal(answer.data.errMsg, 'At least one B2B storefront needs to be enabled for a Company user.');
  }
  assert.equal(taken.data.errMsg, "Email already exists. ['FREYA@fjord.example']");
  assert.equal(admin.code, 200);
  assert.equal(both.data.errMsg, "Email already exists. ['tess@halden.example']");
  for (const { code, meta } of [none, taken, both]) {
    assert.deepEqual([code, meta.message], [422, 'Processing data contains logical errors']);
  }
});

test('an update changes the customer too, and never the company', async () => {
  const { data } = await b2b(world, 'PUT', `/users/${freya}`, {
    body: { firstName: 'Frøya', email: 'froya@fjord.example', role: 2, companyId: 503, channelIds: [1, 2] },
  });
  const behind = await customer(104);
  turn({ b2bReadOnlyFields: 'refused' });
  const refused = await b2b(world, 'PUT', `/users/${freya}`, { body: { companyId: 503 } });

  assert.deepEqual(
    [data.firstName, data.role, data.companyId, data.companyRoleName],
    ['Frøya', 2, 501, 'Junior Buyer'],
  );
  assert.deepEqual([behind?.['email'], behind?.['channel_ids']], ['froya@fjord.example', [1, 2]]);
  assert.deepEqual(refused.data.errMsg, { companyId: ['This field is read-only.'] });
});

test('an update is refused by its own words', async () => {
  const put = (body: unknown) => b2b(world, 'PUT', `/users/${freya}`, { body });
  const wrong = await put({ email: 'nobody', role: 5 });
  const taken = await put({ email: 'pat@orchard.example' });
  const closed = await put({ channelIds: [9] });
  const missing = await b2b(world, 'PUT', '/users/7', { body: {} });

  assert.deepEqual(wrong.data.errMsg, {
    email: ['Enter a valid email address.'],
    role: ['The value "5" is not a valid role.'],
  });
  assert.match(taken.data.errMsg, /Email already exists/);
  assert.match(closed.data.errMsg, /At least one B2B storefront/);
  assert.deepEqual(missing, {
    code: 404,
    data: { errMsg: 'User matching query does not exist.' },
    meta: { message: 'Not Found Error' },
  });
});

test('a role of the store goes before the number and counts as junior buyer', async () => {
  const made = await post({ ...NEW, role: 0, companyRoleId: 11 });
  const shown = await b2b(world, 'GET', `/users/${made.data.userId}`);
  const juniors = await b2b(world, 'GET', '/users?roles=2');
  const unknown = await post({ ...NEW, email: 'x@fjord.example', companyRoleId: 99 });
  const wrong = await b2b(world, 'GET', '/users?roles=99');

  assert.deepEqual(
    [shown.data.role, shown.data.companyRoleId, shown.data.companyRoleName],
    [2, 11, 'Approver'],
  );
  assert.deepEqual(
    juniors.data.map(({ id }: { id: number }) => id),
    [made.data.userId],
  );
  assert.deepEqual(unknown.data.errMsg, { companyRoleId: ['Company role does not exist.'] });
  assert.deepEqual(wrong.data.errMsg, { roles: { 0: ['"99" is not a valid choice.'] } });
});

test('the last user of a company cannot be deleted; of others the customer stays', async () => {
  const last = await b2b(world, 'DELETE', `/users/${freya}`);
  const made = await post(NEW);
  const gone = await b2b(world, 'DELETE', `/users/${made.data.userId}`);
  const again = await b2b(world, 'DELETE', `/users/${made.data.userId}`);
  const byCustomer = await b2b(world, 'GET', `/users/customer/${made.data.bcId}`);

  assert.deepEqual([last.code, last.data.errMsg], [422, 'The last user in company can not be deleted.']);
  assert.deepEqual([gone.data, again.code, byCustomer.code], [{ userId: made.data.userId }, 404, 404]);
  assert.equal((await customer(made.data.bcId))?.['customer_group_id'], 0);
});

test('the group of a customer whose user was deleted stays where the switch says so', async () => {
  turn({ b2bGroupAfterDelete: 'stays' });
  const made = await post({ ...NEW, companyId: 503 });
  await b2b(world, 'DELETE', `/users/${made.data.userId}`);

  assert.equal((await customer(made.data.bcId))?.['customer_group_id'], 3);
});

test('a customer group that something else wrote is put back, or kept until the company writes again', async () => {
  const put = () => world.json('PUT', '/v3/customers', { body: [{ id: 104, customer_group_id: 4 }] });
  await put();
  const back = (await customer(104))?.['customer_group_id'];
  turn({ b2bGroupWrites: 'kept' });
  await put();
  const kept = (await customer(104))?.['customer_group_id'];
  await b2b(world, 'PUT', `/users/${freya}`, { body: { firstName: 'Freya' } });

  assert.deepEqual([back, kept, (await customer(104))?.['customer_group_id']], [1, 4, 1]);
});

test('a company user whose customer was deleted is gone, or left behind', async () => {
  await world.api('DELETE', '/v3/customers?id:in=104');
  const gone = await b2b(world, 'GET', `/users/${freya}`);
  await startOver();
  turn({ b2bAfterCustomerDelete: 'left-behind' });
  await world.api('DELETE', '/v3/customers?id:in=104');
  const left = await b2b(world, 'GET', `/users/${freya}`);

  assert.deepEqual([gone.code, left.code], [404, 200]);
  assert.deepEqual([left.data.email, left.data.channelList], ['freya@fjord.example', []]);
});
