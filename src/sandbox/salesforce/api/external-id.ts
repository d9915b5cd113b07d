import type { Salesforce } from '../server.ts';
import {
  type Answer,
  addressOf,
  answerWritten,
  type Call,
  isJson,
  type Json,
  type Params,
  refusal,
  writerOf,
} from './call.ts';
import type { Field } from './fields.ts';
import { fieldOf, type ObjectType, show } from './object-type.ts';
import { NOT_FOUND, type Problem, problem } from './problems.ts';
import type { Row } from './records.ts';
import { BAD_JSON, showRecord } from './records-by-id.ts';
import { createRecord, deleteRecord, updateRecord, type Written } from './write.ts';
import type { Writer } from './writer.ts';

type Found = { readonly field: Field; readonly rows: readonly Row[] } | { readonly problem: Problem };

/** Records that a natural key names: fields which the platform lets records be looked up by. */
export function lookUp(org: Salesforce, type: ObjectType, name: string, value: string): Found {
  const field = fieldOf(type, name);
  const { federationIdUpsert, federationIdCase, externalIdCase } = org.switches.positions;
  const isOff = field?.name === 'FederationIdentifier' && federationIdUpsert === 'refused';
  if (!field?.idLookup || field.type === 'id' || isOff) {
    const words = `Provided external ID field does not exist or is not accessible: ${name}`;
    return { problem: problem('NOT_FOUND', words, undefined, 404) };
  }
  const found = org.store.records.find(type.name, field.name, value) ?? [];
  const isExact =
    field.name === 'FederationIdentifier' &&
    federationIdCase === 'sensitive' &&
    externalIdCase === 'as-federation-id';
  const rows = isExact ? found.filter((row) => row[field.name] === value) : found;
  return { field, rows: rows.map((row) => show(org, type, row)) };
}

/** Several records have this value: their addresses, and nothing is done. */
function choices(call: Call, type: ObjectType, rows: readonly Row[]): Answer {
  return { status: 300, body: rows.map(({ Id }) => addressOf(call, type, Id)) };
}

export function retrieveByKey(call: Call, type: ObjectType, { field = '', value = '' }: Params): Answer {
  const found = lookUp(call.org, type, field, value);
  if ('problem' in found) return refusal(found.problem);
  const [row, ...others] = found.rows;
  if (!row) return refusal(NOT_FOUND);
  return others.length > 0 ? choices(call, type, found.rows) : showRecord(call, type, row);
}

export function removeByKey(call: Call, type: ObjectType, { field = '', value = '' }: Params): Answer {
  const found = lookUp(call.org, type, field, value);
  if ('problem' in found) return refusal(found.problem);
  const [row, ...others] = found.rows;
  if (!row) return refusal(NOT_FOUND);
  if (others.length > 0) return choices(call, type, found.rows);
  return answerWritten(call, type, deleteRecord(writerOf(call), type, row.Id));
}

/** Updates the one record with this key, or makes it. */
export function upsert(call: Call, type: ObjectType, { field = '', value = '' }: Params): Answer {
  if (!isJson(call.body)) return refusal(BAD_JSON);
  const found = lookUp(call.org, type, field, value);
  if ('problem' in found) return refusal(found.problem);
  if (found.rows.length > 1) return choices(call, type, found.rows);
  const written = upsertOne(writerOf(call), type, found, value, call.body);
  if (written.outcome === 'refused') return refusal(written.problem);
  const { id, created } = written;
  if (!created && call.org.switches.positions.upsertUpdateStatus === '204') return { status: 204 };
  const location = { Location: addressOf(call, type, id) };
  return {
    status: created ? 201 : 200,
    body: { id, success: true, errors: [], created },
    ...(created && { headers: location }),
  };
}

/** At most one record was found. */
export function upsertOne(
  writer: Writer,
  type: ObjectType,
  { field, rows }: { readonly field: Field; readonly rows: readonly Row[] },
  value: string,
  body: Json,
): Written {
  if (Object.keys(body).some((name) => name.toLowerCase() === field.name.toLowerCase())) {
    const words = `The ${field.name} field should not be specified in the sobject data.`;
    return { outcome: 'refused', problem: problem('INVALID_FIELD', words) };
  }
  const [row] = rows;
  return row
    ? updateRecord(writer, type, row.Id, body)
    : createRecord(writer, type, { ...body, [field.name]: value });
}
