import { sql } from 'kysely';
import { addMs, type Clock } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { CallRate } from '../connector/target-policy.ts';
import type { ProvisioningTables } from '../tables.ts';

const SLOTS = 60;

export type CallPurpose = 'end' | 'sign-in' | 'queue';
/** Share of the reserve that a purpose leaves to those before it. */
const LEFT_BY: Readonly<Record<CallPurpose, number>> = { end: 0, 'sign-in': 0.5, queue: 1 };

/**
 * Calls to one target with a documented rate, counted by all processes in slots of a sixtieth of its window. What
 * takes access away may use all of it, sign-ins leave half of the reserve and the queue all of it: neither two hundred
 * joiners nor somebody who tries to sign in again and again keep one who leaves waiting. A run that needs more than was set aside may overshoot; the target's own answer then says when to come back.
 */
export class CallQuota {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #target: string;
  readonly #rate: CallRate;

  constructor(needs: { readonly db: Database; readonly clock: Clock }, target: string, rate: CallRate) {
    this.#db = needs.db;
    this.#clock = needs.clock;
    this.#target = target;
    this.#rate = rate;
  }

  /**
   * Sets calls aside for a run, before it makes any. `settle` gives back what it did not need.
   *
   * @returns when to come back, if the window has too few left.
   */
  async reserve(purpose: CallPurpose, calls: number): Promise<Date | undefined> {
    const { perMs, reserved } = this.#rate;
    const limit = this.#rate.calls - Math.floor(reserved * LEFT_BY[purpose]);
    return this.#db.transaction().execute(async (trx) => {
      // One at a time, or two processes give the same last calls away.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`provisioning_call/${this.#target}`}, 0))`.execute(
        trx,
      );
      const slots = await this.#used(trx);
      let used = slots.reduce((sum, slot) => sum + slot.calls, 0);
      if (used + calls <= limit || (used === 0 && slots.length === 0)) {
        await this.#add(trx, calls);
        return undefined;
      }
      for (const slot of slots) {
        used -= slot.calls;
        if (used + calls <= limit) return addMs(slot.slot, perMs + perMs / SLOTS);
      }
      return addMs(this.#clock.now(), perMs);
    });
  }

  async left(): Promise<number> {
    const slots = await this.#used(this.#db);
    return Math.max(0, this.#rate.calls - slots.reduce((sum, slot) => sum + slot.calls, 0));
  }

  /** What a run really needed, against what was set aside for it; calls outside of runs have nothing set aside. */
  async settle(calls: number, setAside = 0): Promise<void> {
    if (calls !== setAside) await this.#add(this.#db, calls - setAside);
  }

  async #add(db: Database | Transaction, calls: number): Promise<void> {
    const slotMs = this.#rate.perMs / SLOTS;
    const slot = new Date(Math.floor(this.#clock.now().getTime() / slotMs) * slotMs);
    const tables = db.withTables<ProvisioningTables>();
    await tables
      .insertInto('provisioning_call')
      .values({ target: this.#target, slot, calls })
      .onConflict((conflict) =>
        conflict
          .columns(['target', 'slot'])
          .doUpdateSet((set) => ({ calls: set('provisioning_call.calls', '+', calls) })),
      )
      .execute();
    const over = addMs(this.#clock.now(), -2 * this.#rate.perMs);
    await tables
      .deleteFrom('provisioning_call')
      .where('target', '=', this.#target)
      .where('slot', '<', over)
      .execute();
  }

  #used(db: Database | Transaction): Promise<readonly { slot: Date; calls: number }[]> {
    return db
      .withTables<ProvisioningTables>()
      .selectFrom('provisioning_call')
      .select(['slot', 'calls'])
      .where('target', '=', this.#target)
      .where('slot', '>', addMs(this.#clock.now(), -this.#rate.perMs))
      .orderBy('slot')
      .execute();
  }
}
