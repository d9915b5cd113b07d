import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Browser } from '../client/browser.ts';
import { loginToken, startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const MIRA = { email: 'mira@halden.example', first_name: 'Mira', last_name: 'Lindqvist' };
const update = (body: readonly unknown[]) => world.json('PUT', '/v3/customers', { body });
const customer = async (id: number) => (await world.json('GET', `/v3/customers?id:in=${id}`)).data[0];
const group = async (id: number) => (await customer(id))?.['customer_group_id'];

test('items of one PUT meet what the items before them have changed', async () => {
  const email = 'one@halden.example';
  const items = [
    { id: 101, email },
    { id: 104, email, channel_ids: [1] },
  ];
  const undone = await update(items);
  const before = await customer(101);
  turn({ batchOnDuplicate: 'keeps-earlier' });
  const kept = await update(items);

  assert.deepEqual(undone.errors, {
    '.customer_update': 'Error updating customers: email one@halden.example already in use',
  });
  assert.deepEqual([undone.title, kept.title], Array(2).fill('Update customers failed.'));
  assert.equal(before?.['email'], 'dup@halden.example');
  assert.equal((await customer(101))?.['email'], email);
  assert.equal((await customer(104))?.['email'], 'freya@fjord.example');
});

test('an address can be handed over in one PUT, in the right order', async () => {
  const right = await update([
    { id: 101, email: 'old@halden.example' },
    { id: 104, email: 'dup@halden.example' },
  ]);

  assert.equal(right.data.length, 2);
});

test('a PUT with an unknown id changes nobody', async () => {
  const { errors } = await update([
    { id: 104, company: 'Fjord' },
    { id: 9, company: 'x' },
  ]);

  assert.deepEqual(errors, { '1.id': 'invalid customer ID' });
  assert.equal((await customer(104))?.['company'], '');
});

test('ordersAfterDelete: the history of a deleted customer stays, under the id or under none', async () => {
  const orders = (query = ''): Promise<number> =>
    world.api('GET', `/v2/orders${query}`).then(({ status, json }) => {
      return status === 204 ? 0 : (json() as unknown[]).length;
    });
  const before = [await orders(), await orders('?customer_id=101')];
  await world.api('DELETE', '/v3/customers?id:in=101');
  const kept = [await orders(), await orders('?customer_id=101')];
  turn({ ordersAfterDelete: 'become-guest' });
  const guest = [await orders(), await orders('?customer_id=101'), await orders('?customer_id=0')];

  assert.deepEqual(before, [7, 4]);
  assert.deepEqual(kept, [7, 4]);
  assert.deepEqual(guest, [7, 0, 4]);
  assert.equal(await customer(101), undefined);
});

test('a deleted customer takes attributes, addresses and metafields along, and the mail address is free', async () => {
  const [attribute] = (
    await world.json('POST', '/v3/customers/attributes', { body: [{ name: 'level', type: 'string' }] })
  ).data;
  const values = '/v3/customers/attribute-values';
  await world.json('PUT', values, {
    body: [{ attribute_id: attribute?.['id'], customer_id: 101, value: '1' }],
  });
  await world.api('DELETE', '/v3/customers?id:in=101');
  const left = await world.json('GET', values);
  const again = await world.json('POST', '/v3/customers', {
    body: [{ ...MIRA, email: 'dup@halden.example', channel_ids: [1] }],
  });

  assert.deepEqual(left.data, []);
  assert.ok(Number(again.data[0]?.['id']) > 1000, 'ids are never used again');
});

test('cursorOfDeleted: a walk goes on where the customer of the cursor was deleted, or is refused', async () => {
  world.act('add-customers', { count: 20, pairs: 0 });
  const page = (cursor?: unknown) =>
    world.json('GET', `/v3/customers?limit=5${cursor === undefined ? '' : `&after=${String(cursor)}`}`);
  const first = await page();
  const cursor = first.meta['cursor_pagination']?.['end_cursor'];
  const next = await page(cursor);
  await world.api('DELETE', `/v3/customers?id:in=${String(first.data.at(-1)?.['id'])}`);
  const continued = await page(cursor);
  const back = await world.json('GET', `/v3/customers?limit=3&before=${String(cursor)}`);
  turn({ cursorOfDeleted: 'refused' });
  const refused = await page(cursor);

  assert.deepEqual(continued.data, next.data);
  assert.deepEqual(
    back.data.map(({ id }) => id),
    first.data.slice(1, 4).map(({ id }) => id),
  );
  assert.equal(refused.title, 'The cursor is not valid.');
});

test('all customers are read by cursors, each once, also those with one mail address', async () => {
  assert.deepEqual(world.act('add-customers', {}), { made: 320 });
  assert.deepEqual(world.act('add-customers', {}), { made: 0 });
  const ids = new Set<unknown>();
  const emails = new Map<unknown, unknown[]>();
  let cursor: unknown;
  let pages = 0;
  do {
    const query = cursor === undefined ? '' : `&after=${String(cursor)}&page=7`;
    const { data, meta } = await world.json('GET', `/v3/customers?limit=100${query}`);
    for (const { id, email, channel_ids } of data) {
      ids.add(id);
      emails.set(email, [...(emails.get(email) ?? []), channel_ids]);
    }
    const links = meta['cursor_pagination']?.['links'] as { next?: string } | undefined;
    cursor = links?.next === undefined ? undefined : meta['cursor_pagination']?.['end_cursor'];
    pages += 1;
  } while (cursor !== undefined);

  assert.deepEqual([ids.size, pages], [324, 4]);
  assert.deepEqual(emails.get('pair-003@halden.example'), [[1], [2]]);
  const both = await world.json('GET', '/v3/customers?email:in=pair-003@halden.example');
  assert.equal(both.data.length, 2);
});

test('a store with one channel gets no pairs', () => {
  assert.deepEqual(world.act('add-customers', { store: 'store-na', count: 5 }), { made: 5 });
});

test('passwordRule strict: a store may demand more than letters and digits', async () => {
  turn({ passwordRule: 'strict' });
  const put = (new_password: string) => update([{ id: 104, authentication: { new_password } }]);
  const refused = [await put('letters1'), await put('alllowercase1!'), await put('NoSignsIn1234')];
  const taken = await put('Good-Enough-2026');

  for (const { errors } of refused)
    assert.match(String(errors['.customer_update']), /at least 12 characters/);
  assert.equal(taken.data.length, 1);
});

test('sessionDuringReset: a forced reset leaves a running session alone, or ends it', async () => {
  const signIn = async (): Promise<Browser> => {
    const browser = new Browser();
    await browser.visit(world.storefront('store-emea', `/login/token/${loginToken(world.clock)}`));
    return browser;
  };
  const isIn = async (browser: Browser): Promise<boolean> =>
    (await browser.visit(world.storefront('store-emea', '/account.php'))).status === 200;
  const force = (value: boolean) => update([{ id: 104, authentication: { force_password_reset: value } }]);
  const browser = await signIn();
  await force(true);
  const survives = await isIn(browser);
  turn({ sessionDuringReset: 'ends' });
  await force(false);
  const lifted = await isIn(browser);
  await force(true);

  assert.deepEqual([survives, lifted, await isIn(browser)], [true, true, false]);
});

test('groupDeletion: customers of a deleted group have none, or the default group', async () => {
  await update([
    { id: 102, customer_group_id: 2 },
    { id: 101, customer_group_id: 3 },
  ]);
  await world.api('DELETE', '/v2/customer_groups/2');
  turn({ groupDeletion: 'moves-to-default' });
  await world.api('DELETE', '/v2/customer_groups/3');

  assert.deepEqual([await group(102), await group(101)], [0, 1]);
});

test('the default group is one, in settings and in groups, and a channel may have its own', async () => {
  const settings = async () =>
    (await world.json('GET', '/v3/customers/settings')).data as unknown as {
      customer_group_settings: Record<string, number>;
    };
  await world.api('PUT', '/v2/customer_groups/2', { body: { is_default: true } });
  const byGroup = await settings();
  await world.api('PUT', '/v3/customers/settings', {
    body: { customer_group_settings: { default_customer_group_id: 3 } },
  });
  const groups = (await world.api('GET', '/v2/customer_groups?is_default=true')).json() as { id: number }[];
  await world.api('PUT', '/v3/customers/settings/channels/2', {
    body: { customer_group_settings: { default_customer_group_id: 4 } },
  });
  const signedUp = ['a', 'b'].map((name, index) => {
    const fields = { email: `${name}@shop.example`, channel: index + 1 };
    return (world.act('sign-up', fields) as { id: number }).id;
  });
  const inGroups = [await group(signedUp[0] ?? 0), await group(signedUp[1] ?? 0)];
  await world.api('DELETE', '/v2/customer_groups/3');

  assert.equal(byGroup.customer_group_settings['default_customer_group_id'], 2);
  assert.deepEqual(
    groups.map(({ id }) => id),
    [3],
  );
  assert.deepEqual(inGroups, [3, 4]);
  assert.equal((await settings()).customer_group_settings['default_customer_group_id'], 0);
});

test('settings take groups that exist, 0 for none, and nothing else', async () => {
  const put = (path: string, id: unknown) =>
    world.json('PUT', `/v3/customers/settings${path}`, {
      body: { customer_group_settings: { default_customer_group_id: id } },
    });
  const refused = [await put('', 99), await put('/channels/1', 99)];

  for (const { errors } of refused) {
    assert.deepEqual(errors, { 'customer_group_settings.default_customer_group_id': 'error.invalid' });
  }
  assert.equal((await put('', 0)).title, undefined);
  assert.equal((await put('/channels/1', null)).title, undefined);
  assert.equal((await world.api('PUT', '/v3/customers/settings', { body: [] })).status, 422);
});

test('attributeValuesLimit: ten values, or values of ten customers', async () => {
  world.act('add-customers', { count: 11, pairs: 0 });
  const names = Array.from({ length: 11 }, (_, n) => ({ name: `a${n}`, type: 'string' }));
  const defined = (await world.json('POST', '/v3/customers/attributes', { body: names })).data;
  const customers = (await world.json('GET', '/v3/customers?name:like=a')).data.map(({ id }) => id);
  const put = (pairs: readonly (readonly [unknown, unknown])[]) =>
    world
      .api('PUT', '/v3/customers/attribute-values', {
        body: pairs.map(([attribute_id, customer_id]) => ({ attribute_id, customer_id, value: 'x' })),
      })
      .then(({ status }) => status);
  const many = defined.map(({ id }) => [id, 104] as const);
  const wide = customers.slice(0, 11).map((id) => [defined[0]?.['id'], id] as const);
  const byItems = [await put(many), await put(many.slice(1)), await put(wide)];
  turn({ attributeValuesLimit: 'customers' });
  const byCustomers = [await put(many), await put(wide)];

  assert.equal(wide.length, 11);
  assert.deepEqual(byItems, [413, 200, 413]);
  assert.deepEqual(byCustomers, [200, 413]);
});

test('a shopper resets a forced password by mail, unless the customer is parked', async () => {
  const authentication = { new_password: 'random-7f3a9c', force_password_reset: true };
  await update([{ id: 104, authentication }]);
  const valid = (password: string) =>
    world
      .api('POST', '/v3/customers/validate-credentials', { body: { email: 'freya@fjord.example', password } })
      .then(({ json }) => (json() as { is_valid: boolean }).is_valid);
  world.act('reset-password', { id: 104, password: 'mine-again-1' });
  const after = await customer(104);
  const isBack = await valid('mine-again-1');
  await update([{ id: 104, channel_ids: [9], authentication }]);

  assert.deepEqual([after?.['authentication'], isBack], [{ force_password_reset: false }, true]);
  for (const channel of [1, 2, 9]) {
    assert.throws(
      () => world.act('reset-password', { id: 104, password: 'mine-again-2', channel }),
      /sends a mail/,
    );
  }
});
