import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { type AccountId, addMs, DAY, MINUTE, type PersonId } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';
import type { ProvisioningTables } from '../tables.ts';

/** Longer than any target goes on repeating a message: BigCommerce gives up after about two days. */
const KEPT_MS = 3 * DAY;

export type NewDelivery = {
  readonly target: string;
  /** Chosen outside: stored hashed. */
  readonly messageId: string;
  readonly event: string;
  readonly externalId: string | undefined;
};
export type Delivery = {
  readonly event: string;
  readonly externalId: string | undefined;
  readonly receivedAt: Date;
};

/**
 * Notes a message, in the transaction of its effect: of any number of copies, in any number of processes, one is new.
 * The others wait for that transaction, and take its place if it fails.
 */
export async function noteDelivery(trx: Transaction, delivery: NewDelivery, now: Date): Promise<boolean> {
  const { target, messageId, event, externalId } = delivery;
  const result = await trx
    .withTables<ProvisioningTables>()
    .insertInto('provisioning_webhook_delivery')
    .values({
      ...{ target, event, external_id: externalId ?? null, received_at: now },
      message: createHash('sha256').update(messageId).digest('hex'),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function latestDelivery(db: Database, target: string): Promise<Delivery | undefined> {
  const [newest] = await deliveriesAfter(db, target, undefined);
  return newest;
}

/** A mark behind which later messages are. */
export async function deliveryMark(db: Database): Promise<string> {
  const { rows } = await sql<{ mark: string }>`
    select coalesce(max(seq), 0)::text as mark from provisioning_webhook_delivery`.execute(db);
  return rows[0]?.mark ?? '0';
}

/** Messages of a target after the mark, or the newest of all; newest first. */
export async function deliveriesAfter(
  db: Database,
  target: string,
  mark: string | undefined,
): Promise<readonly Delivery[]> {
  const rows = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_webhook_delivery')
    .select(['event', 'external_id', 'received_at'])
    .where('target', '=', target)
    .$if(mark !== undefined, (query) => query.where('seq', '>', mark ?? ''))
    .orderBy('seq', 'desc')
    .limit(mark === undefined ? 1 : 1_000)
    .execute();
  return rows.map(({ event, external_id: id, received_at: receivedAt }) => ({
    ...{ event, externalId: id ?? undefined, receivedAt },
  }));
}

export type ToldOf = {
  readonly id: AccountId;
  readonly person: PersonId;
  /** Nothing told of it before that is still to be looked at. */
  readonly isFirst: boolean;
  /** Of the first message since the last look that settled anything. */
  readonly thread: string;
  /** When it is to be looked at. */
  readonly lookAt: Date;
};

/**
 * Between looks at one account for which messages are the reason, whatever came of them: something else may undo each time
 * what we do, and what is refused confirms nothing.
 */
export const LOOK_EVERY_MS = MINUTE;

/**
 * What was confirmed of the account before this instant is not believed any more. However many messages come before it
 * was looked at, and however often that fails, one is the first.
 *
 * @param thread of this message, should it be the first.
 * @returns undefined when the account is nobody's whom we know, or was confirmed later.
 */
export async function doubtAccount(
  trx: Transaction,
  { target, externalId }: { readonly target: string; readonly externalId: string },
  told: { readonly readAfter: Date; readonly thread: string },
  now: Date,
): Promise<ToldOf | undefined> {
  const { readAfter } = told;
  const { rows } = await sql<{ id: string; person: string; thread: string; looked: Date | null }>`
    with before as (
      select id, read_after, greatest(confirmed_at, updated_at) as worked_at,
        case when read_after > coalesce(confirmed_at, '-infinity') then told_thread end as told_thread
      from provisioning_account
      where target = ${target} and external_id = ${externalId}
        and (confirmed_at is null or confirmed_at < ${readAfter})
      for update)
    update provisioning_account a
    set read_after = greatest(before.read_after, ${readAfter}),
      told_thread = coalesce(before.told_thread, ${told.thread})
    from before where a.id = before.id
    returning a.id, a.person, a.told_thread as thread,
      case when before.read_after > before.worked_at - ${LOOK_EVERY_MS} * interval '1 ms'
        then before.worked_at end as looked`.execute(trx);
  const [row] = rows;
  // Only this room writes these columns, from ids of the right kind.
  return (
    row && {
      ...{ id: row.id as AccountId, person: row.person as PersonId },
      ...{ thread: row.thread, isFirst: row.thread === told.thread },
      lookAt: latest(now, readAfter, ...(row.looked ? [addMs(row.looked, LOOK_EVERY_MS)] : [])),
    }
  );
}

/** An account of ours in the target that is in use; the one that was looked at last. */
export async function someAccount(db: Database, target: string): Promise<string | undefined> {
  const row = await db
    .withTables<ProvisioningTables>()
    .selectFrom('provisioning_account')
    .select('external_id')
    .where('target', '=', target)
    .where('external_id', 'is not', null)
    .where('ending_at', 'is', null)
    .orderBy(sql`confirmed_at desc nulls last`)
    .limit(1)
    .executeTakeFirst();
  return row?.external_id ?? undefined;
}

/**
 * Forgets messages that no target repeats any more, but for the newest of each.
 *
 * @param most messages at once; call again while so many were found.
 * @returns how many.
 */
export async function purgeDeliveries(db: Database | Transaction, now: Date, most: number): Promise<number> {
  const result = await sql`
    delete from provisioning_webhook_delivery where seq in (
      select d.seq from provisioning_webhook_delivery d
      where d.received_at < ${addMs(now, -KEPT_MS)} and exists (
        select 1 from provisioning_webhook_delivery e where e.target = d.target and e.seq > d.seq)
      limit ${most})`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

function latest(...instants: readonly Date[]): Date {
  return new Date(Math.max(...instants.map((instant) => instant.getTime())));
}
