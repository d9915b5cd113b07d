import { setTimeout as timer } from 'node:timers/promises';
import { type AccountId, type PersonId, type Problem, SECOND } from '../base/index.ts';
import { type Account, type DesiredState, isConfirmed } from './account.ts';
import { approveCandidate, findAccount, type Lease } from './account-store.ts';
import { problemsOf } from './apply-changes.ts';
import { type CallBudget, createCallBudget } from './call-budget.ts';
import { connectors } from './connectors/index.ts';
import { desiredState, openDesired } from './desired-state.ts';
import { ProvisioningError, refusalMessage, unavailableAdvice } from './errors.ts';
import { finishAccountJob } from './finish-job.ts';
import { AccountLeases } from './lease.ts';
import { type ClockOffset, LiveTarget } from './live-target.ts';
import { makeRight } from './make-right.ts';
import type {
  AccountView,
  ConfiguredTarget,
  EnsureAccount,
  EnsuredAccount,
  Provisioning,
  ProvisioningOptions,
} from './provisioning.ts';
import type { NotNow, Ready, Refused, Run, RunNeeds } from './run.ts';

type Result = Ready | Refused | NotNow;

/**
 * Nobody waits for a background run, yet its lease covers it: should its process be killed, the person's own
 * sign-in waits for that lease to end. What does not fit is taken up again from its open steps.
 */
const BACKGROUND_BUDGET_MS = 20 * SECOND;
/** The sign-in that queued the work is about to give its lease back. */
const BACKGROUND_PATIENCE_MS = 2 * SECOND;
const BUSY: NotNow = { outcome: 'unavailable', code: 'provisioning.busy', retryAfterSeconds: 2 };

/** Builds the room. Nothing is opened or asked before first use. */
export function createProvisioning(options: ProvisioningOptions): Provisioning {
  const engine = new Engine(options);
  options.jobs.register(finishAccountJob(engine));
  return engine;
}

class Engine implements Provisioning {
  readonly #needs: RunNeeds;
  readonly #targets: ReadonlyMap<string, LiveTarget>;
  readonly #leases: AccountLeases;
  readonly #background = new Set<Promise<unknown>>();

  constructor(options: ProvisioningOptions) {
    const { db, keys, clock, jobs, accessLog } = options;
    const log = options.log.child({ room: 'provisioning' });
    const onStep = options.onStep ?? (() => undefined);
    this.#needs = { db, keys, clock, jobs, accessLog, log, onStep };
    this.#leases = new AccountLeases(this.#needs, options.sleep ?? ((ms) => timer(ms)));
    this.#targets = new Map(
      options.targets.map((target) => [target.id, openTarget(target, { ...options, log })]),
    );
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
      workMs: () => budget.remainingMs(),
      skip: () => this.#unchanged(target, who, desired, budget),
      work: async (lease, leaseMs) => {
        const run = await this.#begin({ target, lease, leaseMs, desired, budget }, request.thread);
        return answer(await attempt(run), budget, run.account.id);
      },
    });
    return done ?? answer(BUSY, budget);
  }

  async finishAccount(payload: { readonly account: string; readonly thread?: string }): Promise<void> {
    const known = await findAccount(this.#needs.db, { id: payload.account });
    const target = known && this.#targets.get(known.target);
    if (!known || !target || isFinished(known)) return;
    const patience = createCallBudget('background', BACKGROUND_PATIENCE_MS);
    const done = await this.#leases.run<Result | 'finished'>({
      who: { target: known.target, person: known.person },
      waitMs: () => patience.remainingMs(),
      workMs: () => BACKGROUND_BUDGET_MS,
      skip: () => Promise.resolve(undefined),
      work: async (lease, leaseMs) => {
        const desired = openDesired(await this.#needs.keys.sealer(known.person), await this.#load(lease));
        if (!desired) return 'finished';
        const budget = createCallBudget('background', BACKGROUND_BUDGET_MS);
        const thread = payload.thread ?? known.id;
        const run = await this.#begin({ target, lease, leaseMs, desired, budget }, thread);
        return isFinished(run.account) ? 'finished' : attempt(run);
      },
    });
    checkFinished(done ?? BUSY);
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

  async accountOf(target: string, person: PersonId): Promise<AccountView | undefined> {
    const account = await findAccount(this.#needs.db, { target, person });
    return account && viewOf(account);
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
    if (!failed) return target.problems;
    return [{ path: `targets.${id}`, message: unavailableAdvice(failed.code) }];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leases[Symbol.dispose]();
    await Promise.allSettled(this.#background);
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
    const ready: Ready = {
      ...{ outcome: 'ready', externalId: account.externalId, changes: [], queued: 0 },
      problems: problemsOf({ desired, account }),
    };
    return answer(ready, budget, account.id);
  }

  async #begin(
    run: Pick<Run, 'target' | 'lease' | 'leaseMs' | 'desired' | 'budget'>,
    thread: string,
  ): Promise<Run> {
    const account = await this.#load(run.lease);
    const sealer = await this.#needs.keys.sealer(account.person);
    const begun = account.externalId === undefined && account.openSteps > 0;
    const mail = begun ? openDesired(sealer, account)?.image['mail'] : undefined;
    const earlierMail = typeof mail === 'string' ? mail : undefined;
    return { ...this.#needs, ...run, account, person: account.person, thread, sealer, earlierMail };
  }

  async #load(lease: Lease): Promise<Account> {
    const account = await findAccount(this.#needs.db, { id: lease.account });
    if (account) return account;
    throw new ProvisioningError({ code: 'provisioning.lease_lost', detail: `${lease.account} is gone` });
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

function openTarget(configured: ConfiguredTarget, options: ProvisioningOptions): LiveTarget {
  const { id, kind, settings, relyingParties } = configured;
  const connector = connectors.get(kind);
  if (!connector) {
    throw new ProvisioningError({ code: 'provisioning.unknown_kind', detail: `target ${id}: ${kind}` });
  }
  const { http, clock, log } = options;
  const open = connector.open(settings, { id, http, clock, log, relyingParties });
  return new LiveTarget(id, connector, settings, open, options);
}

/** A lease that ran out means that another process works on the account now. */
async function attempt(run: Run): Promise<Result> {
  try {
    return await makeRight(run);
  } catch (error) {
    if (error instanceof ProvisioningError && error.code === 'provisioning.lease_lost') return BUSY;
    throw error;
  }
}

function isFinished(account: Account): boolean {
  const wanted = account.desiredHash !== undefined && account.desiredHash !== account.confirmedHash;
  // Desired but never sent: the sign-in was refused or could not reach the target, and nothing is owed.
  const owed = wanted && account.externalId !== undefined;
  return account.openSteps === 0 && !owed;
}

/** @throws ProvisioningError `provisioning.unfinished`; the queue tries again. */
function checkFinished(result: Result | 'finished'): void {
  if (result === 'finished' || result.outcome === 'refused') return;
  if (result.outcome === 'ready' && result.queued === 0) return;
  const retryAfterSeconds = result.outcome === 'unavailable' ? result.retryAfterSeconds : undefined;
  throw new ProvisioningError({
    code: 'provisioning.unfinished',
    status: 503,
    detail: result.outcome === 'unavailable' ? result.code : 'details are still open',
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

function viewOf(account: Account): AccountView {
  const { id, externalId, confirmedAt, openSteps, candidate } = account;
  return {
    accountId: id,
    openSteps,
    ...(externalId !== undefined && { externalId }),
    ...(confirmedAt !== undefined && { confirmedAt }),
    ...(candidate !== undefined && { candidate }),
  };
}

function answer(result: Ready, budget: CallBudget, accountId: AccountId): EnsuredAccount;
function answer(result: Refused | NotNow, budget: CallBudget): EnsuredAccount;
function answer(result: Result, budget: CallBudget, accountId: AccountId): EnsuredAccount;
function answer(result: Result, budget: CallBudget, accountId?: AccountId): EnsuredAccount {
  const { calls } = budget;
  switch (result.outcome) {
    case 'ready':
      // The overloads give an id to every result that may be ready.
      return { ...result, accountId: accountId as AccountId, calls };
    case 'refused':
      return { ...result, publicMessage: refusalMessage(result.code), calls };
    case 'unavailable':
      return { ...result, publicMessage: NOT_NOW, calls };
  }
}

const NOT_NOW = 'The store cannot prepare your account at the moment. Please try again shortly.';
