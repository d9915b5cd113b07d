import { sql } from 'kysely';
import type { Migrations } from '../platform/database/index.ts';

/** Accounts and outbox. Both unique keys of R1.1 are the database's own promise, not only the code's. */
export const migrations: Migrations = {
  provisioning_0001_accounts: {
    async up(db) {
      await sql`
        create table provisioning_account (
          id text primary key,
          target text not null,
          person text not null,
          external_id text,
          marker text not null unique,
          desired text,
          desired_hash text,
          confirmed_hash text,
          confirmed_access_hash text,
          confirmed_at timestamptz,
          refs text not null default '{}',
          rejected text not null default '{}',
          candidate text,
          approved text,
          lease_owner text,
          lease_until timestamptz,
          created_at timestamptz not null,
          updated_at timestamptz not null,
          unique (target, person),
          unique (target, external_id)
        )`.execute(db);
      await sql`create index provisioning_account_person on provisioning_account (person)`.execute(db);
      await sql`
        create table provisioning_step (
          id text primary key,
          account text not null references provisioning_account (id),
          kind text not null,
          call text not null,
          purpose text not null,
          fields text not null,
          payload text not null,
          idempotency_key text not null,
          state text not null,
          attempts integer not null default 0,
          last_code text,
          thread text not null,
          created_at timestamptz not null,
          updated_at timestamptz not null
        )`.execute(db);
      await sql`
        create unique index provisioning_step_open on provisioning_step (account, idempotency_key)
        where state = 'open'`.execute(db);
      await sql`create index provisioning_step_account on provisioning_step (account)`.execute(db);
      await sql`
        create table provisioning_target (
          target text primary key,
          facts text not null,
          prepared_at timestamptz not null,
          clock_offset_ms integer,
          clock_measured_at timestamptz
        )`.execute(db);
    },
  },
  provisioning_0002_endings_and_tasks: {
    async up(db) {
      await sql`
        alter table provisioning_account
          add column given text not null default '{}',
          add column ending_kind text,
          add column ending_at timestamptz,
          add column ending_because text,
          add column rungs_done text not null default '[]'`.execute(db);
      await sql`
        create index provisioning_account_ending on provisioning_account (target, ending_at)
        where ending_at is not null`.execute(db);
      await sql`
        create table provisioning_task (
          id text primary key,
          account text not null references provisioning_account (id),
          target text not null,
          person text not null,
          kind text not null,
          field text not null,
          detail text not null,
          thread text not null,
          opened_at timestamptz not null,
          closed_at timestamptz
        )`.execute(db);
      await sql`
        create unique index provisioning_task_open on provisioning_task (account, kind, field)
        where closed_at is null`.execute(db);
      await sql`
        create table provisioning_call (
          target text not null,
          slot timestamptz not null,
          calls integer not null,
          primary key (target, slot)
        )`.execute(db);
      await sql`
        create table provisioning_brake (
          id text primary key,
          target text not null,
          removals text not null,
          accounts integer not null,
          braked_at timestamptz not null,
          released_by text,
          released_at timestamptz
        )`.execute(db);
      await sql`
        create table provisioning_found (
          target text not null,
          external_id text not null,
          person text,
          result text not null,
          is_active boolean not null,
          untouchable boolean not null,
          last_sign_in timestamptz,
          mail text,
          image_hash text not null,
          found_at timestamptz not null,
          seen_at timestamptz not null,
          primary key (target, external_id)
        )`.execute(db);
    },
  },
  provisioning_0003_creation_claims: {
    async up(db) {
      await sql`alter table provisioning_step add column claim text`.execute(db);
      await sql`
        create unique index provisioning_step_claim on provisioning_step (claim)
        where state = 'open'`.execute(db);
    },
  },
  provisioning_0004_places: {
    async up(db) {
      await sql`alter table provisioning_target add column place text`.execute(db);
    },
  },
  provisioning_0005_webhooks: {
    async up(db) {
      await sql`alter table provisioning_account add column read_after timestamptz`.execute(db);
      await sql`
        create table provisioning_webhook (
          target text primary key,
          destination text not null,
          secret text not null,
          former text,
          former_until timestamptz,
          registered_at timestamptz
        )`.execute(db);
      await sql`
        create table provisioning_webhook_delivery (
          target text not null,
          message text not null,
          seq bigint generated always as identity,
          event text not null,
          external_id text,
          received_at timestamptz not null,
          primary key (target, message)
        )`.execute(db);
      await sql`
        create index provisioning_webhook_delivery_newest
        on provisioning_webhook_delivery (target, seq desc)`.execute(db);
      await sql`
        create index provisioning_webhook_delivery_old
        on provisioning_webhook_delivery (received_at)`.execute(db);
    },
  },
  provisioning_0006_endings_at_once: {
    async up(db) {
      await sql`
        alter table provisioning_account
        add column ending_at_once boolean not null default false`.execute(db);
    },
  },
  provisioning_0007_preparation_turns: {
    async up(db) {
      await sql`
        create table provisioning_preparation (
          target text primary key,
          holder text not null,
          until timestamptz not null
        )`.execute(db);
    },
  },
  provisioning_0008_imports: {
    async up(db) {
      await sql`alter table provisioning_account add column missing_since timestamptz`.execute(db);
      await sql`alter table provisioning_found add column channels text`.execute(db);
      await sql`
        create index provisioning_found_mail on provisioning_found (target, mail)
        where mail is not null`.execute(db);
      await sql`
        create table provisioning_import (
          target text primary key,
          began_at timestamptz not null,
          ended_at timestamptz not null,
          accounts integer not null
        )`.execute(db);
    },
  },
  provisioning_0009_ends_noted: {
    async up(db) {
      await sql`
        alter table provisioning_account
        add column ends_noted integer not null default 0`.execute(db);
    },
  },
  provisioning_0010_webhook_turns: {
    async up(db) {
      await sql`
        create table provisioning_webhook_turn (
          target text primary key,
          holder text not null,
          until timestamptz not null
        )`.execute(db);
      await sql`alter table provisioning_account add column told_thread text`.execute(db);
    },
  },
};
