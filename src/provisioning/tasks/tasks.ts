import { z } from 'zod';
import { accessEvents, type NewAccessEvent } from '../../access-log/index.ts';
import type { Json, PersonId } from '../../base/index.ts';
import type { Transaction } from '../../platform/database/index.ts';
import { about, failedEvent } from '../accounts/account-events.ts';
import { type OpenStep, record } from '../outbox/record.ts';
import { endStep } from '../outbox/step-store.ts';
import type { Run } from '../run.ts';
import type { TaskKind } from '../tables.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import type { TaskView } from '../views.ts';
import { closeTasks, listTasks, openTask, openTasksOf } from './task-store.ts';

const TaskDetail = z.record(z.string(), z.json());

export type Task = {
  readonly kind: TaskKind;
  /** Field of the image, or the call that is blocked. */
  readonly field: string;
  /** What is to be done by people in the target: the exact difference, or the target's own reasons. */
  readonly detail: Readonly<Record<string, Json>>;
};

/**
 * Makes the open tasks of an account exactly these, in the transaction of the change that led to them: new ones are
 * opened, those that are gone close by themselves. @param besides kinds that stay as they are. @returns the events.
 */
export async function keepTasks(
  trx: Transaction,
  run: Run,
  tasks: readonly Task[],
  besides: readonly TaskKind[],
): Promise<readonly NewAccessEvent[]> {
  const open = await openTasksOf(trx, run.account.id);
  const events: NewAccessEvent[] = [];
  for (const task of tasks) events.push(...(await raiseTask(trx, run, task)));
  const gone = open.filter(
    ({ kind, field }) =>
      !besides.includes(kind) && !tasks.some((task) => task.kind === kind && task.field === field),
  );
  await closeTasks(
    trx,
    gone.map(({ id }) => id),
    run.clock.now(),
  );
  return [
    ...events,
    ...gone.map((task) => accessEvents.provisioningTaskClosed({ ...about(run), facts: factsOf(run, task) })),
  ];
}

/** Opens a task or brings it up to date. @returns its event, if it is new. */
export async function raiseTask(trx: Transaction, run: Run, task: Task): Promise<readonly NewAccessEvent[]> {
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
  const facts = factsOf(run, { id: opened.id, kind, field });
  return [accessEvents.provisioningTaskOpened({ ...about(run), facts })];
}

function factsOf(run: Run, { id, kind, field }: { id: string; kind: TaskKind; field: string }) {
  return { account: run.account.id, task: id, kind, what: field };
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

/** Open tasks with their details, for people who may see them. */
export async function openTasks(
  needs: Pick<Run, 'db' | 'keys'>,
  targetOf: (id: string) => LiveTarget | undefined,
  filter: { readonly target?: string; readonly person?: PersonId } = {},
): Promise<readonly TaskView[]> {
  const stored = await listTasks(needs.db, filter);
  const views = await Promise.all(
    stored.map(async ({ id, account, target, person, kind, field, detail, thread, openedAt }) => {
      const sealer = await needs.keys.sealer(person);
      if (sealer.isDestroyed) return [];
      const title = targetOf(target)?.open.fields[field]?.title ?? field;
      return [
        {
          ...{ id, accountId: account, target, person, kind, field, title, thread, openedAt },
          detail: TaskDetail.parse(JSON.parse(sealer.open(detail, `provisioning_task/${id}/detail`))),
        },
      ];
    }),
  );
  return views.flat();
}
