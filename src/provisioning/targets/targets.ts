import { ProvisioningError } from '../errors.ts';
import type { LiveTarget } from './live-target.ts';

/** The configured targets, each open. */
export class Targets {
  readonly #targets: ReadonlyMap<string, LiveTarget>;

  constructor(targets: readonly LiveTarget[]) {
    this.#targets = new Map(targets.map((target) => [target.id, target]));
  }

  all(): readonly LiveTarget[] {
    return [...this.#targets.values()];
  }

  /** Undefined also for one that was configured once: accounts there are known still. */
  readonly find = (id: string): LiveTarget | undefined => this.#targets.get(id);

  /** @throws ProvisioningError `provisioning.unknown_target`. */
  readonly get = (id: string): LiveTarget => {
    const target = this.#targets.get(id);
    if (target) return target;
    throw new ProvisioningError({ code: 'provisioning.unknown_target', detail: `target ${id}` });
  };
}
