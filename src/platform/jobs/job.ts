import type { z } from 'zod';
import type { JobId, Json } from '../../base/index.ts';

export type NewJob = {
  /** Registered in the processes that work: `directory.reassess`. */
  readonly kind: string;
  /** While a job of this kind and key waits, another is not added; the waiting one keeps its payload. */
  readonly key?: string;
  /** The waiting one takes over this payload, as the newest reason for its work. Not for sealed payloads. */
  readonly renews?: boolean;
  /** Parsed with the kind's schema before it runs. Personal data only with `sealFor` or in a sealed kind. */
  readonly payload: Json;
  /** Goes before all due jobs that are not: what takes access away. */
  readonly urgent?: boolean;
  /** Not before; default now. */
  readonly runAt?: Date;
  /** A waiting one that failed keeps its time: whoever asks again and again does not undercut its backoff. */
  readonly patient?: boolean;
  /** Due jobs of one lane run one at a time, in the order of `runAt`; one that is retried holds the next. */
  readonly lane?: string;
  /** Owner of the data key that seals the payload, so that erasing a person erases it too. */
  readonly sealFor?: string;
};

export type JobContext = {
  readonly id: JobId;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborts when the lease was lost or the process stops: leave off, somebody else may run the job now. */
  readonly signal: AbortSignal;
};

export type JobResult =
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that just ends is done.
  | void
  /** Come back then; does not count as a failure (budgets, windows). */
  | { readonly retryAt: Date }
  /** Trying again is useless: goes to the dead letters with this code. */
  | { readonly giveUp: string };

/** Doubling from `firstMs` to `lastMs`; each delay is shortened by up to half at random. */
export type Backoff = { readonly firstMs: number; readonly lastMs: number };

export type JobKind<Payload> = {
  readonly kind: string;
  readonly schema: z.ZodType<Payload>;
  /**
   * May run more than once (crash, lost lease), so it must be safe to repeat. Throwing means: try again with
   * backoff, and not before `retryAfterSeconds` of a VestibuleError.
   */
  run(payload: Payload, context: JobContext): Promise<JobResult>;
  /** Then a dead letter. Default 10. */
  readonly maxAttempts?: number;
  /** After a crash others take the job this long after the last renewal. Default 20 s. */
  readonly leaseMs?: number;
  /** Default 1 s to 1 h. */
  readonly backoff?: Backoff;
  /** Seals payloads under `system:jobs` when the job names no owner. Default false. */
  readonly sealed?: boolean;
};

export type DeadJob = {
  readonly id: JobId;
  readonly kind: string;
  readonly key?: string;
  readonly lane?: string;
  readonly attempts: number;
  /** Code or class of the last failure. */
  readonly failure: string;
  readonly createdAt: Date;
  readonly diedAt: Date;
};

/** A job that is not done, as people see it. Payloads are not shown. */
export type JobView = {
  readonly id: JobId;
  readonly kind: string;
  readonly key?: string;
  readonly state: 'waiting' | 'running' | 'dead';
  /** Times that it was tried. */
  readonly attempts: number;
  /** Code or class of the last failure. */
  readonly failure?: string;
  /** When it is tried next; of a running one, when it was due. */
  readonly runAt: Date;
  readonly urgent: boolean;
};
export type JobFilter = {
  readonly kind: string;
  /** Only these. */
  readonly keys?: readonly string[];
  /** Only those whose payload is sealed for this owner. */
  readonly sealedFor?: string;
  /** As many, in order: what runs, what is due first, what was given up. */
  readonly limit: number;
};

export type JobCount = {
  readonly kind: string;
  readonly waiting: number;
  readonly running: number;
  readonly dead: number;
  /** How long the oldest due job has been waiting; 0 when none is. */
  readonly lagMs: number;
};

export type JobOutcome = 'done' | 'retry' | 'later' | 'dead' | 'lost';

/** Told after each run; must not throw. */
export type OnJobRun = (run: {
  readonly kind: string;
  readonly outcome: JobOutcome;
  /** From the time it was due to its start. */
  readonly lagMs: number;
  readonly durationMs: number;
}) => void;
