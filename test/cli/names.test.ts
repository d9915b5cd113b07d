import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFaults } from '../support/evidence.ts';
import { jsonLines, startCommandWorld } from './crowd.ts';

// People are named, in what commands ask and in what they show; what apply leaves is said precisely.

test('a person is meant by login name, mail address or id; nobody and several are told apart', async () => {
  await using world = await startCommandWorld();
  for (const login of ['mira', 'ines']) await world.signIn(world.browser(), login);
  const rows = async (who: string) =>
    jsonLines((await world.vestibule(['plan', 'bc-emea', '--json', '--person', who])).out);
  const match = { method: 'POST', path: '/stores/haldenemea/v3/customers' };

  const [byLogin, byMail] = await Promise.all([rows('Mira'), rows('MIRA@halden.example')]);
  const byId = await rows(String(byLogin[0]?.['person']));
  const nobody = await world.vestibule(['plan', '--person', 'nobody']);
  await setFaults(world, 'bigcommerce', { kind: 'status', status: 500, match });
  const applied = await world.vestibule(['apply', 'bc-emea', '--create']);
  const queue = await world.vestibule(['queue', 'bc-emea', '--person', 'mira']);
  const report = await world.vestibule(['report', 'provisioning', '--person', 'mira']);

  assert.equal(byLogin.length, 1);
  assert.deepEqual(byMail, byLogin);
  assert.deepEqual(byId, byLogin);
  assert.equal(nobody.code, 2);
  assert.match(nobody.err, /nobody goes by nobody: give the login name, the mail address or the id/);
  assert.equal(applied.code, 3, applied.out + applied.err);
  assert.match(applied.out, /^ {2}2 of 2 accounts not through; they stay in the queue/m);
  const left =
    /^ {4}Mira Lindqvist \(mira\) {2}provisioning\.\w+, \d+ (try|tries), next \d{4}-\d\d-\d\d \S+Z$/m;
  assert.match(applied.out, left);
  assert.match(
    queue.out,
    /^ {2}bc-emea {2}Mira Lindqvist \(mira\) {2}provisioning\.\w+, \d+ (try|tries), next /m,
  );
  assert.doesNotMatch(queue.out, /ines/);
  assert.match(report.out, /bc-emea {2}Mira Lindqvist \(mira\) {2}provisioning\.failed/);
});
