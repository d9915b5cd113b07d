import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { send } from '../client/request.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const MIRA = { email: 'mira@halden.example', first_name: 'Mira', last_name: 'Lindqvist' };

async function create(body: Record<string, unknown> = MIRA): Promise<number> {
  const { data } = await world.json('POST', '/v3/customers', { body: [body] });
  return Number(data[0]?.['id']);
}

test('a created customer is answered with 200 and in full', async () => {
  const reply = await world.api('POST', '/v3/customers', {
    body: [{ ...MIRA, customer_group_id: 2, channel_ids: [1, 3] }],
  });

  assert.equal(reply.status, 200);
  const { data, meta } = reply.json() as { data: Record<string, unknown>[]; meta: object };
  assert.deepEqual(meta, {});
  assert.deepEqual(data, [
    {
      id: 1001,
      authentication: { force_password_reset: false },
      company: '',
      customer_group_id: 2,
      email: 'mira@halden.example',
      first_name: 'Mira',
      last_name: 'Lindqvist',
      notes: '',
      phone: '',
      registration_ip_address: '',
      tax_exempt_category: '',
      date_created: '2026-01-01T00:00:10Z',
      date_modified: '2026-01-01T00:00:10Z',
      accepts_product_review_abandoned_cart_emails: false,
      origin_channel_id: 1,
      channel_ids: [1, 3],
      store_credit_amounts: [{ amount: 0 }],
    },
  ]);
});

test('bodies are arrays of ten at most', async () => {
  const object = await world.api('POST', '/v3/customers', { body: MIRA });
  const eleven = Array.from({ length: 11 }, (_, n) => ({ ...MIRA, email: `p${n}@halden.example` }));
  const many = await world.api('POST', '/v3/customers', { body: eleven });
  const ten = await world.api('POST', '/v3/customers', { body: eleven.slice(1) });

  assert.equal(object.status, 422);
  assert.equal(many.status, 413);
  assert.match(many.body, /The maximum number of items allowed in the array is 10/);
  assert.equal(ten.status, 200);
});

test('a body that is not JSON is a 400', async () => {
  const reply = await world.api('POST', '/v3/customers', { body: '[{' });

  assert.equal(reply.status, 400);
});

test('mail address and both names are required, with their lengths', async () => {
  const missing = await world.json('POST', '/v3/customers', { body: [{ email: 'x@y.example' }] });
  const empty = await world.json('POST', '/v3/customers', { body: [{ ...MIRA, first_name: '' }] });
  const long = await world.json('POST', '/v3/customers', {
    body: [{ ...MIRA, email: `${'a'.repeat(240)}@halden.example`, last_name: 'x'.repeat(101), phone: 7 }],
  });

  assert.equal(missing.title, 'JSON data is missing or invalid');
  assert.deepEqual(missing.errors, {
    '0.first_name': 'error.path.missing',
    '0.last_name': 'error.path.missing',
  });
  assert.deepEqual(empty.errors, { '0.first_name': 'error.minLength' });
  assert.deepEqual(long.errors, {
    '0.last_name': 'error.maxLength',
    '0.phone': 'error.expected.jsstring',
    '0.email': 'error.maxLength',
  });
});

test('a mail address in use is refused with the recorded text', async () => {
  const reply = await world.api('POST', '/v3/customers', {
    body: [{ ...MIRA, email: 'DUP@halden.example', channel_ids: [1] }],
  });

  assert.equal(reply.status, 422);
  assert.deepEqual(reply.json(), {
    status: 422,
    title: 'Create customers failed.',
    type: 'https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes',
    errors: { '.customer_create': 'Error creating customers: email DUP@halden.example already in use' },
  });
});

test('mail addresses are unique per channel, not per store', async () => {
  const twin = await world.api('POST', '/v3/customers', {
    body: [{ ...MIRA, email: 'dup@halden.example', channel_ids: [2] }],
  });
  const both = await world.json('GET', '/v3/customers?email:in=dup@halden.example');
  const seeded = await world.json('GET', '/v3/customers?email:in=pat%40orchard.example');

  assert.equal(twin.status, 200);
  assert.deepEqual(
    both.data.map(({ channel_ids }) => channel_ids),
    [[1], [2]],
  );
  assert.equal(seeded.data.length, 2);
});

test('channels that overlap in part are a duplicate, or not, by switch', async () => {
  const body = [{ ...MIRA, email: 'dup@halden.example', channel_ids: [1, 2] }];
  const strict = await world.api('POST', '/v3/customers', { body });
  turn({ duplicateRule: 'same-channels' });
  const lax = await world.api('POST', '/v3/customers', { body });

  assert.deepEqual([strict.status, lax.status], [422, 200]);
});

test('a batch with a duplicate is undone, or keeps what came before, by switch', async () => {
  const body = [
    { ...MIRA, channel_ids: [1] },
    { ...MIRA, email: 'dup@halden.example', channel_ids: [1] },
  ];
  const count = async () =>
    (await world.json('GET', '/v3/customers?email:in=mira@halden.example')).data.length;
  await world.api('POST', '/v3/customers', { body });
  const undone = await count();
  turn({ batchOnDuplicate: 'keeps-earlier' });
  const reply = await world.api('POST', '/v3/customers', { body });

  assert.equal(undone, 0);
  assert.equal(reply.status, 422);
  assert.equal(await count(), 1);
});

test('no channel list means every channel, an empty one is refused', async () => {
  const global = await world.json('POST', '/v3/customers', { body: [{ ...MIRA, channel_ids: null }] });
  const empty = await world.api('POST', '/v3/customers', {
    body: [{ ...MIRA, email: 'e@halden.example', channel_ids: [] }],
  });
  const emptied = await world.api('PUT', '/v3/customers', { body: [{ id: 104, channel_ids: [] }] });
  const unknown = await world.api('POST', '/v3/customers', {
    body: [{ ...MIRA, email: 'e@halden.example', channel_ids: [77] }],
  });

  assert.equal(global.data[0]?.['channel_ids'], null);
  assert.deepEqual([empty.status, emptied.status, unknown.status], [422, 422, 422]);
});

test('a customer without a group gets none, or the default group, by switch', async () => {
  const none = await world.json('POST', '/v3/customers', { body: [MIRA] });
  turn({ groupOfNewCustomer: 'default-group' });
  const some = await world.json('POST', '/v3/customers', { body: [{ ...MIRA, email: 'm2@halden.example' }] });

  assert.equal(none.data[0]?.['customer_group_id'], 0);
  assert.equal(some.data[0]?.['customer_group_id'], 1);
});

test('attributes, addresses and form fields come along with a new customer', async () => {
  const defined = await world.json('POST', '/v3/customers/attributes', {
    body: [{ name: 'vestibule_id', type: 'string' }],
  });
  const attributeId = defined.data[0]?.['id'];
  const address = { first_name: 'Mira', last_name: 'Lindqvist', address1: 'Kai 1', city: 'Hamburg' };
  const body = [
    {
      ...MIRA,
      addresses: [{ ...address, country_code: 'DE', postal_code: '20457' }],
      attributes: [{ attribute_id: attributeId, attribute_value: 'abc' }],
      form_fields: [{ name: 'Employee number', value: 'H1001' }],
    },
  ];

  const reply = await world.api('POST', '/v3/customers', { body });

  assert.equal(reply.status, 200);
  const found = await world.json(
    'GET',
    '/v3/customers?email:in=mira@halden.example&include=addresses,attributes,formfields,storecredit',
  );
  const customer = found.data[0] ?? {};
  assert.equal((customer['addresses'] as { country: string }[])[0]?.country, 'Germany');
  const values = customer['attributes'] as Record<string, unknown>[];
  assert.equal(values[0]?.['attribute_value'], 'abc');
  assert.equal('name' in (values[0] ?? {}), false);
  assert.deepEqual(customer['form_fields'], [
    { name: 'Employee number', value: 'H1001', customer_id: customer['id'] },
  ]);
  assert.deepEqual([customer['address_count'], customer['attribute_count']], [1, 1]);
});

test('an attribute that does not exist refuses the whole customer', async () => {
  const reply = await world.json('POST', '/v3/customers', {
    body: [{ ...MIRA, attributes: [{ attribute_id: 5, attribute_value: 'x' }] }],
  });

  assert.match(reply.errors['.customer_create'] ?? '', /attribute 5 does not exist/);
  assert.equal((await world.json('GET', '/v3/customers?email:in=mira@halden.example')).data.length, 0);
});

test('a weak password is refused, or taken, by switch', async () => {
  const body = [{ ...MIRA, authentication: { new_password: 'short' } }];
  const weak = await world.api('POST', '/v3/customers', { body });
  turn({ passwordRule: 'none' });
  const taken = await world.api('POST', '/v3/customers', { body });

  assert.deepEqual([weak.status, taken.status], [422, 200]);
});

test('a PUT needs a known id', async () => {
  const missing = await world.json('PUT', '/v3/customers', { body: [{ first_name: 'X' }] });
  const reply = await world.api('PUT', '/v3/customers', { body: [{ id: 999_999, first_name: 'X' }] });

  assert.deepEqual(missing.errors, { '0.id': 'error.path.missing' });
  assert.equal(reply.status, 422);
  assert.deepEqual(reply.json(), {
    status: 422,
    title: 'Update customers failed.',
    type: 'https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes',
    errors: { '0.id': 'invalid customer ID' },
  });
});

test('a PUT changes what it names, moves date_modified, and leaves sub-resources alone', async () => {
  const id = await create();
  world.clock.advance(60_000);

  const { data } = await world.json('PUT', '/v3/customers', {
    body: [
      {
        id,
        last_name: 'Berg',
        channel_ids: [1],
        addresses: [{ first_name: 'No' }],
        attributes: [{ attribute_id: 1, attribute_value: 'no' }],
        form_fields: [{ name: 'Cost centre', value: '4711' }],
      },
    ],
  });

  assert.equal(data[0]?.['first_name'], 'Mira');
  assert.equal(data[0]?.['last_name'], 'Berg');
  assert.deepEqual(data[0]?.['channel_ids'], [1]);
  assert.equal(data[0]?.['date_modified'], '2026-01-01T00:01:10Z');
  const found = await world.json('GET', `/v3/customers?id:in=${id}&include=addresses,formfields`);
  assert.deepEqual(found.data[0]?.['addresses'], []);
  assert.deepEqual(found.data[0]?.['form_fields'], [{ name: 'Cost centre', value: '4711', customer_id: id }]);
  world.clock.advance(-60_000);
});

test('read-only fields in a PUT are ignored, or refused, by switch', async () => {
  const body = [{ id: 104, origin_channel_id: 3, date_created: '2020-01-01T00:00:00Z' }];
  const ignored = await world.json('PUT', '/v3/customers', { body });
  turn({ readOnlyFields: 'refused' });
  const refused = await world.api('PUT', '/v3/customers', { body });

  assert.equal(ignored.data[0]?.['origin_channel_id'], 1);
  assert.equal(refused.status, 422);
});

test('taking over the mail address of another customer is refused', async () => {
  const id = await create({ ...MIRA, channel_ids: [1] });

  const reply = await world.json('PUT', '/v3/customers', { body: [{ id, email: 'dup@halden.example' }] });

  assert.match(reply.errors['.customer_update'] ?? '', /already in use/);
});

test('DELETE answers 204 whatever happens, and deletes nothing without a query', async () => {
  const id = await create();
  const total = async () => (await world.json('GET', '/v3/customers?limit=1')).meta['pagination']?.['total'];
  const before = await total();
  const bare = await world.api('DELETE', '/v3/customers');
  const unknown = await world.api('DELETE', '/v3/customers?id:in=0');
  const untouched = await total();
  const known = await world.api('DELETE', `/v3/customers?id:in=${id}`);
  const text = await world.api('DELETE', '/v3/customers?id:in=all');

  assert.deepEqual([bare.status, unknown.status, known.status, text.status], [204, 204, 204, 422]);
  assert.equal(known.body, '');
  assert.equal(untouched, before);
  assert.equal(await total(), Number(before) - 1);
});

test('unknown filters and stray separators are refused with the recorded text', async () => {
  const unknown = await world.api('GET', '/v3/customers?foo=bar');
  const stray = await world.api('GET', '/v3/customers?&id:in=104');
  const text = await world.json('GET', '/v3/customers?id:in=hello');

  assert.equal(unknown.status, 422);
  assert.deepEqual(unknown.json(), {
    status: 422,
    title: 'The filter(s): foo are not valid filter parameter(s).',
    type: 'https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes',
    errors: {},
  });
  assert.equal(stray.status, 422);
  assert.equal(
    text.title,
    'Query parameter "id:in" value may contain only integer values. For input string: "hello".',
  );
});

test('every listed filter narrows the list', async () => {
  const id = await create({ ...MIRA, company: 'Halden Group', phone: '+49 40 1', customer_group_id: 2 });
  const ids = async (query: string) =>
    (await world.json('GET', `/v3/customers?${query}`)).data.map((each) => each['id']);

  assert.deepEqual(await ids('id:in=101,103'), [101, 103]);
  assert.deepEqual(await ids('email:in=MIRA@halden.example'), [id]);
  assert.deepEqual(await ids('company:in=Halden%20Group'), [id]);
  assert.deepEqual(await ids('customer_group_id:in=2'), [id]);
  assert.deepEqual(await ids('name:in=mira+lindqvist'), [id]);
  assert.deepEqual(await ids('name:like=orch'), [102, 103]);
  assert.deepEqual(await ids('phone:in=%2B49%2040%201'), [id]);
  assert.deepEqual((await ids('registration_ip_address:in=203.0.113.7')).length, 4);
  assert.deepEqual(await ids('date_created:min=2025-01-01'), [id]);
  assert.deepEqual(await ids('date_modified:max=2025-01-01T00:00:00Z&name:like=holm'), [104]);
  assert.deepEqual(await ids('date_created=2026-01-01T00:00:10'), [id]);
  assert.deepEqual(await ids('sort=last_name:desc&limit=2'), [101, 102]);
  assert.deepEqual((await world.api('GET', '/v3/customers?sort=id:asc')).status, 422);
  assert.deepEqual((await world.api('GET', '/v3/customers?date_created:min=yesterday')).status, 422);
  assert.deepEqual((await world.api('GET', '/v3/customers?include=orders')).status, 422);
});

test('a plus sign that is not encoded looks for another mail address', async () => {
  await create({ ...MIRA, email: 'mira+shop@halden.example' });

  const raw = await world.json('GET', '/v3/customers?email:in=mira+shop@halden.example');
  const encoded = await world.json('GET', '/v3/customers?email:in=mira%2Bshop@halden.example');

  assert.deepEqual([raw.data.length, encoded.data.length], [0, 1]);
});

test('the first page tells page and cursor, later pages one of them', async () => {
  const first = await world.json('GET', '/v3/customers?limit=2');
  const second = await world.json('GET', '/v3/customers?limit=2&page=2');
  const cursor = String(first.meta['cursor_pagination']?.['end_cursor']);
  const after = await world.json('GET', `/v3/customers?limit=2&after=${cursor}`);
  const start = String(after.meta['cursor_pagination']?.['start_cursor']);
  const back = await world.json('GET', `/v3/customers?limit=2&before=${start}`);
  const ids = (page: { data: Record<string, unknown>[] }) => page.data.map(({ id }) => id);

  assert.deepEqual(Object.keys(first.meta), ['pagination', 'cursor_pagination']);
  assert.equal(first.meta['pagination']?.['total_pages'], 2);
  assert.equal(Buffer.from(cursor, 'base64url').toString(), '{"id":102}');
  assert.deepEqual(Object.keys(second.meta), ['pagination']);
  assert.deepEqual(Object.keys(after.meta), ['cursor_pagination']);
  assert.deepEqual(
    [ids(first), ids(second), ids(after), ids(back)],
    [
      [101, 102],
      [103, 104],
      [103, 104],
      [101, 102],
    ],
  );
  assert.equal((await world.api('GET', '/v3/customers?after=nonsense')).status, 422);
});

test('an empty list has one page and no cursor', async () => {
  const { data, meta } = await world.json('GET', '/v3/customers?email:in=nobody@halden.example');

  assert.deepEqual(data, []);
  assert.deepEqual(meta, {
    pagination: { total: 0, count: 0, per_page: 50, current_page: 1, total_pages: 1 },
  });
});

test('validate-credentials answers bare, per channel, and has a limit of its own', async () => {
  const ask = (body: object) => world.api('POST', '/v3/customers/validate-credentials', { body });
  const right = await ask({ email: 'pat@orchard.example', password: 'pat-trade-2', channel_id: 2 });
  const wrong = await ask({ email: 'pat@orchard.example', password: 'pat-trade-2' });
  const missing = await ask({ email: 'pat@orchard.example' });
  turn({ validateCredentialsQuota: 2 });
  const limited = await ask({ email: 'pat@orchard.example', password: 'x' });

  assert.deepEqual(right.json(), { is_valid: true, customer_id: 103 });
  assert.deepEqual(wrong.json(), { is_valid: false });
  assert.deepEqual([missing.status, limited.status], [422, 429]);
});

test('tokens are checked for store, life and scope', async () => {
  const { readOnlyApi, app } = bigCommerceCredentials['store-emea'];
  const wrong = await world.api('GET', '/v3/customers', { token: 'nonsense' });
  const foreign = await world.api('GET', '/v3/customers', {
    token: bigCommerceCredentials['store-na'].api.accessToken,
  });
  const reading = await world.api('GET', '/v3/customers', { token: readOnlyApi.accessToken });
  const writing = await world.api('POST', '/v3/customers', { token: readOnlyApi.accessToken, body: [MIRA] });
  world.act('revoke-account', { account: 'readOnlyApi' });
  const revoked = await world.api('GET', '/v3/customers', { token: readOnlyApi.accessToken });
  turn({ ownerChanged: true });
  const owner = await world.api('GET', '/v3/customers');

  assert.deepEqual([wrong.status, foreign.status, revoked.status], [401, 401, 401]);
  assert.match(wrong.body, /not a valid combination for this store/);
  assert.deepEqual([reading.status, writing.status, owner.status], [200, 403, 403]);
  assert.equal(app.accessToken.length > 0, true);
});

test('every call is recorded with the names of its fields and never their values', async () => {
  await create();
  await send(world.sandbox.url('api.bigcommerce', '/stores/haldenemea/v3/customers'), { method: 'DELETE' });

  const [first, second] = world.state().calls;

  assert.deepEqual(
    [first?.method, first?.path, first?.items, first?.status],
    ['POST', '/v3/customers', 1, 200],
  );
  assert.deepEqual(first?.bodyKeys, ['email', 'first_name', 'last_name']);
  assert.deepEqual([second?.method, second?.status], ['DELETE', 401]);
  assert.doesNotMatch(JSON.stringify(world.state().calls), /mira@halden/);
});
