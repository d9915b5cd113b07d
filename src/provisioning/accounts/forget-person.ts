import { sql } from 'kysely';
import { addMs, type PersonId, SECOND } from '../../base/index.ts';
import type { Transaction } from '../../platform/database/index.ts';
import { ProvisioningError } from '../errors.ts';
import { finishJob } from '../outbox/record.ts';
import { BLOCKED_RETRY_SECONDS, type RunNeeds } from '../run.ts';
import type { ProvisioningTables } from '../tables.ts';
import type { LiveTarget } from '../targets/live-target.ts';
import type { Account } from './account.ts';
import { findAccount, targetsOf } from './account-store.ts';
import { endAccess } from './queue-account.ts';

type Why = { readonly because: string; readonly thread: string };

/**
 * Ends every account of a person with all rungs at once, by the queue, because nobody will know of them afterwards.
 * Safe to repeat: it is asked until nothing is left.
 *
 * @returns targets where the ladder is not at its end: some wait for people, or are not configured any more.
 */
export async function endForGood(
  needs: RunNeeds,
  targetOf: (id: string) => LiveTarget | undefined,
  person: PersonId,
  why: Why,
): Promise<readonly string[]> {
  const open: string[] = [];
  for (const target of await targetsOf(needs.db, person)) {
    const account = await findAccount(needs.db, { target, person });
    if (!account || isOver(account, targetOf(target))) continue;
    open.push(target);
    await endAccess(needs, { ...why, person, target, kind: 'ended' });
    await hasten(needs, account, why.thread);
  }
  return open;
}

/** Nothing was made, it is gone, or every rung holds. */
function isOver({ externalId, openSteps, ending }: Account, target: LiveTarget | undefined): boolean {
  if (openSteps > 0) return false;
  if (externalId === undefined) return true;
  const rungs = target?.open.ladder ?? [];
  return (
    ending?.kind === 'ended' && target !== undefined && rungs.every(({ id }) => ending.done.includes(id))
  );
}

/**
 * Also of an end that was noted before and waits for its next rung. Whatever became of the job of before, one waits: what
 * was given up, or discarded by somebody, must not hold up an erasure for good.
 */
async function hasten(needs: RunNeeds, account: Account, thread: string): Promise<void> {
  const now = needs.clock.now();
  await needs.db.transaction().execute(async (trx) => {
    const changed = await trx
      .withTables<ProvisioningTables>()
      .updateTable('provisioning_account')
      .set({ ending_at_once: true, updated_at: now })
      .where('id', '=', account.id)
      .where('ending_kind', '=', 'ended')
      .where('ending_at_once', '=', false)
      .executeTakeFirst();
    // No sooner than the queue comes back to what is blocked; a job that waits already keeps its time.
    const runAt = changed.numUpdatedRows > 0n ? now : addMs(now, BLOCKED_RETRY_SECONDS * SECOND);
    await needs.jobs.enqueue(trx, finishJob(account.id, thread, { runAt, isUrgent: true }));
  });
}

/**
 * R6.2: rows about the person, and what an import found to be theirs. Call it when `endForGood` left nothing open; a
 * sign-in of before may have begun an account since, which is to be ended first.
 *
 * @throws ProvisioningError `provisioning.unfinished`; nothing may be forgotten then.
 */
export async function forgetPerson(trx: Transaction, person: PersonId): Promise<void> {
  await holdEnded(trx, person);
  const tables = trx.withTables<ProvisioningTables>();
  await tables.deleteFrom('provisioning_task').where('person', '=', person).execute();
  await tables
    .deleteFrom('provisioning_step')
    .where('account', 'in', (eb) =>
      eb.selectFrom('provisioning_account').select('id').where('person', '=', person),
    )
    .execute();
  await tables.deleteFrom('provisioning_account').where('person', '=', person).execute();
  await tables.deleteFrom('provisioning_found').where('person', '=', person).execute();
}

/** Whoever works on an account writes its row before a request leaves: held, it is as it was, or it is seen here. */
async function holdEnded(trx: Transaction, person: PersonId): Promise<void> {
  await sql`select id from provisioning_account where person = ${person} for update`.execute(trx);
  const { rows } = await sql<{ target: string }>`
    select a.target from provisioning_account a where a.person = ${person} and (
      (a.external_id is not null and a.ending_kind is distinct from 'ended')
      or exists (select 1 from provisioning_step where account = a.id and state = 'open'))`.execute(trx);
  if (rows.length === 0) return;
  const detail = `accounts in ${rows.map(({ target }) => target).join(', ')} were begun meanwhile`;
  throw new ProvisioningError({ code: 'provisioning.unfinished', status: 503, detail });
}
