import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customersMade, storeState, untilJobsEnded } from '../support/evidence.ts';
import type { WorldOptions } from '../support/world.ts';
import { jsonLines, startCommandWorld } from './crowd.ts';

// `vestibule plan` says what would be done, and does nothing.

/** Managers become merchandisers in Europe, and agencies have no access any more. */
const changedRules: WorldOptions['configure'] = (config) => {
  const byId = new Map<string, { give: { roles: string[] }[]; when: string }>(
    config.rules.map((rule: { id: string }) => [rule.id, rule]),
  );
  const [managers, agencies] = [byId.get('store-managers'), byId.get('agencies')];
  if (managers?.give[0]) managers.give[0].roles = ['merchandiser'];
  if (agencies) agencies.when = 'false';
};

test('a plan names who gets, changes and loses an account, line by line, and touches nothing', async () => {
  await using world = await startCommandWorld();
  for (const login of ['ines', 'olu']) await world.signIn(world.browser(), login, '/launch/store-emea');
  await untilJobsEnded(world, 'provisioning.finish-account', 2);
  await world.signIn(world.browser(), 'mira');
  const before = await storeState(world, 'store-emea');

  const text = await world.vestibule(['plan', 'bc-emea'], changedRules);
  const json = await world.vestibule(['plan', 'bc-emea', '--json', '--all'], changedRules);

  assert.equal(text.code, 0, text.err);
  assert.match(
    text.out,
    /^ {2}\+ Mira Lindqvist \(mira\) {2}create\n( {6}.*\n)* {6}customer group: Merchandising$/m,
  );
  assert.match(
    text.out,
    /^ {2}~ Inês Carvalho \(ines\) {2}change\n {6}customer group: Managers → Merchandising {2}\(takes away\)$/m,
  );
  assert.match(text.out, /^ {2}- Olu Adeyemi \(olu\) {2}end: policy\.no_rule/m);
  assert.match(text.out, /^ {2}.*1 create.*, 0 unchanged\n {2}nothing waits in the queue$/m);
  assert.equal(text.err, '', 'nobody watches, so no progress is drawn');
  const planned = jsonLines(json.out);
  assert.deepEqual(planned.map(({ what }) => what).sort(), ['change', 'create', 'end']);
  assert.ok(planned.every(({ target, person }) => target === 'bc-emea' && /^per_/.test(String(person))));
  const after = await storeState(world, 'store-emea');
  assert.deepEqual(after.customers, before.customers);
  assert.deepEqual(after.calls, before.calls, 'not even a look');
  assert.equal((await customersMade(world, 'store-emea')).length, 2);
});

test('a target that is not configured is a slip: the command names those that are', async () => {
  await using world = await startCommandWorld();

  const wrong = await Promise.all(
    [['plan'], ['apply'], ['import'], ['tasks'], ['report', 'accounts']].map(async (command) => ({
      command,
      ran: await world.vestibule([...command, 'bc-emae']),
    })),
  );

  for (const { command, ran } of wrong) {
    assert.equal(ran.code, 2, command.join(' '));
    assert.match(ran.err, /^bc-emae is no target; the configuration has bc-emea, bc-na, bc-outlet/m);
  }
});
