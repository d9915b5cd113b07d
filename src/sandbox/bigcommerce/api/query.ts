import { type Answer, problem } from './answers.ts';

/** A query parameter that a collection accepts. */
export type Filter = 'integers' | 'integer' | 'texts' | 'text' | 'instant' | 'boolean';
export type Filters = Readonly<Record<string, Filter>>;

export type ParsedQuery = {
  integers(name: string): readonly number[] | undefined;
  integer(name: string): number | undefined;
  texts(name: string): readonly string[] | undefined;
  text(name: string): string | undefined;
  instant(name: string): Date | undefined;
};

export type QueryResult =
  | { readonly outcome: 'parsed'; readonly query: ParsedQuery }
  | { readonly outcome: 'refused'; readonly answer: Answer };

/** Refuses what the endpoint does not know: BigCommerce answers 422 to unknown filters, also to a stray `?&`. */
export function parseQuery(raw: string, filters: Filters): QueryResult {
  const values = new Map<string, string>();
  const unknown: string[] = [];
  for (const part of raw === '' ? [] : raw.split('&')) {
    const [name, value] = readPair(part);
    if (Object.hasOwn(filters, name)) values.set(name, value);
    else unknown.push(name);
  }
  if (unknown.length > 0) {
    const title = `The filter(s): ${unknown.join(', ')} are not valid filter parameter(s).`;
    return { outcome: 'refused', answer: problem(422, title) };
  }
  for (const [name, value] of values) {
    const wrong = checkValue(name, value, filters[name]);
    if (wrong !== undefined) return { outcome: 'refused', answer: problem(422, wrong) };
  }
  return { outcome: 'parsed', query: readerOf(values) };
}

function readPair(part: string): [string, string] {
  // `+` means a space in a query: a client that does not encode it looks for another mail address.
  const [pair] = new URLSearchParams(part);
  return pair ?? ['', ''];
}

function checkValue(name: string, value: string, filter: Filter | undefined): string | undefined {
  if (filter === 'integers' || filter === 'integer') {
    const wrong = splitList(value).find((each) => !/^-?\d+$/.test(each));
    if (wrong === undefined) return undefined;
    return `Query parameter "${name}" value may contain only integer values. For input string: "${wrong}".`;
  }
  if (filter === 'instant' && readInstant(value) === undefined) {
    return `Query parameter "${name}" value is not a valid date.`;
  }
  return undefined;
}

function readerOf(values: ReadonlyMap<string, string>): ParsedQuery {
  const texts = (name: string): readonly string[] | undefined => {
    const value = values.get(name);
    return value === undefined ? undefined : splitList(value);
  };
  return {
    texts,
    text: (name) => values.get(name),
    integers: (name) => texts(name)?.map(Number),
    integer: (name) => (values.has(name) ? Number(values.get(name)) : undefined),
    instant: (name) => readInstant(values.get(name) ?? ''),
  };
}

function splitList(value: string): readonly string[] {
  return value.split(',').map((each) => each.trim());
}

/** ISO 8601 date or date-time; without a zone it is UTC. Some pages allow Unix seconds. */
function readInstant(value: string): Date | undefined {
  if (/^\d{9,10}$/.test(value)) return new Date(Number(value) * 1000);
  const match = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(value);
  if (!match) return undefined;
  const isZoned = match[4] !== undefined || match[1] === undefined;
  const instant = new Date(isZoned ? value : `${value}Z`);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

export const DATE_FILTERS = {
  date_created: 'instant',
  'date_created:min': 'instant',
  'date_created:max': 'instant',
  date_modified: 'instant',
  'date_modified:min': 'instant',
  'date_modified:max': 'instant',
} as const satisfies Filters;

type Dated = { readonly date_created: Date; readonly date_modified: Date };

/** Stored instants count in whole seconds, as they are shown. Both bounds are inclusive. */
export function isWithinDates(query: ParsedQuery, item: Dated): boolean {
  return (['date_created', 'date_modified'] as const).every((name) => {
    const at = Math.floor(item[name].getTime() / 1000);
    const seconds = (filter: string) => {
      const instant = query.instant(filter);
      return instant && Math.floor(instant.getTime() / 1000);
    };
    const [exact, min, max] = [seconds(name), seconds(`${name}:min`), seconds(`${name}:max`)];
    return (
      (exact === undefined || at === exact) &&
      (min === undefined || at >= min) &&
      (max === undefined || at <= max)
    );
  });
}
