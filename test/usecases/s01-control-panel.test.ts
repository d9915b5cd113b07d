import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accountState,
  groupOf,
  isInAccount,
  mailOf,
  permissionsOf,
  usersOf,
  withTable,
} from '../support/control-panel.ts';
import { act, addPerson, eventBehind, eventsOf, threadOf } from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

// S1, in the control panel: staff of the right account and store, by group of the directory.

const TABLE = { merchandising: ['Edit_Products', 'Manage_Products'] };

test('somebody who is added to a mapped group is a user of the right store, under the directory’s address and name', async () => {
  await using world = await startWorld({ configure: withTable(TABLE) });
  const names = { givenName: 'Kit', familyName: 'Solheim' };
  await addPerson(world, { login: 'kit', ...names, region: 'EMEA', groups: [groupOf('merchandising')] });

  const page = await world.signIn(world.browser(), 'kit', '/launch/panel-emea');
  // The API takes no name: whoever follows the invitation writes it down.
  await act(world, 'bigcommerce', 'accept-invitation', {
    ...{ email: mailOf('kit'), firstName: names.givenName, lastName: names.familyName },
  });

  assert.equal(page.url.hostname, 'login.bigcommerce.localhost');
  const [user, ...others] = (await usersOf(world, 'haldenemea')).filter(
    ({ email }) => email === mailOf('kit'),
  );
  assert.deepEqual([user?.firstName, others], ['Kit', []]);
  assert.equal(await permissionsOf(world, 'kit', 'haldenna'), undefined);
  assert.equal(await permissionsOf(world, 'kit', 'haldenoutlet'), undefined);
  const { mails } = await accountState(world);
  assert.deepEqual(
    mails.map(({ to }) => to),
    [mailOf('kit')],
  );
});

test('the access log names group, rule and user behind the entry, under one reference', async () => {
  await using world = await startWorld({ configure: withTable(TABLE) });
  await addPerson(world, { login: 'kit', region: 'EMEA', groups: [groupOf('merchandising')] });

  await world.signIn(world.browser(), 'kit', '/launch/panel-emea');

  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  const thread = await threadOf(world, issued?.thread ?? '');
  assert.deepEqual(issued?.facts['because'], ['merchandising-emea']);
  assert.match(String(issued?.facts['account']), /^bc\/account\/user\/\d+$/);
  const identified = thread.find(({ type }) => type === 'login.identified');
  assert.deepEqual(identified?.personal['groups'], [groupOf('merchandising')]);
  const created = thread.find(({ type }) => type === 'account.created');
  assert.equal(created?.facts['externalId'], issued?.facts['account']);
});

test('somebody in no mapped group is refused with a reason, and nobody is asked for anything or invited', async () => {
  await using world = await startWorld({ configure: withTable(TABLE) });
  const { calls: before } = await accountState(world);

  const page = await world.signIn(world.browser(), 'ravi', '/launch/panel-emea');

  assert.equal(page.status, 403);
  assert.match(page.text, /The control panel of EMEA is for its own teams/);
  assert.equal((await eventBehind(world, page, 'decision.denied')).code, 'policy.no_rule');
  assert.equal(await isInAccount(world, 'ravi'), false);
  const { calls, mails } = await accountState(world);
  assert.deepEqual(mails, []);
  assert.deepEqual(calls.slice(before.length), []);
});
