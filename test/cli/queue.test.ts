import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { systemClock } from '../../src/base/index.ts';
import { createJobs } from '../../src/platform/jobs/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import type { World } from '../support/world.ts';
import { jsonLines, startCommandWorld } from './crowd.ts';

// `vestibule queue` shows what waits and what was given up, which people replay or throw away.

/** Work of a kind that no process here knows, given up at once. */
async function bury(world: World, ...keys: string[]): Promise<void> {
  const { database } = await world.stores();
  const jobs = createJobs({ db: database.db, clock: systemClock, log: silentLog, listen: database.listen });
  jobs.register({ kind: 'test.work', schema: z.object({}), run: async () => ({ giveUp: 'test.useless' }) });
  for (const key of keys) await jobs.enqueue(database.db, { kind: 'test.work', key, payload: {} });
  await jobs.runDue();
}

test('dead letters are shown with their reason, replayed one by one and thrown away', async () => {
  await using world = await startCommandWorld();
  const empty = await world.vestibule(['queue']);
  await bury(world, 'one', 'two', 'three');

  const text = await world.vestibule(['queue']);
  const [json] = jsonLines((await world.vestibule(['queue', '--json'])).out);
  const dead = json?.['dead'] as { id: string; key: string; failure: string }[];
  const one = dead.find(({ key }) => key === 'one')?.id ?? '';
  const replayed = await world.vestibule(['queue', 'replay', one, 'job_unknown']);
  const discarded = await world.vestibule(['queue', 'discard', '--all']);
  const after = await world.vestibule(['queue']);

  assert.match(empty.out, /^(the queue is empty|\S+: \d+ waiting, \d+ running, 0 given up.*)$/m);
  assert.match(text.out, /^test\.work: 0 waiting, 0 running, 3 given up/m);
  assert.match(text.out, /^job_\w+ {2}test\.work two {2}test\.useless after 1 attempt, /m);
  assert.equal(replayed.code, 1, 'one of them is no dead letter');
  assert.match(replayed.out, new RegExp(`^${one} replayed\njob_unknown is no dead letter$`, 'm'));
  assert.equal(discarded.out.match(/ discarded$/gm)?.length, 2);
  assert.match(after.out, /^test\.work: 1 waiting, 0 running, 0 given up/m);
});
