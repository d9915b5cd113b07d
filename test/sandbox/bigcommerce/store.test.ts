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
type One = { data: Record<string, unknown> };
const one = async (path: string, body?: unknown) =>
  (
    await world.api(body === undefined ? 'GET' : 'PUT', path, body === undefined ? {} : { body })
  ).json() as One;

test('channel settings show allow_global_logins at the top, or nested as in the examples', async () => {
  const path = '/v3/customers/settings/channels/2';
  const { data } = await one(path);
  const changed = await one(path, { allow_global_logins: true });
  turn({ allowGlobalLoginsPlace: 'nested' });
  const nested = await one(path);

  assert.deepEqual(data, {
    privacy_settings: {
      ask_shopper_for_tracking_consent: null,
      policy_url: null,
      ask_shopper_for_tracking_consent_on_checkout: null,
    },
    customer_group_settings: { guest_customer_group_id: null, default_customer_group_id: null },
    allow_global_logins: false,
  });
  assert.equal(changed.data['allow_global_logins'], true);
  assert.equal(nested.data['allow_global_logins'], undefined);
  const groups = nested.data['customer_group_settings'] as Record<string, unknown>;
  assert.equal(groups['allow_global_logins'], true);
  assert.equal((await world.api('GET', '/v3/customers/settings/channels/77')).status, 404);
});

test('null in channel settings removes the override', async () => {
  const path = '/v3/customers/settings/channels/1';
  await one(path, { privacy_settings: { policy_url: 'https://halden.example/privacy' } });
  const { data } = await one(path, { privacy_settings: null });

  assert.equal((data['privacy_settings'] as Record<string, unknown>)['policy_url'], null);
});

test('store settings can be read and changed in part', async () => {
  const { data } = await one('/v3/customers/settings', {
    customer_group_settings: { default_customer_group_id: 3 },
  });

  assert.deepEqual(data['customer_group_settings'], {
    guest_customer_group_id: 0,
    default_customer_group_id: 3,
  });
});

test('channels are listed with their state, the parking channel too', async () => {
  const all = await world.json('GET', '/v3/channels');
  const active = await world.json('GET', '/v3/channels?status:in=active&platform:in=bigcommerce');
  const usable = await world.json('GET', '/v3/channels?available=true');
  const parking = await one('/v3/channels/9');

  assert.deepEqual(
    all.data.map(({ id }) => id),
    [1, 2, 3, 9],
  );
  assert.deepEqual([active.data.length, usable.data.length], [2, 3]);
  assert.equal(parking.data['status'], 'inactive');
});

test('the site of a channel names its address as the merchant entered it', async () => {
  const site = await one('/v3/channels/2/site');
  const outlet = async () =>
    (await world.api('GET', '/v3/channels/1/site', { store: 'store-outlet' })).json() as One;
  const bare = await outlet();
  turn({ www: 'loses-path' });
  const www = await outlet();

  assert.equal(site.data['url'], world.storefront('b2b-emea', ''));
  assert.equal((site.data['urls'] as { type: string }[])[0]?.type, 'primary');
  assert.equal(bare.data['url'], world.storefront('store-outlet', ''));
  assert.equal(www.data['url'], world.storefront('www.store-outlet', ''));
  assert.equal((await one('/v3/channels/1/site')).data['id'], 1000);
  assert.equal((await world.api('GET', '/v3/channels/9/site')).status, 404);
});

test('customer groups are bare V2 lists and 204 where there is nothing', async () => {
  const all = (await world.api('GET', '/v2/customer_groups')).json() as { name: string }[];
  const one = (await world.api('GET', '/v2/customer_groups?name=Agency')).json() as { id: number }[];
  const standard = (await world.api('GET', '/v2/customer_groups?is_default=true')).json() as {
    name: string;
  }[];
  const none = await world.api('GET', '/v2/customer_groups?name=Nobody');

  assert.deepEqual(
    all.map(({ name }) => name),
    ['Retail', 'Merchandising', 'Agency', 'Managers'],
  );
  assert.deepEqual([one.length, one[0]?.id, standard[0]?.name], [1, 3, 'Retail']);
  assert.deepEqual([none.status, none.body], [204, '']);
});

test('groups are made, changed and deleted; their customers stay', async () => {
  const body = { name: 'Closed', category_access: { type: 'none' } };
  const made = (await world.api('POST', '/v2/customer_groups', { body })).json() as { id: number };
  const twin = await world.api('POST', '/v2/customer_groups', { body });
  const nameless = await world.api('POST', '/v2/customer_groups', { body: {} });
  await world.api('PUT', '/v3/customers', { body: [{ id: 104, customer_group_id: made.id }] });
  const renamed = await world.api('PUT', `/v2/customer_groups/${made.id}`, {
    body: { name: 'Shut', is_default: true },
  });
  const gone = await world.api('DELETE', `/v2/customer_groups/${made.id}`);
  const missing = await world.api('GET', `/v2/customer_groups/${made.id}`);
  const { data } = await world.json('GET', '/v3/customers?id:in=104');

  assert.deepEqual([twin.status, nameless.status, renamed.status], [409, 400, 200]);
  assert.deepEqual([gone.status, missing.status], [204, 404]);
  assert.match(missing.body, /^\[\{"status":404/);
  assert.equal(data[0]?.['customer_group_id'], 0);
  assert.deepEqual((await world.api('GET', '/v2/customer_groups/count')).json(), { count: 4 });
});

test('a plan without customer groups refuses them', async () => {
  turn({ customerGroups: 'not-in-plan' });

  assert.equal((await world.api('GET', '/v2/customer_groups')).status, 403);
});

test('orders tell a customer with a history from one without', async () => {
  const some = (await world.api('GET', '/v2/orders?customer_id=101&limit=1')).json() as unknown[];
  const none = await world.api('GET', '/v2/orders?customer_id=103');

  assert.equal(some.length, 1);
  assert.equal(none.status, 204);
});

test('store information names hash, currency and default channel', async () => {
  const store = (await world.api('GET', '/v2/store', { store: 'store-na' })).json() as Record<
    string,
    unknown
  >;

  assert.deepEqual(
    [store['id'], store['currency'], store['currency_symbol'], store['default_channel_id'], store['status']],
    ['haldenna', 'USD', '$', 1, 'live'],
  );
});

test('what does not exist is a 404, a store that does not exist a 401', async () => {
  const path = await world.api('GET', '/v3/catalog/products');
  const collection = await world.api('DELETE', '/v2/customers');
  const { sandbox } = world;
  const { send } = await import('../client/request.ts');
  const store = await send(sandbox.url('api.bigcommerce', '/stores/nobody/v3/customers'));

  assert.deepEqual([path.status, collection.status, store.status], [404, 404, 401]);
});
