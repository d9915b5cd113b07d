import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, customerWithMail, untilJobsEnded } from '../support/evidence.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startWorld } from '../support/world.ts';
import { jsonLines } from './crowd.ts';

// `vestibule tasks` lists what only people can do; here the target is set to report what was changed by hand.

test('what somebody changed by hand is a task, and goes by itself when it is put right', async () => {
  await using world = await startWorld({
    clock: new ManualClock(new Date()),
    configure: (config) => {
      config.targets[0].onDrift = 'report';
    },
  });
  const enter = () => world.signIn(world.browser(), 'mira', '/launch/store-emea');
  await enter();
  await untilJobsEnded(world, 'provisioning.finish-account');
  const { id } = await customerWithMail(world, 'store-emea', 'mira@halden.example');
  const edit = (change: object) =>
    act(world, 'bigcommerce', 'edit-customer', { store: 'store-emea', id, change });
  const lookAgain = async (): Promise<void> => {
    world.clock.advance(25 * 3_600_000);
    await enter();
  };
  const none = await world.vestibule(['tasks']);

  await edit({ company: 'Somewhere else' });
  await lookAgain();
  const [text, json, elsewhere] = await Promise.all([
    world.vestibule(['tasks']),
    world.vestibule(['tasks', '--json', 'bc-emea']),
    world.vestibule(['tasks', 'bc-na']),
  ]);
  await edit({ company: 'Halden Group' });
  await lookAgain();
  const after = await world.vestibule(['tasks', 'bc-emea']);

  assert.equal(none.out, 'nothing to do by hand\n');
  assert.match(text.out, /^bc-emea {2}Mira Lindqvist \(mira\) {2}drift: company {2}\(since .*Z\)$/m);
  assert.match(text.out, /Somewhere else/);
  const [task, ...others] = jsonLines(json.out);
  assert.deepEqual(others, []);
  assert.deepEqual([task?.['target'], task?.['kind'], task?.['field']], ['bc-emea', 'drift', 'company']);
  assert.equal(elsewhere.out, 'nothing to do by hand\n');
  assert.equal(after.out, 'nothing to do by hand\n');
});
