import type { AccountId, Json, PersonId } from '../../base/index.ts';
import type { AccountImage } from '../connector/account-image.ts';
import type { DetailProblem, Holding } from '../connector/connector.ts';
import type { ProvisioningRefusal, UnavailableCode } from '../errors.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import type { KnownFrom } from './foresee.ts';
import type { Change } from './plan.ts';

export type PlannedChange = Pick<Change, 'field' | 'effect'> & {
  readonly title: string;
  /** Personal: shown to whoever may see the person, never logged. */
  readonly from?: Json;
  readonly to?: Json;
};

/** What would be done to one person's account. */
export type PlannedAccount = {
  readonly person: PersonId;
  readonly target: string;
  readonly accountId?: AccountId;
  readonly externalId?: string;
  readonly changes: readonly PlannedChange[];
  readonly problems: readonly DetailProblem[];
  /** What somebody else should take over before the account is removed (S44). */
  readonly holdings?: readonly Holding[];
  /** Names of the target's seats that this takes, as its forecast has them. */
  readonly takes?: readonly string[];
  /** Something is less afterwards. */
  readonly reduces: boolean;
  /** Of an end: see `WantedInTarget`. */
  readonly isInferred: boolean;
} & (
  | { readonly what: 'change' | 'continue' | 'nothing' | 'drift' }
  /** No account, and nobody says that there should be one. */
  | { readonly what: 'absent' }
  /** `again`: there was one, and it vanished in the target. */
  | { readonly what: 'create'; readonly again?: true }
  /** The target has an account that becomes this person's (R1.3). */
  | { readonly what: 'adopt'; readonly existing: string }
  | { readonly what: 'end' | 'pause'; readonly because: string }
  | {
      readonly what: 'refused';
      readonly code: ProvisioningRefusal;
      /** For an administrator: what to do about it. */
      readonly advice: string;
      /** Accounts of the target that are in the way. */
      readonly existing?: readonly string[];
      /** Absent where nothing but policy and settings say so. */
      readonly known?: KnownFrom;
    }
  | { readonly what: 'unknown'; readonly code: UnavailableCode }
);

/** What everything planned for one person in one target begins with. */
export type PlannedBase = Pick<PlannedAccount, 'person' | 'target' | 'accountId' | 'externalId'>;
export const NO_CHANGE = { changes: [], problems: [], reduces: false, isInferred: false } as const;

export function summary(
  target: LiveTarget,
  changes: readonly Change[],
): Pick<PlannedAccount, 'changes' | 'reduces'> {
  return {
    changes: described(target, changes),
    reduces: changes.some(({ effect }) => effect === 'reduces'),
  };
}

/** Of a target that counts seats: those that somebody takes who becomes this. */
export function takes(
  { open }: LiveTarget,
  before: AccountImage,
  after: AccountImage,
): Pick<PlannedAccount, 'takes'> {
  const names = open.seatsTaken?.(before, after) ?? [];
  return names.length > 0 ? { takes: names } : {};
}

export function described(target: LiveTarget, changes: readonly Change[]): readonly PlannedChange[] {
  return changes.map(({ field, effect, from, to }) => ({
    ...{ field, effect, title: target.open.fields[field]?.title ?? field },
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }));
}
