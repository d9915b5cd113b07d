import { z } from 'zod';
import type { AccountId, PersonId } from '../../base/index.ts';
import type { AccountImage, Given } from '../connector/account-image.ts';
import type { DetailProblem, Refs } from '../connector/connector.ts';
import type { Ending } from '../connector/ladder.ts';
import type { Rejected } from '../planning/plan.ts';

/** A person's account in one target, as our database knows it. */
export type Account = {
  readonly id: AccountId;
  readonly target: string;
  readonly person: PersonId;
  /** The target's own id; absent until the account is known to exist. */
  readonly externalId: string | undefined;
  readonly marker: string;
  readonly sealedDesired: string | undefined;
  readonly desiredHash: string | undefined;
  readonly confirmedHash: string | undefined;
  readonly confirmedAccessHash: string | undefined;
  readonly confirmedAt: Date | undefined;
  readonly refs: Refs;
  readonly rejected: Rejected;
  readonly candidate: string | undefined;
  readonly approved: string | undefined;
  /** Members of sets that we gave and did not take back. */
  readonly given: Given;
  /** Present while access is over and the ladder runs. */
  readonly ending: (Ending & { readonly because: string }) | undefined;
  /** How often somebody said that access is over: an order of ends and decisions that needs no clock. */
  readonly endsNoted: number;
  /** The target told of a change: what was confirmed before this instant is not believed any more. */
  readonly readAfter: Date | undefined;
  readonly openSteps: number;
  readonly openAccessSteps: number;
  readonly updatedAt: Date;
  /** An import found it gone, and nobody worked on it since. */
  readonly missingSince: Date | undefined;
};

/** Among what was rejected: the account itself, so that nobody enters before it is settled whose it is (R1.3). */
export const REFUSED = 'account:refused';

/** What the account should be, with all that a later background run needs to finish it alone. */
export type DesiredState = {
  readonly image: AccountImage;
  readonly problems: readonly DetailProblem[];
  readonly trustedMailDomains: readonly string[];
  /** The queue is to make the account even if nobody has it yet: prepared ahead, or let in before it existed. */
  readonly owed?: boolean | undefined;
  /** Worked out before the target had told what the names in it mean: the connector says anew before it is sent. */
  readonly unchecked?: boolean | undefined;
  /** Keyed hash of the image. */
  readonly hash: string;
  /** Keyed hash of the part that allows something. */
  readonly accessHash: string;
};

/** As sealed in `provisioning_account.desired`. */
export const StoredDesired = z.object({
  image: z.record(z.string(), z.json()),
  problems: z.array(z.object({ field: z.string(), message: z.string() })),
  trustedMailDomains: z.array(z.string()),
  owed: z.boolean().optional(),
  unchecked: z.boolean().optional(),
  hash: z.string(),
  accessHash: z.string(),
});

export const StoredGiven = z.record(z.string(), z.array(z.string()));
export const StoredList = z.array(z.string());

export const StoredMap = z.record(z.string(), z.string());

/** R5.2: nothing changed, nothing is under way, and the last look is young enough. */
export function isConfirmed(
  account: Account,
  desired: DesiredState,
  now: Date,
  confirmMaxAgeMs: number,
): boolean {
  return (
    account.externalId !== undefined &&
    account.ending === undefined &&
    account.confirmedHash === desired.hash &&
    // Something else may have been queued since; the queue must not make it so after this.
    account.desiredHash === desired.hash &&
    account.openSteps === 0 &&
    !isToldOf(account) &&
    isYoung(account, now, confirmMaxAgeMs)
  );
}

/** The target told of a change that nobody has looked at since. */
export function isToldOf({ readAfter, confirmedAt }: Account): boolean {
  return readAfter !== undefined && (confirmedAt === undefined || confirmedAt < readAfter);
}

/** R5.2: what the account may do is as confirmed; only details wait. */
export function isAccessConfirmed(
  account: Account,
  desired: DesiredState,
  now: Date,
  confirmMaxAgeMs: number,
): boolean {
  return (
    account.externalId !== undefined &&
    account.ending === undefined &&
    account.confirmedAccessHash === desired.accessHash &&
    account.openAccessSteps === 0 &&
    !isToldOf(account) &&
    isYoung(account, now, confirmMaxAgeMs)
  );
}

export function isYoung(account: Account, now: Date, maxAgeMs: number): boolean {
  const age = account.confirmedAt ? now.getTime() - account.confirmedAt.getTime() : Number.POSITIVE_INFINITY;
  return age < maxAgeMs;
}
