import { failed, refused, success } from './define.ts';
import type { Actor } from './operations.ts';

/** One attribute that changes, by name; values are personal. */
type Fields = readonly string[];
type Values = { readonly [attribute: string]: string | number | boolean | null | readonly string[] };

/** What happened to accounts in targets. `thread` is the login, or the job that did it without a browser. */
export const accountEvents = {
  /** What will be done, before the first call: changes by kind, reductions first. */
  accountPlanned: success<{
    readonly account?: string;
    readonly changes: readonly { readonly kind: string; readonly what: string; readonly reduces: boolean }[];
    readonly because: readonly string[];
  }>('account.planned'),

  accountCreated: success<
    { readonly account: string; readonly externalId: string; readonly fields: Fields; readonly step: string },
    { readonly values: Values }
  >('account.created'),

  accountUpdated: success<
    {
      readonly account: string;
      readonly externalId: string;
      readonly fields: Fields;
      readonly step: string;
      readonly reduces?: boolean;
    },
    { readonly before?: Values; readonly after: Values }
  >('account.updated'),

  /** An account that existed became this person's (R1.3). */
  accountAdopted: success<
    { readonly account: string; readonly externalId: string; readonly by: string; readonly evidence: string },
    { readonly mail?: string }
  >('account.adopted'),

  /** An administrator let the person have an account that exists, at their next sign-in (R1.3). */
  accountApproved: success<{ readonly account: string; readonly externalId: string; readonly by: Actor }>(
    'account.approved',
  ),

  /** A rung of the ladder was taken because access ended (R5.5). */
  accountReduced: success<{
    readonly account: string;
    readonly externalId: string;
    readonly rung: string;
    readonly because: readonly string[];
  }>('account.reduced'),

  accountRemoved: success<{ readonly account: string; readonly externalId: string; readonly rung: string }>(
    'account.removed',
  ),

  /** The account could not be made or linked by a rule: ambiguous mail, somebody else's, limits. */
  accountRefused: refused<
    { readonly reason: string; readonly candidates?: number; readonly task?: string },
    { readonly mail?: string }
  >('account.refused'),

  /** Read back from the target: nothing left to do. */
  accountConfirmed: success<{ readonly account: string; readonly hash: string }>('account.confirmed'),

  /** `reason` says what is wrong with a person's own value, so it is personal. */
  provisioningFailed: failed<
    { readonly step: string; readonly attempt: number; readonly status?: number },
    { readonly reason?: string }
  >('provisioning.failed'),

  provisioningRetried: success<{
    readonly step: string;
    readonly attempt: number;
    readonly runAt?: string;
    readonly by?: string;
  }>('provisioning.retried'),

  /** Something in a target that only people can do there. */
  provisioningTaskOpened: success<{
    readonly account: string;
    readonly task: string;
    readonly kind: string;
    readonly what: string;
  }>('provisioning.task_opened'),

  /** The target shows it done. */
  provisioningTaskClosed: success<{
    readonly account: string;
    readonly task: string;
    readonly kind: string;
    readonly what: string;
  }>('provisioning.task_closed'),

  /** Somebody changed the account by hand in the target since we last confirmed it. */
  accountDrifted: success<
    {
      readonly account: string;
      readonly externalId: string;
      readonly fields: Fields;
      /** What is done about it, as the target's settings say. */
      readonly reaction: 'put-back' | 'reported';
    },
    { readonly found: Values; readonly expected: Values }
  >('account.drifted'),

  /** Access is over, or paused until a window opens: the ladder begins (R5.5). */
  accountEnding: success<{
    readonly account: string;
    readonly externalId?: string;
    readonly kind: string;
    readonly at: string;
    readonly because: readonly string[];
  }>('account.ending'),

  /** Access came back before the ladder was at its end. */
  accountRestored: success<{
    readonly account: string;
    readonly externalId: string;
    readonly rungs: readonly string[];
  }>('account.restored'),

  /** Given up; waits for a person. */
  provisioningDead: failed<{ readonly step: string; readonly attempts: number }>('provisioning.dead'),

  /** Too many removals inferred from absence or changed rules: stopped, waits for a person (R5.4). */
  provisioningBraked: refused<{
    readonly source: string;
    readonly removals: number;
    readonly of: number;
    readonly limit: string;
  }>('provisioning.braked'),

  provisioningReleased: success<{ readonly source: string; readonly removals: number; readonly by: string }>(
    'provisioning.released',
  ),
};
