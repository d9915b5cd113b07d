import { sql } from 'kysely';
import type { Migrations } from '../database/index.ts';

export const migrations: Migrations = {
  jobs_0001_tables: {
    up: async (db) => {
      await sql`create table jobs_job (
        id text primary key,
        seq bigint generated always as identity,
        kind text not null,
        key text,
        lane text,
        payload text not null,
        sealed_for text,
        state text not null check (state in ('waiting', 'running', 'dead')),
        attempts integer not null,
        due_at timestamptz not null,
        run_at timestamptz not null,
        lease_token text,
        lease_until timestamptz,
        failure text,
        created_at timestamptz not null,
        died_at timestamptz,
        check ((state = 'running') = (lease_token is not null and lease_until is not null))
      )`.execute(db);
      await sql`create unique index jobs_job_key on jobs_job (kind, key) where state = 'waiting'`.execute(db);
      // The last word on lanes: whatever two workers saw, only one job of a lane becomes running.
      await sql`create unique index jobs_job_lane_running on jobs_job (lane) where state = 'running'`.execute(
        db,
      );
      await sql`create index jobs_job_due on jobs_job (run_at) where state = 'waiting'`.execute(db);
      await sql`create index jobs_job_lane on jobs_job (lane, due_at, seq) where state <> 'dead'`.execute(db);
    },
  },
  jobs_0002_urgent: {
    async up(db) {
      await sql`alter table jobs_job add column urgent boolean not null default false`.execute(db);
      await sql`drop index jobs_job_due`.execute(db);
      await sql`create index jobs_job_due on jobs_job (urgent desc, run_at, seq) where state = 'waiting'`.execute(
        db,
      );
    },
  },
};
