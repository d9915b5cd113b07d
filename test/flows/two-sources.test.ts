import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '../../src/base/index.ts';
import { customerWithMail, eventsOf, until, untilJobsEnded } from '../support/evidence.ts';
import { startWorld, type World } from '../support/world.ts';

// R1.5, R4.6: noah is known to OTDS and to Access Manager, which does not give him the store here.

const NOAH = 'noah@halden.example';

const startWithOneGiver = (): Promise<World> =>
  startWorld({
    configure: (config) => {
      const rule = config.rules.find(({ id }: { id: string }) => id === 'na-merchandising');
      rule.when = '"merchandising@staff" in person.groups && person.region == "NA"';
    },
  });

async function signInAtAccessManager(world: World): Promise<void> {
  const chooser = await world.browser().open(`${world.origin}/login`);
  const form = await chooser.click('Access Manager');
  const page = await form.submit({ Ecom_User_ID: 'noah', Ecom_Password: 'halden-demo' }, /Ecom_Password/);
  assert.equal(page.heading, 'Stores and apps');
}

const isLockedOut = async (world: World): Promise<boolean> =>
  (await customerWithMail(world, 'store-na', NOAH)).force_password_reset;

test('a sign-in by one source takes nothing away that the other gives, until that one is left behind', async () => {
  await using world = await startWithOneGiver();
  await world.signIn(world.browser(), 'noah', '/launch/store-na');

  await signInAtAccessManager(world);
  await untilJobsEnded(world, 'reconcile.reassess', 1);
  const beside = [await isLockedOut(world), (await eventsOf(world, { types: ['account.ending'] })).length];
  world.clock.advance(HOUR);
  await signInAtAccessManager(world);
  await until('the account is closed', () => isLockedOut(world));
  await world.signIn(world.browser(), 'noah', '/launch/store-na');

  assert.equal((await eventsOf(world, { types: ['person.created'] })).length, 1, 'it is one person');
  assert.deepEqual(beside, [false, 0]);
  assert.equal((await eventsOf(world, { types: ['account.ending'] })).length, 1);
  assert.equal((await eventsOf(world, { types: ['account.restored'] })).length, 1);
});
