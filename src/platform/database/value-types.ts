import { TypeOverrides, types } from 'pg';

// The driver's types list scalar types only; 1009 is text[].
const parseTextArray = types.getTypeParser(1009 as typeof types.builtins.TEXT);

const DATE = 1082;
const DATE_ARRAY = 1182;
const TIMESTAMP = 1114;
const TIMESTAMP_ARRAY = 1115;
const INT8 = 20;

/**
 * How column values arrive:
 * - `timestamptz` as Date; `date` and `timestamp` as text, because the driver would make local-time Dates of them;
 * - `int8` (also `count(*)`) as number, and an error beyond 2^53 rather than a wrong number;
 * - `numeric` as text, `jsonb` parsed, `bytea` as Buffer.
 */
export function columnTypes(): TypeOverrides {
  const overrides = new TypeOverrides();
  const asText = (text: string): string => text;
  overrides.setTypeParser(DATE, asText);
  overrides.setTypeParser(TIMESTAMP, asText);
  overrides.setTypeParser(DATE_ARRAY, parseTextArray);
  overrides.setTypeParser(TIMESTAMP_ARRAY, parseTextArray);
  overrides.setTypeParser(INT8, parseInt8);
  return overrides;
}

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('an int8 column holds a number beyond 2^53');
  return value;
}
