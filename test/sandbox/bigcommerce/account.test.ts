import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { accountCredentials } from '../../../src/sandbox/bigcommerce/index.ts';
import {
  account,
  add,
  addToStore,
  removeFromAccount,
  removeFromStore,
  SNAPSHOT,
  usersOf,
} from './account-client.ts';
import { startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const turn = (positions: Record<string, unknown>) => world.sandbox.system('bigcommerce').turn(positions);
const run = (query: string, options?: Parameters<typeof account>[2]) =>
  account(world.sandbox, query, options);
const mails = async () => {
  const { data } = await run('{ account { users { edges { node { email } } } } }');
  return data.account.users.edges.map(({ node }: { node: { email: string } }) => node.email) as string[];
};
const inStore = async (hash = 'haldenna') => (await usersOf(world.sandbox, hash)).map(({ email }) => email);

const act = (action: string, body: unknown) =>
  world.sandbox.system('bigcommerce').actions?.[action]?.run(body);
const find = async (email: string, hash = 'haldenna') =>
  (await usersOf(world.sandbox, hash)).find((user) => user.email === email);
const MIRA = 'mira@halden.example';

test('one query shows all stores with their users, permissions and last sign-ins', async () => {
  const { data } = await run(SNAPSHOT);
  const [emea, na, outlet] = data.account.stores.edges;

  assert.deepEqual(
    [emea.node.storeHash, na.node.storeHash, outlet.node.storeHash],
    ['haldenemea', 'haldenna', 'haldenoutlet'],
  );
  assert.equal(emea.node.users.collectionInfo.totalItems, 3);
  const [owner, ines] = emea.node.users.edges;
  assert.equal(owner.node.permissions.length, 131);
  assert.ok(owner.node.permissions.includes('Grant_High_Risk_Store_Permissions'));
  assert.ok(!ines.node.permissions.includes('Create_Store_API_Tokens'));
  assert.equal(ines.node.lastLoginAt, '2025-12-29T07:55:10Z');
  assert.equal(ines.node.status, 'ACTIVE');
  assert.equal(data.account.users.edges.length, 5);
});

test('somebody who was added has no rights, and a name only once the invitation was accepted', async () => {
  await run(add(MIRA));
  const added = await run(addToStore(`email: "${MIRA}"`, 'haldenna'));
  const invited = await find(MIRA);
  act('accept-invitation', { email: MIRA, firstName: 'Mira', lastName: 'Lindqvist' });
  const accepted = await find(MIRA);

  assert.deepEqual(added, { data: { user: { addUserToStore: { storeId: 'bc/account/store/haldenna' } } } });
  assert.deepEqual(invited?.permissions, ['No_Permission_Required', 'No_Permission_Required']);
  assert.deepEqual([invited?.firstName, invited?.lastLoginAt], [null, null]);
  assert.equal(accepted?.firstName, 'Mira');
});

test('a fresh user shows no permission twice, once or not at all', async () => {
  for (const [position, length] of [
    ['twice', 2],
    ['once', 1],
    ['none', 0],
  ] as const) {
    world.sandbox.reset();
    turn({ accountFreshPermissions: position });
    await run(addToStore(`email: "${MIRA}"`, 'haldenna'));
    assert.equal((await find(MIRA))?.permissions.length, length, position);
  }
});

test('an invited user is ACTIVE or PENDING', async () => {
  await run(addToStore(`email: "${MIRA}"`, 'haldenna'));
  const plain = await find(MIRA);
  turn({ accountInvitedStatus: 'PENDING' });
  const pending = await find(MIRA);
  act('accept-invitation', { email: MIRA, firstName: 'Mira', lastName: 'L' });

  assert.deepEqual([plain?.status, pending?.status], ['ACTIVE', 'PENDING']);
  assert.equal((await find(MIRA))?.status, 'ACTIVE');
});

test('adding somebody twice is refused or changes nothing', async () => {
  await run(add(MIRA));
  const again = await run(add(MIRA.toUpperCase()));
  const known = await find('sam@halden.example');
  const store = await run(addToStore(`id: "${known?.id}"`, 'haldenna'));
  turn({ accountAddAgain: 'no-change' });
  const quiet = [await run(add(MIRA)), await run(addToStore(`id: "${known?.id}"`, 'haldenna'))];

  assert.deepEqual(again.data, { account: { addUserToAccount: null } });
  assert.deepEqual(again.errors?.[0]?.path, ['account', 'addUserToAccount']);
  assert.match(again.errors?.[0]?.message ?? '', /already/);
  assert.match(store.errors?.[0]?.message ?? '', /already/);
  assert.deepEqual(
    quiet.map(({ errors }) => errors),
    [undefined, undefined],
  );
  assert.ok(((await find('sam@halden.example'))?.permissions.length ?? 0) > 20, 'permissions stayed');
  assert.equal((await mails()).filter((mail) => mail === MIRA).length, 1);
});

test('adding to a store by an unknown address joins the account too, or is refused; by an unknown id always', async () => {
  const joined = await run(addToStore(`email: "${MIRA}"`, 'haldenna'));
  const inAccount = (await mails()).includes(MIRA);
  turn({ accountAddByEmail: 'refused' });
  const refused = await run(addToStore('email: "new@halden.example"', 'haldenna'));
  const byId = await run(addToStore('id: "bc/account/user/7"', 'haldenna'));
  const both = await run(addToStore('id: "bc/account/user/40001", email: "a@b.example"', 'haldenna'));
  const nowhere = await run(addToStore(`email: "${MIRA}"`, 'mars'));

  assert.equal(joined.errors, undefined);
  assert.ok(inAccount);
  for (const { errors } of [refused, byId, nowhere]) assert.match(errors?.[0]?.message ?? '', /found/);
  assert.match(both.errors?.[0]?.message ?? '', /by id or by email/);
  assert.ok(!(await mails()).includes('new@halden.example'));
});

test('whoever is removed from their last store stays in the account, or leaves it', async () => {
  const sam = await find('sam@halden.example');
  const removed = await run(removeFromStore(sam?.id ?? '', 'haldenna'));
  const stayed = await mails();
  const again = await run(removeFromStore(sam?.id ?? '', 'haldenna'));
  turn({ accountRemoveAgain: 'no-change' });
  const quiet = await run(removeFromStore(sam?.id ?? '', 'haldenna'));
  world.sandbox.reset();
  turn({ accountLastStore: 'leaves-account' });
  await run(removeFromStore(sam?.id ?? '', 'haldenna'));

  assert.deepEqual(removed.data.user.removeUserFromStore, {
    storeId: 'bc/account/store/haldenna',
    user: { email: 'sam@halden.example' },
  });
  assert.ok(!(await inStore()).includes('sam@halden.example'));
  assert.ok(stayed.includes('sam@halden.example'));
  assert.match(again.errors?.[0]?.message ?? '', /no access/);
  assert.equal(quiet.errors, undefined);
  assert.ok(!(await mails()).includes('sam@halden.example'));
});

test('removing from the account takes the stores along, or is refused while there are any', async () => {
  turn({ accountRemovalWithStores: 'refused' });
  const refused = await run(removeFromAccount('lena@halden.example'));
  turn({ accountRemovalWithStores: 'leaves-stores' });
  const removed = await run(removeFromAccount('lena@halden.example'));
  const again = await run(removeFromAccount('lena@halden.example'));

  assert.match(refused.errors?.[0]?.message ?? '', /still has access/);
  assert.deepEqual(removed.data.account.removeUserFromAccount, {
    accountId: `bc/account/account/${accountCredentials.accountUuid}`,
    userId: 'bc/account/user/40004',
  });
  assert.match(again.errors?.[0]?.message ?? '', /not found/);
  assert.ok(!(await inStore('haldenemea')).includes('lena@halden.example'));
  assert.ok(!(await inStore('haldenoutlet')).includes('lena@halden.example'));
});

test('the owner can be removed from neither store nor account', async () => {
  const owner = await find('ada@halden.example');
  const store = await run(removeFromStore(owner?.id ?? '', 'haldenna'));
  const all = await run(removeFromAccount('ada@halden.example'));
  assert.throws(() => act('remove-panel-user', { email: 'ada@halden.example' }), /owner/);

  for (const { errors } of [store, all]) assert.match(errors?.[0]?.message ?? '', /owner/);
  assert.ok((await inStore()).includes('ada@halden.example'));
});

test('permissions, roles and names cannot be written', async () => {
  const attempts = [
    'mutation { user { updateUser(input: {}) { id } } }',
    'mutation { account { createUserWithPassword(input: {}) { id } } }',
    `mutation { user { addUserToStore(input: {user: {email: "${MIRA}"}, storeId: "x", permissions: []}) { storeId } } }`,
  ];
  for (const attempt of attempts) {
    const { data, errors } = await run(attempt);
    assert.equal(data, undefined);
    assert.match(errors?.[0]?.message ?? '', /Cannot query field|unknown field 'permissions'/);
  }
  assert.ok(!(await mails()).includes(MIRA));
});

test('permissions are ticked by hand and read back, except those of the owner', async () => {
  await run(addToStore(`email: "${MIRA}"`, 'haldenna'));
  world.clock.advance(5_000);
  act('set-panel-permissions', { store: 'store-na', email: MIRA, role: 'Sales Staff' });
  const staff = await find(MIRA);
  act('set-panel-permissions', {
    store: 'store-na',
    email: MIRA,
    permissions: ['Edit_Orders', 'Manage_Orders'],
  });

  assert.ok(staff?.permissions.includes('Manage_Orders'));
  assert.equal(staff?.updatedAt, '2026-01-01T00:00:15Z');
  assert.deepEqual((await find(MIRA))?.permissions, ['Manage_Orders', 'Edit_Orders']);
  const tick = (email: string, permissions: string[]) => () =>
    act('set-panel-permissions', { store: 'store-na', email, permissions });
  assert.throws(tick(MIRA, ['Fly']), /no permission "Fly"/);
  assert.throws(tick('ada@halden.example', []), /owner/);
  world.clock.advance(-5_000);
});

test('the last sign-in changes when somebody enters the control panel', async () => {
  act('enter-control-panel', { store: 'store-na', email: 'sam@halden.example' });

  assert.equal((await find('sam@halden.example'))?.lastLoginAt, '2026-01-01T00:00:10Z');
  assert.throws(
    () => act('enter-control-panel', { store: 'store-na', email: 'lena@halden.example' }),
    /no user/,
  );
});
