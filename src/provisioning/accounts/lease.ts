import { addMs, type PersonId, SECOND } from '../../base/index.ts';
import type { RunNeeds } from '../run.ts';
import type { Sleep } from '../sleep.ts';
import { KeyedLimit } from '../targets/keyed-limit.ts';
import { claimAccount, claimKnownAccount, type Lease, releaseAccount, renewAccount } from './lease-store.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 200;
/** So long others wait for a process that was killed; whoever works renews it in time. */
const LEASE_MS = 6 * SECOND;
const RENEW_MS = 2 * SECOND;
const GIVE_BACK_PAUSE_MS = SECOND / 2;

export type LeaseTurn<T> = {
  readonly who: { readonly target: string; readonly person: PersonId };
  /** Makes the row where there is none; all others work on what is there. */
  readonly makesRow: boolean;
  /** How long the turn is worth waiting for, from now. */
  readonly waitMs: () => number;
  readonly skip: () => Promise<T | undefined>;
  readonly work: (lease: Lease, leaseMs: number) => Promise<T>;
};

/** Who may work on an account: one at a time in this process, and one process at a time by a row in the database. */
export class AccountLeases implements Disposable {
  readonly #mutex = new KeyedLimit();
  readonly #needs: Pick<RunNeeds, 'db' | 'clock' | 'onStep'>;
  readonly #sleep: Sleep;
  #isClosed = false;

  constructor(needs: Pick<RunNeeds, 'db' | 'clock' | 'onStep'>, sleep: Sleep) {
    this.#needs = needs;
    this.#sleep = sleep;
  }

  /**
   * Runs `work` under the lease.
   *
   * @param skip asked at first and when the turn comes: if it has an answer, no lease is taken.
   * @returns undefined when `waitMs` ended while others worked on the account.
   */
  async run<T>(turn: LeaseTurn<T>): Promise<T | undefined> {
    const early = await turn.skip();
    if (early !== undefined) return early;
    const { target, person } = turn.who;
    const taken = await this.#mutex.run(`${target}/${person}`, turn.waitMs(), () => this.#take(turn));
    return taken?.value;
  }

  async #take<T>(turn: LeaseTurn<T>): Promise<T | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const skipped = await turn.skip();
      if (skipped !== undefined) return skipped;
      const claim = turn.makesRow ? claimAccount : claimKnownAccount;
      const lease = await claim(this.#needs.db, turn.who, this.#needs.clock.now(), LEASE_MS);
      if (lease) return this.#hold(lease, () => turn.work(lease, LEASE_MS));
      if (turn.waitMs() <= pauseMs) return undefined;
      await this.#sleep(pauseMs);
    }
  }

  /** Gives up what could not be given back; it ends by itself. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
  }

  async #hold<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
    const renewing = setInterval(() => void this.#renew(lease), RENEW_MS).unref();
    try {
      await this.#needs.onStep('lease taken');
      return await work();
    } finally {
      clearInterval(renewing);
      await releaseAccount(this.#needs.db, lease).catch((error: unknown) => {
        void this.#giveBackLater(lease);
        throw error;
      });
    }
  }

  /** A renewal that fails is no fault: whoever works finds out when they write (`provisioning.lease_lost`). */
  async #renew(lease: Lease): Promise<void> {
    const until = addMs(this.#needs.clock.now(), LEASE_MS);
    await renewAccount(this.#needs.db, lease, until).catch(() => undefined);
  }

  /** A database that was away for a moment must not keep the person out until the lease ends: nobody works under it. */
  async #giveBackLater(lease: Lease): Promise<void> {
    for (let waited = 0; waited < LEASE_MS; waited += GIVE_BACK_PAUSE_MS) {
      await this.#sleep(GIVE_BACK_PAUSE_MS);
      if (this.#isClosed) return;
      const isBack = await releaseAccount(this.#needs.db, lease).then(
        () => true,
        () => false,
      );
      if (isBack) return;
    }
  }
}
