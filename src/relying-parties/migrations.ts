import { sql } from 'kysely';
import type { Migrations } from '../platform/database/index.ts';

/**
 * Relying parties that were made over the API. A row stays when its object is deleted, without the document: rules of
 * the configuration file may still name it, and its version never starts again.
 */
export const migrations: Migrations = {
  relying_parties_0001_object: {
    async up(db) {
      await sql`create table relying_party_object (
        id text primary key,
        version integer not null,
        sealed text,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`.execute(db);
    },
  },
};
