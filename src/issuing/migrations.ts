import { type Kysely, sql } from 'kysely';
import type { Migrations } from '../platform/database/index.ts';

export const migrations: Migrations = {
  issuing_0001_oidc: {
    async up(db: Kysely<unknown>) {
      await sql`create table issuing_oidc_grant (
        id text primary key,
        session_id text not null,
        person_id text not null,
        client text not null,
        store text not null,
        thread text not null,
        sealed text not null,
        created_at timestamptz not null,
        expires_at timestamptz not null
      )`.execute(db);
      await sql`create index issuing_oidc_grant_session on issuing_oidc_grant (session_id)`.execute(db);
      await sql`create index issuing_oidc_grant_person on issuing_oidc_grant (person_id)`.execute(db);
      await sql`create index issuing_oidc_grant_expires on issuing_oidc_grant (expires_at)`.execute(db);
      // A token is saved only while its grant stands, and goes with it, whichever of the two comes first.
      await sql`create table issuing_oidc_refresh_token (
        id text primary key,
        grant_id text not null references issuing_oidc_grant (id) on delete cascade,
        person_id text not null,
        sealed text not null,
        consumed_at timestamptz,
        expires_at timestamptz not null
      )`.execute(db);
      await sql`create index issuing_oidc_refresh_token_grant on issuing_oidc_refresh_token (grant_id)`.execute(
        db,
      );
      await sql`create table issuing_person_gate (
        person_id text primary key,
        not_before timestamptz not null
      )`.execute(db);
    },
  },
  issuing_0002_saml_names: {
    async up(db: Kysely<unknown>) {
      await sql`create table issuing_saml_name (
        relying_party text not null,
        name_key text not null,
        person_id text not null,
        connection text not null,
        given_at timestamptz not null,
        primary key (relying_party, name_key)
      )`.execute(db);
    },
  },
  issuing_0003_saml_metadata: {
    async up(db: Kysely<unknown>) {
      await sql`create table issuing_saml_metadata (
        relying_party text primary key,
        sealed text not null,
        loaded_at timestamptz not null
      )`.execute(db);
    },
  },
  issuing_0004_gates_without_clocks: {
    async up(db: Kysely<unknown>) {
      // What the instants of before say holds for what was made before.
      await sql`
        delete from issuing_oidc_grant g using issuing_person_gate p
        where p.person_id = g.person_id and p.not_before >= g.created_at`.execute(db);
      await sql`create sequence issuing_order`.execute(db);
      for (const table of ['issuing_person_gate', 'issuing_oidc_grant']) {
        await sql`alter table ${sql.table(table)}
          add column ordinal bigint not null default nextval('issuing_order')`.execute(db);
      }
    },
  },
};
