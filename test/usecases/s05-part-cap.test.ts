import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, SECOND } from '../../src/base/index.ts';
import {
  changePerson,
  customersMade,
  customerWithMail,
  eventBehind,
  eventsOf,
  groupOf,
} from '../support/evidence.ts';
import { startWorld } from '../support/world.ts';

// S5, without sponsors: agencies and partners get limited rights.

test('an agency member opens the listed store as content editor and is refused the others', async () => {
  await using world = await startWorld();
  const browser = world.browser();

  const emea = await world.signIn(browser, 'olu', '/launch/store-emea');
  const na = await browser.open(`${world.origin}/launch/store-na`);

  assert.match(emea.text, /Customer group Agency/);
  assert.equal(na.status, 403);
  assert.deepEqual(await customersMade(world, 'store-na'), []);
});

test('a second group with a higher role gives an agency member nothing more, and the reason names the agency rule', async () => {
  await using world = await startWorld();
  await changePerson(world, 'olu', { groups: ['agencies@partners', 'store-managers@staff'] });
  const browser = world.browser();

  await world.signIn(browser, 'olu', '/launch/store-emea');
  const na = await browser.open(`${world.origin}/launch/store-na`);

  const customer = await customerWithMail(world, 'store-emea', 'olu@halden.example');
  assert.equal(await groupOf(world, 'store-emea', customer), 'Agency');
  const [issued] = await eventsOf(world, { types: ['login.issued'] });
  assert.deepEqual(issued?.facts['roles'], ['content-editor']);
  assert.equal(na.status, 403);
  assert.match(na.text, /Agencies work in the European store only/);
  assert.equal((await eventBehind(world, na, 'decision.denied')).code, 'policy.capped');
  assert.deepEqual(await customersMade(world, 'store-na'), []);
});

test('a manager who joins an agency as well loses the higher role in the store before entering it again', async () => {
  await using world = await startWorld();
  await world.signIn(world.browser(), 'ines', '/launch/store-emea');
  const before = await customerWithMail(world, 'store-emea', 'ines@halden.example');
  assert.equal(await groupOf(world, 'store-emea', before), 'Managers');

  const contractEnd = new Date(world.clock.now().getTime() + 10 * DAY).toISOString();
  const groups = ['merchandising@staff', 'store-managers@staff', 'agencies@partners'];
  await changePerson(world, 'ines', { groups, contractEnd });
  await world.signIn(world.browser(), 'ines', '/launch/store-emea');

  const after = await customerWithMail(world, 'store-emea', 'ines@halden.example');
  assert.equal(after.id, before.id);
  assert.equal(await groupOf(world, 'store-emea', after), 'Agency');
});

test('an agency member is let in until the second in which the contract ends', async () => {
  await using world = await startWorld();
  const contractEnd = new Date(world.clock.now().getTime() + DAY);
  await changePerson(world, 'olu', { contractEnd: contractEnd.toISOString() });

  world.clock.set(new Date(contractEnd.getTime() - SECOND));
  const before = await world.signIn(world.browser(), 'olu', '/launch/store-emea');
  world.clock.set(contractEnd);
  const after = await world.signIn(world.browser(), 'olu', '/launch/store-emea');

  assert.match(before.text, /Customer group Agency/);
  assert.equal(after.status, 403);
  assert.equal((await eventBehind(world, after, 'decision.denied')).code, 'policy.ended');
});
