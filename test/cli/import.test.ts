import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress, progressLine } from '../../src/cli/progress.ts';
import { act, setFaults, storeState } from '../support/evidence.ts';
import { startCommandWorld } from './crowd.ts';

// `vestibule import` reads all accounts of a target; S20 shows what it makes of them.

test('an import is one line in a pipe, and a store that is away ends it with what to look at', async () => {
  await using world = await startCommandWorld();
  await act(world, 'bigcommerce', 'add-customers', { store: 'store-emea', count: 20, pairs: 0 });
  const { customers } = await storeState(world, 'store-emea');

  const done = await world.vestibule(['import', 'bc-emea']);
  await setFaults(world, 'bigcommerce', { kind: 'status', status: 401, match: { path: '/stores/haldenna' } });
  const failed = await world.vestibule(['import', 'bc-na']);

  assert.equal(done.code, 0, done.err);
  const counts = `${customers.length} created, 0 linked, 0 ambiguous, 0 skipped, 0 gone`;
  assert.equal(done.out, `bc-emea: ${counts}\n`);
  assert.equal(done.err, '', 'no bar where nobody watches');
  assert.equal(failed.code, 1);
  assert.match(failed.err, /target bc-na: the target does not accept the API token/);
});

test('progress is drawn on a terminal and taken away at the end; elsewhere nothing is written', () => {
  const drawn = (isTTY: boolean): string => {
    let text = '';
    const stream = { isTTY, write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream;
    const progress = createProgress(stream);
    progress.show(100, 400, 'accounts');
    progress.end();
    return text;
  };

  assert.match(drawn(true), /█+░+ 100 of 400 accounts\r.*$/);
  assert.ok(drawn(true).endsWith('\r\u001b[2K'));
  assert.equal(drawn(false), '');
});

test('the bar is full at the end, and without a known total there is the number alone', () => {
  assert.equal(progressLine(400, 400, 'accounts'), `${'█'.repeat(30)} 400 of 400 accounts`);
  assert.equal(progressLine(500, 400, 'accounts').split(' ')[0], '█'.repeat(30), 'more came than was said');
  assert.equal(progressLine(7, undefined, 'accounts'), '7 accounts');
});
