import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, MINUTE } from '../../src/base/index.ts';
import {
  accountState,
  groupOf,
  isInAccount,
  mailOf,
  permissionsOf,
  queueRests,
  TARGET,
  tasksOf,
  tick,
  withTable,
  writes,
} from '../support/control-panel.ts';
import { act, addPerson, changePerson, eventsOf, letTimePass, threadOf, until } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// S3, the part of the control panel: hire, transfer and leave. The broker learns of each by a sign-in; learning of it
// without one is tested elsewhere. Running sessions of the control panel end there as BigCommerce ends them.

const TABLE = { season: ['Edit_Products', 'Manage_Products'] };
const LOGIN = 'sol';
const SEASON = { groups: [groupOf('season')] };

async function start(): Promise<World> {
  const world = await startWorld({ configure: withTable(TABLE, { ladder: { leaveAccount: '1d' } }) });
  await addPerson(world, { login: LOGIN, region: 'EMEA', ...SEASON });
  return world;
}

async function enter(world: World, panel: string): Promise<void> {
  const page = await world.signIn(world.browser(), LOGIN, `/launch/${panel}`);
  assert.equal(page.url.hostname, 'login.bigcommerce.localhost', page.text);
}

/** Waits without asking the Account API, whose calls are counted, and then reads back once. */
async function isGoneFrom(world: World, storeHash: string): Promise<void> {
  const storesOf = async () =>
    (await accountState(world)).users.find(({ email }) => email === mailOf(LOGIN))?.stores ?? {};
  await until(`gone from ${storeHash}`, async () => !(storeHash in (await storesOf())));
  assert.equal(await permissionsOf(world, LOGIN, storeHash), undefined);
}

async function typesUnder(world: World, thread: string | undefined): Promise<readonly string[]> {
  const events = await threadOf(world, thread ?? '');
  return events.filter(({ target }) => target === TARGET).map(({ type }) => type);
}

async function changedThread(world: World): Promise<string | undefined> {
  return (await eventsOf(world, { types: ['person.changed'] })).at(-1)?.thread;
}

test('join: a user of one store with the first sign-in, as one thread', async () => {
  await using world = await start();

  await enter(world, 'panel-emea');

  assert.deepEqual(await permissionsOf(world, LOGIN), []);
  assert.equal(await permissionsOf(world, LOGIN, 'haldenna'), undefined);
  const [created] = await eventsOf(world, { types: ['account.created'] });
  const types = (await threadOf(world, created?.thread ?? '')).map(({ type }) => type);
  for (const type of ['person.created', 'decision.allowed', 'account.created', 'login.issued']) {
    assert.ok(types.includes(type), `${type} is in the thread: ${types.join(', ')}`);
  }
});

test('move: out of the old store before into the new one, within the sign-in, as one thread', async () => {
  await using world = await start();
  await enter(world, 'panel-emea');
  await tick(world, LOGIN, TABLE.season);
  const before = (await writes(world)).length;

  await changePerson(world, LOGIN, { region: 'NA' });
  await enter(world, 'panel-na');

  assert.equal(await permissionsOf(world, LOGIN, 'haldenemea'), undefined);
  assert.deepEqual(await permissionsOf(world, LOGIN, 'haldenna'), []);
  assert.deepEqual((await writes(world)).slice(before), ['removeUserFromStore', 'addUserToStore']);
  assert.deepEqual(
    (await tasksOf(world)).map(({ field }) => field),
    ['permissions.haldenna'],
  );
  const types = await typesUnder(world, await changedThread(world));
  assert.ok(types.includes('account.updated'), types.join(', '));
  const refused = await world.signIn(world.browser(), LOGIN, '/launch/panel-emea');
  assert.equal(refused.status, 403);
});

test('leave: out of the store at once, out of the account when the day is over, with nothing left to do', async () => {
  await using world = await start();
  await enter(world, 'panel-emea');
  await tick(world, LOGIN, TABLE.season);

  await changePerson(world, LOGIN, { groups: [] });
  const page = await world.signIn(world.browser(), LOGIN, '/launch/panel-emea');
  await isGoneFrom(world, 'haldenemea');
  await letTimePass(world, DAY - MINUTE);
  const inTime = await isInAccount(world, LOGIN);
  await letTimePass(world, MINUTE);
  await until('out of the account', async () => !(await isInAccount(world, LOGIN)));

  assert.equal(page.status, 403);
  assert.equal(inTime, true);
  await until('the end is recorded', async () => {
    const types = await typesUnder(world, await changedThread(world));
    return ['account.ending', 'account.reduced'].every((type) => types.includes(type));
  });
  assert.deepEqual(await tasksOf(world), []);
});

test('leave while the Account API has no calls left: out as soon as it takes some again', async () => {
  await using world = await start();
  await enter(world, 'panel-emea');
  await act(world, 'bigcommerce', 'use-account-quota', { calls: 70 });

  await changePerson(world, LOGIN, { groups: [] });
  const page = await world.signIn(world.browser(), LOGIN, '/launch/panel-emea');
  await until('told to wait', async () => (await accountState(world)).calls.at(-1)?.status === 429);
  await queueRests(world);
  const { users } = await accountState(world);
  await letTimePass(world, 61 * MINUTE);
  await isGoneFrom(world, 'haldenemea');

  assert.equal(page.status, 403, 'the door is closed meanwhile');
  const during = users.find(({ email }) => email === mailOf(LOGIN));
  assert.deepEqual(Object.keys(during?.stores ?? {}), ['haldenemea']);
});

test('next season, after the account was left: a new invitation, and the boxes are asked for again', async () => {
  await using world = await start();
  await enter(world, 'panel-emea');
  await changePerson(world, LOGIN, { groups: [] });
  await world.signIn(world.browser(), LOGIN);
  await isGoneFrom(world, 'haldenemea');
  await letTimePass(world, DAY);
  await until('out of the account', async () => !(await isInAccount(world, LOGIN)));
  await until('forgotten', async () => {
    const types = await typesUnder(world, await changedThread(world));
    return types.includes('account.removed');
  });

  await changePerson(world, LOGIN, SEASON);
  await enter(world, 'panel-emea');

  assert.deepEqual(await permissionsOf(world, LOGIN), []);
  assert.deepEqual(
    (await tasksOf(world)).map(({ detail }) => detail.expected),
    [TABLE.season],
  );
});
