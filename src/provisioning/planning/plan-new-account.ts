import type { Account, DesiredState } from '../accounts/account.ts';
import { linkedToOthers } from '../accounts/candidate-store.ts';
import type { CallFailed } from '../connector/connector.ts';
import { chooseExistingAccount } from '../connector/existing-account.ts';
import type { RunNeeds } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { lookBudget } from '../tasks/look.ts';
import { type Foreseen, foreseen } from './foresee.ts';
import { diff } from './plan.ts';
import { described, NO_CHANGE, type PlannedAccount, type PlannedBase, takes } from './planned.ts';
import { refusalAdvice } from './refusal-advice.ts';

/** What becomes of somebody who has no account yet, or whose account vanished. */
export function planNewAccount(
  target: LiveTarget,
  desired: DesiredState,
  base: PlannedBase,
  verdict: Foreseen,
  again: boolean,
): PlannedAccount {
  const { problems } = desired;
  if (verdict.verdict === 'refuse') {
    const { code, existing, known, isUntouchable } = verdict;
    const advice = isUntouchable ? UNTOUCHABLE : refusalAdvice(code);
    return { ...base, ...NO_CHANGE, what: 'refused', code, advice, existing, known };
  }
  const changes = described(target, diff(target.open, {}, desired.image));
  const planned = { ...base, ...NO_CHANGE, changes, problems };
  return verdict.verdict === 'adopt'
    ? { ...planned, what: 'adopt', existing: verdict.existing }
    : { ...planned, what: 'create', ...(again && { again }), ...takes(target, {}, desired.image) };
}

const UNTOUCHABLE =
  'an account that is never ours to change has this mail address; take it off the list of untouchable accounts, or give the person another address';

/** Asks the target itself whether anything stands in the way (R1.3). */
export async function lookForExisting(
  needs: RunNeeds,
  target: LiveTarget,
  desired: DesiredState,
  account: Pick<Account, 'target' | 'person'> & Partial<Account>,
): Promise<Foreseen | CallFailed> {
  const budget = lookBudget();
  const failed = await target.ensurePrepared(budget.remainingMs());
  const answer = failed ?? (await target.open.findCandidates(desired.image, budget));
  await target.quota?.settle(budget.calls);
  if (answer.outcome === 'unavailable') return answer;
  const candidates = answer.accounts;
  const choice = chooseExistingAccount({
    ...{ candidates, marker: account.marker ?? '', approved: account.approved },
    linkedElsewhere: await linkedToOthers(needs.db, account, candidates),
    mail: String(desired.image['mail'] ?? ''),
    trustedMailDomains: desired.trustedMailDomains,
    onExisting: target.policy.onExisting,
  });
  return foreseen(choice, 'look');
}
