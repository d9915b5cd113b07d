import { addMs, type Clock } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { ProvisioningTables } from './tables.ts';
import type { CallRate } from './target-policy.ts';

const SLOTS = 60;

/**
 * Calls to one target with a documented rate, counted by all processes in slots of a sixtieth of its window. What
 * takes access away and sign-ins may use all of it, the queue leaves a reserve, so one leaver goes before two hundred
 * joiners. Concurrent runs may overshoot by a few calls; the target's own answer then says when to come back.
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

  /** @returns when a call may be made again; undefined for now. */
  async nextAt(isUrgent: boolean): Promise<Date | undefined> {
    const { calls, perMs, reserved } = this.#rate;
    const limit = isUrgent ? calls : calls - reserved;
    const slots = await this.#used();
    let used = slots.reduce((sum, slot) => sum + slot.calls, 0);
    if (used < limit) return undefined;
    for (const slot of slots) {
      used -= slot.calls;
      if (used < limit) return addMs(slot.slot, perMs + perMs / SLOTS);
    }
    return addMs(this.#clock.now(), perMs);
  }

  async left(): Promise<number> {
    const slots = await this.#used();
    return Math.max(0, this.#rate.calls - slots.reduce((sum, slot) => sum + slot.calls, 0));
  }

  async note(calls: number): Promise<void> {
    if (calls === 0) return;
    const slotMs = this.#rate.perMs / SLOTS;
    const slot = new Date(Math.floor(this.#clock.now().getTime() / slotMs) * slotMs);
    const tables = this.#db.withTables<ProvisioningTables>();
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

  #used(): Promise<readonly { slot: Date; calls: number }[]> {
    return this.#db
      .withTables<ProvisioningTables>()
      .selectFrom('provisioning_call')
      .select(['slot', 'calls'])
      .where('target', '=', this.#target)
      .where('slot', '>', addMs(this.#clock.now(), -this.#rate.perMs))
      .orderBy('slot')
      .execute();
  }
}
