/**
 * access-log: the append-only record of who was let in where, when and why (R6).
 *
 *   append / appendIn ──▶ access_log_event (durable) ──▶ access_log_link (chained) ──▶ access_log_checkpoint ──▶ sinks
 *        └─ database away: local spool ──▶ back behind a `log.gap` event
 *
 * Owns the events, their chain, the checkpoints, their export and their verification. Personal values are sealed
 * under the key of the person they are about (`platform/keys`), so erasing a person leaves the chain valid.
 * Never changes or deletes a row, never decides anything, and is not the operator's log (`platform/log`).
 */
export {
  type AccessLog,
  type AccessLogOptions,
  createAccessLog,
  type Reader,
} from './access-log.ts';
export type { Actor } from './catalogue/operations.ts';
export type { GivenAccess, LoginStage, Origin } from './catalogue/sign-in.ts';
export { type Checkpoint, parseCheckpoints, parsePublicKeys, renderCheckpoint } from './checkpoint.ts';
export { type CheckpointSink, fileSink } from './checkpoint-sinks.ts';
export { csvCell } from './csv.ts';
export type { Erasure } from './erase.ts';
export { type AccessLogCode, HistoryChanged, InvalidEvent } from './errors.ts';
export type { NewAccessEvent, Outcome } from './event.ts';
export { accessEvents, EVENT_TYPES } from './events.ts';
export type { ExportRequest } from './export.ts';
export { readLines } from './lines.ts';
export { type AccessLogMetrics, noMetrics } from './metrics.ts';
export { migrations } from './migrations.ts';
export type { AccessEvent, EventPage } from './read.ts';
export type { EventFilter, Page } from './read-store.ts';
export { type Finding, formatVerification, type Verification } from './verification.ts';
export { type VerifyOptions, verifyLog } from './verify.ts';
