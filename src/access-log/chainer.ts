import { type Clock, MINUTE } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import { digestOf, GENESIS, linkHash } from './chain.ts';
import {
  type Checkpoint,
  type CheckpointSigner,
  fingerprint,
  isSignedBy,
  signCheckpoint,
} from './checkpoint.ts';
import { HistoryChanged } from './errors.ts';
import type { AccessLogMetrics } from './metrics.ts';
import {
  type Head,
  hasPending,
  insertCheckpoint,
  insertLinks,
  type Link,
  type Pending,
  readHash,
  readHead,
  readLatestCheckpoint,
  readPending,
  tryLeadership,
} from './store.ts';

export const CHECKPOINT_EVENTS = 1_000;
export const CHECKPOINT_MS = MINUTE;

const BEGINNING: Head = { seq: 0, hash: GENESIS };

export type Chained = {
  /** False when another process was chaining, or nothing waited. */
  readonly led: boolean;
  readonly events: number;
};

/** Gives durable events their places in the chain and signs checkpoints (R6.1). Any number may run; one works at a time. */
export class Chainer {
  readonly #db: Database;
  readonly #keys: Pick<Keys, 'checkpointSigner'>;
  readonly #clock: Clock;
  readonly #metrics: AccessLogMetrics;
  /** Highest checkpoint this process has seen: a database rolled back behind it is noticed without outside help. */
  #seen: Checkpoint | undefined;

  constructor(needs: {
    readonly db: Database;
    readonly keys: Pick<Keys, 'checkpointSigner'>;
    readonly clock: Clock;
    readonly metrics: AccessLogMetrics;
  }) {
    this.#db = needs.db;
    this.#keys = needs.keys;
    this.#clock = needs.clock;
    this.#metrics = needs.metrics;
  }

  /**
   * Chains up to 1,000 events in one transaction: after a crash at any point the next leader continues from the
   * last committed link.
   */
  async chain(): Promise<Chained> {
    // Most rounds find nothing: one question instead of a transaction.
    if (!(await hasPending(this.#db))) return { led: false, events: 0 };
    const chained = await this.#db.transaction().execute(async (trx) => {
      if (!(await tryLeadership(trx))) return { led: false, pending: [] };
      const head = (await readHead(trx)) ?? BEGINNING;
      const pending = await readPending(trx, room(head));
      if (pending.length > 0) await insertLinks(trx, linkAll(head, pending));
      return { led: true, pending };
    });
    this.#report(chained.pending);
    return { led: chained.led, events: chained.pending.length };
  }

  /**
   * Signs a checkpoint if one is due, or if asked to and there is anything new since the last.
   *
   * @throws HistoryChanged instead of signing over a chain that contradicts an earlier checkpoint.
   */
  async sign(when: 'when due' | 'now'): Promise<Checkpoint | undefined> {
    // Asked before the transaction: the key may need a connection of its own.
    const signer = await this.#keys.checkpointSigner();
    const checkpoint = await this.#db.transaction().execute(async (trx) => {
      const head = (await tryLeadership(trx)) ? await readHead(trx) : undefined;
      const last = await readLatestCheckpoint(trx);
      if (!head || !this.#isWanted(when, head, last)) return undefined;
      for (const earlier of [last, this.#seen]) if (earlier) await assertAgrees(trx, earlier, signer);
      const signed = signCheckpoint(head, this.#clock.now(), signer);
      await insertCheckpoint(trx, signed);
      return signed;
    });
    if (checkpoint) this.#metrics.checkpoint(checkpoint.seq);
    this.#seen = checkpoint ?? this.#seen;
    return checkpoint;
  }

  #isWanted(when: 'when due' | 'now', head: Head, last: Checkpoint | undefined): boolean {
    if (head.seq === last?.seq && head.hash === last.head) return false;
    return when === 'now' || this.#isDue(head, last);
  }

  #isDue(head: Head, last: Checkpoint | undefined): boolean {
    const age = this.#clock.now().getTime() - (last ? new Date(last.time).getTime() : 0);
    const isRound =
      Math.floor(head.seq / CHECKPOINT_EVENTS) > Math.floor((last?.seq ?? 0) / CHECKPOINT_EVENTS);
    return isRound || age >= CHECKPOINT_MS;
  }

  #report(pending: readonly Pending[]): void {
    const [oldest] = pending;
    if (!oldest) return;
    this.#metrics.chained(pending.length, this.#clock.now().getTime() - oldest.time.getTime());
  }
}

/** Checkpoints fall on every 1,000th event exactly, so a run of links stops there. */
function room(head: Head): number {
  return CHECKPOINT_EVENTS - (head.seq % CHECKPOINT_EVENTS);
}

function linkAll(head: Head, pending: readonly Pending[]): readonly Link[] {
  let { seq, hash } = head;
  return pending.map(({ arrival, body }) => {
    seq += 1;
    hash = linkHash(seq, hash, digestOf(body));
    return { seq, arrival, hash };
  });
}

async function assertAgrees(trx: Transaction, earlier: Checkpoint, signer: CheckpointSigner): Promise<void> {
  const hash = await readHash(trx, earlier.seq);
  const isOurs =
    earlier.keyFingerprint !== fingerprint(signer.publicKey) || isSignedBy(earlier, [signer.publicKey]);
  if (hash !== earlier.head || !isOurs) throw new HistoryChanged(earlier.seq);
}
