import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertExit,
  customersMade,
  eventsOf,
  referenceOn,
  sessionCookie,
  threadOf,
  until,
} from '../support/evidence.ts';
import { startTestPostgres } from '../support/postgres-server.ts';
import { startWorld, type World } from '../support/world.ts';

const SAYS = /Sign-ins cannot be recorded|cannot reach its database/;

test('with the database gone nobody gets in, every page has a reference, and afterwards the log tells all of it', async () => {
  await using postgres = await startTestPostgres('bundled');
  await using world = await startWorld({ postgresUrl: postgres.url });
  const ines = world.browser();
  await world.signIn(ines, 'ines', '/launch/store-emea');
  const mira = world.browser();
  const chooser = await mira.open(`${world.origin}/launch/store-emea`);
  const login = await chooser.click('Directory (OTDS)');

  await postgres.stop();
  const launched = await ines.open(`${world.origin}/launch/store-na`);
  const returned = await login.submit({ otds_username: 'mira', otds_password: 'halden-demo' });
  const launchpad = await ines.open(`${world.origin}/`);

  for (const page of [launched, returned]) {
    assert.equal(page.status, 503, page.text);
    assert.match(page.text, SAYS);
    assert.match(page.text, /lgn_[0-9a-z]{26}/);
  }
  assert.equal(launchpad.status, 503);
  assert.match(launchpad.text, /ref_[0-9a-z]{26}/);
  assert.equal(sessionCookie(mira), undefined);
  assert.equal((await customersMade(world, 'store-na')).length, 0);

  await postgres.start();
  await until('the database is found again', async () => {
    return (await ines.fetch(`${world.origin}/`)).status === 200;
  });
  await until('the spool is brought back', async () => {
    return (await eventsOf(world, { types: ['log.gap'] }).catch(() => [])).length > 0;
  });
  await assertSpooled(world, referenceOn(launched), 'begin');
  await assertSpooled(world, referenceOn(returned), 'identity');

  const again = await returned.click('Try again');
  const shop = await again.click('Directory (OTDS)');
  assert.match(shop.text, /Mira Lindqvist/);
  const na = await ines.open(`${world.origin}/launch/store-na`);
  assert.match(na.text, /Inês Carvalho/, 'the session outlived the database');
});

async function assertSpooled(world: World, thread: string, stage: string): Promise<void> {
  await until(`${thread} is in the log`, async () => (await threadOf(world, thread)).length > 0);
  const event = (await threadOf(world, thread)).find(({ type }) => type === 'login.failed');
  assert.equal(event?.outcome, 'failed');
  assert.equal(event?.spooled, true, 'the answer that it describes was withheld');
  assert.equal(event?.facts['stage'], stage);
}

test('with Redis gone nobody gets in, every exit is recorded, and people sign in again afterwards', async () => {
  await using world = await startWorld({ keyValue: 'redis' });
  const ines = world.browser();
  await world.signIn(ines, 'ines', '/launch/store-emea');
  const mira = world.browser();
  const login = await (await mira.open(`${world.origin}/launch/store-emea?to=/promo`)).click('Directory');

  await world.redis?.kill();
  const launched = await ines.open(`${world.origin}/launch/store-na`);
  const returned = await login.submit({ otds_username: 'mira', otds_password: 'halden-demo' });
  const begun = await world.browser().open(`${world.origin}/login?connection=otds`);

  const exit = { status: 503, says: /try again/i, type: 'login.failed', code: 'key_value.unavailable' };
  for (const page of [launched, returned, begun]) {
    const event = await assertExit(world, page, exit);
    assert.equal(event.facts['system'], 'key-value');
  }
  assert.ok(returned.links().some(({ href }) => href === '/launch/store-emea?to=%2Fpromo'));
  assert.equal(sessionCookie(mira), undefined);
  assert.deepEqual(await customersMade(world, 'store-na'), []);

  await world.redis?.restart();
  await until('Redis is found again', async () => (await ines.fetch(`${world.origin}/`)).status !== 503);
  const again = await ines.open(`${world.origin}/launch/store-na`);
  assert.match(again.text, /How do you want to sign in/, 'the session died with Redis');
  const shop = await again.click('Directory (OTDS)');
  assert.match(shop.text, /Inês Carvalho/);
});
