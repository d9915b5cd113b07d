import type { ColumnType, Generated } from 'kysely';

type Timestamp = ColumnType<Date, Date, Date>;

/** One row per person and target, from the first attempt on (R1.1). */
export type AccountTable = {
  id: string;
  target: string;
  person: string;
  /** The target's own id; null until the account is known to exist. */
  external_id: string | null;
  /** Random id given to the account at creation, written before anything is sent (R5.3). */
  marker: string;
  /** Sealed under the person's key: desired image as JSON. */
  desired: string | null;
  /** Keyed hashes: personal values cannot be guessed from them. */
  desired_hash: string | null;
  confirmed_hash: string | null;
  confirmed_access_hash: string | null;
  confirmed_at: Timestamp | null;
  /** JSON: ids of sub-objects, owned by the connector. */
  refs: Generated<string>;
  /** JSON: field → keyed hash of the value that the target refused. */
  rejected: Generated<string>;
  /** Existing account that waits for an administrator, and the one that was approved. */
  candidate: string | null;
  approved: string | null;
  lease_owner: string | null;
  lease_until: Timestamp | null;
  created_at: Timestamp;
  updated_at: Timestamp;
};

export const STEP_STATES = ['open', 'done', 'rejected', 'superseded'] as const;
export type StepState = (typeof STEP_STATES)[number];

/** Outbox: each write to a target stands here before it is sent. */
export type StepTable = {
  id: string;
  account: string;
  kind: 'create' | 'update' | 'adopt';
  call: string;
  purpose: 'access' | 'detail';
  /** JSON list of field names; not personal. */
  fields: string;
  /** Sealed under the person's key: what is sent. */
  payload: string;
  /** Equal content of one account has one open row. */
  idempotency_key: string;
  state: StepState;
  attempts: number;
  last_code: string | null;
  thread: string;
  created_at: Timestamp;
  updated_at: Timestamp;
};

/** What processes share about a target itself. */
export type TargetTable = {
  target: string;
  /** JSON, the connector's own. */
  facts: string;
  prepared_at: Timestamp;
  clock_offset_ms: number | null;
  clock_measured_at: Timestamp | null;
};

export type ProvisioningTables = {
  provisioning_account: AccountTable;
  provisioning_step: StepTable;
  provisioning_target: TargetTable;
};
