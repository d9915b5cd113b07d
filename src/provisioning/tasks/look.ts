import { SECOND } from '../../base/index.ts';
import type { Account } from '../accounts/account.ts';
import type { AccountImage } from '../connector/account-image.ts';
import type { CallFailed, ReadAccount } from '../connector/connector.ts';
import { type CallBudget, createCallBudget } from '../targets/call-budget.ts';
import type { LiveTarget } from '../targets/live-target.ts';

const LOOK_BUDGET_MS = 10 * SECOND;

/** Time for looking at one account while nobody waits for it. */
export function lookBudget(): CallBudget {
  return createCallBudget('background', LOOK_BUDGET_MS);
}

/** Reads one account that we know, without changing anything. */
export async function lookAt(
  target: LiveTarget,
  { externalId = '', refs }: Pick<Account, 'externalId' | 'refs'>,
  image: AccountImage,
  budget: CallBudget = lookBudget(),
): Promise<{ readonly outcome: 'read'; readonly found: ReadAccount | undefined } | CallFailed> {
  const answer = await target.open.findById(externalId, image, refs, budget);
  await target.quota?.settle(budget.calls);
  return answer.outcome === 'read' ? { outcome: 'read', found: answer.accounts[0] } : answer;
}
