import type { AccountId, Json, LoginId, PersonId } from '../../base/index.ts';
import type { Person } from '../../model/index.ts';
import type { Access, DetailProblem } from '../connector/connector.ts';
import type { EndKind } from '../connector/ladder.ts';
import type { ProvisioningRefusal, UnavailableCode } from '../errors.ts';
import type { WantedInTarget } from '../planning/people-plan.ts';
import type { ChangeSummary } from '../planning/plan.ts';

/** What policy wants of a person in a target now; undefined when only a sign-in can tell, or nobody knows them. */
export type WantedOf = (target: string, person: PersonId) => Promise<WantedInTarget | undefined>;

export type EnsureAccount = {
  readonly person: Person;
  readonly target: string;
  /** All relying parties of this target that the person may enter now; never empty. */
  readonly accesses: readonly Access[];
  /** Of the connection that the person came through (R1.3). */
  readonly trustedMailDomains: readonly string[];
  readonly thread: LoginId;
  /**
   * Is everything that this was decided on still so? Asked under the lease, once the account has a row, which every later
   * end finds, and before it is made or changed: what ended before that is known to whoever is asked now. No: the answer
   * is busy. Absent: nobody can say.
   */
  readonly stillHolds?: () => Promise<boolean>;
  /** Time for all calls; absent, the target's own setting. */
  readonly budgetMs?: number;
};

export type EndAccount = {
  readonly person: PersonId;
  readonly target: string;
  /** `paused` until a window opens again: the ladder's first rung alone (R3.3). */
  readonly kind: EndKind;
  /** The final end, from which delays of later rungs count; for a pause, its beginning. Default: now. */
  readonly at?: Date;
  /** Rule, grant or act that ended it; stands in events. */
  readonly because: string;
  readonly thread: string;
};

export type FinishAccount = {
  readonly account: string;
  readonly thread?: string;
  /** Of the queue; default the first. */
  readonly attempt?: number;
};

export type QueuedAccount =
  | { readonly outcome: 'queued'; readonly accountId: AccountId; readonly isUrgent: boolean }
  /** It is so already, or there is no account and none is to be made. */
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'refused'; readonly code: ProvisioningRefusal }
  /** A sign-in or another process works on it; its outcome counts. */
  | { readonly outcome: 'busy' };

export type EnsuredAccount =
  | {
      readonly outcome: 'ready';
      readonly accountId: AccountId;
      /** The target's own id: the customer number of a store. Empty while the queue still makes the account. */
      readonly externalId: string;
      readonly changes: readonly ChangeSummary[];
      readonly calls: number;
      /** Changes of details that the queue finishes. */
      readonly queued: number;
      /** Details that could not be sent, per person (S19). */
      readonly problems: readonly DetailProblem[];
    }
  | {
      readonly outcome: 'refused';
      readonly code: ProvisioningRefusal;
      readonly publicMessage: string;
      readonly facts: Readonly<Record<string, Json>>;
      readonly calls: number;
    }
  | {
      readonly outcome: 'unavailable';
      readonly code: UnavailableCode;
      readonly publicMessage: string;
      readonly retryAfterSeconds?: number;
      readonly calls: number;
    };
