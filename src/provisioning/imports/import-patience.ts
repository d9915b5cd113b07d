import { type Clock, SECOND } from '../../base/index.ts';
import type { CallFailed } from '../connector/connector.ts';
import { ProvisioningError, type UnavailableCode, unavailableAdvice } from '../errors.ts';
import type { LiveTarget } from '../targets/live-target.ts';

/** A target that asks for more patience is left for another run; what was found stays. */
const MOST_WAITS = 20;
const LONGEST_WAIT_SECONDS = 120;
/** Somebody must act first. */
const HOPELESS: ReadonlySet<UnavailableCode> = new Set([
  'provisioning.token_revoked',
  'provisioning.forbidden',
  'provisioning.plan_limit',
  'provisioning.blocked',
]);

/** What one import puts up with, from its first page to its last look. */
export class Patience {
  readonly #target: LiveTarget;
  readonly #clock: Clock;
  readonly #sleep: (ms: number) => Promise<void>;
  #waits = 0;

  constructor(target: LiveTarget, clock: Clock, sleep: (ms: number) => Promise<void>) {
    this.#target = target;
    this.#clock = clock;
    this.#sleep = sleep;
  }

  /**
   * Returns when it makes sense to ask again.
   *
   * @param left what could not be done yet, for whoever reads why the import stopped.
   * @throws ProvisioningError `provisioning.import_stopped` when somebody must act first, or after too many waits.
   */
  async wait(
    { code, retryAfterSeconds = 1 }: Pick<CallFailed, 'code' | 'retryAfterSeconds'>,
    left = '',
  ): Promise<void> {
    this.#waits += 1;
    if (HOPELESS.has(code) || this.#waits > MOST_WAITS || retryAfterSeconds > LONGEST_WAIT_SECONDS) {
      throw stopped(this.#target, code, left);
    }
    await this.#sleep(retryAfterSeconds * SECOND);
  }

  /** Sets calls aside for one look, where the target documents a rate: an import goes behind whoever signs in or leaves. */
  async reserve(calls: number, left: string): Promise<void> {
    const { quota } = this.#target;
    for (;;) {
      const again = await quota?.reserve('queue', calls);
      if (!again) return;
      const retryAfterSeconds = Math.max(
        1,
        Math.ceil((again.getTime() - this.#clock.now().getTime()) / SECOND),
      );
      await this.wait({ code: 'provisioning.budget_spent', retryAfterSeconds }, left);
    }
  }
}

export function stopped(target: LiveTarget, code: UnavailableCode, left = ''): ProvisioningError {
  return new ProvisioningError({
    ...{ code: 'provisioning.import_stopped', status: 503 },
    detail: `target ${target.id}: ${unavailableAdvice(code)}${left && `; ${left}`}`,
  });
}
