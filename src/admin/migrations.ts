import { sql } from 'kysely';
import type { Migrations } from '../platform/database/index.ts';

/** Answers that are given again to the same request (Idempotency-Key). They hold no secret. */
export const migrations: Migrations = {
  admin_0001_request: {
    async up(db) {
      await sql`create table admin_request (
        machine text not null,
        key_hash text not null,
        fingerprint text not null,
        answer text not null,
        created_at timestamptz not null,
        primary key (machine, key_hash)
      )`.execute(db);
      await sql`create index admin_request_created on admin_request (created_at)`.execute(db);
    },
  },
};
