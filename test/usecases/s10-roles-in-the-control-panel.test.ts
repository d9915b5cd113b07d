import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  groupOf,
  permissionsOf,
  readAgain,
  TARGET,
  tasksOf,
  tick,
  usersOf,
  withTable,
} from '../support/control-panel.ts';
import { addPerson, changePerson, eventsOf } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// S10: who may touch products, prices, promotions, orders and customer data. One table says it for all stores.

/** In order of precedence. */
const TABLE = {
  products: ['Create_Product', 'Edit_Products', 'Manage_Products'],
  prices: ['Manage_PriceLists', 'Manage_Products'],
  promotions: ['Add_Promotions', 'Edit_Promotions', 'Manage_Promotions'],
  orders: ['Edit_Orders', 'Manage_Orders'],
  customers: ['Add_Customer', 'Edit_Customers', 'Manage_Customers'],
};
type Role = keyof typeof TABLE;
const ROLES = Object.keys(TABLE) as Role[];

async function enter(world: World, login: string, panel = 'panel-emea'): Promise<void> {
  const page = await world.signIn(world.browser(), login, `/launch/${panel}`);
  assert.equal(page.url.hostname, 'login.bigcommerce.localhost', page.text);
}

const groupsOf = (...roles: Role[]) => roles.map(groupOf);

/** What the owner is asked to make true, of the one person who has a task. */
async function asked(world: World): Promise<readonly string[] | undefined> {
  const tasks = await tasksOf(world);
  assert.ok(tasks.length <= 1, JSON.stringify(tasks));
  return tasks[0]?.detail.expected;
}

test('each role gets the permissions of the table in the store of the region, and the store shows them', async () => {
  await using world = await startWorld({ configure: withTable(TABLE) });
  for (const [index, role] of ROLES.entries()) {
    const [region, panel] = index % 2 === 0 ? ['EMEA', 'panel-emea'] : ['NA', 'panel-na'];
    await addPerson(world, { login: role, region, groups: groupsOf(role) });
    await enter(world, role, panel);
  }
  const stores = ROLES.map((_, index) => (index % 2 === 0 ? 'haldenemea' : 'haldenna'));
  const open = await tasksOf(world);

  // Whoever has the task at hand, and nothing else, does what it says.
  for (const { person, detail, field } of open) {
    const [issued] = await eventsOf(world, { types: ['login.issued'], personId: person });
    const [role = ''] = (issued?.facts['roles'] ?? []) as string[];
    await tick(world, role, detail.expected ?? [], field.replace('permissions.', ''));
  }
  await readAgain(world);

  assert.equal(open.length, ROLES.length);
  for (const [index, role] of ROLES.entries()) {
    assert.deepEqual(await permissionsOf(world, role, stores[index]), TABLE[role], role);
    const other = stores[index] === 'haldenna' ? 'haldenemea' : 'haldenna';
    assert.equal(await permissionsOf(world, role, other), undefined, role);
  }
  assert.deepEqual(await tasksOf(world), []);
});

test('of two roles that conflict the first of the table decides alone, in whatever order they came', async () => {
  await using world = await startWorld({ configure: withTable(TABLE) });
  await addPerson(world, { login: 'kit', region: 'EMEA', groups: groupsOf('orders') });
  await enter(world, 'kit');
  const alone = await asked(world);

  await changePerson(world, 'kit', { groups: groupsOf('orders', 'products') });
  await enter(world, 'kit');
  const both = await asked(world);
  await tick(world, 'kit', TABLE.products);
  await readAgain(world);

  assert.deepEqual([alone, both], [TABLE.orders, TABLE.products]);
  assert.deepEqual(await permissionsOf(world, 'kit'), TABLE.products);
  assert.deepEqual(await tasksOf(world), []);
  // Both roles are told, with the rule of each: nobody has to guess why the other one has no effect.
  const issued = (await eventsOf(world, { types: ['login.issued'] })).at(-1);
  assert.deepEqual(issued?.facts['because'], ['products-emea', 'orders-emea']);

  await changePerson(world, 'kit', { groups: groupsOf('orders') });
  await enter(world, 'kit');
  assert.deepEqual(await asked(world), TABLE.orders, 'when the first one is lost, the second one counts');
});

test('where permissions are to add up, the person is asked to have those of both', async () => {
  await using world = await startWorld({ configure: withTable(TABLE, { combine: 'union' }) });
  await addPerson(world, { login: 'kit', region: 'EMEA', groups: groupsOf('prices', 'products') });
  const all = [...new Set([...TABLE.prices, ...TABLE.products])].sort();

  await enter(world, 'kit');
  const both = await asked(world);
  await tick(world, 'kit', all);
  await readAgain(world);

  assert.deepEqual(both, all);
  assert.deepEqual(await permissionsOf(world, 'kit'), all);
  assert.deepEqual(await tasksOf(world), []);
});

test('a changed table is a task for everybody whom it touches, once they are looked at again', async () => {
  await using world = await startWorld({ configure: withTable(TABLE) });
  await addPerson(world, { login: 'kit', region: 'EMEA', groups: groupsOf('orders') });
  await enter(world, 'kit');
  await tick(world, 'kit', TABLE.orders);
  await readAgain(world);

  const wider = [...TABLE.orders, 'Refund_Orders'];
  await world.apply((config) => {
    config.targets.find(({ id }: { id: string }) => id === TARGET).templates.orders = wider;
  });
  await enter(world, 'kit');

  assert.deepEqual(await asked(world), wider);
  const users = await usersOf(world, 'haldenemea');
  assert.ok(
    users.some(({ email }) => email === 'kit@halden.example'),
    'the store is kept meanwhile',
  );
});
