import type { Answer } from './call.ts';
import { answerWritten, type Call, isJson, type Params, refusal, writerOf } from './call.ts';
import { fullId } from './ids.ts';
import { fieldOf, type ObjectType, rowOf } from './object-type.ts';
import { NOT_FOUND, noSuchColumn, problem } from './problems.ts';
import type { Row } from './records.ts';
import { attributesOf } from './soql/shape.ts';
import { createRecord, deleteRecord, updateRecord } from './write.ts';

export const BAD_JSON = problem('JSON_PARSER_ERROR', 'The HTTP entity body is required to be a JSON object');

export function create(call: Call, type: ObjectType): Answer {
  if (!isJson(call.body)) return refusal(BAD_JSON);
  return answerWritten(call, type, createRecord(writerOf(call), type, call.body));
}

export function update(call: Call, type: ObjectType, { id = '' }: Params): Answer {
  if (!isJson(call.body)) return refusal(BAD_JSON);
  return answerWritten(call, type, updateRecord(writerOf(call), type, id, call.body));
}

export function remove(call: Call, type: ObjectType, { id = '' }: Params): Answer {
  return answerWritten(call, type, deleteRecord(writerOf(call), type, id));
}

export function retrieve(call: Call, type: ObjectType, { id = '' }: Params): Answer {
  const row = rowOf(call.org, type, id);
  if (row) return showRecord(call, type, row);
  return call.org.store.records.wasDeleted(fullId(id) ?? id)
    ? refusal(problem('ENTITY_IS_DELETED', 'entity is deleted', [], 404))
    : refusal(NOT_FOUND);
}

/** All fields, or those that `?fields=` lists. */
export function showRecord(call: Call, type: ObjectType, row: Row): Answer {
  const wanted = call.query
    .get('fields')
    ?.split(',')
    .map((name) => name.trim());
  const names = wanted ?? [...type.fields.values()].map(({ name }) => name);
  const body: Record<string, unknown> = { attributes: attributesOf(type, row.Id, call.version) };
  for (const name of names) {
    const field = fieldOf(type, name);
    if (!field) return refusal(noSuchColumn(name, type.name));
    body[field.name] = row[field.name] ?? null;
  }
  return { status: 200, body: { ...body, Id: row.Id } };
}
