import { sql } from 'kysely';
import type { Clock, EventId, Id } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Log } from '../platform/log/index.ts';
import { type EventRow, toRow } from './event.ts';
import { accessEvents } from './events.ts';
import type { AccessLogMetrics } from './metrics.ts';
import type { Spool, SpoolContent, SpoolFile } from './spool.ts';
import { insertMissingEvents } from './store.ts';

export type RecoveryNeeds = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: AccessLogMetrics;
  readonly spool: Spool;
};

/**
 * Brings spooled events into the log behind a `log.gap` event (R6.4). Exactly once: events keep the ids that
 * they were spooled with and the gap's id is the file's, so a run that died half-way is simply run again.
 */
export async function recoverSpool(needs: RecoveryNeeds): Promise<void> {
  const files = await needs.spool.takeAll();
  for (const file of files) await recoverFile(needs, file);
  needs.spool.finish(files);
}

async function recoverFile(needs: RecoveryNeeds, file: SpoolFile): Promise<void> {
  const content = await needs.spool.read(file);
  const added = await needs.db
    .transaction()
    .execute((trx) => insertBehindGap(trx, needs.clock, file, content));
  needs.metrics.recovered(added);
  const { unreadable } = content;
  needs.log.warn('access log spool recovered', { gap: file.gapId, events: added, unreadable });
  if (!file.isClosed) return;
  if (unreadable > 0) await needs.spool.setAside(file);
  else await needs.spool.remove(file);
}

const GROUP = 500;

async function insertBehindGap(
  trx: Transaction,
  clock: Clock,
  file: SpoolFile,
  content: SpoolContent,
): Promise<number> {
  const known = await readKnown(trx, content.rows);
  await insertMissingEvents(trx, [gapRow(clock, file.gapId, content, known)]);
  let added = 0;
  for (let at = 0; at < content.rows.length; at += GROUP) {
    added += (await insertMissingEvents(trx, content.rows.slice(at, at + GROUP))).size;
  }
  return added;
}

async function readKnown(trx: Transaction, rows: readonly EventRow[]): Promise<readonly string[]> {
  const { rows: known } = await sql<{ id: string }>`
    select id from access_log_event where id = any(${rows.map(({ id }) => id)}::text[])`.execute(trx);
  return known.map(({ id }) => id);
}

function gapRow(clock: Clock, gapId: EventId, content: SpoolContent, known: readonly string[]): EventRow {
  const times = content.rows.map(({ time }) => time).sort();
  const thread: Id<'ref'> = `ref_${gapId.slice('evt_'.length)}`;
  const event = accessEvents.logGap({
    thread,
    facts: {
      ...(times[0] !== undefined && { from: times[0], to: times.at(-1) ?? times[0] }),
      events: content.rows.length,
      unreadable: content.unreadable,
      alreadyRecorded: known.length,
      alreadyRecordedIds: known.slice(0, 100),
    },
  });
  return toRow(gapId, clock.now(), event, undefined);
}
