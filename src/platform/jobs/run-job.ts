import { addMs, type Clock, SECOND } from '../../base/index.ts';
import type { Database } from '../database/index.ts';
import type { Log } from '../log/index.ts';
import { nextTry } from './backoff.ts';
import { failureCode, JobsError } from './errors.ts';
import type { JobKind, JobOutcome, JobResult } from './job.ts';
import { bury, deleteJob, type JobRow, type Lease, putBack, renewLease } from './store.ts';

const MAX_ATTEMPTS = 10;
/** Renewed every third of it, so a process may be held up, or its clock differ, by nearly twice that. */
export const LEASE_MS = 20 * SECOND;

/** What jobs need of keys; `app.ts` connects it. */
export type PayloadSealer = {
  seal(plain: string, aad: string): string;
  open(sealed: string, aad: string): string;
  /** Nothing opens any more: the owner was erased. */
  readonly isDestroyed?: boolean;
};

export type RunNeeds = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly sealer: ((owner: string) => Promise<PayloadSealer>) | undefined;
};

type Claimed = { readonly job: JobRow; readonly kind: JobKind<unknown>; readonly lease: Lease };

/** Runs one claimed job and writes down what became of it. Never throws, except when the database is away. */
export async function runJob(needs: RunNeeds, claimed: Claimed, stopping: AbortSignal): Promise<JobOutcome> {
  const { job, kind, lease } = claimed;
  const maxAttempts = kind.maxAttempts ?? MAX_ATTEMPTS;
  if (job.attempts > maxAttempts) {
    // Its worker died each time: a job that kills processes must not do so for ever.
    return settled(await bury(needs.db, lease, 'jobs.lease_lost', needs.clock.now()), 'dead');
  }
  let result: JobResult;
  try {
    result = await attempt(needs, claimed, stopping);
  } catch (error) {
    return afterFailure(needs, claimed, error, { maxAttempts, stopping: stopping.aborted });
  }
  if (!result) return settled(await deleteJob(needs.db, lease), 'done');
  if ('giveUp' in result) {
    return settled(await bury(needs.db, lease, result.giveUp, needs.clock.now()), 'dead');
  }
  const next = { runAt: result.retryAt, failure: null, counts: false };
  return settled(await putBack(needs.db, lease, next), 'later');
}

async function attempt(needs: RunNeeds, claimed: Claimed, stopping: AbortSignal): Promise<JobResult> {
  const { job, kind } = claimed;
  const payload = await openPayload(needs, job);
  // Nobody will ever read it, so nobody tries again.
  if (payload === ERASED) return { giveUp: 'jobs.payload_erased' };
  const parsed = kind.schema.safeParse(payload);
  // The text of the problem may quote the payload, so only the code remains.
  if (!parsed.success) return { giveUp: 'jobs.payload_invalid' };
  const lost = new AbortController();
  const renewing = keepLease(needs, claimed, lost);
  try {
    const signal = AbortSignal.any([lost.signal, stopping]);
    return await kind.run(parsed.data, { id: job.id, attempt: job.attempts, signal });
  } finally {
    clearInterval(renewing);
  }
}

function keepLease(needs: RunNeeds, { kind, lease }: Claimed, lost: AbortController): NodeJS.Timeout {
  const leaseMs = kind.leaseMs ?? LEASE_MS;
  let until = addMs(needs.clock.now(), leaseMs);
  const renew = async (): Promise<void> => {
    const next = addMs(needs.clock.now(), leaseMs);
    try {
      if (await renewLease(needs.db, lease, next)) until = next;
      else lost.abort(new JobsError({ code: 'jobs.lease_lost', detail: `${lease.id} was taken over` }));
    } catch {
      // The database is away. Until the lease ends nobody else can have the job.
      if (needs.clock.now() >= until) {
        lost.abort(new JobsError({ code: 'jobs.lease_lost', detail: `${lease.id} could not be renewed` }));
      }
    }
  };
  return setInterval(() => void renew(), leaseMs / 3);
}

async function afterFailure(
  needs: RunNeeds,
  { job, kind, lease }: Claimed,
  error: unknown,
  state: { readonly maxAttempts: number; readonly stopping: boolean },
): Promise<JobOutcome> {
  const now = needs.clock.now();
  if (state.stopping) {
    return settled(await putBack(needs.db, lease, { runAt: now, failure: null, counts: false }), 'later');
  }
  const failure = failureCode(error);
  const fields = { job: job.id, kind: job.kind, attempt: job.attempts, error };
  if (job.attempts >= state.maxAttempts) {
    needs.log.error('job is a dead letter now', fields);
    return settled(await bury(needs.db, lease, failure, now), 'dead');
  }
  needs.log.warn('job failed and will be tried again', fields);
  const runAt = nextTry(now, job.attempts, error, needs.random, kind.backoff);
  return settled(await putBack(needs.db, lease, { runAt, failure, counts: true }), 'retry');
}

/** A lost lease wins over every outcome: another worker owns the job and writes down what becomes of it. */
function settled(kept: boolean, outcome: JobOutcome): JobOutcome {
  return kept ? outcome : 'lost';
}

const ERASED = Symbol('erased');

async function openPayload(needs: RunNeeds, job: JobRow): Promise<unknown> {
  if (job.sealed_for === null) return JSON.parse(job.payload);
  const sealer = await sealerOf(needs.sealer, job.sealed_for);
  return sealer.isDestroyed ? ERASED : JSON.parse(sealer.open(job.payload, payloadPlace(job.id)));
}

/** Table, row, column: what a sealed payload is bound to (R7.1). */
export function payloadPlace(id: string): string {
  return `jobs_job/${id}/payload`;
}

export async function sealerOf(sealer: RunNeeds['sealer'], owner: string): Promise<PayloadSealer> {
  if (sealer) return sealer(owner);
  throw new JobsError({
    code: 'jobs.sealer_missing',
    detail: 'a sealed payload needs the sealer of platform/keys',
  });
}
