import { busy } from './errors.ts';
import type { EventRow } from './event.ts';

/** Makes rows durable, all or none. */
export type Commit = (rows: readonly EventRow[]) => Promise<void>;
/** Told once for each group that could not be made durable, before its appends fail. @returns what they fail with. */
export type Failed = (rows: readonly EventRow[], error: unknown) => Promise<unknown>;

type Waiting = { readonly row: EventRow; resolve(): void; reject(error: unknown): void };

/**
 * Lets many sign-ins share one insert: while a commit is under way newcomers gather, and go together in the
 * next. Each waits for the commit that holds its event.
 */
export class GroupCommit {
  readonly #commit: Commit;
  readonly #failed: Failed;
  readonly #maxQueue: number;
  readonly #maxGroup: number;
  readonly #onQueue: (events: number) => void;
  #queue: Waiting[] = [];
  #isRunning = false;

  constructor(needs: {
    readonly commit: Commit;
    readonly failed: Failed;
    readonly maxQueue: number;
    readonly maxGroup: number;
    readonly onQueue: (events: number) => void;
  }) {
    this.#commit = needs.commit;
    this.#failed = needs.failed;
    this.#maxQueue = needs.maxQueue;
    this.#maxGroup = needs.maxGroup;
    this.#onQueue = needs.onQueue;
  }

  /**
   * A slow database slows the front door instead of filling memory.
   *
   * @throws Unavailable `access_log.busy` when the queue is full.
   */
  assertRoom(): void {
    if (this.#queue.length >= this.#maxQueue) throw busy(this.#queue.length);
  }

  /** @throws Unavailable `access_log.busy` when the queue is full, else whatever `failed` returned. */
  async add(row: EventRow): Promise<void> {
    this.assertRoom();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push({ row, resolve, reject });
    this.#onQueue(this.#queue.length);
    if (!this.#isRunning) void this.#run();
    await promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // One turn of the event loop: what arrives with this event shares its commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, this.#maxGroup);
      this.#onQueue(this.#queue.length);
      await this.#settle(group);
    }
    this.#isRunning = false;
  }

  async #settle(group: readonly Waiting[]): Promise<void> {
    const rows = group.map(({ row }) => row);
    try {
      await this.#commit(rows);
    } catch (error) {
      const reason = await this.#failed(rows, error);
      for (const { reject } of group) reject(reason);
      return;
    }
    for (const { resolve } of group) resolve();
  }
}
