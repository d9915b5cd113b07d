import type { Salesforce } from '../server.ts';
import type { Field } from './fields.ts';
import { apiTime, fullId, isIdOf, type ObjectName } from './ids.ts';
import { fieldOf, type ObjectType } from './object-type.ts';
import { badReference, malformedId, noSuchColumn, type Problem, problem, readOnly } from './problems.ts';
import type { Fields, Value } from './records.ts';
import { type Checked, good, refused } from './writer.ts';

type Mode = 'create' | 'update';

/** Reads the JSON of a record: known fields that may be written, with values of their kind. */
export function readFields(
  org: Salesforce,
  type: ObjectType,
  body: Readonly<Record<string, unknown>>,
  mode: Mode,
): Checked {
  const fields: Record<string, Value> = {};
  for (const [name, given] of Object.entries(body)) {
    if (name === 'attributes') continue;
    const field = fieldOf(type, name);
    if (!field) return refused(noSuchColumn(name, type.name));
    if (!(mode === 'create' ? field.createable : field.updateable)) return refused(readOnly(field.name));
    const read = readValue(org, field, given);
    if ('problem' in read) return refused(read.problem);
    fields[field.name] = read.value;
  }
  const missing = missingFields(type, fields, mode);
  if (missing.length === 0) return good(fields);
  const words = `Required fields are missing: [${missing.join(', ')}]`;
  return refused(problem('REQUIRED_FIELD_MISSING', words, missing));
}

function missingFields(type: ObjectType, fields: Fields, mode: Mode): string[] {
  return [...type.fields.values()]
    .filter(({ createable, nillable, defaultedOnCreate }) => createable && !nillable && !defaultedOnCreate)
    .filter(
      ({ name }) => (mode === 'create' || Object.hasOwn(fields, name)) && (fields[name] ?? null) === null,
    )
    .map(({ name }) => name);
}

type Read = { readonly value: Value } | { readonly problem: Problem };

function readValue(org: Salesforce, field: Field, given: unknown): Read {
  if (given === null || given === '') {
    return field.type === 'boolean' ? notOfType(field, given) : { value: null };
  }
  switch (field.type) {
    case 'boolean':
      return typeof given === 'boolean' ? { value: given } : notOfType(field, given);
    case 'int':
      return Number.isInteger(given) ? { value: Number(given) } : notOfType(field, given);
    case 'datetime':
    case 'date':
      return readMoment(field, given);
    case 'id':
    case 'reference':
      return readReference(org, field, given);
    default:
      return readText(field, given);
  }
}

function notOfType(field: Field, given: unknown): Read {
  const kind = Array.isArray(given)
    ? 'START_ARRAY'
    : typeof given === 'object'
      ? 'START_OBJECT'
      : 'VALUE_STRING';
  const words = `Cannot deserialize instance of ${field.type} from ${kind} value ${String(given)} or request may be missing a required field at [line:1, column:1]`;
  return { problem: problem('JSON_PARSER_ERROR', words) };
}

function readText(field: Field, given: unknown): Read {
  if (typeof given !== 'string' && typeof given !== 'number') return notOfType(field, given);
  const value = String(given);
  if (field.values && !field.values.includes(value)) {
    const words = `${field.name}: bad value for restricted picklist field: ${value}`;
    return { problem: problem('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', words, [field.name]) };
  }
  if (value.length > field.length) {
    const words = `${field.name}: data value too large: ${value} (max length=${field.length})`;
    return { problem: problem('STRING_TOO_LONG', words, [field.name]) };
  }
  if (field.type === 'email' && !isMailShaped(value)) return { problem: badMail(field.name, value) };
  return { value };
}

export function isMailShaped(text: string): boolean {
  return /^[^\s@<>"(),:;\\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/.test(text);
}

export function badMail(field: string, value: string): Problem {
  return problem('INVALID_EMAIL_ADDRESS', `${field}: invalid email address: ${value}`, [field]);
}

function readMoment(field: Field, given: unknown): Read {
  const time = typeof given === 'string' && /^\d{4}-\d\d-\d\d/.test(given) ? new Date(given) : undefined;
  if (!time || Number.isNaN(time.getTime())) return notOfType(field, given);
  return { value: field.type === 'date' ? time.toISOString().slice(0, 10) : apiTime(time) };
}

function readReference({ store }: Salesforce, field: Field, given: unknown): Read {
  const id = typeof given === 'string' ? fullId(given) : undefined;
  const target = id && field.referenceTo.find((object) => isIdOf(object, id));
  if (id === undefined || target === undefined) return { problem: malformedId(field.name, given) };
  const isThere = store.records.get(target as ObjectName, id) !== undefined;
  return isThere ? { value: id } : { problem: badReference(field.name) };
}
