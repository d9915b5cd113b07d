import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '../../src/base/index.ts';
import {
  act,
  changePerson,
  customersMade,
  customerWithMail,
  eventsOf,
  groupOf,
  storeState,
  threadOf,
  until,
  untilJobsEnded,
} from '../support/evidence.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

// S4: the directory is master for name, mail, department and status.

const AFTER_THE_CHECK_IS_DUE = 25 * HOUR;

test('a name and mail changed in the directory are in the store after the next sign-in, in the same account', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');
  const before = await customerWithMail(world, 'store-emea', 'mira@halden.example');

  await changePerson(world, 'mira', { familyName: 'Lindqvist-Sand', mail: 'mira.sand@halden.example' });
  const page = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  assert.match(page.text, /Mira Lindqvist-Sand/);
  const after = await customerWithMail(world, 'store-emea', 'mira.sand@halden.example');
  assert.equal(after.id, before.id);
  assert.equal(after.last_name, 'Lindqvist-Sand');
  assert.equal((await customersMade(world, 'store-emea')).length, 1);
  const people = new Set(
    (await eventsOf(world, { types: ['login.issued'] })).map(({ personId }) => personId),
  );
  assert.equal(people.size, 1, 'still one person');
  const updated = (await eventsOf(world, { types: ['account.updated'] })).at(-1);
  assert.deepEqual(updated?.facts['fields'], ['mail', 'lastName']);
  assert.deepEqual(updated?.personal['after'], {
    mail: 'mira.sand@halden.example',
    lastName: 'Lindqvist-Sand',
  });
});

test('what somebody changed in the store is put back when the account is looked at again', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');
  const { id } = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  await act(world, 'bigcommerce', 'edit-customer', {
    store: 'store-emea',
    id,
    change: { last_name: 'Changed', customer_group_id: 4 },
  });

  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  const page = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  // What gives access is right before anybody enters; a detail may follow from the queue.
  assert.match(page.text, /Customer group Merchandising/);
  const customer = () => customerWithMail(world, 'store-emea', 'mira@halden.example');
  await until('the name is put back', async () => (await customer()).last_name === 'Lindqvist');
  assert.equal(await groupOf(world, 'store-emea', await customer()), 'Merchandising');
});

test('an attribute that belongs to the store stays as the store has it', async () => {
  const configure: WorldOptions['configure'] = (config) => {
    config.targets[0].authority = { name: 'target' };
  };
  await using world = await startWorld({ configure });
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');
  const { id } = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  const change = { last_name: 'As she wishes' };
  await act(world, 'bigcommerce', 'edit-customer', { store: 'store-emea', id, change });

  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  await changePerson(world, 'mira', { familyName: 'Otherwise', mail: 'm@halden.example' });
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  const customer = await customerWithMail(world, 'store-emea', 'm@halden.example');
  assert.equal(customer.id, id);
  assert.equal(customer.last_name, 'As she wishes');
});

test('what becomes known when somebody enters another place reaches the store by itself, in the same account', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');
  const before = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  const entries = (await storeState(world, 'store-emea')).logins.length;

  const change = { familyName: 'Sand', mail: 'mira.sand@halden.example', department: 'Range planning' };
  await changePerson(world, 'mira', change);
  const wiki = await world.signIn(world.browser(), 'mira', '/launch/wiki');

  assert.equal(wiki.url.hostname, 'wiki.localhost');
  await until('department, name and mail follow', async () => {
    const { customers } = await storeState(world, 'store-emea');
    const { email, last_name: name } = customers.find(({ id }) => id === before.id) ?? {};
    const department = await departmentOf(world, before.id);
    return email === change.mail && name === 'Sand' && department === 'Range planning';
  });
  assert.equal((await customersMade(world, 'store-emea')).length, 1, 'no second account');
  assert.equal((await storeState(world, 'store-emea')).logins.length, entries, 'nobody entered the store');
  const [changed] = await eventsOf(world, { types: ['person.changed'] });
  const thread = await threadOf(world, changed?.thread ?? '');
  const followed = thread.filter(({ type, target }) => type === 'account.updated' && target === 'bc-emea');
  assert.deepEqual(
    followed.flatMap(({ facts }) => facts['fields']),
    ['mail', 'lastName', 'attributes.department'],
    'one thread from the sign-in that told it to the write',
  );
});

test('where drift is only reported, a task shows both values and closes itself once they are equal again', async () => {
  await using world = await startWorld({
    configure: (config) => {
      config.targets[0].onDrift = 'report';
    },
  });
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account');
  const { id } = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  const edit = (name: string) =>
    act(world, 'bigcommerce', 'edit-customer', { store: 'store-emea', id, change: { last_name: name } });

  await edit('Changed');
  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  const open = await tasksOf(world);
  const left = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  await edit('Lindqvist');
  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  assert.equal(left.last_name, 'Changed');
  assert.deepEqual(
    open.map(({ kind, title, detail }) => [kind, title, detail]),
    [['drift', 'last name', { found: 'Changed', expected: 'Lindqvist' }]],
  );
  assert.deepEqual(await tasksOf(world), []);
  const [drifted, ...more] = await eventsOf(world, { types: ['account.drifted'] });
  assert.deepEqual(more, []);
  assert.equal(drifted?.facts['reaction'], 'reported');
  assert.deepEqual(
    (await eventsOf(world, { types: ['provisioning.task_opened', 'provisioning.task_closed'] })).map(
      ({ type }) => type,
    ),
    ['provisioning.task_opened', 'provisioning.task_closed'],
  );
});

test('somebody disabled in the directory gets no further, also with a session that is still open', async () => {
  await using world = await startWorld();
  const browser = world.browser();
  await world.signIn(browser, 'mira', '/launch/store-emea');
  const entries = (await storeState(world, 'store-emea')).logins.length;

  await changePerson(world, 'mira', { disabled: true });
  const anew = await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  world.clock.advance(HOUR);
  const open = await browser.open(`${world.origin}/launch/store-emea`);

  assert.match(anew.text, /account is disabled/);
  assert.equal(open.url.hostname, 'otds.localhost', 'what is known is too old, so the directory is asked');
  assert.equal((await storeState(world, 'store-emea')).logins.length, entries);
});

type ShownTask = { readonly kind: string; readonly title: string; readonly detail: object };

async function tasksOf(world: World): Promise<readonly ShownTask[]> {
  const { code, out, err } = await world.vestibule(['tasks', 'bc-emea', '--json']);
  assert.equal(code, 0, err);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ShownTask);
}

async function departmentOf(world: World, customer: number): Promise<string | undefined> {
  const { attributes, attributeValues } = await storeState(world, 'store-emea');
  const wanted = attributes.find(({ name }) => name === 'department')?.id;
  return attributeValues.find(({ attribute_id: id, customer_id: of }) => id === wanted && of === customer)
    ?.value;
}
