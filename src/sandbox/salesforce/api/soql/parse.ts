import { parseConditions } from './parse-conditions.ts';
import type { Order, Path, Query, Selected } from './query.ts';
import { createReader, type Reader } from './reader.ts';

/** Reads one query of the subset that is known here. @throws SoqlError */
export function parseQuery(soql: string): Query {
  const reader = createReader(soql);
  const query = readQuery(reader);
  if (reader.next.kind !== 'end') throw reader.unexpected();
  return query;
}

function readQuery(reader: Reader): Query {
  reader.expect('SELECT');
  const { counts, selected } = readSelected(reader);
  reader.expect('FROM');
  const from = reader.objectName();
  const where = reader.takeIf('WHERE') ? parseConditions(reader, readQuery) : undefined;
  const groupBy = takeTwo(reader, 'GROUP') ? readList(reader, readPath) : [];
  const orderBy = takeTwo(reader, 'ORDER') ? readList(reader, readOrder) : [];
  const limit = reader.takeIf('LIMIT') ? readNumber(reader) : undefined;
  const offset = reader.takeIf('OFFSET') ? readNumber(reader) : 0;
  return {
    ...{ counts, selected, from, groupBy, orderBy, offset },
    ...(where && { where }),
    ...(limit !== undefined && { limit }),
  };
}

/** `GROUP BY`, `ORDER BY`. */
function takeTwo(reader: Reader, word: string): boolean {
  if (!reader.takeIf(word)) return false;
  reader.expect('BY');
  return true;
}

function readSelected(reader: Reader): Pick<Query, 'counts' | 'selected'> {
  const start = reader.mark();
  if (reader.takeIf('COUNT') && reader.takeIf('(') && reader.takeIf(')')) {
    return { counts: true, selected: [] };
  }
  reader.back(start);
  return { counts: false, selected: readList(reader, readOne) };
}

function readOne(reader: Reader): Selected {
  if (reader.takeIf('(')) {
    const query = readQuery(reader);
    reader.expect(')');
    return { kind: 'children', query };
  }
  const start = reader.mark();
  const name = reader.name().toUpperCase();
  if (isAggregate(name) && reader.takeIf('(')) {
    const path = readPath(reader);
    reader.expect(')');
    const hasAlias = reader.next.kind === 'word' && !reader.is('FROM');
    return { kind: 'aggregate', name, path, ...(hasAlias && { alias: reader.take().text }) };
  }
  reader.back(start);
  return { kind: 'field', path: readPath(reader) };
}

function isAggregate(name: string): name is 'COUNT' | 'COUNT_DISTINCT' | 'MIN' | 'MAX' {
  return ['COUNT', 'COUNT_DISTINCT', 'MIN', 'MAX'].includes(name);
}

function readPath(reader: Reader): Path {
  return reader.name().split('.');
}

function readOrder(reader: Reader): Order {
  const path = readPath(reader);
  const isDescending = reader.takeIf('DESC');
  if (!isDescending) reader.takeIf('ASC');
  let nullsLast = false;
  if (reader.takeIf('NULLS')) {
    nullsLast = reader.takeIf('LAST');
    if (!nullsLast) reader.expect('FIRST');
  }
  return { path, isDescending, nullsLast };
}

function readList<T>(reader: Reader, one: (reader: Reader) => T): readonly T[] {
  const list = [one(reader)];
  while (reader.takeIf(',')) list.push(one(reader));
  return list;
}

function readNumber(reader: Reader): number {
  if (reader.next.kind !== 'number') throw reader.unexpected();
  return Number(reader.take().text);
}
