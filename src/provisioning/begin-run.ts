import type { Account, DesiredState } from './account.ts';
import { findAccount, type Lease } from './account-store.ts';
import { openDesired } from './desired-state.ts';
import { ProvisioningError } from './errors.ts';
import { makeRight } from './make-right.ts';
import type { NotNow, Ready, Refused, Run, RunNeeds } from './run.ts';

export const BUSY: NotNow = { outcome: 'unavailable', code: 'provisioning.busy', retryAfterSeconds: 2 };

/** Everything that one attempt needs, from the account as it stands under the lease. */
export async function beginRun(
  needs: RunNeeds,
  run: Pick<Run, 'target' | 'lease' | 'leaseMs' | 'budget'> & {
    readonly desired: DesiredState | ((account: Account) => DesiredState);
  },
  thread: string,
): Promise<Run> {
  const account = await loadAccount(needs, run.lease);
  const sealer = await needs.keys.sealer(account.person);
  const begun = account.externalId === undefined && account.openSteps > 0;
  const mail = begun ? openDesired(sealer, account)?.image['mail'] : undefined;
  const earlierMail = typeof mail === 'string' ? mail : undefined;
  const desired = typeof run.desired === 'function' ? run.desired(account) : run.desired;
  return { ...needs, ...run, desired, account, person: account.person, thread, sealer, earlierMail };
}

export async function loadAccount(needs: Pick<RunNeeds, 'db'>, lease: Lease): Promise<Account> {
  const account = await findAccount(needs.db, { id: lease.account });
  if (account) return account;
  throw new ProvisioningError({ code: 'provisioning.lease_lost', detail: `${lease.account} is gone` });
}

/**
 * One attempt, whose calls count against the target's rate. A lease that ran out means that another process works on
 * the account now.
 */
export async function attempt<R extends Ready | Refused | NotNow>(
  run: Run,
  work: (run: Run) => Promise<R>,
): Promise<R | NotNow> {
  try {
    return await work(run);
  } catch (error) {
    if (error instanceof ProvisioningError && error.code === 'provisioning.lease_lost') return BUSY;
    throw error;
  } finally {
    await run.target.quota?.note(run.budget.calls);
  }
}

export const attemptMakeRight = (run: Run): Promise<Ready | Refused | NotNow> => attempt(run, makeRight);
