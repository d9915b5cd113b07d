import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR } from '../../src/base/index.ts';
import { act, changePerson, eventsOf } from '../support/evidence.ts';
import {
  assertInside,
  enter,
  giveByHand,
  lines,
  query,
  run,
  type Standing,
  TARGET,
  type Tree,
  takeByHand,
  targetOf,
  tasksOf,
  todaysClock,
  userWith,
  withRoles,
} from '../support/salesforce.ts';
import { startWorld, type World } from '../support/world.ts';

// S42: who serves, who waits in which queue, and who comes in from a partner, as the directory's groups say.

const SAM = 'sam@halden.example';
const OLU = 'olu@halden.example';
const AFTER_THE_CHECK_IS_DUE = 25 * HOUR;

const ROLES = {
  support: { profile: 'Standard User', role: 'Support', queues: ['Dealer_Support'] },
  leads: { profile: 'Halden Sales', queues: ['Inbound_Leads'], groups: ['All_Sales'] },
  portal: {
    ...{ profile: 'Halden Partner', external: true, partnerAccount: 'Brightline Agency' },
    ...{ permissionSets: ['Halden_Partner_Portal'], groups: ['Price_Book_Readers'] },
  },
};
const inGroup = (group: string) => `"${group}" in person.groups`;
const configure = withRoles(
  ROLES,
  [
    { id: 'support', when: inGroup('support@staff'), roles: ['support'] },
    { id: 'sales', when: inGroup('sales@staff'), roles: ['leads'] },
    { id: 'portal', when: inGroup('agencies@partners'), roles: ['portal'], until: 'person.contractEnd' },
  ],
  (config) => {
    // The demo keeps agencies to one store; here they have the portal too.
    for (const rule of config.rules) delete rule.cap;
  },
);

async function withGroups(world: World, ...groups: string[]): Promise<Standing> {
  await changePerson(world, 'sam', { groups });
  const page = await enter(world, 'sam');
  const user = await userWith(world, SAM);
  assertInside(page, user.username);
  return user;
}

test('a group gives its queue, another one moves the person to another queue, and leaving takes it away', async () => {
  await using world = await startWorld({ configure });

  const support = await withGroups(world, 'support@staff');
  const both = await withGroups(world, 'support@staff', 'sales@staff');
  const sales = await withGroups(world, 'sales@staff');

  assert.deepEqual([support.queues, support.groups], [['Dealer_Support'], []]);
  assert.deepEqual([both.queues, both.groups], [['Dealer_Support', 'Inbound_Leads'], ['All_Sales']]);
  assert.deepEqual([sales.queues, sales.groups], [['Inbound_Leads'], ['All_Sales']]);
  assert.equal(sales.id, support.id);
});

test('somebody of an agency becomes a user of the portal, from the contact that an administrator says is theirs', async () => {
  await using world = await startWorld({ configure });

  // A mail address is not enough: an administrator says whose contact it is, and Olu waits for that.
  const waiting = await enter(world, 'olu');
  const [task] = await tasksOf(world);
  const [, contact = '', person] =
    /contact (\w+) .*write (per_\w+) into its field Vestibule_Id__c/.exec(JSON.stringify(task?.detail)) ?? [];
  const fields = { Vestibule_Id__c: person };
  await act(world, 'salesforce', 'write-record', { object: 'Contact', id: contact, fields });
  const page = await enter(world, 'olu');

  assert.equal(waiting.status, 503);
  const user = await userWith(world, OLU);
  assertInside(page, user.username);
  assert.deepEqual(
    [user.profile, user.role, user.permissionSets, user.groups],
    ['Halden Partner', null, ['Halden_Partner_Portal'], ['Price_Book_Readers']],
  );
  const [record] = await query(world, `SELECT Id, UserType, ContactId FROM User WHERE Id = '${user.id}'`);
  const contacts = await query(
    world,
    `SELECT Id, Account.Name FROM Contact WHERE Email = '${OLU}' AND Account.Name = 'Brightline Agency'`,
  );
  assert.equal(record?.['UserType'], 'PowerPartner');
  assert.deepEqual(
    contacts.map(({ Id }) => Id),
    [record?.['ContactId']],
  );
});

test('a queue that somebody took away by hand is given back when the user is looked at again, and the log has both', async () => {
  await using world = await startWorld({ configure });
  const before = await withGroups(world, 'support@staff');
  await takeByHand(world, before.id, 'Dealer_Support');

  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  assertInside(await enter(world, 'sam'), before.username);

  assert.deepEqual(await userWith(world, SAM), before);
  const [drifted, ...more] = await eventsOf(world, { types: ['account.drifted'], target: TARGET });
  assert.deepEqual([drifted?.facts['fields'], drifted?.facts['reaction']], [['queues'], 'put-back']);
  assert.deepEqual(more, []);
});

test('membership that differs is shown before anything is done: by the plan, with what is missing', async () => {
  await using world = await startWorld({ configure, clock: todaysClock() });
  const user = await withGroups(world, 'support@staff', 'sales@staff');
  assert.deepEqual(lines(await run(world, 'plan', TARGET, '--live', '--json')), []);

  await takeByHand(world, user.id, 'Inbound_Leads');
  const plan = await run(world, 'plan', TARGET, '--live');

  assert.match(plan, /≠ Sam Okafor .* drift/);
  assert.match(plan, /queues: Dealer_Support → Dealer_Support, Inbound_Leads/);
  assert.deepEqual((await userWith(world, SAM)).queues, ['Dealer_Support']);
});

test('where mismatches are only reported, a task shows both sides and closes itself once they agree', async () => {
  await using world = await startWorld({
    configure: (config) => {
      configure(config);
      targetOf(config).onDrift = 'report';
    },
  });
  const { id } = await withGroups(world, 'support@staff', 'sales@staff');
  await takeByHand(world, id, 'Inbound_Leads');

  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  await enter(world, 'sam');
  const open = await tasksOf(world);
  await giveByHand(world, 'GroupMember', id, 'Inbound_Leads');
  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  await enter(world, 'sam');

  assert.deepEqual(
    open.map(({ kind, title, detail }) => [kind, title, detail]),
    [[...['drift', 'queues'], { found: ['Dealer_Support'], expected: ['Dealer_Support', 'Inbound_Leads'] }]],
  );
  assert.deepEqual(await tasksOf(world), []);
});

test('a queue of our roles that no group gives the person is taken away again, with what was found in the log', async () => {
  await using world = await startWorld({ configure });
  const before = await withGroups(world, 'support@staff');
  await giveByHand(world, 'GroupMember', before.id, 'Inbound_Leads');

  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  assertInside(await enter(world, 'sam'), before.username);

  assert.deepEqual(await userWith(world, SAM), before);
  const [drifted] = await eventsOf(world, { types: ['account.drifted'], target: TARGET });
  assert.deepEqual(drifted?.personal, {
    found: { queues: ['Dealer_Support', 'Inbound_Leads'] },
    expected: { queues: ['Dealer_Support'] },
  });
});

test('a group that is no role’s business stays, and a task says that somebody gave it by hand', async () => {
  await using world = await startWorld({ configure });
  const { id, username } = await withGroups(world, 'support@staff');
  await giveByHand(world, 'GroupMember', id, 'Sales_EMEA');

  world.clock.advance(AFTER_THE_CHECK_IS_DUE);
  assertInside(await enter(world, 'sam'), username);

  assert.deepEqual((await userWith(world, SAM)).groups, ['Sales_EMEA']);
  assert.deepEqual(
    (await tasksOf(world)).map(({ kind, title, detail }) => [kind, title, detail]),
    [['drift', 'public groups', { added: ['Sales_EMEA'] }]],
  );
});

test('the portal closes with the contract and opens again with a new one', async () => {
  // Olu's contract ends ten days after the sandbox starts, which is ten days ago.
  const newContact = (config: Tree): void => {
    configure(config);
    targetOf(config).contacts = { onExisting: 'make' };
  };
  await using world = await startWorld({ configure: newContact, clock: todaysClock(20) });
  await enter(world, 'olu');
  const before = await userWith(world, OLU);
  world.clock.advance(20 * DAY);

  const over = await enter(world, 'olu');
  const applied = await run(world, 'apply', TARGET);
  const closed = await userWith(world, OLU);
  const next = new Date(world.clock.now().getTime() + 30 * DAY).toISOString();
  await changePerson(world, 'olu', { contractEnd: next });
  const again = await enter(world, 'olu');

  assert.equal(over.status, 403);
  assert.match(applied, /1 end begun/);
  assert.deepEqual([closed.frozen, closed.active], [true, true]);
  assert.deepEqual(closed.permissionSets, [], 'Salesforce itself let it expire');
  assertInside(again, before.username);
  assert.deepEqual(await userWith(world, OLU), before);
});
