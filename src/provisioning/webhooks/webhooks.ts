import type { Actor } from '../../access-log/index.ts';
import type { Problem } from '../../base/index.ts';
import type { CallFailed } from '../connector/connector.ts';
import type { Hook, WebhookMessage } from '../connector/target-webhooks.ts';
import type { Delivery } from './delivery-store.ts';
import type { ReceivedWebhook } from './receive.ts';

export type TestedWebhooks = {
  readonly outcome: 'arrived' | 'nothing';
  readonly destination: string;
  /** Account that the target was made to tell of. */
  readonly externalId: string;
  /** What came, or the last that came before. */
  readonly delivery?: Delivery;
  readonly waitedMs: number;
  /** Hooks that are not right. */
  readonly hooks: readonly Hook[];
};

export type WebhooksRefused =
  /** This kind of target tells nothing by itself. */
  | { readonly outcome: 'not-offered' }
  /** As the configuration is, or as the target says, it cannot be: what to do. */
  | { readonly outcome: 'refused'; readonly detail: string };

export type WebhookStatus = {
  readonly outcome: 'listed';
  /** Where the target is to send them. */
  readonly destination: string;
  /** When all were last made right; absent when nobody registered them, or removed them. */
  readonly registeredAt?: Date;
  readonly hooks: readonly Hook[];
  /** The last message that was believed. */
  readonly lastDelivery?: Delivery;
};

/** As the database knows it, without asking the target. */
export type RegisteredHooks = Pick<WebhookStatus, 'destination' | 'lastDelivery'> & {
  readonly registeredAt: Date;
};

export type RegisteredWebhooks =
  | { readonly outcome: 'registered'; readonly destination: string; readonly changes: readonly string[] }
  | WebhooksRefused
  | CallFailed;

export type RemovedWebhooks =
  | { readonly outcome: 'removed'; readonly count: number }
  | WebhooksRefused
  | CallFailed;

export type WebhookActor = { readonly by: Actor; readonly thread: string };

/** How targets tell us by themselves of what somebody does there. Secrets are made here and shown to nobody. */
export interface Webhooks {
  list(target: string): Promise<WebhookStatus | WebhooksRefused | CallFailed>;
  /** What is registered; undefined when nothing is. */
  standing(target: string): Promise<RegisteredHooks | undefined>;
  /** Makes the hooks right; twice changes nothing. With `newSecret` the former one stays good for an hour. */
  register(
    target: string,
    options: WebhookActor & { readonly newSecret?: boolean },
  ): Promise<RegisteredWebhooks>;
  /** What was begun stays: when it fails half-way nobody puts the hooks right but the next `register`. */
  remove(target: string, options: WebhookActor): Promise<RemovedWebhooks>;
  /** Has the target send a real message and waits until a running broker has taken it. */
  test(target: string, waitMs: number): Promise<TestedWebhooks | WebhooksRefused | CallFailed>;
  /**
   * Background: puts right whatever became of registered hooks, because targets switch off what they could not deliver.
   * Call it now and then; a target that fails is logged and never stops the others.
   */
  keepRight(): Promise<void>;
  /** What is wrong with hooks that were registered; nothing where none were. */
  check(target: string): Promise<readonly Problem[]>;
  /**
   * Takes a message that claims to come from a target. What it leads to is durable when this resolves.
   *
   * @throws Unavailable of the database: the target is to send it again.
   */
  receive(system: string, target: string, message: WebhookMessage): Promise<ReceivedWebhook>;
}
