import type { Salesforce } from '../../server.ts';
import { fullId } from '../ids.ts';
import { fieldOf, type ObjectType, rowOf, rowsOf, show } from '../object-type.ts';
import type { Row, Value } from '../records.ts';
import { aggregate } from './aggregate.ts';
import { type Child, childOf } from './children.ts';
import { compile } from './match.ts';
import { objectNamed, resolvePath, valueAt } from './paths.ts';
import { type Condition, type Order, type Query, type Selected, SoqlError } from './query.ts';
import { type Shaped, shape } from './shape.ts';

export type Found =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'records'; readonly records: readonly Shaped[] };

/** Carries a query out. `version` is for the addresses in the answer. @throws SoqlError */
export function runQuery(org: Salesforce, query: Query, version: string): Found {
  const type = objectNamed(org, query.from);
  if (query.counts) return { kind: 'count', count: rowsFor(org, type, query).length };
  const isGrouped = query.groupBy.length > 0 || query.selected.some(({ kind }) => kind === 'aggregate');
  if (isGrouped) return { kind: 'records', records: aggregate(org, type, query, matching(org, type, query)) };
  const columns = columnsOf(org, type, query.selected);
  const children = query.selected.flatMap((each) =>
    each.kind === 'children' ? [childOf(org, type, each.query)] : [],
  );
  const records = rowsFor(org, type, query).map((row) => ({
    ...shape(org, type, row, columns, version),
    ...Object.fromEntries(children.map((child) => [child.name, runChild(org, child, row, version)])),
  }));
  return { kind: 'records', records };
}

function columnsOf(org: Salesforce, type: ObjectType, selected: readonly Selected[]) {
  return selected.flatMap((each) => (each.kind === 'field' ? [resolvePath(org, type, each.path)] : []));
}

function runChild(
  org: Salesforce,
  { type, field, query }: Child,
  parent: Row,
  version: string,
): Shaped | null {
  const mine: Condition = {
    ...{ kind: 'compare', path: [field], operator: '=' },
    literal: { kind: 'text', text: parent.Id },
  };
  const where: Condition = query.where ? { kind: 'and', parts: [mine, query.where] } : mine;
  const columns = columnsOf(org, type, query.selected);
  const rows = rowsFor(org, type, { ...query, where });
  const records = rows.map((row) => shape(org, type, row, columns, version));
  return records.length === 0 ? null : { totalSize: records.length, done: true, records };
}

function rowsFor(org: Salesforce, type: ObjectType, query: Query): readonly Row[] {
  const sorted = sort(org, type, matching(org, type, query), query.orderBy);
  if (query.offset > 2_000) {
    throw new SoqlError('NUMBER_OUTSIDE_VALID_RANGE', '\nSOQL OFFSET must be at most 2000');
  }
  return sorted.slice(query.offset, query.limit === undefined ? undefined : query.offset + query.limit);
}

function matching(org: Salesforce, type: ObjectType, { where }: Query): readonly Row[] {
  if (!where) return rowsOf(org, type);
  const test = compile(org, type, where, (query) => innerValues(org, query));
  return candidates(org, type, where).filter(test);
}

/** Fewer records to look at where an index or an id says which. */
function candidates(org: Salesforce, type: ObjectType, where: Condition): readonly Row[] {
  const parts = where.kind === 'and' ? where.parts : [where];
  for (const part of type.virtual ? [] : parts) {
    const texts = textsOf(part);
    const field = texts && fieldOf(type, texts.name);
    if (!field) continue;
    if (field.type === 'id') return distinct(texts.values.map((id) => rowOf(org, type, id)));
    const found = texts.values.map((text) =>
      org.store.records.find(type.name, field.name, longKey(text, field.type)),
    );
    if (found.every((rows) => rows !== undefined)) {
      return distinct(found.flat()).map((row) => show(org, type, row));
    }
  }
  return rowsOf(org, type);
}

function distinct(rows: readonly (Row | undefined)[]): readonly Row[] {
  return [...new Map(rows.flatMap((row) => (row ? [[row.Id, row]] : []))).values()];
}

/** An index knows ids of 18 characters only. */
function longKey(text: string, kind: string): string {
  return kind === 'reference' ? (fullId(text) ?? text) : text;
}

/** The texts that a field must have one of, if that is what the condition says. */
function textsOf(part: Condition): { readonly name: string; readonly values: readonly string[] } | undefined {
  if (part.kind !== 'compare' && part.kind !== 'in') return undefined;
  const [name = '', ...rest] = part.path;
  if (rest.length > 0) return undefined;
  if (part.kind === 'compare') {
    const isText = part.operator === '=' && part.literal.kind === 'text';
    return isText ? { name, values: [part.literal.text] } : undefined;
  }
  if (part.isNegated || part.query) return undefined;
  const values = part.literals.flatMap((each) => (each.kind === 'text' ? [each.text] : []));
  return values.length === part.literals.length ? { name, values } : undefined;
}

function innerValues(org: Salesforce, query: Query): readonly Value[] {
  const type = objectNamed(org, query.from);
  const [column, ...others] = columnsOf(org, type, query.selected);
  if (!column || others.length > 0) {
    throw new SoqlError('MALFORMED_QUERY', '\nA query inside IN selects exactly one field');
  }
  return matching(org, type, query).map((row) => valueAt(org, row, column));
}

function sort(
  org: Salesforce,
  type: ObjectType,
  rows: readonly Row[],
  orders: readonly Order[],
): readonly Row[] {
  if (orders.length === 0) return rows;
  const keys = orders.map((order) => ({ ...order, at: resolvePath(org, type, order.path) }));
  const compare = (left: Row, right: Row): number => {
    for (const { at, isDescending, nullsLast } of keys) {
      const a = sortable(valueAt(org, left, at));
      const b = sortable(valueAt(org, right, at));
      if (a === b) continue;
      if (a === null || b === null) return (a === null) === nullsLast ? 1 : -1;
      return a < b === isDescending ? 1 : -1;
    }
    return 0;
  };
  return rows.toSorted(compare);
}

function sortable(value: Value): Value {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
