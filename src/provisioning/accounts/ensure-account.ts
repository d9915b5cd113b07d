import { accessEvents } from '../../access-log/index.ts';
import type { PersonId } from '../../base/index.ts';
import { problemsOf } from '../outbox/apply-changes.ts';
import { record, withAccount } from '../outbox/record.ts';
import type { Ready, Run, RunNeeds } from '../run.ts';
import { type CallBudget, createCallBudget } from '../targets/call-budget.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { type Account, type DesiredState, isConfirmed } from './account.ts';
import type { EnsureAccount, EnsuredAccount } from './account-requests.ts';
import { findAccount } from './account-store.ts';
import { answer } from './answers.ts';
import { attemptMakeRight, BUSY, beginRun, busyIfLost } from './begin-run.ts';
import { changeAccount } from './change-account.ts';
import { desiredState } from './desired-state.ts';
import type { AccountLeases } from './lease.ts';
import { dropUnused } from './lease-store.ts';
import { letInBefore } from './let-in-before.ts';

type Rooms = {
  readonly needs: RunNeeds;
  readonly leases: AccountLeases;
  /** Keeps names and clock fresh without making anybody wait. */
  readonly refreshIfStale: (target: LiveTarget) => void;
};

/** Makes an account right inside a sign-in, unless it is so already. */
export async function ensureAccount(
  rooms: Rooms,
  target: LiveTarget,
  request: EnsureAccount,
): Promise<EnsuredAccount> {
  const { needs, leases, refreshIfStale } = rooms;
  const budget = createCallBudget('sign-in', request.budgetMs ?? target.policy.budgetMs);
  const wanted = desiredState(target, request, needs.keys);
  if (wanted.outcome === 'refused') return answer(wanted, budget);
  refreshIfStale(target);
  const who = { target: target.id, person: request.person.id };
  const { desired } = wanted;
  const done = await leases.run<EnsuredAccount>({
    who,
    makesRow: true,
    waitMs: () => budget.remainingMs(),
    skip: () => unchanged(needs, target, who, desired, budget),
    work: async (lease, leaseMs) => {
      const desireAgain = async () => desiredState(target, request, needs.keys);
      // While others were waited for, the target may have told what names mean.
      const known = desired.unchecked ? await desireAgain() : wanted;
      if (known.outcome === 'refused') return answer(known, budget);
      const start = { target, lease, leaseMs, desired: known.desired, desireAgain, budget };
      const result = await busyIfLost(async () => {
        const run = await begin(needs, start, request);
        return run ? ((await letInBefore(run)) ?? (await attemptMakeRight(run))) : BUSY;
      });
      return answer(result, budget, lease.account);
    },
  });
  return done ?? answer(BUSY, budget);
}

/** R5.2: equal, nothing open, young enough: no call. */
async function unchanged(
  { db, clock }: RunNeeds,
  target: LiveTarget,
  who: { readonly target: string; readonly person: PersonId },
  desired: DesiredState,
  budget: CallBudget,
): Promise<EnsuredAccount | undefined> {
  const account = await findAccount(db, who);
  if (!account?.externalId) return undefined;
  const now = clock.now();
  if (!isConfirmed(account, desired, now, target.policy.confirmMaxAgeMs)) return undefined;
  await target.restore();
  if (target.moved) return answer(target.moved, budget);
  const ready: Ready = {
    ...{ outcome: 'ready', externalId: account.externalId, changes: [], queued: 0 },
    problems: problemsOf({ desired, account }),
  };
  return answer(ready, budget, account.id);
}

/**
 * An account that is about to be made or changed first has its row and its lease; then it is asked whether the decision
 * still holds. Whoever ends access before that may find no row, but what they ended is known to whoever is asked; whoever
 * does it later finds the row and counts (R3.5). Whoever takes a part of it away does so under the lease: before this, and
 * it is known, or after this (R5.2). No clock is asked, so those of several processes need not agree.
 *
 * @returns undefined when it does not hold, or nobody is behind the person any more.
 */
async function begin(
  needs: RunNeeds,
  start: Pick<Run, 'target' | 'lease' | 'leaseMs' | 'desired' | 'desireAgain' | 'budget'>,
  { thread, stillHolds }: EnsureAccount,
): Promise<Run | undefined> {
  const run = await beginRun(needs, start, thread);
  const { ending } = run.account;
  if (run.sealer.isDestroyed || (await stillHolds?.()) === false) {
    await dropUnused(needs.db, run.lease);
    return undefined;
  }
  return ending ? restore(run, ending) : run;
}

/** Access is back before the ladder was at its end: from here on, what it took is given again. */
async function restore(run: Run, ending: NonNullable<Account['ending']>): Promise<Run> {
  const { thread, person } = run;
  const { id, externalId = '', endsNoted } = run.account;
  await record(run, async (trx) => {
    const change = { isRestored: true, confirmedHash: null, asOfEnds: endsNoted } as const;
    await changeAccount(trx, run.lease, change, run.clock.now());
    const facts = { account: id, externalId, rungs: ending.done };
    return [accessEvents.accountRestored({ thread, personId: person, target: run.target.id, facts })];
  });
  return withAccount(run, { ending: undefined, confirmedHash: undefined, confirmedAccessHash: undefined });
}
