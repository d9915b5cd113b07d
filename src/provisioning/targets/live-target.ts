import { type Clock, HOUR, MINUTE, type Problem } from '../../base/index.ts';
import type { Database } from '../../platform/database/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { AnyConnector, CallFailed, OpenTarget } from '../connector/connector.ts';
import type { TargetPolicy } from '../connector/target-policy.ts';
import type { Sleep } from '../sleep.ts';
import type { ProvisioningTables } from '../tables.ts';
import { type CallBudget, createCallBudget } from './call-budget.ts';
import { CallQuota } from './call-quota.ts';
import { inTurn } from './preparation-turn.ts';

const REFRESH_AFTER_MS = HOUR;
/** A name that cannot be resolved asks the target again, but no more often than this. */
const ASK_AGAIN_AFTER_MS = MINUTE;
const PREPARE_BUDGET_MS = MINUTE;

export type ClockOffset = {
  /** The target's clock minus ours. */
  readonly offsetMs: number;
  readonly measuredAt: Date;
};

const TOO_SLOW: CallFailed = { outcome: 'unavailable', code: 'provisioning.slow', maybeApplied: false };

const MOVED: CallFailed = {
  outcome: 'unavailable',
  code: 'provisioning.target_moved',
  maybeApplied: false,
};

type Needs = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly sleep?: Sleep;
};

/**
 * One configured target with what is known about it: ids of names, the offset of its clock. Facts are kept in
 * the database, so that a new process signs people in without asking first, and are refreshed about hourly.
 */
export class LiveTarget {
  readonly id: string;
  readonly connector: AnyConnector;
  readonly settings: unknown;
  readonly policy: TargetPolicy;
  readonly open: OpenTarget;
  /** Present where the target documents a rate of calls. */
  readonly quota: CallQuota | undefined;
  readonly #needs: Needs;
  readonly #place: string;
  #restored: Promise<void> | undefined;
  #refreshing: Promise<CallFailed | undefined> | undefined;
  #preparedAt: Date | undefined;
  #triedAt: Date | undefined;
  #suspected = false;
  #clock: ClockOffset | undefined;
  #problems: readonly Problem[] = [];
  #moved: CallFailed | undefined;

  constructor(id: string, connector: AnyConnector, settings: unknown, open: OpenTarget, needs: Needs) {
    this.id = id;
    this.connector = connector;
    this.settings = settings;
    this.policy = connector.policy(settings);
    this.open = open;
    this.#needs = needs;
    this.#place = connector.place(settings);
    this.quota = this.policy.rate && new CallQuota(needs, id, this.policy.rate);
  }

  get clockOffset(): ClockOffset | undefined {
    return this.#clock;
  }

  /** What the last preparation complained about. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Set when accounts were made in another system under this id: nothing is asked or sent there. */
  get moved(): CallFailed | undefined {
    return this.#moved;
  }

  /** Takes over what any process found out before. */
  async restore(): Promise<void> {
    this.#restored ??= this.#readFacts();
    try {
      await this.#restored;
    } catch (error) {
      this.#restored = undefined;
      throw error;
    }
  }

  /** Makes sure that facts exist; asks the target only if no process ever did. */
  async ensurePrepared(withinMs: number): Promise<CallFailed | undefined> {
    await this.restore();
    if (this.#moved) return this.#moved;
    return this.#preparedAt ? undefined : this.refreshWithin(withinMs);
  }

  /** Waits for an answer no longer than that; the asking itself goes on. */
  async refreshWithin(withinMs: number): Promise<CallFailed | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<CallFailed>();
    const timer = setTimeout(() => resolve(TOO_SLOW), withinMs);
    try {
      return await Promise.race([this.refresh(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The target refused a name that we resolved: what we know of it may be out of date. */
  suspectFacts(): void {
    this.#suspected = true;
  }

  /** True when facts are older than an hour and the target was not asked in the last minute. */
  isStale(): boolean {
    const old = this.#suspected || this.#isOlder(this.#preparedAt, REFRESH_AFTER_MS);
    return old && this.mayAskAgain();
  }

  mayAskAgain(): boolean {
    return this.#isOlder(this.#triedAt, ASK_AGAIN_AFTER_MS);
  }

  /** Asks the target; callers at the same time share one answer. */
  refresh(): Promise<CallFailed | undefined> {
    this.#refreshing ??= this.#prepare(createCallBudget('background', PREPARE_BUDGET_MS)).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  #isOlder(instant: Date | undefined, ageMs: number): boolean {
    return !instant || this.#needs.clock.now().getTime() - instant.getTime() >= ageMs;
  }

  async #prepare(budget: CallBudget): Promise<CallFailed | undefined> {
    this.#triedAt = this.#needs.clock.now();
    await this.restore();
    if (this.#moved) return this.#moved;
    return inTurn(this.#needs, this.id, async (afterAnother) => {
      if (!afterAnother || this.#preparedAt) return this.#ask(budget);
      await this.#readFacts();
      if (this.#moved) return this.#moved;
      return this.#preparedAt ? undefined : this.#ask(budget);
    });
  }

  async #ask(budget: CallBudget): Promise<CallFailed | undefined> {
    const answer = await this.open.prepare(budget);
    await this.quota?.settle(budget.calls);
    if (answer.outcome === 'unavailable') {
      this.#needs.log.warn('target could not be prepared', { target: this.id, code: answer.code });
      return answer;
    }
    this.#preparedAt = this.#needs.clock.now();
    this.#suspected = false;
    this.#clock = answer.clock ?? this.#clock;
    this.#problems = answer.problems;
    for (const problem of answer.problems) {
      this.#needs.log.warn('target needs attention', { target: this.id, ...problem });
    }
    await this.#saveFacts(answer.facts);
    return undefined;
  }

  async #readFacts(): Promise<void> {
    const row = await this.#needs.db
      .withTables<ProvisioningTables>()
      .selectFrom('provisioning_target')
      .selectAll()
      .where('target', '=', this.id)
      .executeTakeFirst();
    const known = row?.place ?? undefined;
    if (known !== undefined && known !== this.#place && known !== this.policy.formerPlace) {
      this.#moved = MOVED;
      this.#needs.log.error('target leads to another system than before', { target: this.id, known });
    }
    if (!row || this.#preparedAt || this.#moved) return;
    this.open.restore(JSON.parse(row.facts));
    this.#preparedAt = row.prepared_at;
    if (row.clock_offset_ms !== null && row.clock_measured_at) {
      this.#clock = { offsetMs: row.clock_offset_ms, measuredAt: row.clock_measured_at };
    }
  }

  async #saveFacts(facts: unknown): Promise<void> {
    const row = {
      place: this.#place,
      facts: JSON.stringify(facts),
      prepared_at: this.#needs.clock.now(),
      clock_offset_ms: this.#clock ? within(this.#clock.offsetMs) : null,
      clock_measured_at: this.#clock?.measuredAt ?? null,
    };
    await this.#needs.db
      .withTables<ProvisioningTables>()
      .insertInto('provisioning_target')
      .values({ target: this.id, ...row })
      .onConflict((conflict) => conflict.column('target').doUpdateSet(row))
      .execute();
  }
}

/** What the column holds. A clock that is off by more than three weeks is wrong either way. */
const MOST_OFFSET_MS = 2_147_483_647;

function within(offsetMs: number): number {
  return Math.max(-MOST_OFFSET_MS, Math.min(MOST_OFFSET_MS, Math.round(offsetMs)));
}
