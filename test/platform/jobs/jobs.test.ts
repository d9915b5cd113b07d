import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { addMs, DAY, HOUR, MINUTE, SECOND, Unavailable } from '../../../src/base/index.ts';
import { openDatabase } from '../../../src/platform/database/index.ts';
import {
  createJobs,
  type JobKind,
  type Jobs,
  type JobsOptions,
  migrations,
} from '../../../src/platform/jobs/index.ts';
import { silentLog } from '../../../src/platform/log/index.ts';
import { createTestDatabase, eachServer, type TestDatabase } from '../../support/database.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/waiting.ts';

type Note = { readonly n: number };

function setUp(t: TestDatabase, clock: ManualClock, options: Partial<JobsOptions> = {}): Jobs {
  return createJobs({ db: t.db, listen: t.listen, clock, log: silentLog, random: () => 0, ...options });
}

/** A kind that calls `run` with the number in the payload. */
function noting(run: JobKind<Note>['run'], options: Partial<JobKind<Note>> = {}): JobKind<Note> {
  return { kind: 'note', schema: z.object({ n: z.number() }), run, ...options };
}

eachServer('jobs', (server) => {
  test('a job exists when its transaction commits, and not when it is rolled back', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const jobs = setUp(t, new ManualClock());
    const ran: number[] = [];
    jobs.register(noting(async ({ n }) => void ran.push(n)));

    await t.db.transaction().execute((trx) => jobs.enqueue(trx, { kind: 'note', payload: { n: 1 } }));
    await assert.rejects(
      t.db.transaction().execute(async (trx) => {
        await jobs.enqueue(trx, { kind: 'note', payload: { n: 2 } });
        throw new Error('not today');
      }),
    );

    assert.equal(await jobs.runDue(), 1);
    assert.deepEqual(ran, [1]);
    assert.deepEqual(await jobs.counts(), []);
  });

  test('a job waits for its time', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const clock = new ManualClock();
    const jobs = setUp(t, clock);
    jobs.register(noting(async () => undefined));
    await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 }, runAt: addMs(clock.now(), HOUR) });

    assert.equal(await jobs.runDue(), 0);
    clock.advance(HOUR);
    assert.equal(await jobs.runDue(), 1);
  });

  test('a job that is to come back soon does, although it arranged for a later one of its key', async () => {
    for (const comesBack of ['later', 'after a failure'] as const) {
      await using t = await createTestDatabase(migrations, { server });
      const clock = new ManualClock();
      const jobs = setUp(t, clock);
      let runs = 0;
      jobs.register(
        noting(async () => {
          runs += 1;
          if (runs > 1) return;
          const runAt = addMs(clock.now(), 30 * DAY);
          await jobs.enqueue(t.db, { kind: 'note', key: 'a', payload: { n: 2 }, runAt });
          if (comesBack === 'after a failure') throw new Error('not today');
          return { retryAt: addMs(clock.now(), 5 * SECOND) };
        }),
      );
      await jobs.enqueue(t.db, { kind: 'note', key: 'a', payload: { n: 1 }, urgent: true });
      await jobs.runDue();

      clock.advance(5 * SECOND);
      await jobs.runDue();

      assert.equal(runs, 2, comesBack);
    }
  });

  test('two workers never run one job at once, and all jobs run once', async () => {
    await using t = await createTestDatabase(migrations, { server });
    await using other = openDatabase({ url: t.url, log: silentLog });
    const clock = new ManualClock();
    const workers = [setUp(t, clock), setUp({ ...t, ...other, url: t.url }, clock)];
    const ran: number[] = [];
    for (const worker of workers) worker.register(noting(async ({ n }) => void ran.push(n)));
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    await Promise.all(numbers.map((n) => workers[0]?.enqueue(t.db, { kind: 'note', payload: { n } })));

    await Promise.all(workers.map((worker) => worker.runDue()));

    assert.deepEqual(
      ran.sort((a, b) => a - b),
      numbers,
    );
  });

  test('jobs of one lane run one at a time and in order, with any number of workers', async () => {
    await using t = await createTestDatabase(migrations, { server, maxConnections: 20 });
    const clock = new ManualClock();
    const seen = new Map<number, number[]>();
    let together = 0;
    const workers = Array.from({ length: 4 }, () => setUp(t, clock));
    const busy = new Set<number>();
    for (const worker of workers) {
      worker.register(
        noting(async ({ n }) => {
          const lane = n % 3;
          if (busy.has(lane)) together += 1;
          busy.add(lane);
          await new Promise((resolve) => setImmediate(resolve));
          seen.set(lane, [...(seen.get(lane) ?? []), n]);
          busy.delete(lane);
        }),
      );
    }
    for (let n = 0; n < 60; n += 1) {
      await workers[0]?.enqueue(t.db, { kind: 'note', payload: { n }, lane: `lane-${n % 3}` });
    }

    while (seen.size < 3 || [...seen.values()].flat().length < 60) {
      await Promise.all(workers.map((worker) => worker.runDue()));
    }

    assert.equal(together, 0);
    for (const numbers of seen.values())
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
      );
  });

  test('a failing job holds its lane, one that is not yet due does not', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const clock = new ManualClock();
    const jobs = setUp(t, clock);
    const ran: number[] = [];
    jobs.register(
      noting(async ({ n }, { attempt }) => {
        if (n === 2 && attempt === 1) throw new Error('once');
        ran.push(n);
      }),
    );
    await jobs.enqueue(t.db, { kind: 'note', lane: 'l', payload: { n: 1 }, runAt: addMs(clock.now(), HOUR) });
    await jobs.enqueue(t.db, { kind: 'note', lane: 'l', payload: { n: 2 } });
    await jobs.enqueue(t.db, { kind: 'note', lane: 'l', payload: { n: 3 } });

    await jobs.runDue();
    assert.deepEqual(ran, []);
    clock.advance(SECOND);
    await jobs.runDue();
    assert.deepEqual(ran, [2, 3]);
    clock.advance(HOUR);
    await jobs.runDue();
    assert.deepEqual(ran, [2, 3, 1]);
  });

  test('a job that waits with the same key is not added twice but brought forward', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const clock = new ManualClock();
    const jobs = setUp(t, clock);
    jobs.register(noting(async () => undefined));
    const job = { kind: 'note', key: 'per_a', payload: { n: 1 } };
    const first = await jobs.enqueue(t.db, { ...job, runAt: addMs(clock.now(), HOUR) });

    const second = await jobs.enqueue(t.db, job);

    assert.equal(second, first);
    assert.equal(await jobs.runDue(), 1);
    await jobs.enqueue(t.db, job);
    assert.equal(await jobs.runDue(), 1);
  });

  test('a job that waits keeps its payload, unless the newer one renews it', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const jobs = setUp(t, new ManualClock());
    const ran: number[] = [];
    jobs.register(noting(async ({ n }) => void ran.push(n)));
    const job = (key: string, n: number) => ({ kind: 'note', key, payload: { n } });
    for (const n of [1, 2]) await jobs.enqueue(t.db, job('kept', n));
    for (const n of [3, 4]) await jobs.enqueue(t.db, { ...job('renewed', n), renews: true });

    await jobs.runDue();

    assert.deepEqual(ran.sort(), [1, 4]);
    const sealed = { ...job('sealed', 5), sealFor: 'per_a', renews: true };
    await assert.rejects(jobs.enqueue(t.db, sealed), /cannot be renewed/);
  });

  test('fifty parallel additions with one key leave one job', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const jobs = setUp(t, new ManualClock());
    const job = { kind: 'note', key: 'per_a', payload: { n: 1 } };

    const ids = await Promise.all(Array.from({ length: 50 }, () => jobs.enqueue(t.db, job)));

    assert.equal(new Set(ids).size, 1);
    assert.equal((await jobs.counts())[0]?.waiting, 1);
  });

  test('a job asked for again while it runs runs once more', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const jobs = setUp(t, new ManualClock());
    const job = { kind: 'note', key: 'per_a', payload: { n: 1 } };
    let runs = 0;
    jobs.register(
      noting(async () => {
        runs += 1;
        if (runs === 1) await jobs.enqueue(t.db, job);
      }),
    );
    await jobs.enqueue(t.db, job);

    await jobs.runDue();

    assert.equal(runs, 2);
  });

  test('a failed job whose key waits again leaves the work to that one', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const jobs = setUp(t, new ManualClock());
    const job = { kind: 'note', key: 'per_a', payload: { n: 1 } };
    let runs = 0;
    jobs.register(
      noting(async () => {
        runs += 1;
        if (runs > 1) return;
        await jobs.enqueue(t.db, job);
        throw new Error('once');
      }),
    );
    await jobs.enqueue(t.db, job);

    await jobs.runDue();

    assert.equal(runs, 2);
    assert.deepEqual(await jobs.counts(), []);
  });

  test('delays double, and after the last attempt a job is a dead letter that can be replayed', async () => {
    await using t = await createTestDatabase(migrations, { server });
    const clock = new ManualClock();
    const jobs = setUp(t, clock);
    let fails = true;
    const attempts: number[] = [];
    jobs.register(
      noting(
        async (_, { attempt }) => {
          attempts.push(attempt);
          if (fails) throw new TypeError('mira@halden.example is not a number');
        },
        { maxAttempts: 3, backoff: { firstMs: 10 * SECOND, lastMs: MINUTE } },
      ),
    );
    const id = await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 } });

    assert.equal(await jobs.runDue(), 1);
    clock.advance(5 * SECOND - 1); // the whole jitter: half of 10 s
    assert.equal(await jobs.runDue(), 0);
    clock.advance(1);
    assert.equal(await jobs.runDue(), 1);
    clock.advance(10 * SECOND);
    assert.equal(await jobs.runDue(), 1);
    clock.advance(HOUR);
    assert.equal(await jobs.runDue(), 0);

    const [dead] = await jobs.dead();
    assert.deepEqual([dead?.id, dead?.attempts, dead?.failure], [id, 3, 'TypeError']);
    fails = false;
    assert.equal(await jobs.replay(id), true);
    assert.equal(await jobs.runDue(), 1);
    assert.deepEqual(attempts, [1, 2, 3, 1]);
    assert.deepEqual([await jobs.dead(), await jobs.replay(id)], [[], false]);
  });
});

test('the other side decides when it may be asked again', async () => {
  await using t = await createTestDatabase(migrations);
  const clock = new ManualClock();
  const jobs = setUp(t, clock);
  const fault = { code: 'target.busy', system: 'bc-emea', publicMessage: 'busy', retryAfterSeconds: 600 };
  let runs = 0;
  jobs.register(
    noting(async () => {
      runs += 1;
      if (runs === 1) throw new Unavailable(fault);
    }),
  );
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 } });
  await jobs.runDue();

  clock.advance(599 * SECOND);
  assert.equal(await jobs.runDue(), 0);
  clock.advance(SECOND);
  assert.equal(await jobs.runDue(), 1);
});

test('coming back later is not a failure, however often', async () => {
  await using t = await createTestDatabase(migrations);
  const clock = new ManualClock();
  const jobs = setUp(t, clock);
  const attempts: number[] = [];
  jobs.register(
    noting(
      async (_, { attempt }) => {
        attempts.push(attempt);
        return attempts.length < 5 ? { retryAt: addMs(clock.now(), MINUTE) } : undefined;
      },
      { maxAttempts: 2 },
    ),
  );
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 } });

  for (let n = 0; n < 5; n += 1) {
    await jobs.runDue();
    clock.advance(MINUTE);
  }

  assert.deepEqual(attempts, [1, 1, 1, 1, 1]);
  assert.deepEqual(await jobs.counts(), []);
});

test('a handler that gives up makes a dead letter with its code at once', async () => {
  await using t = await createTestDatabase(migrations);
  const jobs = setUp(t, new ManualClock());
  jobs.register(noting(async () => ({ giveUp: 'target.gone' })));
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 } });

  await jobs.runDue();

  assert.equal((await jobs.dead())[0]?.failure, 'target.gone');
});

test('a payload that does not fit its schema never reaches the handler', async () => {
  await using t = await createTestDatabase(migrations);
  const jobs = setUp(t, new ManualClock());
  jobs.register(noting(async () => assert.fail('ran')));
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 'one' } });

  await jobs.runDue();

  assert.equal((await jobs.dead())[0]?.failure, 'jobs.payload_invalid');
});

test('a kind that this process does not know is left for others', async () => {
  await using t = await createTestDatabase(migrations);
  const jobs = setUp(t, new ManualClock());
  jobs.register(noting(async () => undefined));
  await jobs.enqueue(t.db, { kind: 'newer', payload: {} });

  assert.equal(await jobs.runDue(), 0);
  assert.equal((await jobs.counts())[0]?.waiting, 1);
});

test('a sealed payload is unreadable in the table and whole in the handler', async () => {
  await using t = await createTestDatabase(migrations);
  const owners: string[] = [];
  const sealer: JobsOptions['sealer'] = async (owner) => {
    owners.push(owner);
    return {
      seal: (plain, aad) => Buffer.from(`${owner}|${aad}|${plain}`).toString('base64'),
      open: (sealed, aad) => {
        const text = Buffer.from(sealed, 'base64').toString();
        assert.ok(text.startsWith(`${owner}|${aad}|`));
        return text.slice(`${owner}|${aad}|`.length);
      },
    };
  };
  const jobs = setUp(t, new ManualClock(), { sealer });
  const ran: number[] = [];
  jobs.register(noting(async ({ n }) => void ran.push(n), { sealed: true }));
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 123456 } });
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 123456 }, sealFor: 'per_a' });

  const rows = await t.db
    .$extendTables<{ jobs_job: { payload: string } }>()
    .selectFrom('jobs_job')
    .selectAll()
    .execute();
  await jobs.runDue();

  assert.ok(!JSON.stringify(rows).includes('123456'));
  assert.deepEqual(ran, [123456, 123456]);
  assert.deepEqual([...new Set(owners)].sort(), ['per_a', 'system:jobs']);
});

test('a job about somebody who was erased is a dead letter at once, and says why', async () => {
  await using t = await createTestDatabase(migrations);
  let isDestroyed = false;
  const sealer: JobsOptions['sealer'] = async () => ({
    isDestroyed,
    seal: (plain) => plain,
    open: () => assert.fail('nothing opens any more'),
  });
  const jobs = setUp(t, new ManualClock(), { sealer });
  jobs.register(noting(async () => assert.fail('it runs')));
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 }, sealFor: 'per_a' });
  const of = (sealedFor: string) => jobs.list({ kind: 'note', sealedFor, limit: 9 });
  const before = [(await of('per_a')).length, (await of('per_b')).length];

  isDestroyed = true;
  await jobs.runDue();

  assert.deepEqual(before, [1, 0]);
  const [dead] = await jobs.dead();
  assert.deepEqual([dead?.failure, dead?.attempts], ['jobs.payload_erased', 1]);
});

test('a job that must be sealed is refused when nothing can seal it', async () => {
  await using t = await createTestDatabase(migrations);
  const jobs = setUp(t, new ManualClock());

  await assert.rejects(jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 }, sealFor: 'per_a' }));

  assert.deepEqual(await jobs.counts(), []);
});

test('a worker that lost its lease cannot settle the job that another runs', async () => {
  await using t = await createTestDatabase(migrations);
  const clock = new ManualClock();
  const slow = setUp(t, clock);
  const quick = setUp(t, clock);
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const outcomes: string[] = [];
  slow.register(
    noting(async () => {
      started.resolve();
      await held;
      throw new Error('too late');
    }),
  );
  quick.register(noting(async () => void outcomes.push('quick')));
  await slow.enqueue(t.db, { kind: 'note', payload: { n: 1 } });
  const slowRun = slow.runDue();
  await started.promise;

  assert.equal(await quick.runDue(), 0);
  clock.advance(2 * MINUTE);
  assert.equal(await quick.runDue(), 1);
  letGo();
  await slowRun;

  assert.deepEqual(outcomes, ['quick']);
  assert.deepEqual(await quick.counts(), []);
});

test('what a killed worker was doing is taken up within half a minute', async () => {
  await using t = await createTestDatabase(migrations);
  const clock = new ManualClock();
  const [killed, other] = [setUp(t, clock), setUp(t, clock)];
  const started = Promise.withResolvers<void>();
  const { promise: forEver, resolve: letGo } = Promise.withResolvers<void>();
  const ran: string[] = [];
  killed.register(
    noting(async () => {
      started.resolve();
      await forEver;
    }),
  );
  other.register(noting(async () => void ran.push('other')));
  await killed.enqueue(t.db, { kind: 'note', payload: { n: 1 } });
  const run = killed.runDue();
  await started.promise;

  clock.advance(15 * SECOND);
  await other.runDue();
  const early = [...ran];
  clock.advance(15 * SECOND);
  await other.runDue();
  letGo();
  await run;

  assert.deepEqual([early, ran], [[], ['other']]);
});

test('a worker that lost its lease and then succeeds leaves the job to the one that owns it', async () => {
  await using t = await createTestDatabase(migrations);
  const clock = new ManualClock();
  const slow = setUp(t, clock);
  const quick = setUp(t, clock);
  const slowHeld = Promise.withResolvers<void>();
  const slowStarted = Promise.withResolvers<void>();
  const quickHeld = Promise.withResolvers<void>();
  const quickStarted = Promise.withResolvers<void>();
  slow.register(
    noting(async () => {
      slowStarted.resolve();
      await slowHeld.promise;
    }),
  );
  quick.register(
    noting(async () => {
      quickStarted.resolve();
      await quickHeld.promise;
    }),
  );
  await slow.enqueue(t.db, { kind: 'note', payload: { n: 1 } });
  const slowRun = slow.runDue();
  await slowStarted.promise;
  clock.advance(2 * MINUTE);
  const quickRun = quick.runDue();
  await quickStarted.promise;

  slowHeld.resolve();
  await slowRun;

  assert.equal((await quick.counts())[0]?.running, 1);
  quickHeld.resolve();
  await quickRun;
  assert.deepEqual(await quick.counts(), []);
});

test('a running job keeps its lease as long as it runs, and learns when it lost it', async () => {
  await using t = await createTestDatabase(migrations);
  const clock = new ManualClock();
  const jobs = setUp(t, clock);
  const thief = setUp(t, clock);
  const started = Promise.withResolvers<void>();
  let aborted = false;
  jobs.register(
    noting(
      async (_, { signal }) => {
        started.resolve();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted = true;
      },
      { leaseMs: 150 },
    ),
  );
  thief.register(noting(async () => undefined, { leaseMs: 150 }));
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 } });
  const run = jobs.runDue();
  await started.promise;
  clock.advance(100);
  const leases = t.db
    .$extendTables<{ jobs_job: { lease_until: Date } }>()
    .selectFrom('jobs_job')
    .select('lease_until');
  await until(
    async () => (await leases.executeTakeFirst())?.lease_until.getTime() === clock.now().getTime() + 150,
  );
  assert.equal(await thief.runDue(), 0);

  await t.db
    .$extendTables<{ jobs_job: { lease_token: string } }>()
    .updateTable('jobs_job')
    .set({ lease_token: 'x' })
    .execute();
  await run;

  assert.ok(aborted);
});

test('workers wake up for a new job, and a clean stop waits for the running one', async () => {
  await using t = await createTestDatabase(migrations);
  const jobs = setUp(t, new ManualClock());
  const runs: string[] = [];
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  jobs.register(
    noting(async () => {
      runs.push('began');
      await held;
      runs.push('ended');
    }),
  );
  await jobs.start();

  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 } });
  await until(() => runs.length === 1);
  const stopping = jobs.stop(MINUTE);
  letGo();
  await stopping;
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 2 } });

  assert.deepEqual(runs, ['began', 'ended']);
  assert.equal((await jobs.counts())[0]?.waiting, 1);
});

test('a job that does not end in time is told to leave off and is free for others at once', async () => {
  await using t = await createTestDatabase(migrations);
  const clock = new ManualClock();
  const jobs = setUp(t, clock);
  const started = Promise.withResolvers<void>();
  jobs.register(
    noting(async (_, { signal }) => {
      started.resolve();
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }),
  );
  await jobs.start();
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 } });
  await started.promise;

  await jobs.stop(10);

  const next = setUp(t, clock);
  const attempts: number[] = [];
  next.register(noting(async (_, { attempt }) => void attempts.push(attempt)));
  assert.equal(await next.runDue(), 1);
  assert.deepEqual(attempts, [1]);
});

test('a stuck job does not keep the others from running', async () => {
  await using t = await createTestDatabase(migrations);
  const jobs = setUp(t, new ManualClock(), { concurrency: 2 });
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const ran: number[] = [];
  jobs.register(
    noting(async ({ n }) => {
      if (n === 0) await held;
      ran.push(n);
    }),
  );
  for (let n = 0; n < 10; n += 1) await jobs.enqueue(t.db, { kind: 'note', payload: { n } });
  await jobs.start();

  await until(() => ran.length === 9);
  letGo();
  await jobs.stop();

  assert.equal(ran.length, 10);
});

test('each run is reported with its outcome and how late it was', async () => {
  await using t = await createTestDatabase(migrations);
  const clock = new ManualClock();
  const reported: unknown[] = [];
  const jobs = setUp(t, clock, { onRun: (run) => reported.push(run) });
  jobs.register(noting(async () => undefined));
  await jobs.enqueue(t.db, { kind: 'note', payload: { n: 1 } });
  clock.advance(3 * SECOND);
  assert.equal((await jobs.counts())[0]?.lagMs, 3 * SECOND);

  await jobs.runDue();

  assert.deepEqual(reported, [{ kind: 'note', outcome: 'done', lagMs: 3 * SECOND, durationMs: 0 }]);
});
