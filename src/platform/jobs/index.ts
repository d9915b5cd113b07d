/**
 * platform/jobs: work that must happen even if this process dies: a durable outbox in PostgreSQL.
 *
 *   enqueue (in the caller's transaction) ──▶ waiting ──claim──▶ running ──▶ done (the row goes)
 *                                                ▲                 │ fails: backoff, at most maxAttempts
 *                                                └─────────────────┤
 *                                        replay ── dead letter ◀───┘
 *
 * Owns order in lanes, leases, retries and dead letters. Runs a job at least once and never twice at a time, so
 * handlers are safe to repeat. Knows no kind itself: rooms register theirs, `app.ts` connects the sealer.
 */
export { JobsError, type JobsErrorCode } from './errors.ts';
export type {
  Backoff,
  DeadJob,
  JobContext,
  JobCount,
  JobFilter,
  JobKind,
  JobOutcome,
  JobResult,
  JobView,
  NewJob,
  OnJobRun,
} from './job.ts';
export { createJobs, type Jobs, type JobsOptions } from './jobs.ts';
export { migrations } from './migrations.ts';
export type { PayloadSealer } from './run-job.ts';
