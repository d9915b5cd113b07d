import type { PersonId, SessionId } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';

export type SessionEndReason =
  | 'signed-out'
  | 'replaced'
  | 'ended-by-person'
  | 'ended-upstream'
  | 'access-ended'
  | 'person-disabled'
  | 'person-changed'
  /** It reached the end that it was given. */
  | 'limit';

type SessionTables = {
  session_index: {
    id: SessionId;
    token_hash: string;
    person_id: PersonId;
    connection: string;
    /** Keyed hashes of what the upstream calls person and session, so that its logout message finds them. */
    upstream_subject: string | null;
    upstream_session: string | null;
    /** Keyed hash of the browser's own mark: answers that arrive at the same instant open a session each. */
    browser: string | null;
    sealed: string;
    opened_at: Date;
    ends_at: Date;
    ended_at: Date | null;
    end_reason: SessionEndReason | null;
  };
  session_entry: {
    session_id: SessionId;
    relying_party: string;
    first_at: Date;
    /** Of the relying party's own session; null where nobody can be told. */
    handle: string | null;
    subject_lookup: string | null;
    sealed: string | null;
  };
};

export function withSessions(db: Database | Transaction) {
  return db.withTables<SessionTables>();
}

export type SessionDb = ReturnType<typeof withSessions>;
