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
  const found = items.filter(
    (item) =>
      (ids?.includes(item.id) ?? true) &&
      exact.every((field) => isWanted(item[field], query.getAll(field))) &&
      isFound(item, searched, query.get('query')),
  );
  return sorted(found, query.get('sort'));
}

function isWanted(value: unknown, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const values = (Array.isArray(value) ? value : [value]).map((each) => String(each).toLowerCase());
  return wanted.some((each) => each.split(',').some((one) => values.includes(one.toLowerCase())));
}

function isFound(item: Fields, fields: readonly string[], query: string | null): boolean {
  if (query === null || query === '') return true;
  const pattern = new RegExp(
    query
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.'),
    'i',
  );
  return fields.some((field) => pattern.test(String(item[field] ?? '')));
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
