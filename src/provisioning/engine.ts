import { setTimeout as timer } from 'node:timers/promises';
import { accessEvents } from '../access-log/index.ts';
import { addMs, type PersonId, type Problem, SECOND } from '../base/index.ts';
import type { JobResult } from '../platform/jobs/index.ts';
import { type DesiredState, endedSince, isConfirmed } from './account.ts';
import { type AccountProgress, progressOf } from './account-progress.ts';
import { findAccount } from './account-store.ts';
import { answer, viewOf } from './answers.ts';
import { problemsOf } from './apply-changes.ts';
import { applyPlan } from './apply-plan.ts';
import { attemptMakeRight, BUSY, beginRun } from './begin-run.ts';
import { type Beside, managedBy, sharing } from './beside.ts';
import { type CallBudget, createCallBudget } from './call-budget.ts';
import { approveCandidate, type Candidate, listCandidates } from './candidate-store.ts';
import { changeAccount } from './change-account.ts';
import type { SetUp } from './connector.ts';
import { desiredState } from './desired-state.ts';
import { ProvisioningError, unavailableAdvice } from './errors.ts';
import { finishAccount } from './finish-account.ts';
import { finishAccountJob } from './finish-job.ts';
import { forecastOf } from './forecast.ts';
import { endForGood } from './forget-person.ts';
import { type FoundAccount, foundOf, readFound } from './found-store.ts';
import { importAccounts } from './import-accounts.ts';
import { type LastImport, readImport } from './import-store.ts';
import { AccountLeases } from './lease.ts';
import { letInBefore } from './let-in-before.ts';
import type { ClockOffset, LiveTarget } from './live-target.ts';
import { lookAtTasks, type TaskLook } from './look-at-tasks.ts';
import { openTarget } from './open-target.ts';
import { planAccounts, type WantedInTarget } from './people-plan.ts';
import type { PlannedAccount } from './planned.ts';
import type {
  AccountView,
  AppliedPlan,
  ApplyOptions,
  EndAccount,
  EnsureAccount,
  EnsuredAccount,
  FinishAccount,
  Forecast,
  ImportedAccounts,
  ImportOptions,
  PeopleLookup,
  Provisioning,
  ProvisioningOptions,
  QueuedAccount,
  SetUpOptions,
  SetUpTarget,
  TaskView,
  WantedOf,
} from './provisioning.ts';
import { endAccess, endAll, queueAccount } from './queue-account.ts';
import { record, withAccount } from './record.ts';
import { BLOCKED_RETRY_SECONDS, type Ready, type Run, type RunNeeds } from './run.ts';
import { setUpTarget } from './set-up-target.ts';
import type { Sleep } from './sleep.ts';
import { openTasks } from './tasks.ts';
import { createWebhooks } from './webhooks/create-webhooks.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

/** Every credential of a target, one after the other. */
const CHECK_BUDGET_MS = 60 * SECOND;

/** Builds the room. Nothing is opened or asked before first use. */
export function createProvisioning(options: ProvisioningOptions): Provisioning {
  const engine = new Engine(options);
  options.jobs.register(finishAccountJob(engine));
  return engine;
}

class Engine implements Provisioning {
  readonly webhooks: Webhooks;
  readonly #needs: RunNeeds;
  readonly #targets: ReadonlyMap<string, LiveTarget>;
  readonly #leases: AccountLeases;
  readonly #sleep: Sleep;
  readonly #wantedOf: WantedOf;
  readonly #background = new Set<Promise<unknown>>();

  constructor(options: ProvisioningOptions) {
    const { db, keys, clock, jobs, accessLog } = options;
    const log = options.log.child({ room: 'provisioning' });
    const onStep = options.onStep ?? (() => undefined);
    this.#needs = { db, keys, clock, jobs, accessLog, log, onStep };
    this.#wantedOf = options.wantedOf ?? (async () => undefined);
    this.#sleep = options.sleep ?? ((ms) => timer(ms));
    this.#leases = new AccountLeases(this.#needs, this.#sleep);
    this.#targets = new Map(
      options.targets.map((target) => [target.id, openTarget(target, { ...options, log })]),
    );
    this.webhooks = createWebhooks({
      ...{ needs: this.#needs, publicUrl: options.publicUrl, sleep: this.#sleep },
      ...{ targetOf: (id) => this.#target(id), findTarget: (id) => this.#targets.get(id) },
    });
  }

  async ensureAccount(request: EnsureAccount): Promise<EnsuredAccount> {
    const target = this.#target(request.target);
    const budget = createCallBudget('sign-in', request.budgetMs ?? target.policy.budgetMs);
    const wanted = desiredState(target, request, this.#needs.keys);
    if (wanted.outcome === 'refused') return answer(wanted, budget);
    this.#refreshIfStale(target);
    const who = { target: target.id, person: request.person.id };
    const { desired } = wanted;
    const done = await this.#leases.run<EnsuredAccount>({
      who,
      waitMs: () => budget.remainingMs(),
      skip: () => this.#unchanged(target, who, desired, budget),
      work: async (lease, leaseMs) => {
        const desireAgain = async () => desiredState(target, request, this.#needs.keys);
        // While others were waited for, the target may have told what names mean.
        const known = desired.unchecked ? await desireAgain() : wanted;
        if (known.outcome === 'refused') return answer(known, budget);
        const start = { target, lease, leaseMs, desired: known.desired, desireAgain, budget };
        const run = await this.#begin(start, request);
        if (!run) return answer(BUSY, budget);
        const early = await letInBefore(run);
        return answer(early ?? (await attemptMakeRight(run)), budget, run.account.id);
      },
    });
    return done ?? answer(BUSY, budget);
  }

  queueAccount(request: EnsureAccount & { readonly create: boolean }): Promise<QueuedAccount> {
    const target = this.#target(request.target);
    const rooms = { needs: this.#needs, leases: this.#leases };
    return queueAccount(rooms, target, request, request.budgetMs ?? target.policy.budgetMs);
  }

  endAccess(request: EndAccount): Promise<boolean> {
    this.#target(request.target);
    return endAccess(this.#needs, request);
  }

  endAll(person: PersonId, why: { readonly because: string; readonly thread: string }): Promise<number> {
    return endAll(this.#needs, person, why);
  }

  endForGood(...[person, why]: Parameters<Provisioning['endForGood']>): Promise<readonly string[]> {
    return endForGood(this.#needs, (id) => this.#targets.get(id), person, why);
  }

  finishAccount(payload: FinishAccount): Promise<JobResult> {
    const rooms = { needs: this.#needs, leases: this.#leases };
    const targetOf = (id: string) => this.#targets.get(id);
    return finishAccount({ ...rooms, targetOf, wantedOf: this.#wantedOf }, payload);
  }

  async recordDead(account: string, thread: string, attempts: number): Promise<Date | undefined> {
    const known = await findAccount(this.#needs.db, { id: account });
    if (!known) return undefined;
    await this.#needs.accessLog.warmUp([known.person]);
    await this.#needs.db.transaction().execute((trx) =>
      this.#needs.accessLog.appendIn(trx, [
        accessEvents.provisioningDead({
          ...{ thread, personId: known.person, target: known.target, code: 'provisioning.unfinished' },
          facts: { step: account, attempts },
        }),
      ]),
    );
    return known.ending && addMs(this.#needs.clock.now(), BLOCKED_RETRY_SECONDS * SECOND);
  }

  async prepareTargets(options: { readonly force?: boolean } = {}): Promise<void> {
    await Promise.all(
      [...this.#targets.values()].map(async (target) => {
        try {
          await target.restore();
          if (options.force || target.isStale()) await target.refresh();
        } catch (error) {
          // A target or the database that is down must not stop the broker from starting.
          this.#needs.log.error('target could not be prepared', { target: target.id, error });
        }
      }),
    );
  }

  clockOffset(target: string): ClockOffset | undefined {
    return this.#target(target).clockOffset;
  }

  entryUrl(target: string, relyingParty: string): URL | undefined {
    return this.#target(target).open.entryUrl(relyingParty);
  }

  plan(
    target: string,
    people: AsyncIterable<WantedInTarget>,
    options: { readonly live?: boolean } = {},
  ): AsyncIterable<PlannedAccount> {
    return planAccounts(this.#needs, this.#target(target), people, options);
  }

  apply(
    target: string,
    people: () => AsyncIterable<WantedInTarget>,
    options: ApplyOptions,
  ): Promise<AppliedPlan> {
    return applyPlan({ needs: this.#needs, provisioning: this }, this.#target(target), people, options);
  }

  importAccounts(target: string, people: PeopleLookup, options: ImportOptions): Promise<ImportedAccounts> {
    const room = { needs: this.#needs, provisioning: this, sleep: this.#sleep };
    return importAccounts(room, this.#target(target), people, options);
  }

  found(target: string): AsyncIterable<FoundAccount> {
    return readFound(this.#needs.db, this.#target(target).id);
  }

  foundOf(...[target, of]: Parameters<Provisioning['foundOf']>): Promise<readonly FoundAccount[]> {
    return foundOf(this.#needs.db, this.#target(target).id, of);
  }

  managedBeside(target: string, externalIds: readonly string[]): Promise<ReadonlyMap<string, Beside>> {
    return managedBy(this.#needs.db, sharing(this.#target(target), this.#targets.values()), externalIds);
  }

  tasks(filter?: { readonly target?: string; readonly person?: PersonId }): Promise<readonly TaskView[]> {
    return openTasks(this.#needs, (id) => this.#targets.get(id), filter);
  }

  lookAtTasks(target: string, which: TaskLook): Promise<number> {
    return lookAtTasks({ needs: this.#needs, leases: this.#leases }, this.#target(target), which);
  }

  lastImport(target: string): Promise<LastImport | undefined> {
    return readImport(this.#needs.db, this.#target(target).id);
  }

  forecast(target: string): Promise<Forecast> {
    return forecastOf(this.#needs, this.#target(target));
  }

  progressOf(accounts: readonly string[]): Promise<readonly AccountProgress[]> {
    return this.#progressOf({ ids: accounts });
  }

  progressOfPerson(person: PersonId): Promise<readonly AccountProgress[]> {
    return this.#progressOf({ person });
  }

  async accountOf(target: string, person: PersonId): Promise<AccountView | undefined> {
    const account = await findAccount(this.#needs.db, { target, person });
    return account && viewOf(account);
  }

  candidates(): Promise<readonly Candidate[]> {
    return listCandidates(this.#needs.db);
  }

  async approveCandidate(target: string, person: PersonId, externalId: string): Promise<void> {
    const now = this.#needs.clock.now();
    if (await approveCandidate(this.#needs.db, { target, person }, externalId, now)) return;
    throw new ProvisioningError({
      code: 'provisioning.nothing_to_approve',
      status: 409,
      detail: `no account of ${person} in ${target} waits for approval`,
    });
  }

  async checkTarget(id: string): Promise<readonly Problem[]> {
    const target = this.#target(id);
    const failed = await target.refresh();
    if (failed) return [{ path: `targets.${id}`, message: unavailableAdvice(failed.code) }];
    const tried = await target.open.check?.(createCallBudget('background', CHECK_BUDGET_MS));
    return [...target.problems, ...(tried ?? []), ...(await this.webhooks.check(id))];
  }

  setUp(target: string, wanted: SetUp, options: SetUpOptions): Promise<SetUpTarget> {
    return setUpTarget(this.#needs, this.#target(target), wanted, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leases[Symbol.dispose]();
    await Promise.allSettled(this.#background);
  }

  #progressOf(which: Parameters<typeof progressOf>[2]): Promise<readonly AccountProgress[]> {
    const targetOf = (id: string) => this.#targets.get(id);
    return progressOf(this.#needs.db, targetOf, which, this.#needs.clock.now());
  }

  #target(id: string): LiveTarget {
    const target = this.#targets.get(id);
    if (target) return target;
    throw new ProvisioningError({ code: 'provisioning.unknown_target', detail: `target ${id}` });
  }

  /** R5.2: equal, nothing open, young enough: no call. */
  async #unchanged(
    target: LiveTarget,
    who: { readonly target: string; readonly person: PersonId },
    desired: DesiredState,
    budget: CallBudget,
  ): Promise<EnsuredAccount | undefined> {
    const account = await findAccount(this.#needs.db, who);
    if (!account?.externalId) return undefined;
    const now = this.#needs.clock.now();
    if (!isConfirmed(account, desired, now, target.policy.confirmMaxAgeMs)) return undefined;
    await target.restore();
    if (target.moved) return answer(target.moved, budget);
    const ready: Ready = {
      ...{ outcome: 'ready', externalId: account.externalId, changes: [], queued: 0 },
      problems: problemsOf({ desired, account }),
    };
    return answer(ready, budget, account.id);
  }

  /**
   * Access is back before the ladder was at its end: from here on, what it took is given again.
   *
   * @returns undefined when the end is newer than the decision.
   */
  async #begin(
    start: Pick<Run, 'target' | 'lease' | 'leaseMs' | 'desired' | 'desireAgain' | 'budget'>,
    { thread, decidedAt }: EnsureAccount,
  ): Promise<Run | undefined> {
    const run = await beginRun(this.#needs, start, thread);
    const { ending, id, externalId } = run.account;
    if (!ending) return run;
    if (endedSince(run.account, decidedAt)) return undefined;
    await record(run, async (trx) => {
      const change = { restoredFrom: ending.kind, confirmedHash: null };
      await changeAccount(trx, run.lease, change, run.clock.now());
      const facts = { account: id, externalId: externalId ?? '', rungs: ending.done };
      return [accessEvents.accountRestored({ thread, personId: run.person, target: run.target.id, facts })];
    });
    return withAccount(run, { ending: undefined, confirmedHash: undefined, confirmedAccessHash: undefined });
  }

  /** Keeps names and clock fresh without making anybody wait. */
  #refreshIfStale(target: LiveTarget): void {
    if (!target.isStale()) return;
    const work = target
      .restore()
      .then(() => (target.isStale() ? target.refresh() : undefined))
      .catch((error: unknown) => {
        this.#needs.log.warn('target could not be refreshed', { target: target.id, error });
      })
      .finally(() => this.#background.delete(work));
    this.#background.add(work);
  }
}
