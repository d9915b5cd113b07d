import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Browser } from '../client/browser.ts';
import { sendForm } from '../client/request.ts';
import { account, addToStore, usersOf } from './account-client.ts';
import { fact, startWorld, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.sandbox.reset());

const manage = (path = '') => world.sandbox.url('store-haldenna.mybigcommerce', `/manage${path}`);
const login = (path: string) => world.sandbox.url('login.bigcommerce', path);
const signIn = async (email: string, url: string) => {
  const browser = new Browser();
  const page = await browser.open(url);
  return { browser, page: await browser.submit(page, { email, password: 'halden-demo' }) };
};
const find = async (email: string) =>
  (await usersOf(world.sandbox, 'haldenna')).find((user) => user.email === email);

test('the address of a control panel asks who is there and then says what they may do in this store', async () => {
  const { page } = await signIn('sam@halden.example', manage());

  assert.equal(page.status, 200);
  assert.equal(new URL(page.url).pathname, '/manage');
  assert.equal(fact(page, 'store'), 'Halden North America');
  assert.deepEqual([fact(page, 'hash'), fact(page, 'role')], ['haldenna', 'Sales Manager']);
  assert.equal(fact(page, 'permissions'), '31');
  assert.equal((await find('sam@halden.example'))?.lastLoginAt, '2026-01-01T00:00:10Z');
});

test('a deep link leads to its part of the store, or asks which store', async () => {
  const one = await signIn('sam@halden.example', login('/deep-links/manage/orders'));
  const many = await signIn('ada@halden.example', login('/deep-links/manage/orders'));
  const chosen = await many.browser.open(login('/stores/haldenemea/manage/orders'));

  assert.equal(new URL(one.page.url).pathname, '/manage/orders');
  assert.match(many.page.body, /stores\/haldenna\/manage\/orders/);
  assert.match(chosen.body, /orders of Halden Europe/);
});

test('wrong passwords, other stores and missing permissions are told', async () => {
  const browser = new Browser();
  const wrong = await browser.submit(await browser.open(manage()), {
    email: 'sam@halden.example',
    password: 'x',
  });
  const { page: elsewhere } = await signIn('ines@halden.example', manage());
  const { browser: sam } = await signIn('sam@halden.example', manage());
  const settings = await sam.open(manage('/settings'));
  const users = await sam.open(manage('/users'));

  assert.equal(wrong.status, 401);
  assert.match(wrong.body, /not right/);
  assert.equal(elsewhere.status, 403);
  assert.match(elsewhere.body, /no user of the store Halden North America/);
  assert.match(settings.body, /data-field="forbidden"/);
  assert.equal(users.status, 403);
});

test('the owner ticks permissions that the API reads back', async () => {
  await account(world.sandbox, addToStore('email: "mira@halden.example"', 'haldenna'));
  const { browser } = await signIn('ada@halden.example', manage());
  const list = await browser.open(manage('/users'));
  const path = /href="\/manage(\/users\/\d+)">mira@/.exec(list.body)?.[1] ?? '';
  const post = (body: string) =>
    browser.visit(manage(path), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });

  await post('role=Sales+Staff');
  const staff = await browser.open(manage(path));
  const names = (await find('mira@halden.example'))?.permissions;
  await post('permissions=Manage_Orders&permissions=Edit_Orders');

  assert.equal(fact(staff, 'role'), 'Sales Staff');
  assert.ok(names?.includes('Manage_Orders'));
  assert.deepEqual((await find('mira@halden.example'))?.permissions, ['Manage_Orders', 'Edit_Orders']);
});

test('an administrator who is not the owner cannot grant what is high-risk', async () => {
  const { browser } = await signIn(
    'ines@halden.example',
    world.sandbox.url('store-haldenemea.mybigcommerce', '/manage'),
  );
  const url = world.sandbox.url('store-haldenemea.mybigcommerce', '/manage/users/40004');
  const refused = await browser.visit(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'permissions=Create_Store_API_Tokens',
  });
  const owner = await browser.visit(url.replace('40004', '40001/remove'), { method: 'POST' });

  assert.equal(refused.status, 403);
  assert.match(refused.body, /Only the owner/);
  assert.equal(owner.status, 403);
});

test('an invitation is accepted through its link, once, and only then opens the door', async () => {
  await account(world.sandbox, addToStore('email: "mira@halden.example"', 'haldenna'));
  const early = await signIn('mira@halden.example', manage());
  const mail = await new Browser().open(login('/mail'));
  const link = /href="(\/invitations\/[^"]+)"/.exec(mail.body)?.[1] ?? '';
  const names = { firstName: 'Mira', lastName: 'Lindqvist' };
  const accepted = await sendForm(login(link), names);
  const again = await sendForm(login(link), names);
  const { page } = await signIn('mira@halden.example', manage());

  assert.deepEqual([early.page.status, accepted.status, again.status], [401, 302, 404]);
  assert.equal(fact(page, 'permissions'), '1');
  assert.equal((await find('mira@halden.example'))?.firstName, 'Mira');
});

test('whoever is removed from the store is out at the next click', async () => {
  const { browser } = await signIn('sam@halden.example', manage());
  world.act('remove-panel-user', { store: 'store-na', email: 'sam@halden.example' });
  const next = await browser.open(manage('/orders'));

  assert.equal(next.status, 403);
  assert.equal(new URL(next.url).hostname, 'login.bigcommerce.localhost');
});

test('a ticket to a store works once and for that store alone', async () => {
  const browser = new Browser();
  await browser.submit(await browser.open(login('/login')), {
    email: 'ada@halden.example',
    password: 'halden-demo',
  });
  const { headers } = await browser.visit(login('/stores/haldenna/manage'));
  const ticket = headers.location ?? '';
  const stolen = await new Browser().visit(ticket.replace('haldenna', 'haldenemea'));
  const late = await new Browser().visit(ticket);

  assert.match(ticket, /^http:\/\/store-haldenna\.mybigcommerce\.localhost:\d+\/manage\/enter\?ticket=/);
  for (const { headers: own } of [stolen, late]) {
    assert.equal(own['set-cookie'], undefined);
    assert.match(own.location ?? '', /login\.bigcommerce/);
  }
});
