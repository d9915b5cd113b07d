import { sql } from 'kysely';
import type { Migrations } from '../platform/database/index.ts';

/**
 * `access_log_event` is written by requests, `access_log_link` by the one who chains, and neither is ever
 * changed: triggers refuse UPDATE, DELETE and TRUNCATE even to the owner, until somebody removes them on purpose.
 * `access_log_pending` holds what is durable and not yet chained.
 */
export const migrations: Migrations = {
  access_log_0001_chain: {
    async up(db) {
      await sql`
        create table access_log_event (
          arrival bigint generated always as identity primary key,
          id text not null unique,
          time timestamptz not null,
          type text not null,
          thread text not null,
          outcome text not null,
          person_id text,
          relying_party text,
          target text,
          body text not null
        )`.execute(db);
      await sql`create index access_log_event_thread on access_log_event (thread, arrival)`.execute(db);
      await sql`
        create index access_log_event_person on access_log_event (person_id, arrival)
        where person_id is not null`.execute(db);
      await sql`create index access_log_event_time on access_log_event (time)`.execute(db);
      await sql`create table access_log_pending (arrival bigint primary key)`.execute(db);
      await sql`
        create table access_log_link (
          seq bigint primary key,
          arrival bigint not null unique,
          hash text not null
        )`.execute(db);
      await sql`
        create table access_log_checkpoint (
          seq bigint not null,
          time timestamptz not null,
          body text not null,
          primary key (seq, time)
        )`.execute(db);
      await refuseChanges(db);
    },
  },
};

type Executor = Parameters<Migrations[string]['up']>[0];

async function refuseChanges(db: Executor): Promise<void> {
  await sql`
    create function access_log_refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'the access log is append-only: % on % is refused', tg_op, tg_table_name
        using errcode = 'restrict_violation';
    end $$`.execute(db);
  for (const table of ['access_log_event', 'access_log_link', 'access_log_checkpoint']) {
    await sql`
      create trigger append_only before update or delete or truncate on ${sql.table(table)}
      for each statement execute function access_log_refuse_change()`.execute(db);
  }
}
