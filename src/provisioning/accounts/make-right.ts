import type { CallFailed } from '../connector/connector.ts';
import { applyChanges, problemsOf } from '../outbox/apply-changes.ts';
import { mayCall, type NotNow, type Ready, type Refused, type Run } from '../run.ts';
import { isAccessConfirmed } from './account.ts';
import { recordPostponed, recordRefusal } from './account-records.ts';
import { createAccount, linkFound } from './create-account.ts';
import { type Located, locateAccount } from './locate.ts';

/**
 * Read, diff, plan, apply, read back: one account, under its lease, from wherever an earlier run ended. Sign-ins
 * and the queue take the same way; they differ in budget only.
 */
export async function makeRight(started: Run): Promise<Ready | Refused | NotNow> {
  const run = await checkNames(started);
  if ('outcome' in run) return run;
  const located = await locateOrCreate(run);
  switch (located.outcome) {
    case 'account':
      return applyChanges(located.run, located.account, located.how);
    case 'stopped':
      return located.result.outcome === 'refused'
        ? located.result
        : withoutAnswer(located.run, located.result);
    case 'none':
      return { outcome: 'unavailable', code: 'provisioning.slow' };
  }
}

async function locateOrCreate(run: Run): Promise<Located> {
  const located = await locateAccount(run);
  if (located.outcome === 'account' && located.how === 'ours')
    return linkFound(located.run, located, undefined);
  if (located.outcome === 'none' && isLeft(run)) return stop(located.run);
  // One more than usual: creating after a linked account had vanished.
  if (located.outcome !== 'none' || !mayCall(located.run, 1)) return located;
  return createAccount(located.run);
}

/** Somebody deleted it by hand, which is only reported: it is made again when the person enters. */
function isLeft({ account, budget, target }: Run): boolean {
  const isDrift = account.externalId !== undefined && budget.lane === 'background';
  return isDrift && target.policy.onDrift === 'report';
}

function stop(run: Run): Located {
  return {
    outcome: 'stopped',
    run,
    result: { outcome: 'refused', code: 'provisioning.account_gone', facts: {} },
  };
}

/**
 * Names that the target's facts do not hold: ask once more, then refuse rather than give less or more. What a connector
 * refuses may hang on facts that it did not have before, such as whether a permission is for employees: it says anew.
 */
async function checkNames(run: Run): Promise<Run | Refused | NotNow> {
  const { target } = run;
  const isKnown = !run.desired.unchecked && target.open.unresolved(run.desired.image).length === 0;
  const failed = await target.ensurePrepared(run.budget.remainingMs());
  if (failed) return notPrepared(run, failed);
  if (target.open.unresolved(run.desired.image).length > 0 && target.mayAskAgain()) {
    const again = await target.refreshWithin(run.budget.remainingMs());
    if (again) return notPrepared(run, again);
  }
  const again = isKnown ? undefined : await run.desireAgain?.();
  if (again?.outcome === 'unavailable') return again;
  if (again?.outcome === 'refused') {
    await recordRefusal(run, again.code, []);
    return again;
  }
  const desired = again ? { ...again.desired, owed: run.desired.owed } : run.desired;
  const missing = target.open.unresolved(desired.image);
  if (missing.length === 0) return { ...run, desired };
  await recordRefusal(run, 'provisioning.group_missing', []);
  return { outcome: 'refused', code: 'provisioning.group_missing', facts: { missing } };
}

async function notPrepared(run: Run, failed: CallFailed): Promise<NotNow> {
  run.log.warn('target is not prepared', { target: run.target.id, code: failed.code });
  const { code, retryAfterSeconds } = failed;
  return { outcome: 'unavailable', code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

/**
 * The target does not answer. Whoever's access is as confirmed, and was confirmed not too long ago, still gets
 * in while the details wait (R5.2); everybody else must wait.
 */
export async function withoutAnswer(run: Run, failed: NotNow): Promise<Ready | NotNow> {
  const { account, desired, target, clock, budget } = run;
  const young = isAccessConfirmed(account, desired, clock.now(), target.policy.confirmMaxAgeMs);
  if (budget.lane === 'sign-in' && young && account.externalId !== undefined) {
    await recordPostponed(run);
    return {
      ...{ outcome: 'ready', externalId: account.externalId, changes: [], queued: 1 },
      problems: problemsOf(run),
    };
  }
  const { code, retryAfterSeconds, isNoted } = failed;
  return {
    ...{ outcome: 'unavailable', code },
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(isNoted && { isNoted }),
  };
}
