import type { AccountId } from '../../base/index.ts';
import { refusalMessage } from '../errors.ts';
import type { NotNow, Ready, Refused } from '../run.ts';
import type { CallBudget } from '../targets/call-budget.ts';
import type { AccountView } from '../views.ts';
import type { Account } from './account.ts';
import type { EnsuredAccount } from './account-requests.ts';

const NOT_NOW = 'The store cannot prepare your account at the moment. Please try again shortly.';

export function answer(result: Ready, budget: CallBudget, accountId: AccountId): EnsuredAccount;
export function answer(result: Refused | NotNow, budget: CallBudget): EnsuredAccount;
export function answer(
  result: Ready | Refused | NotNow,
  budget: CallBudget,
  accountId: AccountId,
): EnsuredAccount;
export function answer(
  result: Ready | Refused | NotNow,
  budget: CallBudget,
  accountId?: AccountId,
): EnsuredAccount {
  const { calls } = budget;
  switch (result.outcome) {
    case 'ready':
      // The overloads give an id to every result that may be ready.
      return { ...result, accountId: accountId as AccountId, calls };
    case 'refused':
      return { ...result, publicMessage: refusalMessage(result.code), calls };
    case 'unavailable':
      return { ...result, publicMessage: NOT_NOW, calls };
  }
}

export function viewOf(account: Account): AccountView {
  const { id, externalId, confirmedAt, openSteps, candidate, ending } = account;
  return {
    accountId: id,
    openSteps,
    ...(externalId !== undefined && { externalId }),
    ...(confirmedAt !== undefined && { confirmedAt }),
    ...(candidate !== undefined && { candidate }),
    ...(ending && { ending }),
  };
}
