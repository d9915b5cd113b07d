import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR } from '../../src/base/index.ts';
import {
  act,
  assertExit,
  type Customer,
  changePerson,
  customerWithMail,
  eventsOf,
  groupOf,
  letTimePass,
  setFaults,
  storeState,
  threadOf,
  until,
  untilJobsEnded,
} from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// S23: whose access is over in the broker is disabled or deleted in the store, as each store has it: the European one
// deletes after thirty days, the North American one never does.

const CHANNEL = 1;
const PARKING = 9;
const MAIL = 'ines@halden.example';

/** Ines manages both stores, and had bought in Europe before: her customer there has orders. */
async function startWithInes(): Promise<World> {
  const world = await startWorld({
    configure: (config) => {
      const [emea] = config.targets;
      emea.onExisting = 'adopt';
      emea.ladder.delete = { after: '30d' };
      config.connections[0].trustedMailDomains = ['halden.example'];
    },
  });
  await act(world, 'bigcommerce', 'sign-up', { store: 'store-emea', email: MAIL, orders: 3 });
  const browser = world.browser();
  await world.signIn(browser, 'ines', '/launch/store-emea');
  await browser.open(`${world.origin}/launch/store-na`);
  await untilJobsEnded(world, 'provisioning.finish-account', 2);
  return world;
}

/** She moves to a team that no rule names, and that is known once she looks at the broker. */
async function leave(world: World): Promise<void> {
  await changePerson(world, 'ines', { groups: ['facilities@staff'] });
  await world.signIn(world.browser(), 'ines');
  for (const store of ['store-emea', 'store-na']) {
    await until(`locked out of ${store}`, async () => {
      const customer = await customerOf(world, store);
      return customer?.hasPassword === true && customer.force_password_reset;
    });
  }
}

async function comeBack(world: World, group: string): Promise<void> {
  await changePerson(world, 'ines', { groups: [group] });
  const page = await world.signIn(world.browser(), 'ines', '/launch/store-emea');
  assert.equal(page.url.hostname, 'store-emea.localhost', page.text);
}

test('each store does what was chosen for it: one disables for good, the other deletes when the grace period is over', async () => {
  await using world = await startWithInes();
  const before = await customerWithMail(world, 'store-emea', MAIL);

  await leave(world);
  const atOnce = await channels(world);
  await letTimePass(world, 7 * DAY);
  await until('parked in both', async () =>
    (await channels(world)).every(([channel]) => channel === PARKING),
  );
  await letTimePass(world, 23 * DAY - HOUR);
  const inTime = await customerOf(world, 'store-emea');
  await letTimePass(world, HOUR);
  await until('deleted in Europe', async () => (await customerOf(world, 'store-emea')) === undefined);
  await letTimePass(world, 365 * DAY);

  assert.deepEqual(atOnce, [[CHANNEL], [CHANNEL]]);
  assert.deepEqual([inTime?.id, inTime?.orders], [before.id, 3]);
  const kept = await customerWithMail(world, 'store-na', MAIL);
  assert.deepEqual([kept.channel_ids, kept.force_password_reset], [[PARKING], true]);
});

test('orders and history stay when the customer is deleted', async () => {
  await using world = await startWithInes();
  const { id } = await customerWithMail(world, 'store-emea', MAIL);

  await leave(world);
  await letTimePass(world, 30 * DAY);
  await until('deleted and recorded', async () =>
    (await eventsOf(world, { types: ['account.removed'] })).some(({ target }) => target === 'bc-emea'),
  );

  assert.equal(await customerOf(world, 'store-emea'), undefined);
  const { formerOrders } = await storeState(world, 'store-emea');
  assert.deepEqual(
    formerOrders.map(({ orders }) => orders),
    [3],
  );
  const events = (await eventsOf(world)).filter(({ target }) => target === 'bc-emea');
  assert.deepEqual(
    events
      .filter(({ type }) => /^account\.(adopted|ending|reduced|removed)$/.test(type))
      .map(({ type, facts }) => [type, facts['externalId'], facts['rung']]),
    [
      ['account.adopted', String(id), undefined],
      ['account.ending', String(id), undefined],
      ['account.reduced', String(id), 'password'],
      ['account.reduced', String(id), 'parking'],
      ['account.removed', String(id), 'delete'],
    ],
    'the log still tells what was done to whom',
  );
  const ending = events.find(({ type }) => type === 'account.ending');
  const thread = (await threadOf(world, ending?.thread ?? '')).map(({ type }) => type);
  for (const type of ['login.identified', 'person.changed', 'account.ending', 'account.removed']) {
    assert.ok(thread.includes(type), `${type} is in the thread: ${thread.join(', ')}`);
  }
});

test('inside the grace period everything is undone: the same customer, group and channel, and no deletion later', async () => {
  await using world = await startWithInes();
  const before = await customerWithMail(world, 'store-emea', MAIL);
  await leave(world);
  await letTimePass(world, 29 * DAY);
  await until('parked', async () => (await channels(world))[0]?.[0] === PARKING);

  await comeBack(world, 'store-managers@staff');
  await letTimePass(world, 60 * DAY);
  await untilJobsEnded(world, 'reconcile.reassess', 2);

  const after = await customerWithMail(world, 'store-emea', MAIL);
  assert.deepEqual([after.id, after.orders, after.channel_ids], [before.id, 3, [CHANNEL]]);
  assert.equal(await groupOf(world, 'store-emea', after), 'Managers');
  const [restored] = (await eventsOf(world, { types: ['account.restored'] })).filter(
    ({ target }) => target === 'bc-emea',
  );
  assert.deepEqual(restored?.facts['rungs'], ['password', 'parking']);
  await until('back in North America too, without entering it', async () => {
    const customer = await customerOf(world, 'store-na');
    return customer?.channel_ids?.[0] === CHANNEL;
  });
});

test('after the grace period whoever comes back gets a new customer, and the old orders are nobody else’s', async () => {
  await using world = await startWithInes();
  const before = await customerWithMail(world, 'store-emea', MAIL);
  await leave(world);
  await letTimePass(world, 30 * DAY);
  await until('deleted', async () => (await customerOf(world, 'store-emea')) === undefined);

  await comeBack(world, 'store-managers@staff');

  const after = await customerWithMail(world, 'store-emea', MAIL);
  assert.notEqual(after.id, before.id);
  assert.equal(after.orders, 0);
});

test('an end shuts the door before anything is done in the store, also while the store is away', async () => {
  await using world = await startWithInes();
  const match = { method: 'PUT', path: '/stores/haldenemea/v3/customers' };
  await setFaults(world, 'bigcommerce', { kind: 'status', status: 500, match });

  await changePerson(world, 'ines', { groups: ['facilities@staff'] });
  const page = await world.signIn(world.browser(), 'ines', '/launch/store-emea');

  await assertExit(world, page, {
    ...{ status: 403, says: /Halden Europe/, type: 'decision.denied', code: 'policy.no_rule' },
  });
  await until('the failure is shown', async () =>
    (await eventsOf(world, { types: ['provisioning.failed'] })).some(({ target }) => target === 'bc-emea'),
  );
  await setFaults(world, 'bigcommerce');
  await letTimePass(world, HOUR);
  await until('taken once the store is back', async () =>
    (await eventsOf(world, { types: ['account.reduced'] })).some(({ target }) => target === 'bc-emea'),
  );
});

async function customerOf(world: World, store: string): Promise<Customer | undefined> {
  return (await storeState(world, store)).customers.find(({ email }) => email === MAIL);
}

async function channels(world: World): Promise<readonly (readonly number[])[]> {
  return Promise.all(
    ['store-emea', 'store-na'].map(async (store) => (await customerOf(world, store))?.channel_ids ?? []),
  );
}
