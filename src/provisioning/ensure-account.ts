import { accessEvents } from '../access-log/index.ts';
import type { PersonId } from '../base/index.ts';
import { type DesiredState, endedSince, isConfirmed } from './account.ts';
import type { EnsureAccount, EnsuredAccount } from './account-requests.ts';
import { findAccount } from './account-store.ts';
import { answer } from './answers.ts';
import { problemsOf } from './apply-changes.ts';
import { attemptMakeRight, BUSY, beginRun } from './begin-run.ts';
import { type CallBudget, createCallBudget } from './call-budget.ts';
import { changeAccount } from './change-account.ts';
import { desiredState } from './desired-state.ts';
import type { AccountLeases } from './lease.ts';
import { letInBefore } from './let-in-before.ts';
import type { LiveTarget } from './live-target.ts';
import { record, withAccount } from './record.ts';
import type { Ready, Run, RunNeeds } from './run.ts';

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
    waitMs: () => budget.remainingMs(),
    skip: () => unchanged(needs, target, who, desired, budget),
    work: async (lease, leaseMs) => {
      const desireAgain = async () => desiredState(target, request, needs.keys);
      // While others were waited for, the target may have told what names mean.
      const known = desired.unchecked ? await desireAgain() : wanted;
      if (known.outcome === 'refused') return answer(known, budget);
      const start = { target, lease, leaseMs, desired: known.desired, desireAgain, budget };
      const run = await begin(needs, start, request);
      if (!run) return answer(BUSY, budget);
      const early = await letInBefore(run);
      return answer(early ?? (await attemptMakeRight(run)), budget, run.account.id);
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
 * Access is back before the ladder was at its end: from here on, what it took is given again.
 *
 * @returns undefined when the end is newer than the decision.
 */
async function begin(
  needs: RunNeeds,
  start: Pick<Run, 'target' | 'lease' | 'leaseMs' | 'desired' | 'desireAgain' | 'budget'>,
  { thread, decidedAt }: EnsureAccount,
): Promise<Run | undefined> {
  const run = await beginRun(needs, start, thread);
  const { ending, id, externalId } = run.account;
  if (!ending) return run;
  if (endedSince(run.account, decidedAt)) return undefined;
  await record(run, async (trx) => {
    const change = { restoredFrom: ending.kind, confirmedHash: null };
    await changeAccount(trx, run.lease, change, run.clock.now());
    const facts = { account: id, externalId: externalId ?? '', rungs: ending.done };
    return [accessEvents.accountRestored({ thread, personId: run.person, target: run.target.id, facts })];
  });
  return withAccount(run, { ending: undefined, confirmedHash: undefined, confirmedAccessHash: undefined });
}
