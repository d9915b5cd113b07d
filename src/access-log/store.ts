import { sql } from 'kysely';
import type { Database, Transaction } from '../platform/database/index.ts';
import { Checkpoint, renderCheckpoint } from './checkpoint.ts';
import type { EventRow } from './event.ts';

/**
 * Writes events, one statement for any number of them: durable when the statement (or the caller's transaction)
 * commits. They are chained later, so appenders never wait for each other.
 *
 * Arrival numbers follow real time where it matters: an event whose append resolved before another was begun has
 * the lower number and is visible to whoever sees the other, so it is chained first.
 */
export async function insertEvents(db: Database | Transaction, rows: readonly EventRow[]): Promise<void> {
  await sql`
    with event as (
      insert into access_log_event (id, time, type, thread, outcome, person_id, relying_party, target, body)
      select * from ${unnestRows(rows)} returning arrival
    )
    insert into access_log_pending (arrival) select arrival from event`.execute(db);
}

/** As `insertEvents`, but leaves out events that are stored already. @returns the ids that were new. */
export async function insertMissingEvents(
  db: Database | Transaction,
  rows: readonly EventRow[],
): Promise<ReadonlySet<string>> {
  const { rows: inserted } = await sql<{ id: string }>`
    with event as (
      insert into access_log_event (id, time, type, thread, outcome, person_id, relying_party, target, body)
      select * from ${unnestRows(rows)} on conflict (id) do nothing returning arrival, id
    ), pending as (
      insert into access_log_pending (arrival) select arrival from event
    )
    select id from event`.execute(db);
  return new Set(inserted.map(({ id }) => id));
}

function unnestRows(rows: readonly EventRow[]) {
  const column = <K extends keyof EventRow>(name: K): EventRow[K][] => rows.map((row) => row[name]);
  return sql`unnest(
    ${column('id')}::text[], ${column('time')}::timestamptz[], ${column('type')}::text[],
    ${column('thread')}::text[], ${column('outcome')}::text[], ${column('personId')}::text[],
    ${column('relyingParty')}::text[], ${column('target')}::text[], ${column('body')}::text[])`;
}

/** A place in the chain. `seq` 0 is the beginning, before the first event. */
export type Head = { readonly seq: number; readonly hash: string };

const CHAIN_LOCK = 0x7ac10c;

/**
 * Makes this transaction the one that chains, or says that another one is. The lock ends with the transaction,
 * also when the process dies, so there is no leader to be missed and never two (R6.1).
 */
export async function tryLeadership(trx: Transaction): Promise<boolean> {
  const { rows } = await sql<{ led: boolean }>`
    select pg_try_advisory_xact_lock(${CHAIN_LOCK}) as led`.execute(trx);
  return rows[0]?.led === true;
}

export async function readHead(db: Database | Transaction): Promise<Head | undefined> {
  const { rows } = await sql<{ seq: number; hash: string }>`
    select seq, hash from access_log_link order by seq desc limit 1`.execute(db);
  const [row] = rows;
  return row && { seq: row.seq, hash: row.hash };
}

export type Pending = { readonly arrival: number; readonly body: string; readonly time: Date };

/** Whether any durable event waits for its place in the chain. */
export async function hasPending(db: Database): Promise<boolean> {
  const { rows } = await sql<{ any: boolean }>`
    select exists(select from access_log_pending) as any`.execute(db);
  return rows[0]?.any === true;
}

/** Durable events that no link names yet, oldest arrival first, however late their transactions committed. */
export async function readPending(trx: Transaction, limit: number): Promise<readonly Pending[]> {
  const { rows } = await sql<Pending>`
    select arrival, body, time from access_log_pending join access_log_event using (arrival)
    order by arrival limit ${limit}`.execute(trx);
  return rows;
}

export type Link = { readonly seq: number; readonly arrival: number; readonly hash: string };

/** Takes events from pending into the chain. Unique keys refuse a second place for one event, or one place for two. */
export async function insertLinks(trx: Transaction, links: readonly Link[]): Promise<void> {
  const arrivals = links.map(({ arrival }) => arrival);
  await sql`
    insert into access_log_link (seq, arrival, hash) select * from unnest(
      ${links.map(({ seq }) => seq)}::bigint[], ${arrivals}::bigint[],
      ${links.map(({ hash }) => hash)}::text[])`.execute(trx);
  await sql`delete from access_log_pending where arrival = any(${arrivals}::bigint[])`.execute(trx);
}

/** Hash of the link at this place, if there is one; the genesis hash has no row. */
export async function readHash(db: Database | Transaction, seq: number): Promise<string | undefined> {
  const { rows } = await sql<{ hash: string }>`
    select hash from access_log_link where seq = ${seq}`.execute(db);
  return rows[0]?.hash;
}

export async function insertCheckpoint(trx: Transaction, checkpoint: Checkpoint): Promise<void> {
  await sql`
    insert into access_log_checkpoint (seq, time, body)
    values (${checkpoint.seq}, ${checkpoint.time}, ${renderCheckpoint(checkpoint)})`.execute(trx);
}

export async function readLatestCheckpoint(db: Database | Transaction): Promise<Checkpoint | undefined> {
  const { rows } = await sql<{ body: string }>`
    select body from access_log_checkpoint order by seq desc, time desc limit 1`.execute(db);
  return rows[0] && Checkpoint.parse(JSON.parse(rows[0].body));
}
