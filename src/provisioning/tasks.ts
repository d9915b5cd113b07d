import { accessEvents, type NewAccessEvent } from '../access-log/index.ts';
import type { Json } from '../base/index.ts';
import type { Transaction } from '../platform/database/index.ts';
import { about, failedEvent } from './account-events.ts';
import { type OpenStep, record } from './record.ts';
import type { Run } from './run.ts';
import { endStep } from './step-store.ts';
import type { TaskKind } from './tables.ts';
import { closeTasks, openTask } from './task-store.ts';

/** What is to be done by people in the target: the exact difference, or the target's own reasons. */
export type TaskDetail = Readonly<Record<string, Json>>;

/** Opens or refreshes a task in the transaction of the change that led to it. @returns its event, if it is new. */
export async function raiseTask(
  trx: Transaction,
  run: Run,
  task: { readonly kind: TaskKind; readonly field: string; readonly detail: TaskDetail },
): Promise<readonly NewAccessEvent[]> {
  const { kind, field } = task;
  const text = JSON.stringify(task.detail);
  const opened = await openTask(
    trx,
    {
      ...{ account: run.account.id, target: run.target.id, person: run.person, kind, field },
      ...{
        thread: run.thread,
        seal: (id: string) => run.sealer.seal(text, `provisioning_task/${id}/detail`),
      },
    },
    run.clock.now(),
  );
  if (!opened.isNew) return [];
  const facts = { account: run.account.id, task: opened.id, kind, what: field };
  return [accessEvents.provisioningTaskOpened({ ...about(run), facts })];
}

/** Closes tasks whose difference is gone, in the transaction that found it out. */
export async function settleTasks(
  trx: Transaction,
  run: Run,
  kinds: readonly TaskKind[],
  still: readonly string[],
): Promise<readonly NewAccessEvent[]> {
  const closed = await closeTasks(trx, run.account.id, kinds, still, run.clock.now());
  return closed.map(({ id, kind, field }) =>
    accessEvents.provisioningTaskClosed({
      ...about(run),
      facts: { account: run.account.id, task: id, kind, what: field },
    }),
  );
}

/** The target refuses until somebody does something there: the step stays open, and a task says what. */
export async function recordBlocked(run: Run, step: OpenStep, reasons: readonly string[]): Promise<void> {
  await record(run, async (trx) => {
    const attempt = await endStep(trx, step.id, 'open', 'provisioning.blocked', run.clock.now());
    return [
      failedEvent(run, 'provisioning.blocked', step.id, attempt),
      ...(await raiseTask(trx, run, {
        kind: 'blocked',
        field: step.call,
        detail: { reasons: [...reasons] },
      })),
    ];
  });
}
