import { type RawBuilder, sql } from 'kysely';
import type { PersonId } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Outcome } from './event.ts';

export type ChainedRow = {
  readonly seq: number;
  readonly hash: string;
  readonly personId: string | null;
  readonly body: string;
};

/** Chained events from `from` to `to` in order, both inclusive, read in pages so that memory stays constant. */
export async function* readChain(db: Database, from: number, to: number): AsyncGenerator<ChainedRow> {
  for (let next = from; next <= to; ) {
    const { rows } = await sql<ChainedRow>`
      select seq, hash, person_id as "personId", body
      from access_log_link join access_log_event using (arrival)
      where seq between ${next} and ${to} order by seq limit 500`.execute(db);
    const last = rows.at(-1);
    if (!last) return;
    yield* rows;
    next = last.seq + 1;
  }
}

export type Range = { readonly from: number; readonly to: number };

/**
 * First and last place of chained events that happened in `[since, until)` and are about this person; undefined
 * when there is none. Clocks of several processes differ, so events outside the time may lie in between.
 */
export async function findRange(
  db: Database,
  filter: { readonly since?: Date; readonly until?: Date; readonly person?: PersonId },
): Promise<Range | undefined> {
  const { rows } = await sql<{ from: number | null; to: number | null }>`
    select min(seq) as "from", max(seq) as "to" from access_log_link join access_log_event using (arrival)
    where ${conditions([
      filter.since && sql`time >= ${filter.since}`,
      filter.until && sql`time < ${filter.until}`,
      filter.person !== undefined && sql`person_id = ${filter.person}`,
    ])}`.execute(db);
  const { from, to } = rows[0] ?? {};
  return from && to ? { from, to } : undefined;
}

/** The first checkpoint that covers this place, if there is one yet. */
export async function findCheckpointFrom(db: Database, seq: number): Promise<number | undefined> {
  const { rows } = await sql<{ seq: number }>`
    select seq from access_log_checkpoint where seq >= ${seq} order by seq limit 1`.execute(db);
  return rows[0]?.seq;
}

export type EventFilter = {
  readonly thread?: string;
  readonly personId?: PersonId;
  readonly types?: readonly string[];
  readonly outcome?: Outcome;
  readonly relyingParty?: string;
  readonly target?: string;
  /** Half-open: `since <= time < until`. */
  readonly since?: Date;
  readonly until?: Date;
};

export type Page = {
  /** At most 1,000. */
  readonly limit: number;
  /** Cursor of an earlier page. */
  readonly before?: number;
};

export type FoundRow = { readonly arrival: number; readonly seq: number | null; readonly body: string };

/** Newest first; chained or not. */
export async function findEvents(
  db: Database,
  filter: EventFilter,
  page: Page,
): Promise<readonly FoundRow[]> {
  const { rows } = await sql<FoundRow>`
    select arrival, seq, body from access_log_event left join access_log_link using (arrival)
    where ${conditions([
      filter.thread !== undefined && sql`thread = ${filter.thread}`,
      filter.personId !== undefined && sql`person_id = ${filter.personId}`,
      filter.types && sql`type = any(${filter.types}::text[])`,
      filter.outcome && sql`outcome = ${filter.outcome}`,
      filter.relyingParty !== undefined && sql`relying_party = ${filter.relyingParty}`,
      filter.target !== undefined && sql`target = ${filter.target}`,
      filter.since && sql`time >= ${filter.since}`,
      filter.until && sql`time < ${filter.until}`,
      page.before !== undefined && sql`arrival < ${page.before}`,
    ])}
    order by arrival desc limit ${Math.min(Math.max(1, page.limit), 1_000)}`.execute(db);
  return rows;
}

function conditions(all: readonly (RawBuilder<unknown> | false | undefined)[]): RawBuilder<unknown> {
  const given = all.filter((condition) => condition !== false && condition !== undefined);
  return given.length === 0 ? sql`true` : sql.join(given, sql` and `);
}
