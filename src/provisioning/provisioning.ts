import type { AccessLog } from '../access-log/index.ts';
import type { Clock, PersonId, Problem } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { HttpClient } from '../platform/http/index.ts';
import type { JobResult, Jobs } from '../platform/jobs/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import type {
  EndAccount,
  EnsureAccount,
  EnsuredAccount,
  FinishAccount,
  QueuedAccount,
  WantedOf,
} from './accounts/account-requests.ts';
import type { Approval } from './accounts/candidate-store.ts';
import type { AnyConnector, SetUp } from './connector/connector.ts';
import type {
  AppliedPlan,
  ApplyOptions,
  ImportedAccounts,
  ImportOptions,
  PeopleLookup,
} from './planning/mass-changes.ts';
import type { WantedInTarget } from './planning/people-plan.ts';
import type { ProvisioningReads } from './provisioning-reads.ts';
import type { Sleep } from './sleep.ts';
import type { ConfiguredTarget, SetUpOptions, SetUpTarget } from './targets/configured-target.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

export type ProvisioningOptions = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'sealer' | 'lookup'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly http: HttpClient;
  /** Gets the kind `provisioning.finish-account`; whoever calls its `start` also finishes accounts. */
  readonly jobs: Pick<Jobs, 'enqueue' | 'register'>;
  readonly accessLog: Pick<AccessLog, 'appendIn' | 'warmUp'>;
  readonly targets: readonly ConfiguredTarget[];
  /** Asked before the queue writes what could not be checked when it was queued; absent: nobody can say. */
  readonly wantedOf?: WantedOf;
  /** Where targets reach us; without it they cannot be told where to send their webhooks. */
  readonly publicUrl?: URL;
  /** Kinds of targets; default all that are registered. */
  readonly connectors?: ReadonlyMap<string, AnyConnector>;
  /** Called between every two durable steps; tests kill the process here. */
  readonly onStep?: (step: string) => void | Promise<void>;
  /** For tests that must not wait. */
  readonly sleep?: Sleep;
};

export interface Provisioning extends ProvisioningReads, AsyncDisposable {
  /** How targets tell us by themselves of what somebody does there. */
  readonly webhooks: Webhooks;
  /**
   * Makes the account in the target right, inside a sign-in: at most two calls (one more after a lost reply, a
   * duplicate or a vanished account), within the budget. Unchanged accounts cost no call (R5.2). Safe under
   * concurrency and after a crash at any step; calling it again continues where it ended.
   *
   * @throws ProvisioningError `provisioning.unknown_target`; Unavailable of the database, keys or access log.
   */
  ensureAccount(request: EnsureAccount): Promise<EnsuredAccount>;
  /**
   * The same without calls now: writes down what the account should be; the queue makes it so, reductions first.
   * `create`: also for people who have no account yet.
   */
  queueAccount(request: EnsureAccount & { readonly create: boolean }): Promise<QueuedAccount>;
  /**
   * Access to the target is over: begins the ladder (R5.5), by the queue and before everything that adds. An end that
   * was noted before keeps its instant; `ensureAccount` cancels it.
   *
   * @returns false when there is no account, or the end is known.
   */
  endAccess(request: EndAccount): Promise<boolean>;
  /** The same in every target where the person has an account (R3.5). @returns how many ladders began. */
  endAll(person: PersonId, why: { readonly because: string; readonly thread: string }): Promise<number>;
  /**
   * The same for somebody who is to be erased: all rungs at once, whatever their delays. Safe to repeat.
   *
   * @returns targets where something is left to do; ask again later.
   */
  endForGood(
    person: PersonId,
    why: { readonly because: string; readonly thread: string },
  ): Promise<readonly string[]>;
  /**
   * Background: names to ids, attribute definitions, clock. Call at start and about hourly; what is younger than
   * an hour is left alone unless `force`. A target that fails is logged and never stops the others.
   */
  prepareTargets(options?: { readonly force?: boolean }): Promise<void>;
  /**
   * Queues what `plan` says; too many inferred removals wait for a release (R5.4).
   *
   * @param people is called more than once.
   * @throws ProvisioningError `provisioning.unknown_brake`.
   */
  apply(
    target: string,
    people: () => AsyncIterable<WantedInTarget>,
    options: ApplyOptions,
  ): Promise<AppliedPlan>;
  /**
   * Reads all accounts of the target and settles whose they are (S20). Safe to repeat; a second run changes nothing.
   *
   * @throws ProvisioningError `provisioning.no_list`, `provisioning.import_stopped`.
   */
  importAccounts(target: string, people: PeopleLookup, options: ImportOptions): Promise<ImportedAccounts>;
  /**
   * Looks at the accounts that tasks are about and closes the tasks that are done; changes nothing in the target.
   *
   * @returns how many were closed.
   */
  lookAtTasks(
    target: string,
    which: { readonly thread: string; readonly person?: PersonId },
  ): Promise<number>;
  /**
   * Lets the next sign-in take over the existing account that waits (R1.3 `admin-approve`). Idempotent.
   *
   * @throws ProvisioningError `provisioning.nothing_to_approve`.
   */
  approveCandidate(approval: Approval): Promise<void>;
  /** Asks the target everything that a sign-in needs; for `vestibule check`. */
  checkTarget(target: string): Promise<readonly Problem[]>;
  /** Makes the target trust us as its identity provider, where its kind can. Twice changes nothing. */
  setUp(target: string, wanted: SetUp, options: SetUpOptions): Promise<SetUpTarget>;
  /**
   * What the job `provisioning.finish-account` does: continues an account that is not confirmed yet.
   *
   * @throws ProvisioningError `provisioning.unfinished` with `retryAfterSeconds` when it must be tried again.
   */
  finishAccount(payload: FinishAccount): Promise<JobResult>;
  /**
   * Notes that many attempts failed. What would add becomes a dead letter until somebody replays it; an end is never
   * given up: @returns when it is tried again.
   */
  recordDead(account: string, thread: string, attempts: number): Promise<Date | undefined>;
}
