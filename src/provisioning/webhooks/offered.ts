import type { TargetWebhooks, WantedHooks } from '../connector/target-webhooks.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import type { Registration } from './registration-store.ts';

/** A target that offers webhooks, and where ours lead. */
export type Offered = {
  readonly target: LiveTarget;
  readonly webhooks: TargetWebhooks;
  readonly destination: URL;
};

export function wantedHooks(destination: URL, known: Registration | undefined): WantedHooks {
  return { destination, formerDestination: known?.destination, secret: known?.secret };
}
