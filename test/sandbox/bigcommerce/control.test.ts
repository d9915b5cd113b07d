import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendJson } from '../client/request.ts';
import { startWorld } from './world.ts';

test('a customer can be edited by hand over the control API, with a reason when that is refused', async () => {
  await using world = await startWorld();
  const url = world.sandbox.url('sandbox', '/actions/bigcommerce/edit-customer');

  const good = await sendJson('POST', url, { store: 'store-emea', id: 104, change: { company: 'Fjord' } });
  const wrong = await sendJson('POST', url, { store: 'store-emea', id: 104, change: { company: 7 } });
  const taken = await sendJson('POST', url, {
    store: 'store-emea',
    id: 104,
    change: { email: 'dup@halden.example' },
  });
  const nowhere = await sendJson('POST', url, { store: 'store-mars', id: 104, change: {} });

  assert.deepEqual([good.status, wrong.status, taken.status, nowhere.status], [200, 400, 400, 400]);
  assert.match(taken.body, /already in use/);
  const { data } = await world.json('GET', '/v3/customers?id:in=104');
  assert.equal(data[0]?.['company'], 'Fjord');
  assert.equal(data[0]?.['date_modified'], '2026-01-01T00:00:10Z');
});

test('a reset brings back customers, credentials and switches of every store', async () => {
  await using world = await startWorld();
  world.act('turn-store', { switches: { quota: 1 } });
  world.act('delete-customer', { id: 101 });
  world.act('revoke-account', { account: 'api' });

  await sendJson('POST', world.sandbox.url('sandbox', '/reset/bigcommerce'), {});

  const { data } = await world.json('GET', '/v3/customers');
  assert.deepEqual(
    data.map(({ id }) => id),
    [101, 102, 103, 104],
  );
  assert.equal((await world.api('GET', '/v2/time')).status, 200);
});
