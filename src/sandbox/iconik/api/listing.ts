import type { ApiCall } from './call.ts';

type Fields = Readonly<Record<string, unknown>>;
export type Filter = {
  /** Fields compared with the parameter of the same name; a list must contain it. */
  readonly exact: readonly string[];
  /** Fields that `query` searches, with `*` for anything. */
  readonly searched: readonly string[];
};

/** Filters, searches and sorts as lists of the API do. Parameters that nobody knows change nothing. */
export function select<T extends Fields & { readonly id: string }>(
  { query }: Pick<ApiCall, 'query'>,
  items: readonly T[],
  { exact, searched }: Filter,
): readonly T[] {
  const ids = query.get('ids')?.split(',');
  const wanted = exact
    .filter((field) => query.has(field))
    .map((field) => [field, valuesOf(query, field)] as const);
  const pattern = patternOf(query.get('query'));
  const found = items.filter(
    (item) =>
      (ids?.includes(item.id) ?? true) &&
      wanted.every(([field, values]) => isWanted(item[field], values)) &&
      (!pattern || searched.some((field) => pattern.test(String(item[field] ?? '')))),
  );
  return sorted(found, query.get('sort'));
}

/** Several values may be separated by commas. */
function valuesOf(query: URLSearchParams, field: string): readonly string[] {
  return query.getAll(field).flatMap((each) => each.toLowerCase().split(','));
}

function isWanted(value: unknown, wanted: readonly string[]): boolean {
  const values = Array.isArray(value) ? (value as unknown[]) : [value];
  return values.some((each) => wanted.includes(String(each).toLowerCase()));
}

function patternOf(query: string | null): RegExp | undefined {
  if (query === null || query === '') return undefined;
  const text = query.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(text.replaceAll('*', '.*').replaceAll('?', '.'), 'i');
}

/** `first_name,asc;last_name,desc` */
function sorted<T extends Fields>(items: readonly T[], sort: string | null): readonly T[] {
  if (sort === null) return items;
  const keys = sort.split(';').map((part) => part.split(','));
  return items.toSorted((a, b) => {
    for (const [field = '', direction] of keys) {
      const order = String(a[field] ?? '').localeCompare(String(b[field] ?? ''));
      if (order !== 0) return direction === 'desc' ? -order : order;
    }
    return 0;
  });
}
