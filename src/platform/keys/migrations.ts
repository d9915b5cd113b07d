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
};
