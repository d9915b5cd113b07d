import { accessEvents, type NewAccessEvent } from '../../access-log/index.ts';
import type { Transaction } from '../../platform/database/index.ts';
import { about, eventValues } from '../accounts/account-events.ts';
import type { ReadAccount } from '../connector/connector.ts';
import type { Comparison } from '../outbox/compare.ts';
import { record } from '../outbox/record.ts';
import type { Change } from '../planning/plan.ts';
import type { Run } from '../run.ts';
import { keepTasks, type Task } from './tasks.ts';

/** Somebody changed by hand what we had confirmed: written down before it is put back, or instead. */
export async function recordDrift(
  run: Run,
  current: ReadAccount,
  { drifted, left }: Pick<Comparison, 'drifted' | 'left'>,
): Promise<void> {
  const values = (side: 'from' | 'to') =>
    eventValues(Object.fromEntries(drifted.map((change) => [change.field, change[side] ?? ''])));
  await record(run, async () => [
    accessEvents.accountDrifted({
      ...about(run),
      facts: {
        account: run.account.id,
        externalId: current.externalId,
        fields: drifted.map(({ field }) => field),
        reaction: left.length === drifted.length ? 'reported' : 'put-back',
      },
      personal: { found: values('from'), expected: values('to') },
    }),
  ]);
}

/**
 * Keeps the tasks of an account equal to what was seen: differences that only people can settle, and what somebody
 * added or changed by hand and that is left. Tasks whose difference is gone close by themselves.
 */
export async function recordTasks(
  trx: Transaction,
  run: Run,
  { byHand, left, extras }: Comparison,
  isBlocked: boolean,
): Promise<readonly NewAccessEvent[]> {
  const tasks: Task[] = [
    ...byHand.map((change): Task => ({ kind: 'by-hand', ...difference(change) })),
    ...left.map((change): Task => ({ kind: 'drift', ...difference(change) })),
    ...Object.entries(extras).map(
      ([field, added]): Task => ({ kind: 'drift', field, detail: { added: [...added] } }),
    ),
  ];
  return keepTasks(trx, run, tasks, isBlocked ? ['blocked'] : []);
}

function difference({ field, from, to }: Change): Pick<Task, 'field' | 'detail'> {
  return { field, detail: { found: from ?? null, expected: to ?? null } };
}
