import type { ColumnType, Generated } from 'kysely';
import type { EndKind } from './connector/ladder.ts';

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
  /** JSON: field → members of it that we gave and did not take back; not personal. */
  given: Generated<string>;
  /** Null while the person may enter; else the ladder runs (R5.5). */
  ending_kind: EndKind | null;
  ending_at: Timestamp | null;
  /** What ended it: a rule, a grant, a switched-off person. */
  ending_because: string | null;
  /** All rungs are due, whatever their delays. */
  ending_at_once: Generated<boolean>;
  /** JSON list of rung ids. */
  rungs_done: Generated<string>;
  /** Counts every end that was told, also of access that was over already. */
  ends_noted: Generated<number>;
  /** Since then the target's list does not show it, and a look at it found nothing. */
  missing_since: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** The target told of a change: what was confirmed before this instant is not believed any more. */
  read_after: ColumnType<Date | null, Date | null | undefined, Date | null>;
  /** Thread of the first message since the last look: what follows from it and its successors stands there. */
  told_thread: Generated<string | null>;
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
  kind: 'create' | 'update' | 'adopt' | 'end';
  call: string;
  purpose: 'access' | 'detail';
  /** JSON list of field names; not personal. */
  fields: string;
  /** Sealed under the person's key: what is sent. */
  payload: string;
  /** Equal content of one account has one open row. */
  idempotency_key: string;
  /** Keyed hash of the mail address that is being created in a target that keeps no marker; one open row each. */
  claim: Generated<string | null>;
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
  /** Which system it was when accounts were first made there. */
  place: string | null;
  /** JSON, the connector's own. */
  facts: string;
  prepared_at: Timestamp;
  clock_offset_ms: number | null;
  clock_measured_at: Timestamp | null;
};

export const TASK_KINDS = ['by-hand', 'blocked', 'drift'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Something in a target that only people can do; closes by itself when the target shows it done. */
export type TaskTable = {
  id: string;
  account: string;
  target: string;
  person: string;
  kind: TaskKind;
  /** Field of the image, or the call that is blocked. */
  field: string;
  /** Sealed under the person's key: JSON of the difference or of the reasons. */
  detail: string;
  thread: string;
  opened_at: Timestamp;
  closed_at: Timestamp | null;
};

/** Calls to a target with a documented rate, counted by all processes. */
export type CallTable = { target: string; slot: Timestamp; calls: number };

/** A plan that removes too much by inference waits here for a release (R5.4). */
export type BrakeTable = {
  id: string;
  target: string;
  /** JSON list of account ids. */
  removals: string;
  /** Accounts of the target at that time. */
  accounts: number;
  braked_at: Timestamp;
  released_by: string | null;
  released_at: Timestamp | null;
};

/** What an import found in a target; ours or not. */
export type FoundTable = {
  target: string;
  external_id: string;
  person: string | null;
  result: 'linked' | 'ambiguous' | 'unclaimed' | 'skipped';
  is_active: boolean;
  untouchable: boolean;
  last_sign_in: Timestamp | null;
  /** Keyed hash, to find the person later; the address itself is not kept. */
  mail: string | null;
  image_hash: string;
  /** JSON list: where it can be used; null where the target has no channels or does not tell. */
  channels: Generated<string | null>;
  found_at: Timestamp;
  seen_at: Timestamp;
};

/** The last complete import of a target. */
export type ImportTable = { target: string; began_at: Timestamp; ended_at: Timestamp; accounts: number };

/** Who prepares a target right now. */
export type PreparationTable = { target: string; holder: string; until: Timestamp };

/** The hooks through which a target tells us of changes. */
export type WebhookTable = {
  target: string;
  /** Where they lead. */
  destination: string;
  /** Sealed: what they carry, and what they carried before a rotation. */
  secret: string;
  former: string | null;
  /** Null while the rotation is not complete: until then both are good. */
  former_until: Timestamp | null;
  /** Null until every hook was made for the first time, and from the moment on that they are to be removed. */
  registered_at: Timestamp | null;
};

/** Who changes the hooks of a target right now. */
export type WebhookTurnTable = { target: string; holder: string; until: Timestamp };

/** Messages of targets that were believed, for a few days: each has its effect once. */
export type WebhookDeliveryTable = {
  target: string;
  /** SHA-256 of the message's id. */
  message: string;
  seq: Generated<string>;
  event: string;
  external_id: string | null;
  received_at: Timestamp;
};

export type ProvisioningTables = {
  provisioning_preparation: PreparationTable;
  provisioning_webhook: WebhookTable;
  provisioning_webhook_turn: WebhookTurnTable;
  provisioning_webhook_delivery: WebhookDeliveryTable;
  provisioning_task: TaskTable;
  provisioning_call: CallTable;
  provisioning_brake: BrakeTable;
  provisioning_found: FoundTable;
  provisioning_import: ImportTable;
  provisioning_account: AccountTable;
  provisioning_step: StepTable;
  provisioning_target: TargetTable;
};
