import type { AccessLog, Actor } from '../access-log/index.ts';
import type { AccountId, Clock, Json, LoginId, PersonId, Problem } from '../base/index.ts';
import type { Person } from '../model/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { HttpClient } from '../platform/http/index.ts';
import type { JobResult, Jobs } from '../platform/jobs/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { AccountProgress } from './account-progress.ts';
import type { Beside } from './beside.ts';
import type { Candidate } from './candidate-store.ts';
import type {
  Access,
  AnyConnector,
  DetailProblem,
  Seats,
  SetUp,
  SetUpAnswer,
  TargetParty,
} from './connector.ts';
import type { ProvisioningRefusal, UnavailableCode } from './errors.ts';
import type { FoundAccount } from './found-store.ts';
import type { LastImport } from './import-store.ts';
import type { Ending, EndKind } from './ladder.ts';
import type { ClockOffset } from './live-target.ts';
import type { WantedInTarget } from './people-plan.ts';
import type { ChangeSummary } from './plan.ts';
import type { PlannedAccount } from './planned.ts';
import type { Sleep } from './sleep.ts';
import type { TaskKind } from './tables.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

/** One target of the configuration; `settings` and `access` are outputs of the connector's own schemas. */
export type ConfiguredTarget = {
  readonly id: string;
  readonly kind: string;
  readonly settings: unknown;
  readonly relyingParties: readonly TargetParty[];
};

/** What policy wants of a person in a target now; undefined when only a sign-in can tell, or nobody knows them. */
export type WantedOf = (target: string, person: PersonId) => Promise<WantedInTarget | undefined>;

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

export type EnsureAccount = {
  readonly person: Person;
  readonly target: string;
  /** All relying parties of this target that the person may enter now; never empty. */
  readonly accesses: readonly Access[];
  /** Of the connection that the person came through (R1.3). */
  readonly trustedMailDomains: readonly string[];
  readonly thread: LoginId;
  /** When policy was asked: an end that was noted later stands, and the answer is busy. */
  readonly decidedAt?: Date;
  /** Time for all calls; absent, the target's own setting. */
  readonly budgetMs?: number;
};

export type EndAccount = {
  readonly person: PersonId;
  readonly target: string;
  /** `paused` until a window opens again: the ladder's first rung alone (R3.3). */
  readonly kind: EndKind;
  /** The final end, from which delays of later rungs count; for a pause, its beginning. Default: now. */
  readonly at?: Date;
  /** Rule, grant or act that ended it; stands in events. */
  readonly because: string;
  readonly thread: string;
};

export type FinishAccount = {
  readonly account: string;
  readonly thread?: string;
  /** Of the queue; default the first. */
  readonly attempt?: number;
};

export type QueuedAccount =
  | { readonly outcome: 'queued'; readonly accountId: AccountId; readonly isUrgent: boolean }
  /** It is so already, or there is no account and none is to be made. */
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'refused'; readonly code: ProvisioningRefusal }
  /** A sign-in or another process works on it; its outcome counts. */
  | { readonly outcome: 'busy' };

export type EnsuredAccount =
  | {
      readonly outcome: 'ready';
      readonly accountId: AccountId;
      /** The target's own id: the customer number of a store. Empty while the queue still makes the account. */
      readonly externalId: string;
      readonly changes: readonly ChangeSummary[];
      readonly calls: number;
      /** Changes of details that the queue finishes. */
      readonly queued: number;
      /** Details that could not be sent, per person (S19). */
      readonly problems: readonly DetailProblem[];
    }
  | {
      readonly outcome: 'refused';
      readonly code: ProvisioningRefusal;
      readonly publicMessage: string;
      readonly facts: Readonly<Record<string, Json>>;
      readonly calls: number;
    }
  | {
      readonly outcome: 'unavailable';
      readonly code: UnavailableCode;
      readonly publicMessage: string;
      readonly retryAfterSeconds?: number;
      readonly calls: number;
    };

export type ApplyOptions = {
  /** Stands in events: who asked for it. */
  readonly by: string;
  readonly thread: string;
  /** Id of a brake whose removals may go on. */
  readonly release?: string;
  /** Also make accounts for people who never signed in. */
  readonly create: boolean;
  readonly onPlanned?: (planned: PlannedAccount) => void;
  /** Told of each account that the queue has to work on now. */
  readonly onQueued?: (account: AccountId) => void;
};

export type AppliedPlan = {
  readonly planned: number;
  readonly queued: number;
  readonly ends: number;
  readonly refused: number;
  /** Removals that wait for a release (R5.4). */
  readonly braked?: { readonly id: string; readonly removals: number; readonly accounts: number };
};

/** Who asked for a set-up; stands in the event. */
export type SetUpOptions = { readonly by: Actor; readonly thread: string };

export type SetUpTarget =
  | SetUpAnswer
  /** This kind of target cannot be told whom to trust; somebody does it there. */
  | { readonly outcome: 'not-offered' };

/** How an import finds people; with what policy wants of them in this target. */
export interface PeopleLookup {
  /** The text as an id of a person, if it has the shape of one. */
  idOf(subject: string): PersonId | undefined;
  byId(id: PersonId): Promise<WantedInTarget | undefined>;
  withMail(mail: string): Promise<readonly WantedInTarget[]>;
}

export type ImportOptions = {
  readonly thread: LoginId;
  readonly onProgress?: (progress: { readonly seen: number; readonly total?: number }) => void;
};

export type ImportedAccounts = {
  /** Found for the first time, and nobody's. */
  readonly created: number;
  readonly linked: number;
  /** Somebody could own it, and R1.3 does not say who. */
  readonly ambiguous: number;
  readonly skipped: number;
  /** Found by an earlier import and not there any more. */
  readonly gone: number;
};

export type TaskView = {
  readonly id: string;
  readonly accountId: string;
  readonly target: string;
  readonly person: PersonId;
  readonly kind: TaskKind;
  readonly field: string;
  readonly title: string;
  /** Personal: the difference or the reasons. */
  readonly detail: Readonly<Record<string, Json>>;
  readonly thread: string;
  readonly openedAt: Date;
};

export type Forecast = {
  /** Accounts with something still to do. */
  readonly waiting: number;
  /** Of these, ends and other reductions: they go first. */
  readonly urgent: number;
  /** About how many calls that takes. */
  readonly calls: number;
  /** What the target still takes in its present window; absent without a documented rate. */
  readonly callsLeft?: number;
  /** About when the queue is through; absent without a documented rate or when nothing waits. */
  readonly throughAt?: Date;
  /** Of a target that counts them: what was bought and what is used, as it was read last. */
  readonly seats?: readonly Seats[];
};

export type AccountView = {
  readonly accountId: AccountId;
  readonly externalId?: string;
  readonly confirmedAt?: Date;
  readonly openSteps: number;
  /** Existing account that waits for an administrator's approval (R1.3). */
  readonly candidate?: string;
  /** Access is over: since when, why, and the rungs that hold. */
  readonly ending?: Ending & { readonly because: string };
};

export interface Provisioning extends AsyncDisposable {
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
  /** The target's clock against ours, once measured. */
  clockOffset(target: string): ClockOffset | undefined;
  /** Where people enter; the configured URL or the one that the target told. */
  entryUrl(target: string, relyingParty: string): URL | undefined;
  /** What would be done for these people, without doing it; without `live` no call is made. */
  plan(
    target: string,
    people: AsyncIterable<WantedInTarget>,
    options?: { readonly live?: boolean },
  ): AsyncIterable<PlannedAccount>;
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
  /** The last complete import; absent before the first. */
  lastImport(target: string): Promise<LastImport | undefined>;
  /** What the last import found, ours or not: for orphans and reviews. */
  found(target: string): AsyncIterable<FoundAccount>;
  /** Of these, those that are linked with one of the people or carry one of the mail addresses (keyed as `mail`). */
  foundOf(
    target: string,
    of: { readonly people: readonly PersonId[]; readonly mails: readonly string[] },
  ): Promise<readonly FoundAccount[]>;
  /** Accounts of the same system that other targets manage, by their id: a store and its B2B Edition share customers. */
  managedBeside(target: string, externalIds: readonly string[]): Promise<ReadonlyMap<string, Beside>>;
  /** Open tasks for people, details opened: not for logs. */
  tasks(filter?: { readonly target?: string; readonly person?: PersonId }): Promise<readonly TaskView[]>;
  /**
   * Looks at the accounts that tasks are about and closes the tasks that are done; changes nothing in the target.
   *
   * @returns how many were closed.
   */
  lookAtTasks(
    target: string,
    which: { readonly thread: string; readonly person?: PersonId },
  ): Promise<number>;
  /** How busy a target is, and when the queue will be through. */
  forecast(target: string): Promise<Forecast>;
  /** How far these accounts are; those that do not exist are left out. */
  progressOf(accounts: readonly string[]): Promise<readonly AccountProgress[]>;
  /** The same for all accounts of a person, also in targets that are not configured any more. */
  progressOfPerson(person: PersonId): Promise<readonly AccountProgress[]>;
  accountOf(target: string, person: PersonId): Promise<AccountView | undefined>;
  /** Existing accounts that wait until an administrator lets their people have them (R1.3 `admin-approve`). */
  candidates(): Promise<readonly Candidate[]>;
  /** Lets the next sign-in take over the existing account that waits (R1.3 `admin-approve`). Idempotent. */
  approveCandidate(target: string, person: PersonId, externalId: string): Promise<void>;
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
