import type { Json } from '../../base/index.ts';
import type { ReadAccount } from '../connector/connector.ts';
import { type Change, diff, extrasOf } from '../planning/plan.ts';
import type { Run } from '../run.ts';
import { hashValue } from './record.ts';

/** What a look at the account showed against what should be. */
export type Comparison = {
  /** To be sent now. */
  readonly changes: readonly Change[];
  /** Only people can do these in the target. */
  readonly byHand: readonly Change[];
  /** Somebody changed these in the target after we had confirmed them. */
  readonly drifted: readonly Change[];
  /** Of these, what is only reported. */
  readonly left: readonly Change[];
  /** Field → members that somebody added by hand and that are left. */
  readonly extras: Readonly<Record<string, readonly string[]>>;
};

/** Compares, and settles what is to be sent: drift is put back or only reported, as the target's settings say. */
export function compare(run: Run, current: ReadAccount, takeOver: boolean): Comparison {
  const { open, policy } = run.target;
  const { given } = run.account;
  const all = diff(open, current.image, run.desired.image, {
    given,
    onExtra: policy.onExtra,
    isRejected: (field, value) => !takeOver && run.account.rejected[field] === hashValue(run, field, value),
  });
  const byHand = all.filter(({ effect }) => effect === 'by-hand');
  const sendable = all.filter(({ effect }) => effect !== 'by-hand');
  const drifted = !takeOver && wasConfirmed(run) ? sendable : [];
  // Who was locked by hand while nothing else changed was locked for a reason that we do not know.
  const left = drifted.filter(({ field }) => policy.onDrift === 'report' || open.fields[field]?.isLock);
  const changes = sendable.filter((change) => !left.includes(change));
  const extras = policy.onExtra === 'leave' ? extrasIn(run, current) : {};
  return { changes, byHand, drifted, left, extras };
}

/** The target showed exactly this when it was last looked at, and nothing is under way. */
function wasConfirmed({ account, desired }: Run): boolean {
  const isSettled = account.openSteps === 0 && account.ending === undefined;
  return isSettled && account.externalId !== undefined && account.confirmedHash === desired.hash;
}

function extrasIn(run: Run, current: ReadAccount): Comparison['extras'] {
  const { open } = run.target;
  const { image } = run.desired;
  const found = Object.entries(image).map(([name, wanted]): [string, readonly string[]] => [
    name,
    extrasOf(open, name, current.image[name], wanted as Json, run.account.given),
  ]);
  return Object.fromEntries(found.filter(([, members]) => members.length > 0));
}
