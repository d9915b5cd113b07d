import type { Salesforce } from '../server.ts';
import { type Cursor, nextSerial } from '../store.ts';
import { type Answer, type Call, type Params, refusal } from './call.ts';
import { makeId } from './ids.ts';
import { problem } from './problems.ts';
import { parseQuery } from './soql/parse.ts';
import { SoqlError } from './soql/query.ts';
import { type Found, runQuery } from './soql/run.ts';

const SMALLEST_BATCH = 200;
/** How long an answer can be paged through. */
const CURSOR_DAYS = 2;

/** `GET /query?q=…` */
export function query(call: Call): Answer {
  const soql = call.query.get('q');
  if (soql === null) return refusal(problem('MALFORMED_QUERY', 'No query string was given'));
  const found = attempt(call, soql);
  if ('status' in found) return found;
  if (found.kind === 'count') {
    return { status: 200, body: { totalSize: found.count, done: true, records: [] } };
  }
  const { store, needs, switches } = call.org;
  const largest = switches.positions.queryBatchSize;
  const asked = Math.max(SMALLEST_BATCH, call.batchSize ?? largest);
  const cursor = { records: found.records, batch: Math.min(asked, largest), made: needs.clock.now() };
  const locator = makeId('QueryLocator', nextSerial(store));
  if (cursor.records.length > cursor.batch) store.cursors.set(locator, cursor);
  return { status: 200, body: page(call, locator, cursor, 0) };
}

function attempt(call: Call, soql: string): Found | Answer {
  try {
    return runQuery(call.org, parseQuery(soql), call.version);
  } catch (error) {
    if (error instanceof SoqlError) return refusal(error.problem);
    throw error;
  }
}

function page({ version }: Call, locator: string, { records, batch }: Cursor, from: number): object {
  const to = from + batch;
  const isLast = to >= records.length;
  return {
    totalSize: records.length,
    done: isLast,
    ...(!isLast && { nextRecordsUrl: `/services/data/${version}/query/${locator}-${to}` }),
    records: records.slice(from, to),
  };
}

/** `GET /query/01g…-2000`: the page that `nextRecordsUrl` named. */
export function nextPage(call: Call, { locator = '' }: Params): Answer {
  const [id = '', from = ''] = locator.split('-');
  const cursor = findCursor(call.org, id);
  if (!cursor || !/^\d+$/.test(from) || Number(from) >= cursor.records.length) {
    return refusal(problem('INVALID_QUERY_LOCATOR', 'invalid query locator'));
  }
  return { status: 200, body: page(call, id, cursor, Number(from)) };
}

function findCursor({ store, needs }: Salesforce, id: string): Cursor | undefined {
  const cursor = store.cursors.get(id);
  const age = cursor && needs.clock.now().getTime() - cursor.made.getTime();
  return age !== undefined && age < CURSOR_DAYS * 86_400_000 ? cursor : undefined;
}
