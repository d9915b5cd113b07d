import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  changePerson,
  customersMade,
  customerWithMail,
  eventsOf,
  groupOf,
  storeState,
} from '../support/evidence.ts';
import { startWorld, type WorldOptions } from '../support/world.ts';

// S17: accounts for people in the store, with the jobs and parts that they may use.

const configure: WorldOptions['configure'] = (config) => {
  config.rules = [
    {
      id: 'merchandising',
      when: 'person.department == "Merchandising"',
      give: [{ relyingParty: 'store-emea', roles: ['merchandiser'] }],
    },
    {
      id: 'content',
      when: 'person.department == "Content"',
      give: [{ relyingParty: 'store-emea', roles: ['content-editor'] }],
    },
  ];
};

test('a customer is made in the group that the attribute stands for, and another attribute moves the same customer', async () => {
  await using world = await startWorld({ configure });

  const merchandiser = await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  const before = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  assert.equal(await groupOf(world, 'store-emea', before), 'Merchandising');
  assert.match(merchandiser.text, /Merchandising, 20 % off/);

  await changePerson(world, 'mira', { department: 'Content' });
  const editor = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  const after = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  assert.equal(after.id, before.id);
  assert.equal(await groupOf(world, 'store-emea', after), 'Agency');
  assert.match(editor.text, /Agency, 10 % off/);
  assert.equal((await customersMade(world, 'store-emea')).length, 1);

  const updates = await eventsOf(world, { types: ['account.updated'] });
  const move = updates.find(({ facts }) => (facts['fields'] as string[]).includes('group'));
  assert.equal(move?.facts['reduces'], true, 'leaving a group takes something away, so it comes first');
  assert.deepEqual(
    [move?.personal['before'], move?.personal['after']],
    [{ group: 'Merchandising' }, { group: 'Agency' }],
  );
});

test('the move is made before the store is entered, and while it cannot be made nobody enters', async () => {
  await using world = await startWorld({ configure });
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await changePerson(world, 'mira', { department: 'Content' });
  const entered = (await storeState(world, 'store-emea')).logins.length;

  const match = { method: 'PUT', path: '/stores/haldenemea/v3/customers' };
  world.sandbox.system('bigcommerce').fail({ kind: 'status', status: 500, match });
  const refused = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  assert.equal(refused.status, 503);
  assert.equal((await storeState(world, 'store-emea')).logins.length, entered);
});

test('somebody whose attribute fits no group any more is refused, and the customer is left alone', async () => {
  await using world = await startWorld({ configure });
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  await changePerson(world, 'mira', { department: 'Facilities' });
  const refused = await world.signIn(world.browser(), 'mira', '/launch/store-emea');

  assert.equal(refused.status, 403);
  const customer = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  assert.equal(await groupOf(world, 'store-emea', customer), 'Merchandising');
});
