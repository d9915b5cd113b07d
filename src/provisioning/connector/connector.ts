import type { z } from 'zod';
import type { Clock, Problem } from '../../base/index.ts';
import type { AttributeType, Person } from '../../model/index.ts';
import type { HttpClient } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { ProvisioningRefusal } from '../errors.ts';
import type { CallBudget } from '../targets/call-budget.ts';
import type { AccountImage, Authority, Field } from './account-image.ts';
import type { CallFailed } from './call-failed.ts';
import type { Rung } from './ladder.ts';
import type { TargetPolicy } from './target-policy.ts';
import type { TargetWebhooks } from './target-webhooks.ts';

export type { CallFailed } from './call-failed.ts';

/** What the documentation's table and the console say about a kind of target. */
export type Capabilities = {
  readonly createsAccounts: boolean;
  readonly adoptsAccounts: boolean;
  /** Accounts are found by mail; otherwise only by an id that we gave them or the target's own. */
  readonly findsByMail: boolean;
  /** All accounts can be read, for imports and for what somebody did by hand. */
  readonly listsAccounts: boolean;
  /** Sessions that run in the target can be ended. */
  readonly endsSessions: boolean;
  readonly measuresClock: boolean;
};

/** One role that the person holds at one way into the target; several roles there are several accesses. */
export type Access = {
  readonly relyingParty: string;
  readonly role: string;
  /** When the role ends for good, if that is known (`until` of a rule, end of a grant); not a window's edge. */
  readonly ends?: Date;
};

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

export type ReadAccount = {
  readonly externalId: string;
  /** The random id that we gave it at creation, if it carries one (R5.3). */
  readonly marker?: string;
  /**
   * It carries the person's own stable id as the desired image says (a Federation ID). That nominates it, as mail does
   * (R1.3): whoever may edit the account may write the id.
   */
  readonly ours?: boolean;
  /** It carries the stable id of another person: mail alone does not take it from them (R1.3). */
  readonly theirs?: boolean;
  /** Of targets that keep no marker: it is as a creation leaves it, and whoever has it can do nothing with it yet. */
  readonly fresh?: boolean;
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
  /** The target does not want these values; sending them again cannot help. `detail` holds no personal data. */
  | { readonly outcome: 'invalid'; readonly detail: string }
  /** The target refuses until somebody does something there; `reasons` says what, for an administrator. */
  | { readonly outcome: 'blocked'; readonly reasons: readonly string[] }
  /** The account is not there any more. */
  | { readonly outcome: 'gone' }
  | CallFailed;

export type UpdateRequest = {
  readonly externalId: string;
  readonly call: string;
  /** Only what changes: the values as they are to be afterwards. */
  readonly changes: AccountImage;
  /** The account as it was read, with what earlier calls of this run changed. */
  readonly current: AccountImage;
  /** The whole desired image, for calls that must send neighbours too. */
  readonly desired: AccountImage;
  readonly marker: string;
  readonly refs: Refs;
  /** The account belonged to nobody we know: lock its former password out in the same request (R1.3). */
  readonly takeOver: boolean;
};

/** One request of the ladder that leaves no trace in the image (R5.5). */
export type ActRequest = {
  readonly externalId: string;
  /** As the rung names it. */
  readonly act: string;
  readonly current: AccountImage;
  readonly refs: Refs;
};

/**
 * One configured target, open for calls. Methods with a budget note each request there, keep within its time and
 * never throw for what the other side does. `create`, `update` and `act` send one write each, or several that may be
 * repeated from the start without harm.
 */
export interface OpenTarget {
  /**
   * Accounts cannot carry our marker. The engine then lets one person at a time create for a mail address, and takes
   * a `fresh` account with that address, or one with the person's id, for ours only after a creation that may have been
   * sent (R5.3).
   */
  readonly keepsNoMarker?: boolean;
  readonly fields: Readonly<Record<string, Field>>;
  /** Order in which calls run when several are due. */
  readonly calls: readonly string[];
  readonly authority: (field: string) => Authority;
  /** Members of a set with `members: 'given'` that roles of the configuration name; absent: none. */
  managed?(field: string): readonly string[];
  /** What is done to an account when access ends, in order; the first rung is due at once (R3.3, R5.5). */
  readonly ladder: readonly Rung[];
  /** What the account should look like. Pure. A field named `mail` is what R1.3 looks at. */
  desire(person: Person, accesses: readonly Access[]): Desired;
  /** Names in the image that the target's facts cannot resolve: `customer group Merchandising`. */
  unresolved(image: AccountImage): readonly string[];
  findById(externalId: string, desired: AccountImage, refs: Refs, budget: CallBudget): Promise<ReadAnswer>;
  /**
   * Accounts that this image may belong to, by the stable id that it carries or by mail, if they could be used at
   * the desired places; other accounts are left out (R1.3).
   */
  findCandidates(desired: AccountImage, budget: CallBudget): Promise<ReadAnswer>;
  create(desired: AccountImage, marker: string, budget: CallBudget): Promise<WriteAnswer>;
  update(request: UpdateRequest, budget: CallBudget): Promise<WriteAnswer>;
  /** Rungs with an `act`. Answers `written` with an image of what it knows, possibly empty. Safe to repeat. */
  act?(request: ActRequest, budget: CallBudget): Promise<WriteAnswer>;
  /** One page of all accounts; `next` of a page is the cursor of the following one. */
  list?(cursor: string | undefined, budget: CallBudget): Promise<ListAnswer>;
  /** What was bought and what is used of it, as `prepare` read it last; for plans. Pure. */
  seats?(): readonly Seats[];
  /** Names of the seats that becoming `after` takes; `before` is empty for whoever has no account. Pure. */
  seatsTaken?(before: AccountImage, after: AccountImage): readonly string[];
  /** What the account still owns and somebody else should take over, before it is removed. */
  holdings?(externalId: string, refs: Refs, budget: CallBudget): Promise<HoldingsAnswer>;
  /** How the target tells us of changes by itself. */
  readonly webhooks?: TargetWebhooks;
  /** Makes the target trust us as its identity provider. Safe to repeat. */
  setUp?(wanted: SetUp, budget: CallBudget): Promise<SetUpAnswer>;
  /** Reads what calls need to know about the target itself; makes missing definitions. */
  prepare(budget: CallBudget): Promise<PrepareAnswer>;
  /**
   * Tries out what `prepare` does not: every credential, every scope that writes need. Harmless: nothing of anybody's
   * account changes. Runs after a successful `prepare`, when somebody asks (`vestibule check`), never in a sign-in.
   * Problems are those that `prepare` does not tell; paths as there.
   */
  check?(budget: CallBudget): Promise<readonly Problem[]>;
  /** Gives the target what an earlier `prepare`, perhaps of another process, found. Ignores what it cannot read. */
  restore(facts: unknown): void;
  /** Where people enter; undefined until known, or when the target has no say in it. */
  entryUrl(relyingParty: string): URL | undefined;
}

/** An account as a list shows it. Its image may lack fields that only a look at the one account tells. */
export type ListedAccount = ReadAccount & {
  /** False: nobody can sign in with it. */
  readonly isActive: boolean;
  readonly lastSignIn?: Date;
  /** The stable id of a person that it carries, as we gave it (R1.4). */
  readonly subject?: string;
  /** Never ours to change: our own integration user, the owner of the target. */
  readonly untouchable?: boolean;
};
export type ListAnswer =
  | {
      readonly outcome: 'listed';
      readonly accounts: readonly ListedAccount[];
      readonly next?: string;
      /** If the target tells; for the progress bar. */
      readonly total?: number;
    }
  | CallFailed;

/** `user licence Salesforce`, of which so many may be used at once. */
export type Seats = { readonly what: string; readonly total: number; readonly used: number };

/** `3 open cases, such as 00001026`. */
export type Holding = { readonly what: string; readonly count: number; readonly examples: readonly string[] };
export type HoldingsAnswer =
  | { readonly outcome: 'holdings'; readonly holdings: readonly Holding[] }
  | CallFailed;

/** What a target must know to accept our assertions. */
export type SetUp = {
  /** Our signed SAML metadata. */
  readonly metadata: string;
  readonly entityId: string;
};
export type SetUpAnswer =
  | {
      readonly outcome: 'done';
      /** One sentence each; empty when all was right. */
      readonly changes: readonly string[];
      /** Addresses that the target has for us now, by the setting of the relying party that wants them. */
      readonly addresses?: Readonly<Record<string, string>>;
    }
  | { readonly outcome: 'refused'; readonly detail: string }
  | CallFailed;

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

/** One way into the target. */
export type TargetParty = {
  readonly id: string;
  /** As its own kind parsed it: the connector's `accessConfig`, or another's, of which a connector parses what it needs. */
  readonly access: unknown;
  /** In order of precedence; `account` is parsed by the connector's `roleConfig`. */
  readonly roles: readonly { readonly id: string; readonly account: unknown }[];
};

export type TargetDeps = {
  /** Configured id, for errors, metrics and tables. */
  readonly id: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly relyingParties: readonly TargetParty[];
};

/** What a check of the configuration may lean on besides the object itself. */
export type ConfigContext = {
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** The ways into the target; absent where the target is checked alone. */
  readonly parties?: readonly TargetParty[];
};

/** One kind of target. Data and functions, registered by one line in connectors/index.ts. */
export interface Connector<Settings, RoleSettings, AccessSettings = never> {
  /** As written in the configuration: `bigcommerce-storefront`. */
  readonly kind: string;
  readonly title: string;
  readonly capabilities: Capabilities;
  /** Kinds of relying parties whose people may have accounts here. */
  readonly serves: readonly string[];
  /** People whom no directory of ours knows belong there too: shoppers of a store. Default: nobody else does. */
  readonly holdsOthers?: boolean;
  /** Shape of the target in the configuration, without `id` and `kind`; begins with `commonSettings`. */
  readonly targetConfig: z.ZodType<Settings>;
  /** Shape of `account` of a role: what the role stands for in the target. */
  readonly roleConfig?: z.ZodType<RoleSettings>;
  /**
   * Instead, where the connector brings a kind of relying party of its own: what that adds, its roles with their
   * meaning included. Without `id`, `kind` and `target`.
   */
  readonly accessConfig?: z.ZodType<AccessSettings>;
  /** Problems that a schema cannot see. Paths are relative to the target. */
  checkTarget(settings: Settings, context: ConfigContext): readonly Problem[];
  /** Problems of one relying party, alone. Paths are relative to it. */
  checkAccess?(access: AccessSettings): readonly Problem[];
  /**
   * Which system the settings lead to, whatever the credentials: a store hash, a host. Ids of accounts mean nothing in
   * another one, so a target that changes its place is not touched until somebody says that it is the same.
   */
  place(settings: Settings): string;
  /** What the engine itself obeys; most comes from the common settings by `policyOf`. */
  policy(settings: Settings): TargetPolicy;
  open(settings: Settings, deps: TargetDeps): OpenTarget;
}

/** A connector with its settings types put away, so that many kinds fit one list. */
export type AnyConnector = Connector<unknown, unknown, unknown>;

/** Keeps a connector's own types while it is written, and forgets them at the door. */
export function defineConnector<Settings, RoleSettings, AccessSettings = never>(
  connector: Connector<Settings, RoleSettings, AccessSettings>,
): AnyConnector {
  // Settings come back only from this connector's own schemas, so the two always match.
  return connector as unknown as AnyConnector;
}
