import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customersMade, customerWithMail, eventsOf, groupOf } from '../support/evidence.ts';
import type { WorldOptions } from '../support/world.ts';
import { jsonLines, signInCrowd, startCommandWorld } from './crowd.ts';

// `vestibule apply` does what plan says; what is too much at once and only inferred waits for a release (R5.4).

/** Few, so the brake of this test counts from fewer on. */
const PEOPLE = 4;

const nobody: WorldOptions['configure'] = (config) => {
  config.targets[0].brake = { share: 0.3, atLeast: PEOPLE };
  config.rules = config.rules.filter(({ id }: { id: string }) => id !== 'emea-merchandising');
};

test('a changed rule reaches those who have accounts, and with --create those who have none', async () => {
  await using world = await startCommandWorld();
  await world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await world.signIn(world.browser(), 'ines');
  const agency: WorldOptions['configure'] = (config) => {
    config.rules[0].give[0].roles = ['content-editor'];
  };

  const applied = await world.vestibule(['apply', 'bc-emea'], agency);
  const existing = await customersMade(world, 'store-emea');
  const created = await world.vestibule(['apply', 'bc-emea', '--create'], agency);
  const again = await world.vestibule(['plan', 'bc-emea', '--json'], agency);

  assert.equal(applied.code, 0, applied.err);
  assert.match(applied.out, /^bc-emea: 0 ends begun, 1 account queued, 0 refused\n {2}nothing waits/m);
  assert.equal(applied.err, '', 'nobody watches, so no progress is drawn');
  assert.deepEqual(
    existing.map(({ email }) => email),
    ['mira@halden.example'],
  );
  const mira = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  assert.equal(await groupOf(world, 'store-emea', mira), 'Agency');
  assert.equal(created.code, 0, created.err);
  const ines = await customerWithMail(world, 'store-emea', 'ines@halden.example');
  assert.equal(await groupOf(world, 'store-emea', ines), 'Managers');
  assert.deepEqual(jsonLines(again.out), [], 'applied, so nothing is left to plan');
});

test('too many removals at once are held back, and go on when they are released', async () => {
  await using world = await startCommandWorld();
  await signInCrowd(world, PEOPLE);

  const held = await world.vestibule(['apply', 'bc-emea'], nobody);

  assert.equal(held.code, 1, held.out + held.err);
  assert.match(held.out, /^bc-emea: 0 ends begun, 0 accounts queued, 0 refused$/m);
  assert.match(held.out, new RegExp(`held back: ${PEOPLE} of ${PEOPLE} accounts would lose something`));
  const [, brake = ''] = /vestibule apply bc-emea --release (brk_\w+)$/m.exec(held.out) ?? [];
  assert.deepEqual(await eventsOf(world, { types: ['account.ending', 'account.reduced'] }), []);

  const wrong = await world.vestibule(['apply', 'bc-na', '--release', brake], nobody);
  const released = await world.vestibule(['apply', 'bc-emea', '--release', brake], nobody);

  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /does not hold anything back in bc-na/);
  assert.equal(released.code, 0, released.out + released.err);
  assert.match(
    released.out,
    new RegExp(`^bc-emea: ${PEOPLE} ends begun, 0 accounts queued, 0 refused$`, 'm'),
  );
  assert.equal((await eventsOf(world, { types: ['account.ending'] })).length, PEOPLE);
  assert.deepEqual(
    (await eventsOf(world, { types: ['provisioning.braked', 'provisioning.released'] })).map(
      ({ type }) => type,
    ),
    ['provisioning.braked', 'provisioning.released'],
  );
});
