import { addMs, SECOND } from '../../base/index.ts';
import type { JobResult } from '../../platform/jobs/index.ts';
import { dueRungs } from '../connector/ladder.ts';
import { ProvisioningError } from '../errors.ts';
import {
  BLOCKED_RETRY_SECONDS,
  type NotNow,
  type Ready,
  type Refused,
  type Run,
  type RunNeeds,
} from '../run.ts';
import { createCallBudget } from '../targets/call-budget.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { openTasksOf } from '../tasks/task-store.ts';
import { LOOK_EVERY_MS } from '../webhooks/delivery-store.ts';
import { type Account, isToldOf, isYoung } from './account.ts';
import { recordUnread } from './account-records.ts';
import type { FinishAccount, WantedOf } from './account-requests.ts';
import { findAccount } from './account-store.ts';
import { attemptEnd, attemptMakeRight, BUSY, beginRun, loadAccount } from './begin-run.ts';
import { desireAgain } from './desire-again.ts';
import { endedState, openDesired } from './desired-state.ts';
import { takeRungs, unread } from './ending.ts';
import type { EndingRun } from './ending-records.ts';
import type { AccountLeases } from './lease.ts';
import { linkLostCreation } from './lost-creation.ts';

/**
 * Nobody waits for a background run; what does not fit is taken up again from its open steps.
 */
const BACKGROUND_BUDGET_MS = 20 * SECOND;
/** While a target's calls are used up. */
const LOOK_AGAIN_SECONDS = 300;
/** The sign-in that queued the work is about to give its lease back. */
const BACKGROUND_PATIENCE_MS = 2 * SECOND;
const BUSY_RETRY_MS = 2 * SECOND;

type Finished = Ready | Refused | NotNow | 'finished';
type Needs = {
  readonly needs: RunNeeds;
  readonly leases: AccountLeases;
  readonly targetOf: (id: string) => LiveTarget | undefined;
  readonly wantedOf: WantedOf;
};

/**
 * Continues an account that is not as it should be: open steps of a sign-in, work that was queued, or the ladder of an
 * end.
 *
 * @throws ProvisioningError `provisioning.unfinished`; the queue tries again with backoff.
 */
export async function finishAccount(
  { needs, leases, targetOf, wantedOf }: Needs,
  payload: FinishAccount,
): Promise<JobResult> {
  const began = needs.clock.now();
  const known = await findAccount(needs.db, { id: payload.account });
  const target = known && targetOf(known.target);
  if (!known) return;
  // Another process may have been told of a target that this one does not know yet; what is owed there must not go.
  if (!target) throw new ProvisioningError({ code: 'provisioning.unknown_target', detail: known.target });
  const patience = createCallBudget('background', BACKGROUND_PATIENCE_MS);
  const thread = payload.thread ?? known.id;
  const done = await leases.run<Finished>({
    who: { target: known.target, person: known.person },
    makesRow: false,
    waitMs: () => patience.remainingMs(),
    skip: () => Promise.resolve(undefined),
    work: (lease, leaseMs) => {
      const start = { target, lease, leaseMs, budget: createCallBudget('background', BACKGROUND_BUDGET_MS) };
      return continueAccount({ needs, wantedOf }, start, thread, payload.attempt ?? 1);
    },
  });
  return jobResult(needs, done ?? BUSY) ?? (await nextReading(needs, target, { known, began }));
}

/**
 * What the target tells of is read when it is over: a change within the same moment must not be missed. People do what
 * a task asks in the target itself; it is read again there, so that the task closes without a sign-in.
 */
async function nextReading(
  needs: RunNeeds,
  target: LiveTarget,
  { known, began }: { readonly known: Account; readonly began: Date },
): Promise<JobResult> {
  const account = await findAccount(needs.db, { id: known.id });
  const now = needs.clock.now();
  // It may have happened after this run looked, however long the run took since.
  if (account?.readAfter && account.readAfter > began && isToldOf(account)) {
    // Told while it was looked at for what was told before: that waits as long as any other message would.
    const from = isToldOf(known) ? addMs(now, LOOK_EVERY_MS) : now;
    return { retryAt: from > account.readAfter ? from : account.readAfter };
  }
  if (!account?.confirmedAt || account.ending || !(await hasTasks(needs, account))) return;
  const { confirmMaxAgeMs } = target.policy;
  // A reading that was refused confirms nothing, and comes again no sooner.
  const from = isYoung(account, now, confirmMaxAgeMs) ? account.confirmedAt : now;
  return { retryAt: addMs(from, confirmMaxAgeMs) };
}

/** Whatever is blocked is tried again by itself. */
async function hasTasks({ db }: RunNeeds, { id }: Account): Promise<boolean> {
  return (await openTasksOf(db, id)).some(({ kind }) => kind !== 'blocked');
}

type Start = Pick<Run, 'target' | 'lease' | 'leaseMs' | 'budget'>;

async function continueAccount(
  { needs, wantedOf }: Pick<Needs, 'needs' | 'wantedOf'>,
  start: Start,
  thread: string,
  attempt: number,
): Promise<Finished> {
  const { target } = start;
  const account = await loadAccount(needs, start.lease);
  if (account.ending) return endAccount(needs, start, { ending: account.ending, attempt }, thread);
  const desired = openDesired(await needs.keys.sealer(account.person), account);
  if (!desired) return 'finished';
  const isOld = !isYoung(account, needs.clock.now(), target.policy.confirmMaxAgeMs);
  const isDue = isToldOf(account) || (isOld && (await hasTasks(needs, account)));
  const isToBeRead = isDue && account.externalId !== undefined;
  if (isFinished(account, desired.owed === true) && !isToBeRead) return 'finished';
  const decide = { needs, target, wantedOf, thread };
  const again = () => desireAgain(decide, account, desired);
  const run = await beginRun(needs, { ...start, desired, desireAgain: again }, thread);
  const result = await attemptMakeRight(run);
  if (isUnseen(result)) await recordUnread(run, result.code, attempt);
  return result;
}

/** Nothing was sent, so no step tells of it. Others at work and a rate that is used up are no failures. */
function isUnseen(result: Finished): result is NotNow {
  if (result === 'finished' || result.outcome !== 'unavailable') return false;
  return (
    !result.isNoted && result.code !== 'provisioning.busy' && result.code !== 'provisioning.budget_spent'
  );
}

async function endAccount(
  needs: RunNeeds,
  start: Start,
  about: Pick<EndingRun, 'ending' | 'attempt'>,
  thread: string,
): Promise<Finished> {
  const rungs = dueRungs(start.target.open.ladder, about.ending, needs.clock.now());
  const desired = endedState(start.target, rungs, needs.keys);
  const run = await beginRun(needs, { ...start, desired }, thread);
  return attemptEnd(run, async () => {
    const linked = await linkLostCreation(run, about.attempt);
    if (!('outcome' in linked)) return takeRungs({ ...linked, ...about });
    return linked.code === 'provisioning.blocked' ? linked : unread({ ...run, ...about }, linked);
  });
}

/** @param isOwed the account is to be made even if nobody has it yet. */
export function isFinished(account: Account, isOwed: boolean): boolean {
  const wanted = account.desiredHash !== undefined && account.desiredHash !== account.confirmedHash;
  // Desired but never sent: the sign-in was refused or could not reach the target, and nothing is owed.
  const owed = wanted && (isOwed || account.externalId !== undefined);
  return account.openSteps === 0 && !owed;
}

/** What people must settle or a rate allows later is no failure; everything else is tried again with backoff. */
function jobResult({ clock }: RunNeeds, result: Finished): JobResult {
  if (result === 'finished' || result.outcome === 'refused') return;
  if (result.outcome === 'ready' && result.queued === 0) return;
  // Others work on it, for seconds, or access ended meanwhile: this one has not even tried.
  if (result === BUSY) return { retryAt: addMs(clock.now(), BUSY_RETRY_MS) };
  const code = result.outcome === 'unavailable' ? result.code : 'details are still open';
  const retryAfterSeconds = result.outcome === 'unavailable' ? result.retryAfterSeconds : undefined;
  if (code === 'provisioning.blocked' || code === 'provisioning.budget_spent') {
    const told = retryAfterSeconds ?? BLOCKED_RETRY_SECONDS;
    // Runs beside this one may give back what they had set aside, so it pays to look before the window has moved.
    const seconds = code === 'provisioning.budget_spent' ? Math.min(told, LOOK_AGAIN_SECONDS) : told;
    return { retryAt: new Date(clock.now().getTime() + seconds * SECOND) };
  }
  throw new ProvisioningError({
    code: 'provisioning.unfinished',
    status: 503,
    detail: code,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
