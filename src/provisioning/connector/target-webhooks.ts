import type { Secret } from '../../base/index.ts';
import type { CallBudget } from '../targets/call-budget.ts';
import type { CallFailed } from './call-failed.ts';

/**
 * A target that can tell us of changes by itself (webhooks), so that what somebody does there by hand is seen in seconds
 * and not at the next look. Optional member of a connector. Ours are the hooks that lead to our destination for the
 * events that we want; hooks of other people are neither shown nor touched.
 */
export interface TargetWebhooks {
  /** Part of the path that they are sent to: `/webhooks/SYSTEM/TARGET`. */
  readonly system: string;
  /** Why hooks cannot be had at this destination or with these settings, and what to do. Pure. */
  refusal(destination: URL): string | undefined;
  /** Every hook that we want, as it stands, and what else of ours is left over. */
  list(wanted: WantedHooks, budget: CallBudget): Promise<HooksListed | CallFailed>;
  /** Makes them right: missing ones are made, the others put right. Changes nothing when all are. Safe to repeat. */
  register(
    wanted: WantedHooks & { readonly secret: Secret },
    budget: CallBudget,
  ): Promise<HooksRegistered | CallFailed>;
  /** Safe to repeat. */
  remove(wanted: WantedHooks, budget: CallBudget): Promise<HooksRemoved | CallFailed>;
  /**
   * Has the target itself tell of an account: a value is written to it that it has already. An account that the
   * settings name for tests goes before the given one.
   */
  provoke(externalId: string | undefined, budget: CallBudget): Promise<Provoked | CallFailed>;
  /** Who sent this, and what about. Pure; what it is given comes from anybody. */
  read(message: WebhookMessage, known: KnownSecrets): WebhookVerdict;
}

export type WantedHooks = {
  readonly destination: URL;
  /** Where an earlier registration led: those are ours too, and are led here. */
  readonly formerDestination?: URL | undefined;
  /** What they must carry; absent before the first registration. */
  readonly secret?: Secret | undefined;
};

/**
 * `off`: the target or somebody switched it off; `outdated`: it carries another secret or leads elsewhere; `left over`: of
 * an older credential.
 */
export type HookState = 'right' | 'off' | 'outdated' | 'missing' | 'left over';
export type Hook = { readonly event: string; readonly state: HookState };

export type HooksListed = { readonly outcome: 'listed'; readonly hooks: readonly Hook[] };
export type HooksRegistered =
  /** One sentence each; empty when all was right. */
  | { readonly outcome: 'registered'; readonly changes: readonly string[] }
  | { readonly outcome: 'refused'; readonly detail: string };
export type HooksRemoved = { readonly outcome: 'removed'; readonly count: number };
export type Provoked =
  | { readonly outcome: 'provoked'; readonly externalId: string }
  | { readonly outcome: 'refused'; readonly detail: string };

export type WebhookMessage = {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
};

export type KnownSecrets = {
  /** Of the registration, newest first; empty when nothing is registered. */
  readonly secrets: readonly Secret[];
  /** The target's present instant. */
  readonly now: Date;
};

/** Why a message is not believed. */
export type WebhookRefusal =
  /** It carries neither a signature nor a secret, or only what the settings do not accept. */
  | 'provisioning.webhook_unproven'
  /** Its signature is of no key that the target's settings have, or not of this body. */
  | 'provisioning.webhook_signature'
  /** Its secret is not the one of the registration. */
  | 'provisioning.webhook_secret'
  /** It was signed too long ago, or in the future. */
  | 'provisioning.webhook_stale'
  /** Another system of the same kind sent it. */
  | 'provisioning.webhook_foreign'
  /** It cannot be read. */
  | 'provisioning.webhook_malformed';

export type WebhookVerdict =
  | {
      readonly outcome: 'believed';
      /** The same text for the same message however often it is delivered, and for no other. */
      readonly messageId: string;
      readonly event: string;
      /** The target's own id of the account that it is about; absent, it is about something else. */
      readonly externalId?: string;
      /** When it happened, by the target's clock. */
      readonly at: Date;
      /** How exactly it tells that. */
      readonly toMs: number;
    }
  | { readonly outcome: 'refused'; readonly code: WebhookRefusal };
