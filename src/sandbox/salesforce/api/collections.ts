import { type Answer, type Call, isJson, type Json, type Params, refusal, writerOf } from './call.ts';
import { lookUp, upsertOne } from './external-id.ts';
import { KEY_PREFIXES } from './ids.ts';
import type { ObjectType } from './object-type.ts';
import { rowOf } from './object-type.ts';
import { findObject } from './objects/table.ts';
import { NOT_FOUND, noSuchColumn, type Problem, problem } from './problems.ts';
import { BAD_JSON } from './records-by-id.ts';
import { attributesOf } from './soql/shape.ts';
import { createRecord, deleteRecord, updateRecord, type Written } from './write.ts';
import type { Writer } from './writer.ts';

const MOST = 200;

type One = (writer: Writer) => Written;

/** `POST /composite/sobjects` */
export function createMany(call: Call): Answer {
  return writeMany(call, (record) => (writer) => {
    const type = typeOf(call, record);
    return type ? createRecord(writer, type, record) : refused(unknownType(record));
  });
}

/** `PATCH /composite/sobjects`: every record with its `id`. */
export function updateMany(call: Call): Answer {
  return writeMany(call, (record) => (writer) => {
    const type = typeOf(call, record);
    if (!type) return refused(unknownType(record));
    const { id, Id, ...fields } = record;
    const wanted = id ?? Id;
    if (typeof wanted === 'string') return updateRecord(writer, type, wanted, fields);
    return refused(problem('MISSING_ARGUMENT', 'Id not specified in an update call', []));
  });
}

/** `PATCH /composite/sobjects/User/FederationIdentifier`: every record with its key. */
export function upsertMany(call: Call, type: ObjectType, { field = '' }: Params): Answer {
  return writeMany(call, (record) => (writer) => {
    const key = Object.keys(record).find((name) => name.toLowerCase() === field.toLowerCase());
    const { [key ?? '']: value, ...body } = record;
    if (typeof value !== 'string') return refused(problem('MISSING_ARGUMENT', `${field} not specified`, []));
    const found = lookUp(call.org, type, field, value);
    if ('problem' in found) return refused(found.problem);
    if (found.rows.length > 1) {
      const words = `${field}: more than one record found for external id field`;
      return refused(problem('DUPLICATE_EXTERNAL_ID', words, [field]));
    }
    return upsertOne(writer, type, found, value, body);
  });
}

/** `DELETE /composite/sobjects?ids=…` */
export function deleteMany(call: Call): Answer {
  const ids = (call.query.get('ids') ?? '').split(',').filter((id) => id !== '');
  const work = ids.map(
    (id): One =>
      (writer) => {
        const name = Object.entries(KEY_PREFIXES).find(([, prefix]) => id.startsWith(prefix))?.[0];
        const type = name === undefined ? undefined : findObject(call.org, name);
        if (type) return deleteRecord(writer, type, id);
        return refused(problem('MALFORMED_ID', `malformed id ${id}`, []));
      },
  );
  return runAll(call, work, call.query.get('allOrNone') === 'true', false);
}

/** `GET /composite/sobjects/User?ids=…&fields=…`, or `POST` with the same as JSON. A record that is not there is null. */
export function retrieveMany(call: Call, type: ObjectType): Answer {
  const body = isJson(call.body) ? call.body : {};
  const ids = listOf(body['ids'] ?? call.query.get('ids'));
  const fields = listOf(body['fields'] ?? call.query.get('fields'));
  if (ids.length > 2_000 || fields.length === 0) return refusal(BAD_JSON);
  const unknown = fields.find((name) => !type.fields.has(name.toLowerCase()));
  if (unknown !== undefined) return refusal(noSuchColumn(unknown, type.name));
  const found = ids.map((id) => {
    const row = rowOf(call.org, type, id);
    const names = fields.flatMap((name) => type.fields.get(name.toLowerCase())?.name ?? []);
    const shown = row && Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
    return row ? { attributes: attributesOf(type, row.Id, call.version), ...shown, Id: row.Id } : null;
  });
  return { status: 200, body: found };
}

function listOf(given: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : String(given ?? '').split(',');
  return list.map(String).filter((each) => each !== '');
}

function writeMany(call: Call, one: (record: Json) => One): Answer {
  const { body } = call;
  if (!isJson(body) || !Array.isArray(body['records'])) return refusal(BAD_JSON);
  const records = body['records'].filter(isJson);
  return runAll(call, records.map(one), body['allOrNone'] === true, true);
}

/** Each for itself, or all in one transaction. The answer is 200 either way; look at every item. */
function runAll(call: Call, work: readonly One[], allOrNone: boolean, tellsCreated: boolean): Answer {
  if (work.length > MOST) {
    return refusal(problem('LIMIT_EXCEEDED', `The number of records exceeds the limit of ${MOST}`));
  }
  if (work.length === 0) return refusal(NOT_FOUND);
  let results: readonly Written[] = [];
  call.org.store.records.attempt(() => {
    const writer = writerOf(call);
    results = work.map((one) => one(allOrNone ? writer : { ...writer, transaction: {} }));
    return !allOrNone || results.every(({ outcome }) => outcome === 'written');
  });
  const isUndone = allOrNone && results.some(({ outcome }) => outcome === 'refused');
  return { status: 200, body: results.map((result) => itemOf(result, isUndone, tellsCreated)) };
}

const UNDONE = problem(
  'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  'Record rolled back because not all records were valid and the request was using AllOrNone header',
  [],
);

/** Here a code is called `statusCode`, unlike anywhere else. */
function itemOf(result: Written, isUndone: boolean, tellsCreated: boolean): object {
  const why = result.outcome === 'refused' ? result.problem : isUndone ? UNDONE : undefined;
  if (why) {
    const { errorCode, message, fields } = why;
    return { success: false, errors: [{ statusCode: errorCode, message, fields: fields ?? [] }] };
  }
  const { id, created } = result as Extract<Written, { outcome: 'written' }>;
  return { id, success: true, errors: [], ...(tellsCreated && { created }) };
}

const refused = (why: Problem): Written => ({ outcome: 'refused', problem: why });

function typeOf(call: Call, record: Json): ObjectType | undefined {
  const { attributes } = record;
  return isJson(attributes) ? findObject(call.org, String(attributes['type'])) : undefined;
}

function unknownType({ attributes }: Json): Problem {
  const name = isJson(attributes) ? String(attributes['type']) : 'null';
  return problem('INVALID_TYPE', `sObject type '${name}' is not supported.`, []);
}
