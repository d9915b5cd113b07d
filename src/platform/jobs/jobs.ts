import { type Clock, type JobId, newId, randomText, SECOND } from '../../base/index.ts';
import { type Database, type DatabaseHandle, notify, type Transaction } from '../database/index.ts';
import type { Log } from '../log/index.ts';
import { JobsError } from './errors.ts';
import type { DeadJob, JobCount, JobFilter, JobKind, JobView, NewJob, OnJobRun } from './job.ts';
import { LEASE_MS, type PayloadSealer, payloadPlace, runJob, sealerOf } from './run-job.ts';
import {
  cancel,
  claimJobs,
  countJobs,
  discard,
  insertJob,
  type JobRow,
  listDead,
  listJobs,
  nextDue,
  nextRun,
  revive,
} from './store.ts';

const ADDED_CHANNEL = 'jobs_added';
/** Also without a notification the tables are looked at this often. */
const LOOK_AGAIN_MS = 15 * SECOND;
/** What a handler gets to leave off after it was told to. */
const ABORT_GRACE_MS = SECOND;

export type JobsOptions = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the database handle: wakes the workers of all processes. */
  readonly listen: DatabaseHandle['listen'];
  /** `keys.sealer`; needed when payloads are sealed. */
  readonly sealer?: (owner: string) => Promise<PayloadSealer>;
  /** Jobs that this process runs at once. Default 8. */
  readonly concurrency?: number;
  readonly onRun?: OnJobRun;
  /** In [0, 1); for the jitter. */
  readonly random?: () => number;
};

export interface Jobs {
  /** Before `start`. @throws TypeError when the kind is registered twice. */
  register<Payload>(kind: JobKind<Payload>): void;
  /** Stores the job; in a transaction it exists when that commits. @returns its id, or that of the one waiting. */
  enqueue(db: Database | Transaction, job: NewJob): Promise<JobId>;
  /** Works until `stop`. Processes that only enqueue do not call it. */
  start(): Promise<void>;
  /** Takes no more jobs, waits up to `withinMs` (default 20 s) for the running ones, then tells them to leave off. */
  stop(withinMs?: number): Promise<void>;
  /** Runs what is due now, also what becomes due by that, and returns the number of runs. For tests and commands. */
  runDue(): Promise<number>;
  /** Dead letters, newest first. Payloads are not shown. */
  dead(limit?: number): Promise<readonly DeadJob[]>;
  /** A fresh start with all attempts. @returns false when there is no such dead letter. */
  replay(id: string): Promise<boolean>;
  discard(id: string): Promise<boolean>;
  /** Takes back a job that still waits; one that runs goes on. @returns whether one waited. */
  cancel(kind: string, key: string): Promise<boolean>;
  counts(): Promise<readonly JobCount[]>;
  /** Jobs of a kind that are not done. */
  list(filter: JobFilter): Promise<readonly JobView[]>;
  /** When the job of this kind and key runs next, if one waits. */
  nextRun(kind: string, key: string): Promise<Date | undefined>;
}

/** The durable outbox (R5.2, R7.3): at least once, one worker at a time, across any number of processes. */
export function createJobs(options: JobsOptions): Jobs {
  return new Outbox(options);
}

type Claim = { readonly job: JobRow; readonly token: string };

class Outbox implements Jobs {
  readonly #options: JobsOptions;
  readonly #log: Log;
  readonly #kinds = new Map<string, JobKind<unknown>>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #listening: AsyncDisposable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#log = options.log.child({ room: 'jobs' });
  }

  register<Payload>(kind: JobKind<Payload>): void {
    if (this.#kinds.has(kind.kind)) throw new TypeError(`the job kind ${kind.kind} is registered twice`);
    // The schema turns unknown into Payload right before run(), so the pair is safe to keep as unknown.
    this.#kinds.set(kind.kind, kind as unknown as JobKind<unknown>);
  }

  async enqueue(db: Database | Transaction, job: NewJob): Promise<JobId> {
    const now = this.#options.clock.now();
    const id = newId('job');
    const owner = job.sealFor ?? (this.#kinds.get(job.kind)?.sealed ? 'system:jobs' : undefined);
    const text = JSON.stringify(job.payload);
    // A sealed payload is bound to the id of its own row.
    if (job.renews && owner !== undefined) throw new TypeError(`${job.kind} is sealed and cannot be renewed`);
    const sealer = owner === undefined ? undefined : await sealerOf(this.#options.sealer, owner);
    const waiting = await insertJob(db, {
      id,
      kind: job.kind,
      key: job.key ?? null,
      lane: job.lane ?? null,
      payload: sealer?.seal(text, payloadPlace(id)) ?? text,
      sealed_for: owner ?? null,
      due_at: job.runAt ?? now,
      created_at: now,
      urgent: job.urgent ?? false,
      renews: job.renews ?? false,
      patient: job.patient ?? false,
    });
    await notify(db, ADDED_CHANNEL);
    return waiting;
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    this.#listening = await this.#options.listen(ADDED_CHANNEL, () => this.#look());
    this.#look();
  }

  async stop(withinMs = 20 * SECOND): Promise<void> {
    this.#started = false;
    clearTimeout(this.#timer);
    await this.#listening?.[Symbol.asyncDispose]();
    await this.#looking;
    await this.#idle(withinMs);
    if (this.#running.size === 0) return;
    this.#stopping.abort(new JobsError({ code: 'jobs.lease_lost', detail: 'the process stops' }));
    await this.#idle(ABORT_GRACE_MS);
    // Whoever ignores the signal keeps its lease until that ends: nobody else may run it while it still does.
    if (this.#running.size > 0) this.#log.warn('jobs still run at stop', { count: this.#running.size });
  }

  async runDue(): Promise<number> {
    for (let runs = 0; ; ) {
      const claimed = await this.#claim(this.#concurrency());
      if (claimed.length === 0) return runs;
      runs += claimed.length;
      await Promise.all(claimed.map((claim) => this.#run(claim)));
    }
  }

  dead(limit = 100): Promise<readonly DeadJob[]> {
    return listDead(this.#options.db, limit);
  }

  async replay(id: string): Promise<boolean> {
    const revived = await revive(this.#options.db, id, this.#options.clock.now());
    if (revived) await notify(this.#options.db, ADDED_CHANNEL);
    return revived;
  }

  discard(id: string): Promise<boolean> {
    return discard(this.#options.db, id);
  }

  cancel(kind: string, key: string): Promise<boolean> {
    return cancel(this.#options.db, kind, key);
  }

  counts(): Promise<readonly JobCount[]> {
    return countJobs(this.#options.db, this.#options.clock.now());
  }

  list(filter: JobFilter): Promise<readonly JobView[]> {
    return listJobs(this.#options.db, filter);
  }

  nextRun(kind: string, key: string): Promise<Date | undefined> {
    return nextRun(this.#options.db, kind, key);
  }

  /** Looks for due jobs now; a call during a look leads to one more look after it. */
  #look(): void {
    if (!this.#started) return;
    this.#lookAgain = true;
    this.#looking ??= this.#fill().finally(() => {
      this.#looking = undefined;
      if (this.#lookAgain) this.#look();
    });
  }

  async #fill(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      while (this.#started && this.#lookAgain) {
        this.#lookAgain = false;
        await this.#takeDue();
      }
      this.#sleep(await this.#untilNext());
    } catch (error) {
      this.#lookAgain = false;
      this.#log.warn('jobs cannot be read', { error });
      this.#sleep(SECOND);
    }
  }

  async #takeDue(): Promise<void> {
    const free = this.#concurrency() - this.#running.size;
    if (free <= 0) return; // a job that ends looks again
    for (const claim of await this.#claim(free)) {
      const run = this.#run(claim)
        .catch((error: unknown) => this.#log.warn('a job could not be settled', { job: claim.job.id, error }))
        .finally(() => {
          this.#running.delete(run);
          this.#look();
        });
      this.#running.add(run);
    }
  }

  async #untilNext(): Promise<number> {
    const next = await nextDue(this.#options.db, [...this.#kinds.keys()]);
    const wait = (next?.getTime() ?? Number.POSITIVE_INFINITY) - this.#options.clock.now().getTime();
    // What is due and was not taken waits for its lane or for a free place; its end wakes us.
    return wait > 0 ? Math.min(wait, LOOK_AGAIN_MS) : SECOND;
  }

  #sleep(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#started) this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  /** Each claim has its own token, so that even this process cannot settle a job that it lost and took again. */
  async #claim(limit: number): Promise<readonly Claim[]> {
    const kinds = [...this.#kinds].map(([name, { leaseMs }]) => [name, leaseMs ?? LEASE_MS] as const);
    const token = randomText();
    const now = this.#options.clock.now();
    const jobs = await claimJobs(this.#options.db, { leaseMs: Object.fromEntries(kinds), token, limit, now });
    return jobs.map((job) => ({ job, token }));
  }

  async #run({ job, token }: Claim): Promise<void> {
    const kind = this.#kinds.get(job.kind);
    if (!kind)
      throw new JobsError({ code: 'jobs.kind_unknown', detail: `${job.kind} is not registered here` });
    const { clock, db, sealer, random = Math.random } = this.#options;
    const started = clock.now().getTime();
    const lease = { id: job.id, token };
    const needs = { db, clock, log: this.#log, random, sealer };
    const outcome = await runJob(needs, { job, kind, lease }, this.#stopping.signal);
    const lagMs = started - job.run_at.getTime();
    this.#options.onRun?.({ kind: job.kind, outcome, lagMs, durationMs: clock.now().getTime() - started });
  }

  async #idle(withinMs: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    await Promise.race([Promise.all(this.#running), late]);
    clearTimeout(timer);
  }

  #concurrency(): number {
    return this.#options.concurrency ?? 8;
  }
}
