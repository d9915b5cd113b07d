import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const MIRA = { email: 'mira@halden.example', first_name: 'Mira', last_name: 'Lindqvist' };
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
type Values = readonly { name: string; value: unknown }[];
const create = (form_fields?: Values) =>
  world.json('POST', '/v3/customers', { body: [{ ...MIRA, ...(form_fields && { form_fields }) }] });
const put = (form_fields: Values) => world.json('PUT', '/v3/customers', { body: [{ id: 104, form_fields }] });
const read = async (): Promise<unknown> =>
  (await world.json('GET', '/v3/customers?id:in=104&include=formfields')).data[0]?.['form_fields'];

test('values are texts, numbers or lists of texts, and nothing else', async () => {
  const good = await put([
    { name: 'Employee number', value: 'H1' },
    { name: 'Hours a week', value: 38.5 },
    { name: 'Interests', value: ['Kitchen', 'Workshop'] },
  ]);
  const bad = await put([{ name: 'Interests', value: { kitchen: true } }]);
  const mixed = await put([{ name: 'Interests', value: ['Kitchen', 1] }]);

  assert.equal(good.data.length, 1);
  assert.deepEqual(await read(), [
    { name: 'Employee number', value: 'H1', customer_id: 104 },
    { name: 'Hours a week', value: 38.5, customer_id: 104 },
    { name: 'Interests', value: ['Kitchen', 'Workshop'], customer_id: 104 },
  ]);
  assert.deepEqual([bad.errors, mixed.errors], Array(2).fill({ '0.form_fields[0].value': 'error.invalid' }));
});

test('formFieldTypes: types and options are checked, or not', async () => {
  const wrong = [
    { name: 'Hours a week', value: 'many' },
    { name: 'Member since', value: 'soon' },
    { name: 'Cost centre', value: '9999' },
    { name: 'Contact by', value: ['Mail'] },
    { name: 'Interests', value: 'Kitchen' },
    { name: 'Interests', value: ['Garden'] },
    { name: 'Employee number', value: 5 },
  ];
  for (const field of wrong) assert.equal((await put([field])).title, undefined, field.name);
  turn({ formFieldTypes: 'checked' });
  for (const field of wrong) {
    assert.match(String((await put([field])).errors['.customer_update']), /expects a value of type/);
  }
  const right = [
    { name: 'Hours a week', value: '38' },
    { name: 'Member since', value: '2026-01-01' },
    { name: 'Cost centre', value: '4712' },
    { name: 'Contact by', value: 'Mail' },
    { name: 'Interests', value: ['Textiles'] },
    { name: 'Employee number', value: '' },
  ];
  assert.equal((await put(right)).data.length, 1);
});

test('requiredFormFields: who is new needs them, or not; who is there cannot empty them', async () => {
  world.act('set-form-field', { name: 'Employee number', required: true });
  turn({ requiredFormFields: 'enforced' });
  const without = await create();
  const empty = await create([{ name: 'Employee number', value: '' }]);
  const named = await put([{ name: 'Cost centre', value: '4711' }]);
  const emptied = await put([{ name: 'Employee number', value: '' }]);
  const withIt = await create([{ name: 'Employee number', value: 'H1' }]);
  turn({ requiredFormFields: 'ignored' });
  const ignored = await world.json('POST', '/v3/customers', {
    body: [{ ...MIRA, email: 'b@halden.example' }],
  });

  const text = 'form field Employee number is required';
  assert.deepEqual(
    [
      without.errors['.customer_create'],
      empty.errors['.customer_create'],
      emptied.errors['.customer_update'],
    ],
    [
      `Error creating customers: ${text}`,
      `Error creating customers: ${text}`,
      `Error updating customers: ${text}`,
    ],
  );
  assert.deepEqual([named.data.length, withIt.data.length, ignored.data.length], [1, 1, 1]);
});

test('required fields of addresses are theirs alone', async () => {
  world.act('set-form-field', { name: 'Delivery note', of: 'address', type: 'multiline', required: true });
  turn({ requiredFormFields: 'enforced' });
  const customer = await create();
  const without = await world.json('POST', '/v3/customers/addresses', { body: [HOME] });
  const form_fields = [{ name: 'Delivery note', value: 'Ring twice' }];
  const withIt = await world.json('POST', '/v3/customers/addresses', { body: [{ ...HOME, form_fields }] });
  const id = withIt.data[0]?.['id'];
  const moved = await world.json('PUT', '/v3/customers/addresses', { body: [{ id, city: 'Kiel' }] });
  const read = await world.json('GET', `/v3/customers/addresses?customer_id:in=104&include=formfields`);

  assert.equal(customer.data.length, 1);
  assert.deepEqual(without.errors, { '0': 'form field Delivery note is required' });
  assert.equal(moved.data[0]?.['city'], 'Kiel');
  assert.deepEqual(read.data[0]?.['form_fields'], [{ ...form_fields[0], address_id: id }]);
});

test('formFieldsInWrite: what a PUT does not name stays, or goes', async () => {
  const names = async (): Promise<string[]> => ((await read()) as Values).map(({ name }) => name);
  await put([{ name: 'Employee number', value: 'H1' }]);
  await put([{ name: 'Cost centre', value: '4711' }]);
  const merged = await names();
  turn({ formFieldsInWrite: 'replaced' });
  await put([{ name: 'Hours a week', value: 38 }]);
  const replaced = await names();
  await world.json('PUT', '/v3/customers', { body: [{ id: 104, company: 'Fjord' }] });

  assert.deepEqual(merged, ['Employee number', 'Cost centre']);
  assert.deepEqual(replaced, ['Hours a week']);
  assert.deepEqual(await names(), ['Hours a week'], 'a PUT that names none leaves them');
});

test('the deprecated call writes values of customers and addresses, all or none', async () => {
  const home = await world.json('POST', '/v3/customers/addresses', { body: [HOME] });
  const address_id = home.data[0]?.['id'];
  const write = (body: unknown) => world.json('PUT', '/v3/customers/form-field-values', { body });
  const good = await write([
    { customer_id: 104, name: 'Employee number', value: 'H1' },
    { address_id, name: 'Delivery note', value: 'Ring twice' },
  ]);
  const nobody = await write([
    { customer_id: 104, name: 'Employee number', value: 'H2' },
    { customer_id: 9, name: 'Employee number', value: 'H2' },
  ]);
  const unknown = await write([{ customer_id: 104, name: 'Shoe size', value: '9' }]);
  const all = await world.json('GET', '/v3/customers/form-field-values');

  assert.equal(good.data.length, 2);
  assert.deepEqual(nobody.errors, { '1.customer_id': 'invalid customer ID' });
  assert.deepEqual(unknown.errors, { '0': 'form field Shoe size does not exist' });
  assert.deepEqual(all.data, [
    { customer_id: 104, name: 'Employee number', value: 'H1' },
    { address_id, name: 'Delivery note', value: 'Ring twice' },
  ]);
});
