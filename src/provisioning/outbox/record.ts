import type { NewAccessEvent } from '../../access-log/index.ts';
import type { AccountId, Json } from '../../base/index.ts';
import type { Transaction } from '../../platform/database/index.ts';
import type { NewJob } from '../../platform/jobs/index.ts';
import type { Account } from '../accounts/account.ts';
import type { AccountChange } from '../accounts/change-account.ts';
import { sealDesired } from '../accounts/desired-state.ts';
import type { PlannedStep } from '../planning/plan.ts';
import { FINISH_ACCOUNT, type Run } from '../run.ts';
import type { NewStep } from './step-store.ts';

/** A step that stands in the outbox. */
export type OpenStep = PlannedStep & { readonly id: string; readonly kind: NewStep['kind'] };

/** Changes rows and writes their events in one transaction (R6.1). */
export async function record(
  run: Run,
  work: (trx: Transaction) => Promise<readonly NewAccessEvent[]>,
): Promise<void> {
  await run.accessLog.warmUp([run.person]);
  await run.db.transaction().execute(async (trx) => {
    const events = await work(trx);
    if (events.length > 0) await run.accessLog.appendIn(trx, events);
  });
}

export function hashValue(run: Run, field: string, value: Json): string {
  return run.keys.lookup('provisioning', JSON.stringify([field, value]));
}

export function desiredChange(run: Run): AccountChange {
  return {
    sealedDesired: sealDesired(run.sealer, run.account.id, run.desired),
    desiredHash: run.desired.hash,
  };
}

/**
 * Has the queue finish what this run began, should it end here. The queue's own runs need none: their job comes back
 * with its count of attempts, which a second one would take away.
 */
export async function enqueueRest(run: Run, trx: Transaction, runAt: Date): Promise<void> {
  if (run.budget.lane === 'sign-in') await enqueueFinish(run, trx, runAt);
}

/** Has the queue look at this account; payloads hold ids only. */
export async function enqueueFinish(run: Run, trx: Transaction, runAt: Date): Promise<void> {
  const isUrgent = run.account.ending !== undefined;
  await run.jobs.enqueue(trx, finishJob(run.account.id, run.thread, { runAt, isUrgent }));
}

/** @param when.isUrgent it takes access away, so it goes before everything that does not (R5.2). */
export function finishJob(
  account: AccountId,
  thread: string,
  when: { readonly runAt?: Date; readonly isUrgent?: boolean } = {},
): NewJob {
  const { runAt, isUrgent = false } = when;
  return {
    ...{ kind: FINISH_ACCOUNT, key: account, payload: { account, thread }, urgent: isUrgent },
    // What is written next follows from this cause, also where a job of an earlier one still waits.
    renews: true,
    ...(runAt && { runAt }),
  };
}

export function withAccount(run: Run, change: Partial<Account>): Run {
  return { ...run, account: { ...run.account, ...change } };
}
