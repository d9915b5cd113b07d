import type { Kysely } from 'kysely';
import type { Migrations } from '../platform/database/index.ts';

export const migrations: Migrations = {
  session_0001_index: {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('session_index')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('token_hash', 'text', (c) => c.notNull())
        .addColumn('person_id', 'text', (c) => c.notNull())
        .addColumn('connection', 'text', (c) => c.notNull())
        .addColumn('sealed', 'text', (c) => c.notNull())
        .addColumn('opened_at', 'timestamptz', (c) => c.notNull())
        .addColumn('ends_at', 'timestamptz', (c) => c.notNull())
        .addColumn('ended_at', 'timestamptz')
        .addColumn('end_reason', 'text')
        .execute();
      await db.schema
        .createIndex('session_index_person')
        .on('session_index')
        .columns(['person_id', 'ends_at'])
        .execute();
      await db.schema
        .createTable('session_entry')
        .addColumn('session_id', 'text', (c) => c.notNull())
        .addColumn('relying_party', 'text', (c) => c.notNull())
        .addColumn('first_at', 'timestamptz', (c) => c.notNull())
        .addPrimaryKeyConstraint('session_entry_key', ['session_id', 'relying_party'])
        .execute();
    },
  },
  session_0002_parties: {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('session_entry')
        .addColumn('handle', 'text')
        .addColumn('subject_lookup', 'text')
        .addColumn('sealed', 'text')
        .execute();
      await db.schema
        .createIndex('session_entry_handle')
        .on('session_entry')
        .columns(['relying_party', 'handle'])
        .execute();
      await db.schema
        .createIndex('session_entry_subject')
        .on('session_entry')
        .columns(['relying_party', 'subject_lookup'])
        .execute();
      await db.schema
        .alterTable('session_index')
        .addColumn('upstream_subject', 'text')
        .addColumn('upstream_session', 'text')
        .execute();
      await db.schema
        .createIndex('session_index_upstream')
        .on('session_index')
        .columns(['connection', 'upstream_subject'])
        .execute();
      await db.schema
        .createIndex('session_index_upstream_session')
        .on('session_index')
        .columns(['connection', 'upstream_session'])
        .execute();
    },
  },
  session_0003_browser: {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('session_index').addColumn('browser', 'text').execute();
      await db.schema
        .createIndex('session_index_browser')
        .on('session_index')
        .columns(['person_id', 'browser'])
        .execute();
    },
  },
};
