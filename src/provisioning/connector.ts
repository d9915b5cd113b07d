import type { z } from 'zod';
import type { Clock, Problem } from '../base/index.ts';
import type { AttributeType, Person } from '../model/index.ts';
import type { HttpClient } from '../platform/http/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { AccountImage, Authority, Field } from './account-image.ts';
import type { CallBudget } from './call-budget.ts';
import type { ProvisioningRefusal, UnavailableCode } from './errors.ts';

/** What the documentation's table and the console say about a kind of target. */
export type Capabilities = {
  readonly createsAccounts: boolean;
  readonly adoptsAccounts: boolean;
  /** Accounts are found by mail; otherwise only by the target's own id. */
  readonly findsByMail: boolean;
  readonly measuresClock: boolean;
};

/** One way into a target, as the person may use it now. */
export type Access = { readonly relyingParty: string; readonly role: string };

/** A detail that cannot be sent as it is: reported per person, does not close the door by itself (S19). */
export type DetailProblem = { readonly field: string; readonly message: string };

export type Desired =
  | {
      readonly outcome: 'desired';
      readonly image: AccountImage;
      /** Fields with a problem are not in the image. */
      readonly problems: readonly DetailProblem[];
    }
  | { readonly outcome: 'refused'; readonly code: ProvisioningRefusal; readonly detail: string };

/** No usable answer. `maybeApplied` tells whether a write may have happened all the same (R5.3). */
export type CallFailed = {
  readonly outcome: 'unavailable';
  readonly code: UnavailableCode;
  readonly retryAfterSeconds?: number;
  readonly maybeApplied: boolean;
};

export type ReadAccount = {
  readonly externalId: string;
  /** The random id that we gave it at creation, if it carries one (R5.3). */
  readonly marker?: string;
  readonly image: AccountImage;
  /** Nothing but text and numbers that later calls need: ids of sub-objects. */
  readonly refs: Refs;
};
/** Ids of sub-objects inside an account, owned by the connector; not personal. */
export type Refs = Readonly<Record<string, string>>;

export type ReadAnswer = { readonly outcome: 'read'; readonly accounts: readonly ReadAccount[] } | CallFailed;

export type WriteAnswer =
  /** `account` is the target's own answer: the read-back. Absent fields were not part of it. */
  | { readonly outcome: 'written'; readonly account: ReadAccount }
  /** The target says that an account with this mail (or key) exists. */
  | { readonly outcome: 'duplicate' }
  /** The target does not want these values; sending them again cannot help. */
  | { readonly outcome: 'invalid'; readonly detail: string }
  /** The account is not there any more. */
  | { readonly outcome: 'gone' }
  | CallFailed;

export type UpdateRequest = {
  readonly externalId: string;
  readonly call: string;
  /** Only what changes. */
  readonly changes: AccountImage;
  /** The whole desired image, for calls that must send neighbours too. */
  readonly desired: AccountImage;
  readonly marker: string;
  readonly refs: Refs;
  /** The account belonged to nobody we know: lock its former password out in the same request (R1.3). */
  readonly takeOver: boolean;
};

/**
 * One configured target, open for calls. Each of `find…`, `create` and `update` makes exactly one request within
 * the budget and never throws for what the other side does.
 */
export interface OpenTarget {
  readonly fields: Readonly<Record<string, Field>>;
  /** Order in which calls run when several are due. */
  readonly calls: readonly string[];
  readonly authority: (field: string) => Authority;
  /** What the account should look like. Pure. */
  desire(person: Person, accesses: readonly Access[]): Desired;
  /** Names in the image that the target's facts cannot resolve: `customer group Merchandising`. */
  unresolved(image: AccountImage): readonly string[];
  findById(externalId: string, desired: AccountImage, refs: Refs, budget: CallBudget): Promise<ReadAnswer>;
  /** Accounts with this mail that could be used at the desired places; other accounts are left out (R1.3). */
  findByMail(mail: string, desired: AccountImage, budget: CallBudget): Promise<ReadAnswer>;
  create(desired: AccountImage, marker: string, budget: CallBudget): Promise<WriteAnswer>;
  update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer>;
  /** Reads what calls need to know about the target itself; makes missing definitions. */
  prepare(budget: CallBudget): Promise<PrepareAnswer>;
  /** Gives the target what an earlier `prepare`, perhaps of another process, found. Ignores what it cannot read. */
  restore(facts: unknown): void;
  /** Where people enter; undefined until known. */
  entryUrl(relyingParty: string): URL | undefined;
}

export type PrepareAnswer =
  | {
      readonly outcome: 'prepared';
      /** Kept as JSON for other processes. */
      readonly facts: unknown;
      /** The target's clock minus ours. */
      readonly clock?: { readonly offsetMs: number; readonly measuredAt: Date };
      readonly problems: readonly Problem[];
    }
  | CallFailed;

export type TargetDeps = {
  /** Configured id, for errors, metrics and tables. */
  readonly id: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly relyingParties: readonly { readonly id: string; readonly access: unknown }[];
};

/** What a check of the configuration may lean on besides the object itself. */
export type ConfigContext = { readonly attributes: Readonly<Record<string, AttributeType>> };

/** One kind of target. Data and functions, registered by one line in connectors/index.ts. */
export interface Connector<Settings, AccessSettings> {
  /** As written in the configuration: `bigcommerce-storefront`. */
  readonly kind: string;
  readonly title: string;
  readonly capabilities: Capabilities;
  /** Shape of the target in the configuration, without `id` and `kind`. */
  readonly targetConfig: z.ZodType<Settings>;
  /** Shape of what a relying party adds: channel, meaning of roles. Without `id`, `kind` and `target`. */
  readonly accessConfig: z.ZodType<AccessSettings>;
  /** Problems that a schema cannot see. Paths are relative to the target. */
  checkTarget(settings: Settings, context: ConfigContext): readonly Problem[];
  /** Problems of one relying party, alone. */
  checkAccess(access: AccessSettings): readonly Problem[];
  /** Time and answers that people allow at a sign-in. */
  policy(settings: Settings): TargetPolicy;
  open(settings: Settings, deps: TargetDeps): OpenTarget;
}

/** Settings that the engine itself obeys; every kind of target has them. */
export type TargetPolicy = {
  readonly confirmMaxAgeMs: number;
  readonly budgetMs: number;
  readonly onExisting: 'refuse' | 'admin-approve' | 'adopt';
  readonly onInvalidDetail: 'report' | 'refuse';
};

/** A connector with its settings types put away, so that many kinds fit one list. */
export type AnyConnector = Connector<unknown, unknown>;

/** Keeps a connector's own types while it is written, and forgets them at the door. */
export function defineConnector<Settings, AccessSettings>(
  connector: Connector<Settings, AccessSettings>,
): AnyConnector {
  // Settings come back only from this connector's own schemas, so the two always match.
  return connector as unknown as AnyConnector;
}
