import { type Clock, MINUTE, SECOND } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Chainer } from './chainer.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { CheckpointDelivery } from './checkpoint-sinks.ts';
import { HistoryChanged } from './errors.ts';
import type { JunkCounters } from './junk.ts';
import type { AccessLogMetrics } from './metrics.ts';
import { recoverSpool } from './recovery.ts';
import type { Spool } from './spool.ts';
import { readLatestCheckpoint } from './store.ts';
import type { Writer } from './writer.ts';

export type KeeperNeeds = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: AccessLogMetrics;
  readonly spool: Spool | undefined;
  readonly writer: Writer;
  readonly junk: JunkCounters;
  readonly chainer: Chainer;
  readonly delivery: CheckpointDelivery;
};

const ROUND_MS = 250;
/** How often to ask whether a checkpoint is due while nothing happens. */
const LOOK_MS = 5 * SECOND;

/** The steady work behind the log: chain, recover, sign, hand out, count. One round at a time. */
export class Keeper {
  readonly #needs: KeeperNeeds;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #isFailing = false;
  #isStopping = false;
  #deliveredAt = 0;
  #lookedAt = 0;

  constructor(needs: KeeperNeeds) {
    this.#needs = needs;
  }

  start(): void {
    if (this.#timer || this.#isStopping) return;
    this.#timer = setTimeout(() => void this.#again(), ROUND_MS);
    this.#timer.unref();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Rounds never overlap in one process; a second caller waits for the first. */
  async runOnce(checkpoint: 'when due' | 'now'): Promise<Checkpoint | undefined> {
    const round = this.#round.then(
      () => this.#work(checkpoint),
      () => this.#work(checkpoint),
    );
    this.#round = round;
    return await round;
  }

  async #again(): Promise<void> {
    try {
      await this.runOnce('when due');
      if (this.#isFailing) this.#needs.log.info('access log keeps up again');
      this.#isFailing = false;
    } catch (error) {
      // Said once for each outage, not four times a second.
      if (!this.#isFailing) this.#needs.log.error('access log cannot be chained', { error });
      this.#isFailing = true;
    }
    if (this.#isStopping) return;
    this.#timer = setTimeout(() => void this.#again(), ROUND_MS);
    this.#timer.unref();
  }

  async #work(when: 'when due' | 'now'): Promise<Checkpoint | undefined> {
    const { spool, clock, chainer } = this.#needs;
    await this.#appendJunk('finished');
    let signed = await this.#chainAll();
    // After chaining, which has just shown that the database is there.
    if (spool?.hasWork()) {
      await recoverSpool({ ...this.#needs, spool });
      signed = (await this.#chainAll()) ?? signed;
    }
    const now = clock.now().getTime();
    if (when === 'now' || now - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = now;
      signed = (await chainer.sign(when)) ?? signed;
    }
    await this.#deliver(signed);
    return signed;
  }

  async #chainAll(): Promise<Checkpoint | undefined> {
    let signed: Checkpoint | undefined;
    for (;;) {
      const { led, events } = await this.#needs.chainer.chain();
      if (!led || events === 0) return signed;
      signed = (await this.#signUnlessChanged()) ?? signed;
    }
  }

  /** A changed history stops the signatures, never the chain: events go on being recorded while it is looked into. */
  async #signUnlessChanged(): Promise<Checkpoint | undefined> {
    try {
      return await this.#needs.chainer.sign('when due');
    } catch (error) {
      if (!(error instanceof HistoryChanged)) throw error;
      this.#lookedAt = 0;
      return undefined;
    }
  }

  /** A process that does not chain hands out what others signed, once a minute. */
  async #deliver(signed: Checkpoint | undefined): Promise<void> {
    const { db, clock, delivery } = this.#needs;
    const now = clock.now().getTime();
    if (!signed && now - this.#deliveredAt < MINUTE) return;
    const checkpoint = signed ?? (await readLatestCheckpoint(db));
    this.#deliveredAt = now;
    if (checkpoint) await delivery.deliver(checkpoint);
  }

  async #appendJunk(which: 'finished' | 'all'): Promise<void> {
    const { junk, writer, log } = this.#needs;
    const appended = await Promise.allSettled(junk.take(which).map((event) => writer.append(event)));
    for (const result of appended) {
      if (result.status === 'rejected') log.warn('junk not counted', { error: result.reason });
    }
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    await this.#appendJunk('all');
    await this.#needs.writer.close();
    try {
      await this.runOnce('now');
    } catch (error) {
      this.#needs.log.error('access log stopped without a last checkpoint', { error });
    }
  }
}
