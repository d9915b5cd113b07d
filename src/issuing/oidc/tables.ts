import type { Generated } from 'kysely';
import type { LoginId, PersonId, SessionId } from '../../base/index.ts';
import type { Database, Transaction } from '../../platform/database/index.ts';

/** Tables of this room; nobody else names them. Ids are keyed hashes: whoever reads the table holds no token. */
export type IssuingTables = {
  /** One for each sign-on: (session, client, store) and never a second store (R8.4). */
  issuing_oidc_grant: {
    id: string;
    session_id: SessionId;
    person_id: PersonId;
    client: string;
    store: string;
    thread: LoginId;
    sealed: string;
    created_at: Date;
    expires_at: Date;
    /** Grants and gates draw from one sequence: the order in which processes made them, whatever their clocks say. */
    ordinal: Generated<string>;
  };
  issuing_oidc_refresh_token: {
    id: string;
    grant_id: string;
    person_id: PersonId;
    sealed: string;
    consumed_at: Date | null;
    expires_at: Date;
  };
  /** What was made before it counts no more, for one person (R3.5); the instant is for people to read. */
  issuing_person_gate: { person_id: PersonId; not_before: Date; ordinal: Generated<string> };
};

export function withIssuing(db: Database | Transaction) {
  return db.withTables<IssuingTables>();
}
