import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../src/base/index.ts';
import {
  addPerson,
  assertExit,
  type Customer,
  changePerson,
  eventsOf,
  groupOf,
  letTimePass,
  storeState,
  threadOf,
  until,
  untilJobsEnded,
  wikiAccounts,
} from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// S3, the part of the stores: hire, transfer and leave of seasonal staff over two stores. The broker learns of each by a
// sign-in; the control panel, and learning of it without one, are tested elsewhere.

const LOGIN = 'sol';
const MAIL = 'sol@halden.example';
const CHANNEL = 1;
const PARKING = 9;

/** Whoever leaves a store is parked at once. */
async function startWithSeasonalStaff(): Promise<World> {
  const world = await startWorld({
    configure: (config) => {
      for (const target of config.targets) {
        if (target.ladder?.parking) target.ladder.parking.after = '0s';
      }
    },
  });
  await addPerson(world, {
    ...{ login: LOGIN, givenName: 'Sol', familyName: 'Vinter', mail: MAIL },
    ...{ region: 'EMEA', groups: ['merchandising@staff'], department: 'Season' },
  });
  return world;
}

async function join(world: World): Promise<void> {
  const page = await world.signIn(world.browser(), LOGIN, '/launch/store-emea');
  assert.match(page.text, /Sol Vinter/);
  await untilJobsEnded(world, 'provisioning.finish-account');
}

test('join: access with the first sign-in, in one store only, as one thread', async () => {
  await using world = await startWithSeasonalStaff();

  await join(world);

  assert.deepEqual(await standing(world, 'store-emea'), { channels: [CHANNEL], group: 'Merchandising' });
  assert.equal(await standing(world, 'store-na'), undefined);
  const created = await eventsOf(world, { types: ['account.created'] });
  assert.deepEqual(
    created.map(({ target }) => target),
    ['bc-emea'],
  );
  await assertThread(world, created[0]?.thread, [
    ['person.created', undefined],
    ['decision.allowed', undefined],
    ['account.created', 'bc-emea'],
    ['login.issued', undefined],
  ]);
});

test('move: the new membership is there with the entry, the old one is gone after it, as one thread', async () => {
  await using world = await startWithSeasonalStaff();
  await join(world);
  await world.signIn(world.browser(), LOGIN, '/launch/wiki');

  await changePerson(world, LOGIN, { region: 'NA' });
  const browser = world.browser();
  const entered = await world.signIn(browser, LOGIN, '/launch/store-na');
  const refused = await browser.open(`${world.origin}/launch/store-emea`);

  assert.match(entered.text, /Sol Vinter/);
  await assertExit(world, refused, {
    ...{ status: 403, says: /region EMEA/, type: 'decision.denied', code: 'policy.no_rule' },
  });
  await until('parked in the old store', async () => {
    const old = await standing(world, 'store-emea');
    return old?.channels[0] === PARKING;
  });
  assert.deepEqual(await standing(world, 'store-emea'), { channels: [PARKING], group: 'Merchandising' });
  assert.deepEqual(await standing(world, 'store-na'), { channels: [CHANNEL], group: 'Merchandising' });
  assert.deepEqual(await wikiStanding(world), { active: true, groups: ['Readers'] }, 'others stay');
  const [changed] = await eventsOf(world, { types: ['person.changed'] });
  await until('both rungs are recorded', async () => (await rungsOf(world, 'bc-emea')).length === 2);
  await assertThread(world, changed?.thread, [
    ['person.changed', undefined],
    ['account.ending', 'bc-emea'],
    ['account.reduced', 'bc-emea'],
    ['account.created', 'bc-na'],
    ['login.issued', undefined],
  ]);
});

test('leave: locked out of every place, parked in the store, and nothing is left that a sign-in could use', async () => {
  await using world = await startWithSeasonalStaff();
  await join(world);
  await world.signIn(world.browser(), LOGIN, '/launch/wiki');

  await changePerson(world, LOGIN, { groups: [] });
  const browser = world.browser();
  const page = await world.signIn(browser, LOGIN);
  const refused = await Promise.all(
    ['store-emea', 'store-na', 'wiki'].map((place) => browser.open(`${world.origin}/launch/${place}`)),
  );

  assert.equal(page.status, 200);
  assert.deepEqual(
    refused.map(({ status }) => status),
    [403, 403, 403],
  );
  await until('the store is done', async () => (await rungsOf(world, 'bc-emea')).length === 2);
  await until('the wiki account is inactive', async () => (await wikiStanding(world))?.active === false);
  const customer = await customerOf(world, 'store-emea');
  assert.deepEqual(customer?.channel_ids, [PARKING]);
  assert.deepEqual([customer?.hasPassword, customer?.force_password_reset], [true, true]);
  assert.equal(await standing(world, 'store-na'), undefined);
  await letTimePass(world, 7 * DAY);
  await until('the wiki groups are taken', async () => (await wikiStanding(world))?.groups.length === 0);
  const [changed] = await eventsOf(world, { types: ['person.changed'] });
  await assertThread(world, changed?.thread, [
    ['person.changed', undefined],
    ['account.ending', 'bc-emea'],
    ['account.ending', 'wiki-accounts'],
    ['account.reduced', 'bc-emea'],
    ['account.reduced', 'wiki-accounts'],
  ]);
});

test('next season: the same account in the same group again, however long it was parked', async () => {
  await using world = await startWithSeasonalStaff();
  await join(world);
  const before = await customerOf(world, 'store-emea');
  await changePerson(world, LOGIN, { groups: [] });
  await world.signIn(world.browser(), LOGIN);
  await until('parked', async () => (await standing(world, 'store-emea'))?.channels[0] === PARKING);
  await letTimePass(world, 300 * DAY);

  await changePerson(world, LOGIN, { groups: ['merchandising@staff'] });
  const page = await world.signIn(world.browser(), LOGIN, '/launch/store-emea');

  assert.match(page.text, /Sol Vinter/);
  assert.equal((await customerOf(world, 'store-emea'))?.id, before?.id);
  assert.deepEqual(await standing(world, 'store-emea'), { channels: [CHANNEL], group: 'Merchandising' });
});

async function customerOf(world: World, store: string): Promise<Customer | undefined> {
  return (await storeState(world, store)).customers.find(({ email }) => email === MAIL);
}

async function standing(world: World, store: string) {
  const customer = await customerOf(world, store);
  if (!customer) return undefined;
  return { channels: customer.channel_ids ?? [], group: await groupOf(world, store, customer) };
}

async function wikiStanding(world: World) {
  const { users, groups } = await wikiAccounts(world);
  const account = users.find(({ userName }) => userName === MAIL);
  if (!account) return undefined;
  const mine = groups.filter(({ members = [] }) => members.some(({ value }) => value === account.id));
  return { active: account.active, groups: mine.map(({ displayName }) => displayName) };
}

async function rungsOf(world: World, target: string) {
  return (await eventsOf(world, { types: ['account.reduced'] })).filter((event) => event.target === target);
}

/** Everything that belongs to it is under one reference: from what was learnt to what was written where. */
async function assertThread(
  world: World,
  thread: string | undefined,
  expected: readonly (readonly [type: string, target: string | undefined])[],
): Promise<void> {
  const events = await threadOf(world, thread ?? '');
  for (const [type, target] of expected) {
    assert.ok(
      events.some((event) => event.type === type && (target === undefined || event.target === target)),
      `${type} ${target ?? ''} is in the thread: ${events.map((each) => each.type).join(', ')}`,
    );
  }
}
