import { SECOND } from '../../base/index.ts';
import { ProvisioningError } from '../errors.ts';
import type { NotNow, Ready, Refused, Run, RunNeeds } from '../run.ts';
import type { CallPurpose } from '../targets/call-quota.ts';
import type { Account, DesiredState } from './account.ts';
import { findAccount } from './account-store.ts';
import { openCreation } from './creation-claim.ts';
import { openDesired } from './desired-state.ts';
import type { Lease } from './lease-store.ts';
import { makeRight, withoutAnswer } from './make-right.ts';

export const BUSY: NotNow = { outcome: 'unavailable', code: 'provisioning.busy', retryAfterSeconds: 2 };

/** Everything that one attempt needs, from the account as it stands under the lease. */
export async function beginRun(
  needs: RunNeeds,
  run: Pick<Run, 'target' | 'lease' | 'leaseMs' | 'budget' | 'desireAgain'> & {
    readonly desired: DesiredState | ((account: Account) => DesiredState);
  },
  thread: string,
): Promise<Run> {
  const begunAt = needs.clock.now();
  const account = await loadAccount(needs, run.lease);
  const sealer = await needs.keys.sealer(account.person);
  const begun = account.externalId === undefined && account.openSteps > 0;
  const creation = begun ? await openCreation(needs.db, sealer, account.id, begunAt) : undefined;
  const mail = creation?.mail ?? (begun ? openDesired(sealer, account)?.image['mail'] : undefined);
  const earlierMail = typeof mail === 'string' ? mail : undefined;
  const desired = typeof run.desired === 'function' ? run.desired(account) : run.desired;
  const maybeCreated = creation?.isClaimed ? { mail: creation.mail } : undefined;
  return {
    ...{ ...needs, ...run, desired, account, person: account.person, thread, sealer },
    ...{ begunAt, earlierMail, maybeCreated },
  };
}

export async function loadAccount(needs: Pick<RunNeeds, 'db'>, lease: Lease): Promise<Account> {
  const account = await findAccount(needs.db, { id: lease.account });
  if (account) return account;
  throw new ProvisioningError({ code: 'provisioning.lease_lost', detail: `${lease.account} is gone` });
}

/**
 * One attempt. Where the target documents a rate, its calls are set aside first (DESIGN §8); `spent` answers when none
 * are left.
 */
async function attempt<R extends Ready | Refused | NotNow>(
  run: Run,
  purpose: CallPurpose,
  work: (run: Run) => Promise<R>,
  spent: (run: Run, failed: NotNow) => Promise<R | NotNow>,
): Promise<R | NotNow> {
  const { quota, policy } = run.target;
  const again = await quota?.reserve(purpose, policy.callsInSignIn);
  try {
    return await busyIfLost(() => (again ? spent(run, budgetSpent(run, again)) : work(run)));
  } finally {
    if (!again) await quota?.settle(run.budget.calls, policy.callsInSignIn);
  }
}

/** Another process works on the account now, or access ended meanwhile: whoever comes again finds out which. */
export async function busyIfLost<R>(work: () => Promise<R>): Promise<R | NotNow> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProvisioningError && error.code === 'provisioning.lease_lost') return BUSY;
    throw error;
  }
}

/** Makes the account right; sign-ins go before the queue where calls are few. */
export function attemptMakeRight(run: Run): Promise<Ready | Refused | NotNow> {
  return attempt<Ready | Refused | NotNow>(
    run,
    run.budget.lane === 'sign-in' ? 'sign-in' : 'queue',
    makeRight,
    withoutAnswer,
  );
}

/** What takes access away may use every call that is left. */
export function attemptEnd(run: Run, work: (run: Run) => Promise<Ready | NotNow>): Promise<Ready | NotNow> {
  return attempt(run, 'end', work, async (_run, failed) => failed);
}

function budgetSpent(run: Run, again: Date): NotNow {
  const retryAfterSeconds = Math.max(1, Math.ceil((again.getTime() - run.clock.now().getTime()) / SECOND));
  return { outcome: 'unavailable', code: 'provisioning.budget_spent', retryAfterSeconds };
}
