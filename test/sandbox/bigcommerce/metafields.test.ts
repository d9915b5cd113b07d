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

const PATH = '/v3/customers/metafields';
type Batch = {
  data: { id: number; resource_id: number; value: string }[];
  errors: { status: number }[];
  meta: Record<string, number>;
};
const batch = async (method: string, body: unknown, token?: string): Promise<{ status: number } & Batch> => {
  const reply = await world.api(method, PATH, { body, ...(token !== undefined && { token }) });
  return { status: reply.status, ...(reply.json() as Batch) };
};
const field = (resource_id: number, key: string) => ({
  ...{ permission_set: 'app_only', namespace: 'vestibule', key, value: `of ${resource_id}`, resource_id },
});

test('several metafields are made, changed and deleted in one call', async () => {
  const made = await batch('POST', [field(101, 'subject'), field(102, 'subject')]);
  const ids = made.data.map(({ id }) => id);
  const changed = await batch(
    'PUT',
    ids.map((id) => ({ id, value: 'new' })),
  );
  const gone = await batch('DELETE', ids);
  const left = await world.json('GET', PATH);

  assert.deepEqual([made.status, made.meta], [200, { total: 2, success: 2, failed: 0 }]);
  assert.deepEqual(
    made.data.map(({ resource_id: id }) => id),
    [101, 102],
  );
  assert.deepEqual(
    changed.data.map(({ value }) => value),
    ['new', 'new'],
  );
  assert.deepEqual([gone.status, gone.data], [200, ids]);
  assert.deepEqual(left.data, []);
});

test('what is wrong fails by itself, and the answer is 422 with both', async () => {
  await batch('POST', [field(101, 'subject')]);
  const made = await batch('POST', [field(101, 'subject'), field(9, 'subject'), field(102, 'subject')]);
  const changed = await batch('PUT', [
    { id: made.data[0]?.id, value: 'new' },
    { id: 9, value: 'new' },
  ]);
  const gone = await batch('DELETE', [9, made.data[0]?.id]);

  assert.deepEqual([made.status, made.meta], [422, { total: 3, success: 1, failed: 2 }]);
  assert.deepEqual(
    made.errors.map(({ status }) => status),
    [409, 404],
  );
  assert.deepEqual([changed.status, changed.data.length, changed.errors.length], [422, 1, 1]);
  assert.deepEqual([gone.status, gone.data.length, gone.errors.length], [422, 1, 1]);
});

test('fields of another account are not there, or not to be changed', async () => {
  const made = await batch('POST', [field(101, 'mine'), { ...field(101, 'shown'), permission_set: 'read' }]);
  const [mine, shown] = made.data.map(({ id }) => id);
  const scopes = world.sandbox.system('bigcommerce').state() as {
    stores: Record<string, { accounts: { name: string; scopes: string[] }[] }>;
  };
  const { accessToken } = bigCommerceCredentials['store-emea'].readOnlyApi;
  const seen = await world.json('GET', PATH, { token: accessToken });
  const refused = await world.api('PUT', PATH, { body: [{ id: shown, value: 'x' }], token: accessToken });

  assert.ok(scopes.stores['store-emea']?.accounts.length);
  assert.deepEqual(
    seen.data.map(({ id }) => id),
    [shown],
  );
  assert.notEqual(mine, shown);
  assert.equal(refused.status, 403);
});

test('all metafields are read by cursor, in either direction', async () => {
  await batch(
    'POST',
    [101, 102, 103, 104].map((id) => field(id, 'subject')),
  );
  const owners = ({ data }: { data: Record<string, unknown>[] }) => data.map(({ resource_id: id }) => id);
  const first = await world.json('GET', `${PATH}?limit=3`);
  const cursor = String(first.meta['cursor_pagination']?.['end_cursor']);
  const next = await world.json('GET', `${PATH}?limit=3&after=${cursor}`);
  const reverse = await world.json('GET', `${PATH}?limit=2&direction=desc`);

  assert.deepEqual([owners(first), owners(next), owners(reverse)], [[101, 102, 103], [104], [104, 103]]);
});

test('bodies are lists: of fields with their customer, of ids', async () => {
  const missing = await world.json('POST', PATH, { body: [{ ...field(101, 'x'), resource_id: undefined }] });
  const object = await world.api('POST', PATH, { body: field(101, 'x') });
  const ids = await world.api('DELETE', PATH, { body: ['1'] });
  const none = await world.api('DELETE', PATH);

  assert.deepEqual(missing.errors, { '0.resource_id': 'error.path.missing' });
  assert.deepEqual([object.status, ids.status, none.status], [422, 400, 400]);
});
