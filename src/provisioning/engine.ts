import { setTimeout as timer } from 'node:timers/promises';
import { accessEvents } from '../access-log/index.ts';
import { addMs, type PersonId, type Problem, SECOND } from '../base/index.ts';
import type { JobResult } from '../platform/jobs/index.ts';
import type {
  EndAccount,
  EnsureAccount,
  EnsuredAccount,
  FinishAccount,
  QueuedAccount,
  WantedOf,
} from './accounts/account-requests.ts';
import { findAccount } from './accounts/account-store.ts';
import { type Approval, approveCandidate } from './accounts/candidate-store.ts';
import { ensureAccount } from './accounts/ensure-account.ts';
import { finishAccount } from './accounts/finish-account.ts';
import { finishAccountJob } from './accounts/finish-job.ts';
import { endForGood } from './accounts/forget-person.ts';
import { AccountLeases } from './accounts/lease.ts';
import { endAccess, endAll, queueAccount } from './accounts/queue-account.ts';
import type { SetUp } from './connector/connector.ts';
import { ProvisioningError, unavailableAdvice } from './errors.ts';
import { importAccounts } from './imports/import-accounts.ts';
import { applyPlan } from './planning/apply-plan.ts';
import type {
  AppliedPlan,
  ApplyOptions,
  ImportedAccounts,
  ImportOptions,
  PeopleLookup,
} from './planning/mass-changes.ts';
import type { WantedInTarget } from './planning/people-plan.ts';
import type { Provisioning, ProvisioningOptions } from './provisioning.ts';
import { Reader } from './reader.ts';
import { BLOCKED_RETRY_SECONDS } from './run.ts';
import type { Sleep } from './sleep.ts';
import { createCallBudget } from './targets/call-budget.ts';
import type { SetUpOptions, SetUpTarget } from './targets/configured-target.ts';
import type { LiveTarget } from './targets/live-target.ts';
import { openTarget } from './targets/open-target.ts';
import { setUpTarget } from './targets/set-up-target.ts';
import { Targets } from './targets/targets.ts';
import { lookAtTasks, type TaskLook } from './tasks/look-at-tasks.ts';
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

class Engine extends Reader implements Provisioning {
  readonly webhooks: Webhooks;
  readonly #leases: AccountLeases;
  readonly #sleep: Sleep;
  readonly #wantedOf: WantedOf | undefined;
  readonly #background = new Set<Promise<unknown>>();

  constructor(options: ProvisioningOptions) {
    const { db, keys, clock, jobs, accessLog } = options;
    const log = options.log.child({ room: 'provisioning' });
    const onStep = options.onStep ?? (() => undefined);
    const targets = options.targets.map((target) => openTarget(target, { ...options, log }));
    super({ db, keys, clock, jobs, accessLog, log, onStep }, new Targets(targets));
    this.#wantedOf = options.wantedOf;
    this.#sleep = options.sleep ?? ((ms) => timer(ms));
    this.#leases = new AccountLeases(this.needs, this.#sleep);
    this.webhooks = createWebhooks({
      ...{ needs: this.needs, publicUrl: options.publicUrl, sleep: this.#sleep },
      ...{ targetOf: this.targets.get, findTarget: this.targets.find },
    });
  }

  async ensureAccount(request: EnsureAccount): Promise<EnsuredAccount> {
    const refreshIfStale = (target: LiveTarget) => this.#refreshIfStale(target);
    const rooms = { needs: this.needs, leases: this.#leases, refreshIfStale };
    return ensureAccount(rooms, this.targets.get(request.target), request);
  }

  queueAccount(request: EnsureAccount & { readonly create: boolean }): Promise<QueuedAccount> {
    const target = this.targets.get(request.target);
    const rooms = { needs: this.needs, leases: this.#leases, wantedOf: this.#wantedOf };
    return queueAccount(rooms, target, request, request.budgetMs ?? target.policy.budgetMs);
  }

  endAccess(request: EndAccount): Promise<boolean> {
    this.targets.get(request.target);
    return endAccess(this.needs, request);
  }

  endAll(person: PersonId, why: { readonly because: string; readonly thread: string }): Promise<number> {
    return endAll(this.needs, person, why);
  }

  endForGood(...[person, why]: Parameters<Provisioning['endForGood']>): Promise<readonly string[]> {
    return endForGood(this.needs, this.targets.find, person, why);
  }

  finishAccount(payload: FinishAccount): Promise<JobResult> {
    const rooms = { needs: this.needs, leases: this.#leases };
    const wantedOf = this.#wantedOf ?? (async () => undefined);
    return finishAccount({ ...rooms, targetOf: this.targets.find, wantedOf }, payload);
  }

  async recordDead(account: string, thread: string, attempts: number): Promise<Date | undefined> {
    const known = await findAccount(this.needs.db, { id: account });
    if (!known) return undefined;
    await this.needs.accessLog.warmUp([known.person]);
    await this.needs.db.transaction().execute((trx) =>
      this.needs.accessLog.appendIn(trx, [
        accessEvents.provisioningDead({
          ...{ thread, personId: known.person, target: known.target, code: 'provisioning.unfinished' },
          facts: { step: account, attempts },
        }),
      ]),
    );
    return known.ending && addMs(this.needs.clock.now(), BLOCKED_RETRY_SECONDS * SECOND);
  }

  async prepareTargets(options: { readonly force?: boolean } = {}): Promise<void> {
    await Promise.all(
      this.targets.all().map(async (target) => {
        try {
          await target.restore();
          if (options.force || target.isStale()) await target.refresh();
        } catch (error) {
          // A target or the database that is down must not stop the broker from starting.
          this.needs.log.error('target could not be prepared', { target: target.id, error });
        }
      }),
    );
  }

  apply(
    target: string,
    people: () => AsyncIterable<WantedInTarget>,
    options: ApplyOptions,
  ): Promise<AppliedPlan> {
    return applyPlan({ needs: this.needs, provisioning: this }, this.targets.get(target), people, options);
  }

  importAccounts(target: string, people: PeopleLookup, options: ImportOptions): Promise<ImportedAccounts> {
    const room = { needs: this.needs, provisioning: this, sleep: this.#sleep };
    return importAccounts(room, this.targets.get(target), people, options);
  }

  lookAtTasks(target: string, which: TaskLook): Promise<number> {
    return lookAtTasks({ needs: this.needs, leases: this.#leases }, this.targets.get(target), which);
  }

  async approveCandidate(approval: Approval): Promise<void> {
    if (await approveCandidate(this.needs, approval)) return;
    throw new ProvisioningError({
      code: 'provisioning.nothing_to_approve',
      status: 409,
      detail: `no account of ${approval.person} in ${approval.target} waits for approval`,
    });
  }

  async checkTarget(id: string): Promise<readonly Problem[]> {
    const target = this.targets.get(id);
    const failed = await target.refresh();
    if (failed) return [{ path: `targets.${id}`, message: unavailableAdvice(failed.code) }];
    const tried = await target.open.check?.(createCallBudget('background', CHECK_BUDGET_MS));
    return [...target.problems, ...(tried ?? []), ...(await this.webhooks.check(id))];
  }

  setUp(target: string, wanted: SetUp, options: SetUpOptions): Promise<SetUpTarget> {
    return setUpTarget(this.needs, this.targets.get(target), wanted, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leases[Symbol.dispose]();
    await Promise.allSettled(this.#background);
  }

  /** Keeps names and clock fresh without making anybody wait. */
  #refreshIfStale(target: LiveTarget): void {
    if (!target.isStale()) return;
    const work = target
      .restore()
      .then(() => (target.isStale() ? target.refresh() : undefined))
      .catch((error: unknown) => {
        this.needs.log.warn('target could not be refreshed', { target: target.id, error });
      })
      .finally(() => this.#background.delete(work));
    this.#background.add(work);
  }
}
