import { accessEvents } from '../../access-log/index.ts';
import { SECOND } from '../../base/index.ts';
import { about } from '../accounts/account-events.ts';
import { findAccount } from '../accounts/account-store.ts';
import { beginRun } from '../accounts/begin-run.ts';
import { openDesired } from '../accounts/desired-state.ts';
import type { AccountLeases } from '../accounts/lease.ts';
import type { Lease } from '../accounts/lease-store.ts';
import { compare } from '../outbox/compare.ts';
import { record } from '../outbox/record.ts';
import type { Run, RunNeeds } from '../run.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import { lookAt, lookBudget } from './look.ts';
import { accountsWithTasks, closeTasks, openTasksOf } from './task-store.ts';

/** Whoever works on the account looks at it as well. */
const PATIENCE_MS = 2 * SECOND;

type Rooms = { readonly needs: RunNeeds; readonly leases: AccountLeases };
export type TaskLook = { readonly thread: string; readonly person?: Run['person'] };

/**
 * Looks at each account of the target that people were asked to do something about, and closes the tasks that are
 * done there. Opens none and writes nothing to the target. @returns how many were closed.
 */
export async function lookAtTasks(rooms: Rooms, target: LiveTarget, look: TaskLook): Promise<number> {
  await target.restore();
  if (target.moved) return 0;
  let closed = 0;
  for (const who of await accountsWithTasks(rooms.needs.db, target.id, look.person)) {
    const patience = lookBudget();
    const done = await rooms.leases.run({
      who: { target: target.id, person: who },
      makesRow: false,
      waitMs: () => Math.min(PATIENCE_MS, patience.remainingMs()),
      skip: () => Promise.resolve(undefined),
      work: (lease, leaseMs) => closeDone(rooms.needs, target, { lease, leaseMs }, look.thread),
    });
    closed += done ?? 0;
  }
  return closed;
}

async function closeDone(
  needs: RunNeeds,
  target: LiveTarget,
  held: { readonly lease: Lease; readonly leaseMs: number },
  thread: string,
): Promise<number> {
  const account = await findAccount(needs.db, { id: held.lease.account });
  const desired = account && openDesired(await needs.keys.sealer(account.person), account);
  if (!account?.externalId || account.ending || !desired) return 0;
  const run = await beginRun(needs, { target, ...held, desired, budget: lookBudget() }, thread);
  const look = await lookAt(target, account, desired.image, run.budget);
  if (look.outcome === 'unavailable' || !look.found) return 0;
  const { changes, byHand, left, extras } = compare(run, look.found, false);
  const differs = new Set([
    ...[...changes, ...byHand, ...left].map(({ field }) => field),
    ...Object.keys(extras),
  ]);
  return closeSettled(run, differs);
}

/** What is blocked is tried again by itself, and closes then. */
async function closeSettled(run: Run, differs: ReadonlySet<string>): Promise<number> {
  let count = 0;
  await record(run, async (trx) => {
    const open = await openTasksOf(trx, run.account.id);
    const done = open.filter(({ kind, field }) => kind !== 'blocked' && !differs.has(field));
    const ids = done.map(({ id }) => id);
    await closeTasks(trx, ids, run.clock.now());
    count = done.length;
    return done.map(({ id, kind, field }) =>
      accessEvents.provisioningTaskClosed({
        ...about(run),
        facts: { account: run.account.id, task: id, kind, what: field },
      }),
    );
  });
  return count;
}
