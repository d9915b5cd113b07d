import { type AccountId, newId, type PersonId } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { ProvisioningTables, TaskKind } from '../tables.ts';

export type NewTask = {
  readonly account: AccountId;
  readonly target: string;
  readonly person: PersonId;
  readonly kind: TaskKind;
  readonly field: string;
  readonly thread: string;
  /** Seals the detail under the person's key. */
  readonly seal: (taskId: string) => string;
};

/** Opens a task, or brings the open one of the same field up to date. @returns its id and whether it is new. */
export async function openTask(
  trx: Transaction,
  task: NewTask,
  now: Date,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { account, target, person, kind, field, thread } = task;
  const known = await trx
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_task')
    .select('id')
    .where('account', '=', account)
    .where('kind', '=', kind)
    .where('field', '=', field)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  const id = known?.id ?? newId('tsk');
  const row = { ...{ account, target, person, kind, field, thread }, detail: task.seal(id) };
  const tables = trx.withTables<ProvisioningTables>();
  if (known) await tables.updateTable('provisioning_task').set(row).where('id', '=', id).execute();
  else
    await tables
      .insertInto('provisioning_task')
      .values({ id, ...row, opened_at: now, closed_at: null })
      .execute();
  return { id, isNew: !known };
}

export async function openTasksOf(
  trx: Database | Transaction,
  account: AccountId,
): Promise<readonly { readonly id: string; readonly kind: TaskKind; readonly field: string }[]> {
  return trx
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_task')
    .select(['id', 'kind', 'field'])
    .where('account', '=', account)
    .where('closed_at', 'is', null)
    .execute();
}

/** People with tasks in a target that a look at the account may close. */
export async function accountsWithTasks(
  db: Database,
  target: string,
  person?: PersonId,
): Promise<readonly PersonId[]> {
  const rows = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_task')
    .select('person')
    .distinct()
    .where('target', '=', target)
    .where('kind', '!=', 'blocked')
    .where('closed_at', 'is', null)
    .$if(person !== undefined, (query) => query.where('person', '=', person ?? ''))
    .orderBy('person')
    .execute();
  // Only this room writes the column, from ids of people.
  return rows.map((row) => row.person as PersonId);
}

export async function closeTasks(trx: Transaction, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_task')
    .set({ closed_at: now })
    .where('id', 'in', ids)
    .execute();
}

export type StoredTask = {
  readonly id: string;
  readonly account: string;
  readonly target: string;
  readonly person: PersonId;
  readonly kind: TaskKind;
  readonly field: string;
  readonly detail: string;
  readonly thread: string;
  readonly openedAt: Date;
};

/** Open tasks, oldest first; details are still sealed. */
export async function listTasks(
  db: Database,
  filter: { readonly target?: string; readonly person?: PersonId } = {},
): Promise<readonly StoredTask[]> {
  const { target, person } = filter;
  const rows = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_task')
    .selectAll()
    .where('closed_at', 'is', null)
    .$if(target !== undefined, (query) => query.where('target', '=', target ?? ''))
    .$if(person !== undefined, (query) => query.where('person', '=', person ?? ''))
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
  return rows.map(({ opened_at, closed_at: _closed, person: owner, ...row }) => ({
    ...row,
    // Only this room writes the column, from ids of people.
    person: owner as PersonId,
    openedAt: opened_at,
  }));
}
