import type { Condition, Literal, Operator, Query } from './query.ts';
import type { Reader } from './reader.ts';

type ReadQuery = (reader: Reader) => Query;

/**
 * What stands after WHERE. AND and OR do not mix without parentheses: the language knows no precedence.
 *
 * @throws SoqlError
 */
export function parseConditions(reader: Reader, readQuery: ReadQuery): Condition {
  const first = readOne(reader, readQuery);
  const word = reader.is('AND') ? 'AND' : reader.is('OR') ? 'OR' : undefined;
  if (word === undefined) return first;
  const parts = [first];
  while (reader.takeIf(word)) parts.push(readOne(reader, readQuery));
  if (reader.is('AND', 'OR')) throw reader.unexpected();
  return { kind: word === 'AND' ? 'and' : 'or', parts };
}

function readOne(reader: Reader, readQuery: ReadQuery): Condition {
  if (reader.takeIf('NOT')) return { kind: 'not', part: readOne(reader, readQuery) };
  if (reader.takeIf('(')) {
    const inner = parseConditions(reader, readQuery);
    reader.expect(')');
    return inner;
  }
  const path = reader.name().split('.');
  if (reader.is('IN', 'NOT')) {
    const isNegated = reader.takeIf('NOT');
    reader.expect('IN');
    return { kind: 'in', path, isNegated, ...readSet(reader, readQuery) };
  }
  return { kind: 'compare', path, operator: readOperator(reader), literal: readLiteral(reader) };
}

function readSet(
  reader: Reader,
  readQuery: ReadQuery,
): { readonly literals: readonly Literal[]; readonly query?: Query } {
  reader.expect('(');
  if (reader.is('SELECT')) {
    const query = readQuery(reader);
    reader.expect(')');
    return { literals: [], query };
  }
  const literals = [readLiteral(reader)];
  while (reader.takeIf(',')) literals.push(readLiteral(reader));
  reader.expect(')');
  return { literals };
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  LIKE: 'LIKE',
};

function readOperator(reader: Reader): Operator {
  const operator = OPERATORS[reader.next.text.toUpperCase()];
  if (operator === undefined || reader.next.kind === 'text') throw reader.unexpected();
  reader.take();
  return operator;
}

function readLiteral(reader: Reader): Literal {
  const { kind, text } = reader.next;
  switch (kind) {
    case 'text':
    case 'moment':
      reader.take();
      return { kind, text };
    case 'number':
      reader.take();
      return { kind, number: Number(text) };
    case 'word':
      return readWord(reader, text);
    default:
      throw reader.unexpected();
  }
}

const PERIODS = new Set(['TODAY', 'YESTERDAY', 'TOMORROW', 'LAST_N_DAYS', 'NEXT_N_DAYS', 'N_DAYS_AGO']);

function readWord(reader: Reader, text: string): Literal {
  const word = text.toUpperCase();
  if (word === 'NULL' || word === 'TRUE' || word === 'FALSE' || PERIODS.has(word)) reader.take();
  else throw reader.unexpected();
  if (word === 'NULL') return { kind: 'null' };
  if (!PERIODS.has(word)) return { kind: 'truth', truth: word === 'TRUE' };
  const counted = word.includes('_N_') || word.startsWith('N_');
  if (counted) {
    reader.expect(':');
    if (reader.next.kind !== 'number') throw reader.unexpected();
  }
  return { kind: 'period', name: word, days: counted ? Number(reader.take().text) : 0 };
}
