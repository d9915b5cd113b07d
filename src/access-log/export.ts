import type { PersonId } from '../base/index.ts';
import type { Database } from '../platform/database/index.ts';
import type { Keys } from '../platform/keys/index.ts';
import type { Actor } from './catalogue/operations.ts';
import { GENESIS } from './chain.ts';
import { CSV_HEAD, csvRow } from './csv.ts';
import { StoredEvent } from './event.ts';
import { type Revelation, renderDigest, renderEvent } from './line.ts';
import { type ChainedRow, findCheckpointFrom, findRange, type Range, readChain } from './read-store.ts';
import { type OpenedPersonal, openPersonal } from './seal.ts';
import { readHash, readHead } from './store.ts';

export type ExportRequest = {
  /** `jsonl` can be verified; `csv` says that it cannot. */
  readonly format: 'jsonl' | 'csv';
  /** Place in the sequence, inclusive, or a time: events at or after it. */
  readonly from?: number | Date;
  /** Place in the sequence, inclusive, or a time: events before it. */
  readonly to?: number | Date;
  /** Only events about this person; the others appear as digests in JSON Lines. Verify with `allowWithheld`. */
  readonly person?: PersonId;
  /** Open personal values. It stands in the export's own event who did so. */
  readonly reveal?: boolean;
  /** Who exports, and why. */
  readonly by: Actor;
  readonly reason?: string;
};

export type ExportNeeds = { readonly db: Database; readonly keys: Pick<Keys, 'sealer'> };

/** The part of the chain that a request means, as it stands now; undefined when it holds no chained event. */
export async function resolveRange(db: Database, request: ExportRequest): Promise<Range | undefined> {
  const head = (await readHead(db))?.seq ?? 0;
  const { from, to, person } = request;
  const since = from instanceof Date ? from : undefined;
  const until = to instanceof Date ? to : undefined;
  const isFiltered = since || until || person !== undefined;
  const found = isFiltered
    ? await findRange(db, {
        ...(since && { since }),
        ...(until && { until }),
        ...(person !== undefined && { person }),
      })
    : { from: 1, to: head };
  const first = Math.max(found?.from ?? 1, typeof from === 'number' ? from : 1);
  const last = Math.min(found?.to ?? 0, typeof to === 'number' ? to : head);
  return first <= last ? { from: first, to: last } : undefined;
}

/** Lines of the export, without line ends, read as they are asked for. */
export async function* exportLines(
  needs: ExportNeeds,
  request: ExportRequest,
  range: Range | undefined,
): AsyncGenerator<string> {
  if (request.format === 'csv') yield* CSV_HEAD;
  if (!range) return;
  if (request.format === 'csv') yield* csvLines(needs, request, range);
  else yield* jsonLines(needs, request, range);
}

/**
 * Behind the range follow digests up to the next checkpoint, at most a thousand: so any part of the log can be
 * verified, however small.
 */
async function* jsonLines(needs: ExportNeeds, request: ExportRequest, range: Range): AsyncGenerator<string> {
  const { db } = needs;
  let prev = range.from === 1 ? GENESIS : await readHash(db, range.from - 1);
  const end = (await findCheckpointFrom(db, range.to)) ?? range.to;
  for await (const row of readChain(db, range.from, end)) {
    if (prev === undefined) return;
    yield await jsonLine(needs, request, range, row, prev);
    prev = row.hash;
  }
}

async function jsonLine(
  { keys }: ExportNeeds,
  { person, reveal }: ExportRequest,
  range: Range,
  { seq, hash, personId, body }: ChainedRow,
  prev: string,
): Promise<string> {
  const place = { seq, prev, hash };
  if (seq > range.to || (person !== undefined && person !== personId)) return renderDigest(place, body);
  const revealed = reveal
    ? revelation(await openPersonal(keys, StoredEvent.parse(JSON.parse(body))))
    : undefined;
  return renderEvent(place, body, revealed);
}

function revelation(opened: OpenedPersonal): Revelation | undefined {
  switch (opened.state) {
    case 'open':
      return { salt: opened.salt, values: opened.values };
    case 'erased':
    case 'unreadable':
      return opened.state;
    case 'none':
    case 'dropped':
      return undefined;
  }
}

async function* csvLines(needs: ExportNeeds, request: ExportRequest, range: Range): AsyncGenerator<string> {
  const { person, reveal } = request;
  for await (const { seq, hash, personId, body } of readChain(needs.db, range.from, range.to)) {
    if (person !== undefined && person !== personId) continue;
    const event = StoredEvent.parse(JSON.parse(body));
    const opened = reveal ? await openPersonal(needs.keys, event) : undefined;
    yield csvRow(seq, hash, event, opened);
  }
}
