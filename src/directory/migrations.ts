import { type Kysely, sql } from 'kysely';
import type { Migrations } from '../platform/database/index.ts';

/** Look-up columns hold keyed hashes, `sealed` holds what they stand for. Instants are UTC. */
export const migrations: Migrations = {
  directory_0001_people: {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('directory_person')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('created_at', 'timestamptz', (c) => c.notNull())
        .addColumn('changed_at', 'timestamptz', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('directory_identity')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('connection', 'text', (c) => c.notNull())
        .addColumn('subject_key', 'text', (c) => c.notNull())
        .addColumn('person_id', 'text', (c) => c.notNull())
        .addColumn('sealed', 'text', (c) => c.notNull())
        .addColumn('facts_hash', 'text', (c) => c.notNull())
        .addColumn('created_at', 'timestamptz', (c) => c.notNull())
        .addColumn('changed_at', 'timestamptz', (c) => c.notNull())
        .addUniqueConstraint('directory_identity_subject', ['connection', 'subject_key'])
        .execute();
      await db.schema
        .createIndex('directory_identity_person')
        .on('directory_identity')
        .column('person_id')
        .execute();
      await db.schema
        .createTable('directory_alias')
        .addColumn('connection', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('value_key', 'text', (c) => c.notNull())
        .addColumn('identity_id', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('directory_alias_key', ['connection', 'kind', 'value_key', 'identity_id'])
        .execute();
      await db.schema
        .createIndex('directory_alias_identity')
        .on('directory_alias')
        .column('identity_id')
        .execute();
      await db.schema
        .createTable('directory_shared_key')
        .addColumn('value_key', 'text', (c) => c.primaryKey())
        .addColumn('person_id', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('directory_task')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('connection', 'text', (c) => c.notNull())
        .addColumn('subject_key', 'text', (c) => c.notNull())
        .addColumn('sealed', 'text', (c) => c.notNull())
        .addColumn('raised_at', 'timestamptz', (c) => c.notNull())
        .addColumn('closed_at', 'timestamptz')
        .addUniqueConstraint('directory_task_once', ['kind', 'connection', 'subject_key'])
        .execute();
    },
  },
  directory_0002_alias_value: {
    async up(db: Kysely<unknown>) {
      // Asked for without a connection: who else goes by this mail address?
      await db.schema
        .createIndex('directory_alias_value')
        .on('directory_alias')
        .columns(['value_key', 'kind'])
        .execute();
    },
  },
  directory_0003_confirmed: {
    async up(db: Kysely<unknown>) {
      await sql`alter table directory_identity add column confirmed_at timestamptz`.execute(db);
      await sql`update directory_identity set confirmed_at = changed_at`.execute(db);
      await sql`alter table directory_identity alter column confirmed_at set not null`.execute(db);
    },
  },
  directory_0004_task_people: {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('directory_task_person')
        .addColumn('task_id', 'text', (c) => c.notNull())
        .addColumn('person_id', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('directory_task_person_key', ['task_id', 'person_id'])
        .execute();
      await db.schema
        .createIndex('directory_task_person_person')
        .on('directory_task_person')
        .column('person_id')
        .execute();
      // Nothing says whom they are about, and whoever is still in doubt raises theirs again.
      await sql`delete from directory_task`.execute(db);
    },
  },
};
