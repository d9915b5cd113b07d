import { type Answer, type Call, isJson, type Json, refusal } from './call.ts';
import { problem } from './problems.ts';
import { BAD_JSON } from './records-by-id.ts';
import { resolveReferences } from './references.ts';
import type { Transaction } from './writer.ts';

const MOST = 25;
/** Queries and collections among them. */
const MOST_QUERIES = 5;

type Part = {
  readonly method: string;
  readonly url: string;
  readonly referenceId: string;
  readonly body: unknown;
};
type Result = {
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
};

/** `POST /composite`: up to 25 calls in one, counted as one; `allOrNone` makes one transaction of them. */
export function composite(call: Call): Answer {
  if (!isJson(call.body)) return refusal(BAD_JSON);
  const { allOrNone = false, compositeRequest } = call.body;
  const parts = readParts(compositeRequest);
  if (!Array.isArray(parts)) return parts;
  let results: readonly Result[] = [];
  call.org.store.records.attempt(() => {
    results = runParts(call, parts, allOrNone === true);
    return allOrNone !== true || results.every(({ httpStatusCode }) => httpStatusCode < 300);
  });
  return { status: 200, body: { compositeResponse: results } };
}

function readParts(given: unknown): Part[] | Answer {
  if (!Array.isArray(given) || given.length === 0) return refusal(BAD_JSON);
  const parts = given.filter(isJson).map(readPart);
  const ids = new Set(parts.map(({ referenceId }) => referenceId));
  if (parts.length !== given.length || parts.some(isIncomplete)) return refusal(BAD_JSON);
  if (parts.length > MOST) {
    return refusal(problem('LIMIT_EXCEEDED', `The number of subrequests exceeds the limit of ${MOST}`));
  }
  if (ids.size < parts.length) {
    return refusal(problem('INVALID_FIELD', 'A referenceId is used twice in the composite request'));
  }
  const heavy = parts.filter(({ url }) => /\/(query|queryAll|composite\/sobjects)\b/.test(url));
  return heavy.length > MOST_QUERIES
    ? refusal(problem('LIMIT_EXCEEDED', `At most ${MOST_QUERIES} queries and collections in one request`))
    : parts;
}

function readPart(part: Json): Part {
  const { method, url, referenceId, body } = part;
  return { method: String(method).toUpperCase(), url: String(url), referenceId: String(referenceId), body };
}

function isIncomplete({ method, url, referenceId }: Part): boolean {
  const known = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'].includes(method);
  return !known || !url.startsWith('/services/data/') || !/^[A-Za-z][A-Za-z0-9_]*$/.test(referenceId);
}

function runParts(call: Call, parts: readonly Part[], allOrNone: boolean): readonly Result[] {
  const results: Result[] = [];
  const shared: Transaction = {};
  for (const part of parts) {
    const result = runPart(call, part, allOrNone ? shared : {}, results);
    results.push(result);
    if (allOrNone && result.httpStatusCode >= 300) return haltAll(parts, results);
  }
  return results;
}

function runPart(call: Call, part: Part, transaction: Transaction, earlier: readonly Result[]): Result {
  const values = new Map(earlier.map((each) => [each.referenceId, each]));
  const resolved = resolveReferences({ url: part.url, body: part.body }, values);
  if ('problem' in resolved) return resultOf(part, refusal(resolved.problem));
  const [address = '', search = ''] = String(resolved.value['url']).split(/\?(.*)/s);
  const match = /^\/services\/data\/(v\d+\.\d)(\/.*)$/.exec(address);
  if (match?.[1] !== call.version) {
    const words = 'All subrequests must use the version of the composite request';
    return resultOf(part, refusal(problem('INVALID_REQUEST', words)));
  }
  const query = new URLSearchParams(search);
  const body = resolved.value['body'];
  return resultOf(
    part,
    call.run({ ...call, method: part.method, path: match[2] ?? '', query, body, transaction }),
  );
}

function resultOf({ referenceId }: Part, { status, body, headers }: Answer): Result {
  return { body: body ?? null, httpHeaders: headers ?? {}, httpStatusCode: status, referenceId };
}

/** One failed: it keeps its reason, the others are told that they were taken back. */
function haltAll(parts: readonly Part[], results: readonly Result[]): readonly Result[] {
  const failed = results.at(-1);
  const words = 'The transaction was rolled back since another operation in the same transaction failed.';
  const halted = refusal(problem('PROCESSING_HALTED', words));
  return parts.map((part) =>
    failed && part.referenceId === failed.referenceId ? failed : resultOf(part, halted),
  );
}

/** `POST /composite/batch`: up to 25 independent calls; only the whole is refused for its form. */
export function batch(call: Call): Answer {
  const requests = isJson(call.body) ? call.body['batchRequests'] : undefined;
  if (!Array.isArray(requests) || !isJson(call.body)) return refusal(BAD_JSON);
  if (requests.length > MOST) {
    return refusal(problem('LIMIT_EXCEEDED', `The number of subrequests exceeds the limit of ${MOST}`));
  }
  const halts = call.body['haltOnError'] === true;
  const results: { readonly statusCode: number; readonly result: unknown }[] = [];
  for (const request of requests.filter(isJson)) {
    const isHalted = halts && results.some(({ statusCode }) => statusCode >= 300);
    const answer = isHalted
      ? refusal(problem('BATCH_PROCESSING_HALTED', 'Batch processing halted', undefined, 412))
      : runRequest(call, request);
    results.push({ statusCode: answer.status, result: answer.body ?? null });
  }
  const hasErrors = results.some(({ statusCode }) => statusCode >= 300);
  return { status: 200, body: { hasErrors, results } };
}

function runRequest(call: Call, { method, url, richInput }: Json): Answer {
  const [address = '', search = ''] = String(url).split(/\?(.*)/s);
  const path = address.replace(/^\/?(services\/data\/)?v\d+\.\d/, '');
  const query = new URLSearchParams(search);
  return call.run({ ...call, method: String(method), path, query, body: richInput, transaction: {} });
}
