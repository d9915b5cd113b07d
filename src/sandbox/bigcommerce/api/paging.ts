import { type Answer, ok, problem } from './answers.ts';
import type { Filters, ParsedQuery } from './query.ts';

export const PAGE_FILTERS = { page: 'integer', limit: 'integer' } as const satisfies Filters;
export const CURSOR_FILTERS = { after: 'text', before: 'text' } as const satisfies Filters;

const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 250;

/** One page by number. */
export function numberedPage<T>(items: readonly T[], query: ParsedQuery, show: (item: T) => unknown): Answer {
  const { limit, page } = pageOf(query);
  const slice = items.slice((page - 1) * limit, page * limit);
  return ok(slice.map(show), { pagination: pagination(items.length, slice.length, limit, page) });
}

/**
 * One page by number or by cursor. The first page tells both ways, later numbered pages only numbers, pages
 * by cursor only cursors. An empty collection has no cursor.
 */
export function cursorPage<T>(
  items: readonly T[],
  query: ParsedQuery,
  cursors: {
    readonly idOf: (item: T) => string;
    readonly show: (item: T) => unknown;
    /** Then a cursor that names nothing any more still says where to go on. */
    readonly isOrderedById?: boolean;
  },
): Answer {
  const { limit, page } = pageOf(query);
  const after = query.text('after');
  const before = query.text('before');
  if (after === undefined && before === undefined) {
    const slice = items.slice((page - 1) * limit, page * limit);
    const numbers = { pagination: pagination(items.length, slice.length, limit, page) };
    const hasCursor = page === 1 && slice.length > 0;
    const hasNext = items.length > limit;
    const both = hasCursor
      ? { ...numbers, cursor_pagination: cursorPagination(slice, limit, cursors.idOf, false, hasNext) }
      : numbers;
    return ok(slice.map(cursors.show), both);
  }
  const id = decodeCursor(after ?? before ?? '');
  const gap = id === undefined ? undefined : gapOf(items, id, cursors);
  if (!gap) return problem(422, 'The cursor is not valid.');
  const start = after === undefined ? Math.max(0, gap.before - limit) : gap.after;
  const slice = items.slice(start, after === undefined ? gap.before : start + limit);
  const hasNext = start + slice.length < items.length;
  const meta = { cursor_pagination: cursorPagination(slice, limit, cursors.idOf, start > 0, hasNext) };
  return ok(slice.map(cursors.show), meta);
}

/** Where pages before the named item end and pages after it begin. */
function gapOf<T>(
  items: readonly T[],
  id: string,
  { idOf, isOrderedById = false }: { idOf: (item: T) => string; isOrderedById?: boolean },
): { readonly before: number; readonly after: number } | undefined {
  const at = items.findIndex((item) => idOf(item) === id);
  if (at !== -1) return { before: at, after: at + 1 };
  if (!isOrderedById || !/^\d+$/.test(id)) return undefined;
  const next = items.findIndex((item) => Number(idOf(item)) > Number(id));
  const gap = next === -1 ? items.length : next;
  return { before: gap, after: gap };
}

function pageOf(query: ParsedQuery): { limit: number; page: number } {
  const limit = Math.min(LARGEST_LIMIT, Math.max(1, query.integer('limit') ?? DEFAULT_LIMIT));
  return { limit, page: Math.max(1, query.integer('page') ?? 1) };
}

function pagination(total: number, count: number, limit: number, page: number): object {
  const totalPages = Math.max(1, Math.ceil(total / limit));
  const link = (number: number) => `?page=${number}&limit=${limit}`;
  return {
    total,
    count,
    per_page: limit,
    current_page: page,
    total_pages: totalPages,
    ...(total > 0 && {
      links: {
        ...(page > 1 && { previous: link(page - 1) }),
        current: link(page),
        ...(page < totalPages && { next: link(page + 1) }),
      },
    }),
  };
}

function cursorPagination<T>(
  slice: readonly T[],
  limit: number,
  idOf: (item: T) => string,
  hasPrevious: boolean,
  hasNext: boolean,
): object {
  const first = slice[0];
  const last = slice.at(-1);
  if (first === undefined || last === undefined) return { count: 0, per_page: limit };
  const start = encodeCursor(idOf(first));
  const end = encodeCursor(idOf(last));
  return {
    count: slice.length,
    per_page: limit,
    start_cursor: start,
    end_cursor: end,
    links: {
      ...(hasPrevious && { previous: `?before=${start}&limit=${limit}` }),
      ...(hasNext && { next: `?after=${end}&limit=${limit}` }),
    },
  };
}

/** The platform's cursors are base64url of `{"id":204}`. */
function encodeCursor(id: string): string {
  return Buffer.from(JSON.stringify({ id: /^\d+$/.test(id) ? Number(id) : id })).toString('base64url');
}

function decodeCursor(cursor: string): string | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : undefined;
  } catch {
    return undefined;
  }
}
