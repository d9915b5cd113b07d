import { type AccountId, newId } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { ProvisioningTables, StepState, StepTable } from '../tables.ts';

export type NewStep = {
  readonly kind: StepTable['kind'];
  readonly call: string;
  readonly purpose: StepTable['purpose'];
  readonly fields: readonly string[];
  readonly sealPayload: (stepId: string) => string;
  readonly idempotencyKey: string;
  readonly thread: string;
};
export type StoredStep = { readonly id: string; readonly idempotencyKey: string };

/**
 * Makes the open steps of an account exactly these: equal content keeps its row, the rest is superseded, because
 * the target was read again and the plan made anew. @returns the rows in the order given.
 */
export async function writeSteps(
  trx: Transaction,
  account: AccountId,
  steps: readonly NewStep[],
  now: Date,
): Promise<readonly StoredStep[]> {
  const tables = trx.withTables<ProvisioningTables>();
  const wanted = steps.map(({ idempotencyKey }) => idempotencyKey);
  await tables
    .updateTable('provisioning_step')
    .set({ state: 'superseded', updated_at: now })
    .where('account', '=', account)
    .where('state', '=', 'open')
    .$if(wanted.length > 0, (query) => query.where('idempotency_key', 'not in', wanted))
    .execute();
  const stored: StoredStep[] = [];
  for (const step of steps) stored.push(await writeStep(trx, account, step, now));
  return stored;
}

/** Nothing of this will be sent. A creation stays open: it may have been sent, and its account must be found to be ended. */
export async function dropChanges(trx: Transaction, account: AccountId, now: Date): Promise<void> {
  await trx
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_step')
    .set({ state: 'superseded', updated_at: now })
    .where('account', '=', account)
    .where('state', '=', 'open')
    .where('kind', '!=', 'create')
    .execute();
}

async function writeStep(
  trx: Transaction,
  account: AccountId,
  step: NewStep,
  now: Date,
): Promise<StoredStep> {
  const id = newId('stp');
  const row = await trx
    .withTables<ProvisioningTables>()
    .insertInto('provisioning_step')
    .values({
      id,
      account,
      kind: step.kind,
      call: step.call,
      purpose: step.purpose,
      fields: JSON.stringify(step.fields),
      payload: step.sealPayload(id),
      idempotency_key: step.idempotencyKey,
      state: 'open',
      attempts: 0,
      last_code: null,
      thread: step.thread,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['account', 'idempotency_key'])
        .where('state', '=', 'open')
        .doUpdateSet({ thread: step.thread, updated_at: now }),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id: row.id, idempotencyKey: step.idempotencyKey };
}

/** Notes how an attempt at a step ended. `open` with a code means that it will be tried again. @returns its number. */
export async function endStep(
  db: Database | Transaction,
  stepId: string,
  state: StepState,
  code: string | null,
  now: Date,
): Promise<number> {
  const row = await db
    .withTables<ProvisioningTables>()
    .updateTable('provisioning_step')
    .set((set) => ({ state, last_code: code, attempts: set('attempts', '+', 1), updated_at: now }))
    .where('id', '=', stepId)
    .returning('attempts')
    .executeTakeFirstOrThrow();
  return row.attempts;
}
