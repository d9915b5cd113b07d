import { sql } from 'kysely';
import type { Migrations } from '../platform/database/index.ts';

/**
 * `federation_one_time_id` remembers which assertions were spent, until they could not be accepted any more.
 * `federation_metadata` keeps the last good metadata of each connection, so that a restart while the upstream
 * is down stops nobody.
 */
export const migrations: Migrations = {
  federation_0001_tables: {
    async up(db) {
      await sql`
        create table federation_one_time_id (
          connection text not null,
          id_hash bytea not null,
          until timestamptz not null,
          primary key (connection, id_hash)
        )`.execute(db);
      await sql`create index federation_one_time_id_until on federation_one_time_id (until)`.execute(db);
      await sql`
        create table federation_metadata (
          connection text primary key,
          url text not null,
          xml text not null,
          etag text,
          loaded_at timestamptz not null
        )`.execute(db);
    },
  },
};
