import { type Clock, type EventId, newId, type PersonId } from '../base/index.ts';
import type { Database, Transaction } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Actor } from './catalogue/operations.ts';
import { Chainer } from './chainer.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CheckpointDelivery, type CheckpointSink } from './checkpoint-sinks.ts';
import { type Erasure, erasePerson } from './erase.ts';
import type { NewAccessEvent } from './event.ts';
import { accessEvents } from './events.ts';
import { type ExportNeeds, type ExportRequest, exportLines, resolveRange } from './export.ts';
import { JunkCounters } from './junk.ts';
import { Keeper } from './keeper.ts';
import { type AccessLogMetrics, noMetrics } from './metrics.ts';
import { type AccessEvent, type EventPage, readPersonEvents, readThread, searchEvents } from './read.ts';
import type { EventFilter, Page } from './read-store.ts';
import { Spool } from './spool.ts';
import { readLatestCheckpoint } from './store.ts';
import { WRITER_LIMITS, Writer, type WriterLimits } from './writer.ts';

export type AccessLogOptions = {
  readonly db: Database;
  readonly keys: Pick<Keys, 'sealer' | 'destroy' | 'lookup' | 'checkpointSigner'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Local folder for events that the database did not take. Of one process alone; without it they are only logged. */
  readonly spoolDir?: string;
  readonly checkpointSinks?: readonly CheckpointSink[];
  readonly metrics?: AccessLogMetrics;
  readonly limits?: Partial<WriterLimits>;
};

export interface AccessLog extends AsyncDisposable {
  /**
   * Records one event; resolves when it is durable. Many callers share one insert.
   *
   * @throws Unavailable `access_log.unavailable` (the event is in the spool), `access_log.busy` (the queue is
   *   full), `access_log.stopped`; InvalidEvent. The answer that the event describes must then not leave.
   */
  append(event: NewAccessEvent): Promise<EventId>;
  /**
   * Records events in the caller's transaction: they are there exactly if its change is. Call `warmUp` for the
   * people concerned before the transaction is opened; otherwise sealing may need a second connection.
   *
   * @throws Unavailable `database.unavailable`; InvalidEvent. The transaction must then fail.
   */
  appendIn(trx: Transaction, events: readonly NewAccessEvent[]): Promise<EventId[]>;
  /** Loads the keys that events about these people, and about nobody, are sealed with. */
  warmUp(personIds: readonly PersonId[]): Promise<void>;
  /**
   * Destroys the person's key and says so in the log, together: in the caller's transaction, or in its own. Every
   * sealed value about the person is unreadable from then on; the chain stays valid. Safe to call twice.
   */
  erasePerson(personId: PersonId, by: Erasure, within?: Transaction): Promise<EventId>;
  /** All events under one thread, oldest first; at most 1,000. */
  readThread(thread: string, as?: Reader): Promise<readonly AccessEvent[]>;
  /** Events about one person, newest first. */
  readPersonEvents(
    personId: PersonId,
    page: Page & { readonly types?: readonly string[] },
    as?: Reader,
  ): Promise<EventPage>;
  /** Events that match all of the filter, newest first. For reports. */
  searchEvents(filter: EventFilter, page: Page, as?: Reader): Promise<EventPage>;
  /**
   * The log as lines without line ends, read as they are asked for. An event `log.exported` is durable before the
   * first line leaves.
   */
  exportLog(request: ExportRequest): AsyncIterable<string>;
  /** The newest checkpoint, to be kept outside. */
  latestCheckpoint(): Promise<Checkpoint | undefined>;
  /** Counts a request that belongs to no valid transaction (R6.3). Costs nothing and never fails. */
  countJunk(kind: string, address: string): void;
  /** Begins to chain, sign checkpoints, recover the spool and write junk counts, a few times a second. */
  start(): void;
  /** Settles what is under way, chains all, signs a last checkpoint and hands it to the sinks. */
  stop(): Promise<void>;
  /**
   * One round of the work that `start` repeats. For tests and one-off commands.
   *
   * @throws what stopped it: `database.unavailable`, `access_log.history_changed`.
   */
  runOnce(options?: { readonly checkpoint?: 'when due' | 'now' }): Promise<Checkpoint | undefined>;
}

/** Who reads. Given for whoever looks at other people's events: it becomes an event of its own, before anything is shown. */
export type Reader = { readonly by: Actor; readonly reason?: string };

/** Opens the access log on a migrated database. Connects when first used. One in each process. */
export function createAccessLog(options: AccessLogOptions): AccessLog {
  const { db, keys, clock } = options;
  const log = options.log.child({ room: 'access-log' });
  const metrics = options.metrics ?? noMetrics;
  const spool = options.spoolDir === undefined ? undefined : new Spool(options.spoolDir, keys);
  const limits = { ...WRITER_LIMITS, ...options.limits };
  const writer = new Writer({ db, keys, clock, log, metrics, spool, limits });
  const junk = new JunkCounters(clock);
  const keeper = new Keeper({
    ...{ db, clock, log, metrics, spool, writer, junk },
    chainer: new Chainer({ db, keys, clock, metrics }),
    delivery: new CheckpointDelivery(options.checkpointSinks ?? [], log, metrics),
  });
  return {
    append: (event) => writer.append(event),
    appendIn: (trx, events) => writer.appendIn(trx, events),
    warmUp: (personIds) => writer.warmUp(personIds),
    erasePerson: (personId, erasure, within) => erasePerson({ db, keys, writer }, personId, erasure, within),
    readThread: async (thread, as) => {
      await recordRead(writer, `thread ${thread}`, as);
      return await readThread({ db, keys }, thread);
    },
    readPersonEvents: async (personId, page, as) => {
      await recordRead(writer, `person ${personId}`, as);
      return await readPersonEvents({ db, keys }, personId, page);
    },
    searchEvents: async (filter, page, as) => {
      await recordRead(writer, `search by ${Object.keys(filter).join(', ') || 'nothing'}`, as);
      return await searchEvents({ db, keys }, filter, page);
    },
    exportLog: (request) => exportLog({ db, keys, writer }, request),
    latestCheckpoint: () => readLatestCheckpoint(db),
    countJunk: (kind, address) => junk.count(kind, address),
    start: () => keeper.start(),
    stop: () => keeper.stop(),
    runOnce: (round) => keeper.runOnce(round?.checkpoint ?? 'when due'),
    [Symbol.asyncDispose]: () => keeper.stop(),
  };
}

async function recordRead(writer: Writer, what: string, as: Reader | undefined): Promise<void> {
  if (as) await writer.append(accessEvents.logRead({ thread: newId('ref'), facts: { ...as, what } }));
}

async function* exportLog(
  needs: ExportNeeds & { readonly writer: Writer },
  request: ExportRequest,
): AsyncGenerator<string> {
  const range = await resolveRange(needs.db, request);
  const { by, format, person, reveal = false, reason } = request;
  await needs.writer.append(
    accessEvents.logExported({
      thread: newId('ref'),
      facts: {
        ...{ by, format, reveal, ...range },
        ...(person !== undefined && { person }),
        ...(reason !== undefined && { reason }),
      },
    }),
  );
  yield* exportLines(needs, request, range);
}
