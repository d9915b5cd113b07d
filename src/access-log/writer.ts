import { type Clock, type EventId, newId, type PersonId, SECOND } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import { withDeadline } from './deadline.ts';
import { stopped, unavailable } from './errors.ts';
import { checkEvent, type EventRow, type NewAccessEvent, type StoredPersonal, toRow } from './event.ts';
import { GroupCommit } from './group-commit.ts';
import type { AccessLogMetrics } from './metrics.ts';
import { dayOwner, ownerOf, sealPersonal } from './seal.ts';
import type { Spool } from './spool.ts';
import { insertEvents } from './store.ts';

export type WriterNeeds = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'sealer'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: AccessLogMetrics;
  readonly spool: Spool | undefined;
  readonly limits: WriterLimits;
};

export type WriterLimits = {
  /** Events that may wait in this process before `append` refuses. */
  readonly maxQueue: number;
  /** Events in one insert. */
  readonly maxGroup: number;
  /** How long a commit may take before its sign-ins are refused. */
  readonly commitTimeoutMs: number;
};

export const WRITER_LIMITS: WriterLimits = { maxQueue: 10_000, maxGroup: 500, commitTimeoutMs: 5 * SECOND };

/** Turns events into durable rows; what cannot be made durable is spooled and refused (R6.1, R6.4). */
export class Writer {
  readonly #needs: WriterNeeds;
  readonly #commits: GroupCommit;
  /** Appends not yet settled, also those that are still being sealed and so not yet queued. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** For each thread, when its last event is queued. */
  readonly #queued = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(needs: WriterNeeds) {
    this.#needs = needs;
    this.#commits = new GroupCommit({
      commit: (rows) => this.#commit(rows),
      failed: (rows, error) => this.#failed(rows, error),
      onQueue: (events) => needs.metrics.queued(events),
      ...needs.limits,
    });
  }

  async append(event: NewAccessEvent): Promise<EventId> {
    if (this.#stopped) throw stopped();
    checkEvent(event);
    this.#commits.assertRoom();
    const work = this.#sealAndCommit(newId('evt'), this.#needs.clock.now(), event);
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  async appendIn(trx: Transaction, events: readonly NewAccessEvent[]): Promise<EventId[]> {
    for (const event of events) checkEvent(event);
    const time = this.#needs.clock.now();
    const rows = await Promise.all(events.map((event) => this.#sealRow(time, event)));
    if (rows.length > 0) await insertEvents(trx, rows);
    return rows.map(({ id }) => id);
  }

  async appendOneIn(trx: Transaction, event: NewAccessEvent): Promise<EventId> {
    const time = this.#needs.clock.now();
    checkEvent(event);
    const row = await this.#sealRow(time, event);
    await insertEvents(trx, [row]);
    return row.id;
  }

  async warmUp(personIds: readonly PersonId[]): Promise<void> {
    const owners = [...personIds, dayOwner(this.#needs.clock.now())];
    await Promise.all(owners.map((owner) => this.#needs.keys.sealer(owner)));
  }

  /** Refuses new events and resolves when those under way are settled. */
  async close(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#underWay);
  }

  /** A thread is read in the order in which it was told, so no event overtakes one whose key has to be made first. */
  async #sealAndCommit(id: EventId, time: Date, event: NewAccessEvent): Promise<EventId> {
    const before = this.#queued.get(event.thread);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queued.set(event.thread, promise);
    let committed: Promise<void>;
    try {
      const personal = await this.#sealOrSpool(id, time, event);
      await before;
      committed = this.#commits.add(toRow(id, time, event, personal));
    } finally {
      resolve();
      if (this.#queued.get(event.thread) === promise) this.#queued.delete(event.thread);
    }
    await committed;
    return id;
  }

  async #sealRow(time: Date, event: NewAccessEvent): Promise<EventRow> {
    const id = newId('evt');
    return toRow(id, time, event, await this.#seal(id, time, event));
  }

  async #seal(id: EventId, time: Date, event: NewAccessEvent): Promise<StoredPersonal | undefined> {
    const { personal = {} } = event;
    if (Object.keys(personal).length === 0) return undefined;
    return await sealPersonal(this.#needs.keys, id, ownerOf(event, time), personal);
  }

  /** Without a key the event goes to the spool without its personal part, and says so. */
  async #sealOrSpool(id: EventId, time: Date, event: NewAccessEvent): Promise<StoredPersonal | undefined> {
    try {
      return await withDeadline(this.#seal(id, time, event), this.#needs.limits.commitTimeoutMs);
    } catch (error) {
      throw await this.#failed([toRow(id, time, event, { dropped: 'no key could be had' })], error);
    }
  }

  async #commit(rows: readonly EventRow[]): Promise<void> {
    const { db, clock, metrics, limits } = this.#needs;
    const begun = clock.now().getTime();
    await withDeadline(insertEvents(db, rows), limits.commitTimeoutMs);
    metrics.committed(rows.length, clock.now().getTime() - begun);
  }

  /**
   * NOTE: a commit whose answer was lost may still have happened. The spool keeps the event's id, so recovery
   * finds it stored and only reports it.
   */
  async #failed(rows: readonly EventRow[], cause: unknown): Promise<unknown> {
    const { log } = this.#needs;
    const spooled = await this.#spool(rows);
    for (const { id, type, thread } of rows) {
      log.error('access event not recorded', { event: id, type, thread, spooled });
    }
    log.error('access log unavailable', { events: rows.length, spooled, error: cause });
    const where = spooled ? 'it is in the local spool' : 'it is only in the process log';
    return unavailable({ detail: `event ${rows[0]?.id} (${rows.length} in its group): ${where}`, cause });
  }

  async #spool(rows: readonly EventRow[]): Promise<boolean> {
    const { spool, log, metrics } = this.#needs;
    if (!spool) return false;
    try {
      await spool.add(rows);
    } catch (error) {
      log.error('access log spool failed', { error });
      return false;
    }
    metrics.spooled(rows.length);
    return true;
  }
}
