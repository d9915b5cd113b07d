import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { addMs, type Clock, MINUTE, systemClock } from '../../../src/base/index.ts';
import { createJobs, type Jobs, migrations } from '../../../src/platform/jobs/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

function spawnWorker(url: string): ChildProcess {
  const script = fileURLToPath(new URL('worker-process.ts', import.meta.url));
  return spawn(process.execPath, [script, url], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function killDuringJob(url: string): Promise<void> {
  const worker = spawnWorker(url);
  if (worker.stdout) await once(worker.stdout, 'data');
  worker.kill('SIGKILL');
  await once(worker, 'exit');
}

function later(minutes: number): Clock {
  return { now: () => addMs(systemClock.now(), minutes * MINUTE) };
}

function rescuer(t: TestDatabase, clock: Clock, ran: number[], maxAttempts = 10): Jobs {
  const jobs = createJobs({ db: t.db, listen: t.listen, clock, log: silentLog });
  jobs.register({
    kind: 'note',
    schema: z.object({}),
    maxAttempts,
    run: async (_, { attempt }) => void ran.push(attempt),
  });
  return jobs;
}

test('a job whose worker was killed is done by another after the lease, and its lane goes on', async () => {
  await using t = await createTestDatabase(migrations);
  const ran: number[] = [];
  const now = rescuer(t, systemClock, ran);
  await now.enqueue(t.db, { kind: 'note', payload: {}, lane: 'l' });
  await now.enqueue(t.db, { kind: 'note', payload: {}, lane: 'l' });

  await killDuringJob(t.url);

  assert.equal(await now.runDue(), 0);
  assert.equal(await rescuer(t, later(2), ran).runDue(), 2);
  assert.deepEqual(ran, [2, 1]);
});

test('a job that kills its worker each time ends as a dead letter', async () => {
  await using t = await createTestDatabase(migrations);
  const ran: number[] = [];
  await rescuer(t, systemClock, ran).enqueue(t.db, { kind: 'note', payload: {} });
  await killDuringJob(t.url);

  const jobs = rescuer(t, later(2), ran, 1);
  await jobs.runDue();

  assert.deepEqual(ran, []);
  assert.equal((await jobs.dead())[0]?.failure, 'jobs.lease_lost');
});
