import { sql } from 'kysely';
import type { Migrations } from '../database/index.ts';

export const migrations: Migrations = {
  keys_0001_tables: {
    up: async (db) => {
      await sql`create table keys_data_key (
        id text primary key,
        owner text not null unique,
        wrapped text,
        created_at timestamptz not null,
        destroyed_at timestamptz,
        check ((wrapped is null) = (destroyed_at is not null))
      )`.execute(db);
      await sql`create table keys_signing_key (
        id text primary key,
        purpose text not null,
        wrapped text not null,
        public_part text not null,
        created_at timestamptz not null,
        retired_at timestamptz
      )`.execute(db);
      // One key of a purpose is in use; this index decides which of several processes made it.
      await sql`create unique index keys_signing_key_in_use on keys_signing_key (purpose)
        where retired_at is null`.execute(db);
      await sql`create table keys_master (
        id text primary key,
        check_value text not null,
        created_at timestamptz not null,
        retired_at timestamptz
      )`.execute(db);
    },
  },
  keys_0002_published_next: {
    up: async (db) => {
      await sql`alter table keys_signing_key
        add column state text,
        add column active_since timestamptz,
        add column destroyed_at timestamptz,
        alter column wrapped drop not null`.execute(db);
      await sql`update keys_signing_key set
        state = case when retired_at is null then 'active' else 'retired' end,
        active_since = created_at`.execute(db);
      await sql`alter table keys_signing_key
        alter column state set not null,
        add check (state in ('next', 'active', 'retired')),
        add check ((state = 'retired') = (retired_at is not null)),
        add check (state <> 'active' or active_since is not null),
        add check ((wrapped is null) = (destroyed_at is not null)),
        add check (wrapped is not null or state = 'retired')`.execute(db);
      await sql`drop index keys_signing_key_in_use`.execute(db);
      // Of several processes that make the first keys or rotate at once, the index lets one do it.
      await sql`create unique index keys_signing_key_in_place on keys_signing_key (purpose, state)
        where state <> 'retired'`.execute(db);
      await sql`create table keys_certificate_warning (
        certificate text not null,
        days integer not null,
        warned_at timestamptz not null,
        primary key (certificate, days)
      )`.execute(db);
    },
  },
};
