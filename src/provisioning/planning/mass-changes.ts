import type { AccountId, LoginId, PersonId } from '../../base/index.ts';
import type { WantedInTarget } from './people-plan.ts';
import type { PlannedAccount } from './planned.ts';

export type ApplyOptions = {
  /** Stands in events: who asked for it. */
  readonly by: string;
  readonly thread: string;
  /** Id of a brake whose removals may go on. */
  readonly release?: string;
  /** Also make accounts for people who never signed in. */
  readonly create: boolean;
  readonly onPlanned?: (planned: PlannedAccount) => void;
  /** Told of each account that the queue has to work on now. */
  readonly onQueued?: (account: AccountId) => void;
};

export type AppliedPlan = {
  readonly planned: number;
  readonly queued: number;
  readonly ends: number;
  readonly refused: number;
  /** Removals that wait for a release (R5.4). */
  readonly braked?: { readonly id: string; readonly removals: number; readonly accounts: number };
};

/** How an import finds people; with what policy wants of them in this target. */
export interface PeopleLookup {
  /** The text as an id of a person, if it has the shape of one. */
  idOf(subject: string): PersonId | undefined;
  byId(id: PersonId): Promise<WantedInTarget | undefined>;
  withMail(mail: string): Promise<readonly WantedInTarget[]>;
}

export type ImportOptions = {
  readonly thread: LoginId;
  readonly onProgress?: (progress: { readonly seen: number; readonly total?: number }) => void;
};

export type ImportedAccounts = {
  /** Found for the first time, and nobody's. */
  readonly created: number;
  readonly linked: number;
  /** Somebody could own it, and R1.3 does not say who. */
  readonly ambiguous: number;
  readonly skipped: number;
  /** Found by an earlier import and not there any more. */
  readonly gone: number;
};
