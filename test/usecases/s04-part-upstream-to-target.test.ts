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
  until,
  untilJobsEnded,
} from '../support/evidence.ts';
import { startWorld, type WorldOptions } from '../support/world.ts';

// S4, without reconcile between sign-ins: the directory is master for name, mail and department.

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
