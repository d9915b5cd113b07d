import type { Salesforce } from '../../server.ts';
import type { ObjectType } from '../object-type.ts';
import type { Row, Value } from '../records.ts';
import { resolvePath, valueAt } from './paths.ts';
import { type Query, type Selected, SoqlError } from './query.ts';
import type { Shaped } from './shape.ts';

type Aggregate = Extract<Selected, { kind: 'aggregate' }>;

/** Counts and bounds by group: `SELECT OwnerId, COUNT(Id) open FROM Case GROUP BY OwnerId`. @throws SoqlError */
export function aggregate(
  org: Salesforce,
  type: ObjectType,
  query: Query,
  rows: readonly Row[],
): readonly Shaped[] {
  if (type.name === 'SetupAuditTrail' || type.name === 'LoginHistory') {
    throw new SoqlError('MALFORMED_QUERY', `\n${type.name} knows no aggregates but COUNT()`);
  }
  const by = query.groupBy.map((path) => resolvePath(org, type, path));
  for (const each of query.selected) {
    const name = each.kind === 'field' ? each.path.join('.') : undefined;
    const isGrouped = by.some(({ names }) => names.join('.').toLowerCase() === name?.toLowerCase());
    if (name !== undefined && !isGrouped) {
      throw new SoqlError('MALFORMED_QUERY', `\nField must be grouped or aggregated: ${name}`);
    }
  }
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(by.map((at) => valueAt(org, row, at)));
    const members = groups.get(key);
    if (members) members.push(row);
    else groups.set(key, [row]);
  }
  if (by.length === 0 && groups.size === 0) groups.set('', []);
  return [...groups.values()].slice(0, query.limit).map((members) => summary(org, type, query, members));
}

function summary(org: Salesforce, type: ObjectType, query: Query, rows: readonly Row[]): Shaped {
  const shaped: Record<string, unknown> = { attributes: { type: 'AggregateResult' } };
  let unnamed = 0;
  for (const each of query.selected) {
    if (each.kind === 'children') continue;
    const at = resolvePath(org, type, each.path);
    const values = rows.map((row) => valueAt(org, row, at));
    if (each.kind === 'field') shaped[at.field.name] = values[0] ?? null;
    else {
      shaped[each.alias ?? `expr${unnamed}`] = compute(each, values);
      if (each.alias === undefined) unnamed += 1;
    }
  }
  return shaped;
}

function compute({ name }: Aggregate, values: readonly Value[]): Value {
  const present = values.filter((value) => value !== null);
  if (name === 'COUNT') return present.length;
  if (name === 'COUNT_DISTINCT') return new Set(present).size;
  const sorted = present.toSorted((left, right) => (left < right ? -1 : 1));
  return (name === 'MIN' ? sorted[0] : sorted.at(-1)) ?? null;
}
