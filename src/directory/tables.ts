import type { IdentityId, PersonId } from '../base/index.ts';
import type { Person } from '../model/index.ts';

/** Tables of this room; nobody else names them. */
export type DirectoryTables = {
  directory_person: { id: PersonId; status: Person['status']; created_at: Date; changed_at: Date };
  directory_identity: {
    id: IdentityId;
    connection: string;
    subject_key: string;
    person_id: PersonId;
    sealed: string;
    facts_hash: string;
    created_at: Date;
    changed_at: Date;
    confirmed_at: Date;
  };
  directory_alias: { connection: string; kind: 'login' | 'mail'; value_key: string; identity_id: IdentityId };
  directory_shared_key: { value_key: string; person_id: PersonId };
  directory_task: {
    id: string;
    kind: 'relink-or-new-person';
    connection: string;
    subject_key: string;
    sealed: string;
    raised_at: Date;
    closed_at: Date | null;
  };
  /** Whose data a task may hold. */
  directory_task_person: { task_id: string; person_id: PersonId };
};
