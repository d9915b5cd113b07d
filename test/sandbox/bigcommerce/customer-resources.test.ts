import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { bigCommerceCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const HOME = {
  customer_id: 104,
  first_name: 'Freya',
  last_name: 'Holm',
  address1: 'Speicherstadt 12',
  city: 'Hamburg',
  state_or_province: '',
  postal_code: '20457',
  country_code: 'DE',
};
const addresses = (method: string, body: unknown) => world.json(method, '/v3/customers/addresses', { body });

test('an address that exists already is absent from the answer and changes nothing', async () => {
  const first = await addresses('POST', [HOME]);
  const again = await addresses('POST', [HOME, { ...HOME, city: 'Kiel' }]);
  const all = await world.json('GET', '/v3/customers/addresses?customer_id:in=104');

  assert.equal(first.data[0]?.['country'], 'Germany');
  assert.deepEqual(
    again.data.map(({ city }) => city),
    ['Kiel'],
  );
  assert.equal(all.data.length, 2);
  assert.equal(all.meta['pagination']?.['total'], 2);
});

test('an update that makes two addresses equal leaves the target as it was', async () => {
  await addresses('POST', [HOME]);
  const second = await addresses('POST', [{ ...HOME, city: 'Kiel' }]);
  const id = second.data[0]?.['id'];

  const same = await addresses('PUT', [{ id, city: 'Hamburg' }]);
  const other = await addresses('PUT', [{ id, city: 'Bremen' }]);
  const unknown = await addresses('PUT', [{ id: 7, city: 'Bremen' }]);

  assert.deepEqual(same.data, []);
  assert.equal(other.data[0]?.['city'], 'Bremen');
  assert.deepEqual(unknown.errors, { '0.id': 'invalid address ID' });
});

test('addresses need their fields, a customer and a country that exists', async () => {
  const missing = await addresses('POST', [{ customer_id: 104, first_name: 'F' }]);
  const nobody = await addresses('POST', [{ ...HOME, customer_id: 9 }]);
  const nowhere = await addresses('POST', [{ ...HOME, country_code: 'XQ' }]);
  const lower = await addresses('POST', [{ ...HOME, country_code: 'de' }]);

  assert.equal(missing.errors['0.postal_code'], 'error.path.missing');
  assert.deepEqual(nobody.errors, { '0.customer_id': 'invalid customer ID' });
  assert.match(nowhere.errors['0'] ?? '', /country_code XQ/);
  assert.match(lower.errors['0'] ?? '', /country_code de/);
});

test('postal codes and spelled-out states are checked, or not, by switch', async () => {
  const boston = { ...HOME, city: 'Boston', country_code: 'US', postal_code: '02116' };
  const code = await addresses('POST', [{ ...boston, state_or_province: 'MA' }]);
  const postal = await addresses('POST', [
    { ...boston, state_or_province: 'Massachusetts', postal_code: 'D02' },
  ]);
  const good = await addresses('POST', [{ ...boston, state_or_province: 'Massachusetts' }]);
  turn({ addressValidation: 'lenient' });
  const lenient = await addresses('POST', [{ ...boston, state_or_province: 'MA', postal_code: 'D02' }]);

  assert.match(code.errors['0'] ?? '', /state_or_province MA/);
  assert.match(postal.errors['0'] ?? '', /postal_code D02/);
  assert.deepEqual([good.data.length, lenient.data.length], [1, 1]);
});

test('addresses are filtered, deleted, and go with their customer', async () => {
  await addresses('POST', [HOME, { ...HOME, city: 'Kiel', company: 'Halden' }]);
  const byCompany = await world.json('GET', '/v3/customers/addresses?company:in=Halden');
  const byName = await world.json('GET', '/v3/customers/addresses?name:in=freya+holm');
  const id = byCompany.data[0]?.['id'];

  const removed = await world.api('DELETE', `/v3/customers/addresses?id:in=${id}`);
  const left = await world.json('GET', '/v3/customers/addresses');
  await world.api('DELETE', '/v3/customers?id:in=104');
  const none = await world.json('GET', '/v3/customers/addresses');

  assert.deepEqual([byCompany.data.length, byName.data.length, removed.status], [1, 2, 204]);
  assert.deepEqual([left.data.length, none.data.length], [1, 0]);
});

const define = (body: unknown) => world.json('POST', '/v3/customers/attributes', { body });

test('attribute names are unique and a store has fifty at most', async () => {
  const first = await define([{ name: 'vestibule_id', type: 'string' }]);
  const twin = await define([{ name: 'vestibule_id', type: 'date' }]);
  const many = Array.from({ length: 50 }, (_, n) => ({ name: `a${n}`, type: 'number' }));
  const over = await define(many);
  const full = await define(many.slice(1));
  const type = await define([{ name: 'x', type: 'boolean' }]);

  assert.equal(first.data[0]?.['type'], 'string');
  assert.match(twin.errors['.customer_attribute_create'] ?? '', /already exists/);
  assert.match(over.errors['.customer_attribute_create'] ?? '', /more than 50/);
  assert.equal(full.data.length, 49);
  assert.deepEqual(type.errors, { '0.type': 'error.invalid' });
});

test('attributes are found by name, not by id', async () => {
  await define([
    { name: 'vestibule_id', type: 'string' },
    { name: 'region', type: 'string' },
  ]);
  const named = await world.json('GET', '/v3/customers/attributes?name=vestibule_id');
  const like = await world.json('GET', '/v3/customers/attributes?name:like=REG');
  const byId = await world.api('GET', '/v3/customers/attributes?id:in=1');

  assert.deepEqual([named.data.length, like.data.length, byId.status], [1, 1, 422]);
});

test('attributes can be renamed and deleted, which takes their values away', async () => {
  const [defined] = (await define([{ name: 'region', type: 'string' }])).data;
  const id = defined?.['id'];
  const value = [{ attribute_id: id, customer_id: 104, value: 'EMEA' }];
  await world.api('PUT', '/v3/customers/attribute-values', { body: value });
  const renamed = await world.json('PUT', '/v3/customers/attributes', { body: [{ id, name: 'area' }] });
  const before = await world.json('GET', '/v3/customers/attribute-values?name=area');

  await world.api('DELETE', `/v3/customers/attributes?id:in=${id}`);

  const left = await world.json('GET', '/v3/customers/attribute-values');
  assert.equal(renamed.data[0]?.['name'], 'area');
  assert.deepEqual([before.data.length, left.data.length], [1, 0]);
});

test('attribute values are upserted by customer and attribute, as texts', async () => {
  const [defined] = (await define([{ name: 'level', type: 'number' }])).data;
  const put = (value: unknown, customer = 104) =>
    world.json('PUT', '/v3/customers/attribute-values', {
      body: [{ attribute_id: defined?.['id'], customer_id: customer, value }],
    });
  const first = await put('1');
  world.clock.advance(5_000);
  const second = await put('2');
  const number = await put(3);
  const nobody = await put('1', 9);

  assert.equal(first.data[0]?.['id'], second.data[0]?.['id']);
  assert.equal(second.data[0]?.['attribute_value'], '2');
  assert.notEqual(second.data[0]?.['date_modified'], second.data[0]?.['date_created']);
  assert.deepEqual(number.errors, { '0.value': 'error.expected.jsstring' });
  assert.deepEqual(nobody.errors, { '0': 'invalid customer ID' });
  const eleven = Array.from({ length: 11 }, () => ({ attribute_id: 1, customer_id: 1, value: '' }));
  const many = await world.api('PUT', '/v3/customers/attribute-values', { body: eleven });
  assert.equal(many.status, 413);
  world.clock.advance(-5_000);
});

test('values of number and date attributes are checked only where the switch says so', async () => {
  const defined = await define([
    { name: 'level', type: 'number' },
    { name: 'since', type: 'date' },
  ]);
  const [level, since] = defined.data.map(({ id }) => id);
  const put = (attribute: unknown, value: string) =>
    world.api('PUT', '/v3/customers/attribute-values', {
      body: [{ attribute_id: attribute, customer_id: 104, value }],
    });
  const loose = [await put(level, 'high'), await put(since, 'soon')];
  turn({ attributeTypes: 'checked' });
  const strict = [await put(level, 'high'), await put(since, 'soon')];
  const right = [await put(level, '7'), await put(since, '2026-01-01')];

  assert.deepEqual(
    [...loose, ...strict, ...right].map(({ status }) => status),
    [200, 200, 422, 422, 200, 200],
  );
});

test('form field values are written through customers and read with cursors', async () => {
  await world.api('PUT', '/v3/customers', {
    body: [
      {
        id: 104,
        form_fields: [
          { name: 'Employee number', value: 'H1' },
          { name: 'Cost centre', value: '4711' },
        ],
      },
    ],
  });
  const all = await world.json('GET', '/v3/customers/form-field-values?limit=1');
  const cursor = String(all.meta['cursor_pagination']?.['end_cursor']);
  const next = await world.json('GET', `/v3/customers/form-field-values?limit=1&after=${cursor}`);
  const typed = await world.json(
    'GET',
    '/v3/customers/form-field-values?field_type=picklist&customer_id=104',
  );
  const unknown = await world.api('PUT', '/v3/customers', {
    body: [{ id: 104, form_fields: [{ name: 'Shoe size', value: '9' }] }],
  });

  assert.deepEqual(all.data, [{ customer_id: 104, name: 'Employee number', value: 'H1' }]);
  assert.equal(next.data[0]?.['name'], 'Cost centre');
  assert.deepEqual(typed.data, next.data);
  assert.equal(unknown.status, 422);
});

test('metafields belong to the account that made them', async () => {
  const body = { permission_set: 'app_only', namespace: 'vestibule', key: 'subject', value: 'abc' };
  const path = '/v3/customers/104/metafields';
  const made = (await world.api('POST', path, { body })).json() as { data: { id: number } };
  const twin = await world.api('POST', path, { body });
  const token = bigCommerceCredentials['store-emea'].readOnlyApi.accessToken;
  const foreign = await world.json('GET', path, { token });
  const own = await world.json('GET', `${path}?namespace=vestibule&key:in=subject,other`);
  const all = await world.json('GET', '/v3/customers/metafields');
  const put = await world.api('PUT', `${path}/${made.data.id}`, { body: { value: 'def' } });
  const gone = await world.api('DELETE', `${path}/${made.data.id}`);
  const missing = await world.api('GET', `${path}/${made.data.id}`);
  const nobody = await world.api('GET', '/v3/customers/9/metafields');

  assert.deepEqual([twin.status, put.status, gone.status], [409, 200, 204]);
  assert.deepEqual([missing.status, nobody.status], [404, 404]);
  assert.deepEqual([foreign.data.length, own.data.length, all.data.length], [0, 1, 1]);
  assert.match(put.body, /"value":"def"/);
});

test('consent keeps its two lists', async () => {
  const put = await world.api('PUT', '/v3/customers/104/consent', {
    body: { allow: ['essential'], deny: ['targeting'] },
  });
  const wrong = await world.api('PUT', '/v3/customers/104/consent', { body: { allow: ['everything'] } });
  const read = await world.api('GET', '/v3/customers/104/consent');

  assert.deepEqual([put.status, wrong.status], [200, 422]);
  assert.deepEqual(read.json(), {
    allow: ['essential'],
    deny: ['targeting'],
    updated_at: '2026-01-01T00:00:10Z',
  });
});
