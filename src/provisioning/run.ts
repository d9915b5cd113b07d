import type { AccessLog } from '../access-log/index.ts';
import type { Clock, Json, LoginId, PersonId } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Jobs } from '../platform/jobs/index.ts';
import type { Keys, Sealer } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Account, DesiredState } from './accounts/account.ts';
import type { Lease } from './accounts/lease-store.ts';
import type { DetailProblem } from './connector/connector.ts';
import type { ProvisioningRefusal, UnavailableCode } from './errors.ts';
import type { ChangeSummary } from './planning/plan.ts';
import type { CallBudget } from './targets/call-budget.ts';
import type { LiveTarget } from './targets/live-target.ts';

/** What every run is given by the room. */
export type RunNeeds = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'sealer' | 'lookup'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly accessLog: Pick<AccessLog, 'appendIn' | 'warmUp'>;
  /** Tests stop, delay or kill the process between any two durable steps. */
  readonly onStep: (step: string) => void | Promise<void>;
};

/** One attempt at making one account right, under its lease. */
export type Run = RunNeeds & {
  readonly target: LiveTarget;
  readonly person: PersonId;
  /** As it was when the lease was taken, then as changed by this run. */
  readonly account: Account;
  readonly lease: Lease;
  readonly leaseMs: number;
  readonly desired: DesiredState;
  /** What is desired by the facts of now, about the target and, in the queue, about the person. */
  readonly desireAgain?: () => Promise<
    { readonly outcome: 'desired'; readonly desired: DesiredState } | Refused | NotNow
  >;
  readonly thread: LoginId | string;
  readonly budget: CallBudget;
  readonly sealer: Sealer;
  /** Before anything was read: a run may be long, and what it read says nothing of what happened since. */
  readonly begunAt: Date;
  /** Mail address of a creation that was begun and not settled. */
  readonly earlierMail: string | undefined;
  /** A creation that may have been sent, in a target that keeps no marker (R5.3), with the mail address of then. */
  readonly maybeCreated: { readonly mail: string | undefined } | undefined;
};

export type Refused = {
  readonly outcome: 'refused';
  readonly code: ProvisioningRefusal;
  /** Not personal. */
  readonly facts: Readonly<Record<string, Json>>;
};
export type NotNow = {
  readonly outcome: 'unavailable';
  readonly code: UnavailableCode;
  readonly retryAfterSeconds?: number;
  /** An event of the failed step tells of it already. */
  readonly isNoted?: true;
};
export type Ready = {
  readonly outcome: 'ready';
  readonly externalId: string;
  readonly changes: readonly ChangeSummary[];
  /** Changes that the queue finishes. */
  readonly queued: number;
  /** Details that could not be sent; reported, and no reason to close the door (S19). */
  readonly problems: readonly DetailProblem[];
};

export const FINISH_ACCOUNT = 'provisioning.finish-account';

/** How long others wait before they come back to what the target refuses until somebody acts there. */
export const BLOCKED_RETRY_SECONDS = 3600;

/** Below this, a call would only be cut short. */
export const LEAST_CALL_MS = 200;

/** A sign-in spends what its target's policy allows; `extra` for a lost reply or a vanished account. */
export function mayCall(run: Pick<Run, 'budget' | 'target'>, extra = 0): boolean {
  if (run.budget.remainingMs() < LEAST_CALL_MS) return false;
  return run.budget.lane === 'background' || run.budget.calls < run.target.policy.callsInSignIn + extra;
}
