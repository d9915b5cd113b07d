import { problemsOf } from '../outbox/apply-changes.ts';
import type { Ready, Run } from '../run.ts';
import { isToldOf, isYoung, REFUSED } from './account.ts';
import { recordPostponed } from './account-records.ts';
import { openDesired } from './desired-state.ts';
import { reduces } from './queue-account.ts';

/**
 * With `provision: queue` people are let in while the account is still being made or extended. Only what provably adds
 * may follow: whatever takes access away is settled first (R5.2), and so is everything whose last state is unknown.
 *
 * @returns undefined when the account must be right before the person enters.
 */
export async function letInBefore(run: Run): Promise<Ready | undefined> {
  const { target, account, desired } = run;
  if (target.policy.provision !== 'queue' || desired.unchecked) return undefined;
  const isNew =
    account.externalId === undefined && account.openSteps === 0 && account.rejected[REFUSED] === undefined;
  const isSafe = isNew ? await isNobodys(run) : await onlyAdds(run);
  if (!isSafe) return undefined;
  await recordPostponed({ ...run, desired: { ...desired, owed: true } });
  return {
    ...{ outcome: 'ready', changes: [], queued: 1, problems: problemsOf(run) },
    externalId: account.externalId ?? '',
  };
}

/** An application that knows people by their mail would let them into whatever account has it already (R1.3). */
async function isNobodys({ target, desired, budget }: Run): Promise<boolean> {
  if (await target.ensurePrepared(budget.remainingMs())) return false;
  const answer = await target.open.findCandidates(desired.image, budget);
  return answer.outcome === 'read' && answer.accounts.length === 0;
}

async function onlyAdds({ target, account, desired, sealer, clock }: Run): Promise<boolean> {
  const isKnown =
    account.openAccessSteps === 0 &&
    account.confirmedHash === account.desiredHash &&
    !isToldOf(account) &&
    isYoung(account, clock.now(), target.policy.confirmMaxAgeMs);
  const before = isKnown && account.externalId !== undefined ? openDesired(sealer, account) : undefined;
  return before !== undefined && !reduces(target, before, desired);
}
