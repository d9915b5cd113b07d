import type { Salesforce } from '../../server.ts';
import type { Field } from '../fields.ts';
import { fullId } from '../ids.ts';
import type { ObjectType } from '../object-type.ts';
import type { Row, Value } from '../records.ts';
import { type Resolved, resolvePath, valueAt } from './paths.ts';
import { type Condition, type Literal, type Operator, type Query, SoqlError } from './query.ts';

export type Test = (row: Row) => boolean;
/** The values that a query inside IN gives. */
type Inner = (query: Query) => readonly Value[];

/** Makes a test of a condition, after checking that every field exists and may be filtered. @throws SoqlError */
export function compile(org: Salesforce, type: ObjectType, condition: Condition, inner: Inner): Test {
  switch (condition.kind) {
    case 'and': {
      const tests = condition.parts.map((part) => compile(org, type, part, inner));
      return (row) => tests.every((test) => test(row));
    }
    case 'or': {
      const tests = condition.parts.map((part) => compile(org, type, part, inner));
      return (row) => tests.some((test) => test(row));
    }
    case 'not': {
      const test = compile(org, type, condition.part, inner);
      return (row) => !test(row);
    }
    case 'in':
      return compileSet(org, type, condition, inner);
    case 'compare': {
      const at = filterable(org, type, condition.path);
      const test = comparison(org, at.field, condition.operator, condition.literal);
      return (row) => test(valueAt(org, row, at));
    }
  }
}

function filterable(org: Salesforce, type: ObjectType, path: readonly string[]): Resolved {
  const at = resolvePath(org, type, path);
  if (at.field.filterable) return at;
  throw new SoqlError('INVALID_FIELD', `\nfield '${at.field.name}' can not be filtered in a query call`);
}

function compileSet(
  org: Salesforce,
  type: ObjectType,
  condition: Extract<Condition, { kind: 'in' }>,
  inner: Inner,
): Test {
  const at = filterable(org, type, condition.path);
  const { literals, query, isNegated } = condition;
  for (const literal of literals) checkKind(at.field, literal);
  const values = query ? inner(query) : literals.map((literal) => operand(at.field, literal));
  const keys = new Set(values.map((value) => key(org, at.field, value)));
  return (row) => keys.has(key(org, at.field, valueAt(org, row, at))) !== isNegated;
}

/** What two equal values share: case does not matter, except where the organization says so. */
function key(org: Salesforce, field: Field, value: Value): Value {
  if (typeof value !== 'string' || field.type === 'id' || field.type === 'reference') return value;
  if (field.type === 'datetime') return new Date(value).getTime();
  const { federationIdCase } = org.switches.positions;
  const isSensitive = field.name === 'FederationIdentifier' && federationIdCase === 'sensitive';
  return isSensitive ? value : value.toLowerCase();
}

function comparison(
  org: Salesforce,
  field: Field,
  operator: Operator,
  literal: Literal,
): (value: Value) => boolean {
  checkKind(field, literal);
  if (literal.kind === 'period') return duringPeriod(org, operator, literal);
  if (operator === 'LIKE') return like(field, literal);
  const wanted = key(org, field, operand(field, literal));
  if (operator === '=') return (value) => key(org, field, value) === wanted;
  if (operator === '!=') return (value) => key(org, field, value) !== wanted;
  return (value) => {
    const given = key(org, field, value);
    return given !== null && wanted !== null && inOrder(operator, given, wanted);
  };
}

function inOrder(
  operator: Operator,
  left: string | number | boolean,
  right: string | number | boolean,
): boolean {
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  return operator === '>' ? left > right : left >= right;
}

const UNQUOTED: Readonly<Partial<Record<Field['type'], string>>> = {
  boolean: 'boolean',
  int: 'int',
  datetime: 'dateTime',
  date: 'date',
};

function checkKind(field: Field, literal: Literal): void {
  if (literal.kind === 'null') return;
  const kind = UNQUOTED[field.type];
  const allowed = {
    boolean: ['truth'],
    int: ['number'],
    dateTime: ['moment', 'period'],
    date: ['moment', 'period'],
  };
  if (kind === undefined) {
    if (literal.kind === 'text') return;
    throw filterError(field, 'string and should be enclosed in quotes');
  }
  if (!allowed[kind as keyof typeof allowed].includes(literal.kind)) {
    throw filterError(field, `${kind} and should not be enclosed in quotes`);
  }
}

function filterError(field: Field, rest: string): SoqlError {
  const words = `\nvalue of filter criterion for field '${field.name}' must be of type ${rest}`;
  return new SoqlError('INVALID_FIELD', words);
}

/** @throws SoqlError for a text that is no id beside an id. */
function operand(field: Field, literal: Literal): Value {
  switch (literal.kind) {
    case 'null':
    case 'period':
      return null;
    case 'number':
      return literal.number;
    case 'truth':
      return literal.truth;
    default: {
      if (field.type !== 'id' && field.type !== 'reference') return literal.text;
      const id = fullId(literal.text);
      if (id !== undefined) return id;
      throw new SoqlError('INVALID_QUERY_FILTER_OPERATOR', `\ninvalid ID field: ${literal.text}`);
    }
  }
}

function like(field: Field, literal: Literal): (value: Value) => boolean {
  if (literal.kind !== 'text' || ['id', 'reference'].includes(field.type)) {
    throw new SoqlError('INVALID_QUERY_FILTER_OPERATOR', '\ninvalid operator on id field');
  }
  const source = literal.text.replace(/\\?[\s\S]/g, (each) => {
    if (each === '%') return '[\\s\\S]*';
    if (each === '_') return '[\\s\\S]';
    return each.replace(/^\\/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  const pattern = new RegExp(`^${source}$`, 'i');
  return (value) => typeof value === 'string' && pattern.test(value);
}

const DAY = 86_400_000;

function duringPeriod(
  { needs }: Salesforce,
  operator: Operator,
  { name, days }: Extract<Literal, { kind: 'period' }>,
): (value: Value) => boolean {
  const now = needs.clock.now().getTime();
  const today = now - (now % DAY);
  const ranges: Readonly<Record<string, readonly [number, number]>> = {
    TODAY: [today, today + DAY],
    YESTERDAY: [today - DAY, today],
    TOMORROW: [today + DAY, today + 2 * DAY],
    LAST_N_DAYS: [today - days * DAY, today + DAY],
    NEXT_N_DAYS: [today + DAY, today + (days + 1) * DAY],
    N_DAYS_AGO: [today - days * DAY, today - (days - 1) * DAY],
  };
  const [from, to] = ranges[name] ?? [today, today];
  return (value) => {
    if (typeof value !== 'string') return operator === '!=';
    const at = new Date(value).getTime();
    if (operator === '=') return from <= at && at < to;
    if (operator === '!=') return at < from || to <= at;
    if (operator === '<') return at < from;
    if (operator === '<=') return at < to;
    return operator === '>' ? at >= to : at >= from;
  };
}
