import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addPerson,
  changePerson,
  customersMade,
  customerWithMail,
  eventBehind,
  eventsOf,
  groupOf,
  storeState,
  threadOf,
  wikiAccounts,
} from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

// S1: staff and customer identity synchronised; roles and groups decide store access. Shown with customers of stores;
// members of the control panel are made from the same decision.

const KIT = {
  login: 'kit',
  givenName: 'Kit',
  familyName: 'Solheim',
  mail: 'kit.solheim@halden.example',
  region: 'EMEA',
};
const STORES = ['store-emea', 'store-na', 'store-outlet'];

test('somebody is refused until they are added to a mapped group, and then is a customer of the right store', async () => {
  await using world = await startWorld();
  await addPerson(world, { ...KIT, groups: ['facilities@staff'] });
  const refused = await world.signIn(world.browser(), 'kit', '/launch/store-emea');
  for (const store of STORES) assert.deepEqual(await customersMade(world, store), [], store);

  await changePerson(world, 'kit', { groups: ['facilities@staff', 'merchandising@staff'] });
  const page = await world.signIn(world.browser(), 'kit', '/launch/store-emea');

  assert.equal(refused.status, 403);
  assert.match(page.text, /Kit Solheim/);
  const customer = await customerWithMail(world, 'store-emea', KIT.mail);
  assert.equal(`${customer.first_name} ${customer.last_name}`, 'Kit Solheim');
  assert.equal(await groupOf(world, 'store-emea', customer), 'Merchandising');
  assert.deepEqual(customer.channel_ids, [1]);
  assert.equal(customer.hasPassword, false);
  for (const store of ['store-na', 'store-outlet']) {
    assert.deepEqual(await customersMade(world, store), [], store);
  }
});

test('the access log names group, rule and customer behind the entry, under one reference', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  const customer = await customerWithMail(world, 'store-emea', 'mira@halden.example');

  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  const thread = await threadOf(world, issued?.thread ?? '');

  assert.deepEqual(issued?.facts['because'], ['emea-merchandising']);
  assert.equal(issued?.facts['account'], String(customer.id));
  const identified = thread.find(({ type }) => type === 'login.identified');
  assert.deepEqual(identified?.personal['groups'], ['merchandising@staff']);
  const types = thread.map(({ type }) => type);
  for (const type of ['person.created', 'session.opened', 'decision.allowed', 'account.created']) {
    assert.ok(types.includes(type), `${type} is in the thread: ${types.join(', ')}`);
  }
});

test('somebody in no mapped group is refused with a reason, and nothing is made anywhere', async () => {
  await using world = await startWorld();
  const wiki = (await wikiAccounts(world)).users.length;

  const page = await world.signIn(world.browser(), 'ravi', '/launch/store-emea');

  assert.equal(page.status, 403);
  assert.match(page.text, /The European store is for merchandising in the region EMEA/);
  const denied = await eventBehind(world, page, 'decision.denied');
  assert.equal(denied.code, 'policy.no_rule');
  assert.equal((await wikiAccounts(world)).users.length, wiki, 'also where other rules would let him in');
  assert.deepEqual(await eventsOf(world, { types: ['account.created', 'account.planned'] }), []);
  for (const store of STORES) {
    assert.deepEqual(await customersMade(world, store), [], store);
    const { calls, logins } = await storeState(world, store);
    assert.deepEqual(logins, []);
    assert.deepEqual(
      calls.filter(({ path }) => path === '/v3/customers'),
      [],
    );
  }
});
