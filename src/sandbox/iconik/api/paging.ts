import { randomUUID } from 'node:crypto';
import { type Answer, type ApiCall, errors, notFound, ok } from './call.ts';

type Show<T> = (item: T) => unknown;

/** `page` and `per_page`, from 1 and 10. A page past the end is a 404; the first one never is. */
export function numberedPage<T>(
  call: ApiCall,
  items: readonly T[],
  show: Show<T>,
  extra: object = {},
): Answer {
  const size = pageSize(call);
  const page = whole(call.query.get('page')) ?? 1;
  if (typeof size !== 'number') return size;
  const { deepPagingCap } = call.iconik.switches.positions;
  if (page < 1) return errors(400, 'page must be at least 1');
  if (page * size > Math.max(deepPagingCap, size)) return errors(400, 'The page is too deep');
  const pages = Math.max(1, Math.ceil(items.length / size));
  if (page > pages) return notFound('Requested page');
  const link = (number: number): string => linkTo(call, { page: String(number), per_page: String(size) });
  return ok({
    objects: items.slice((page - 1) * size, page * size).map(show),
    ...{ page, pages, per_page: size, total: items.length },
    first_url: link(1),
    last_url: link(pages),
    next_url: page < pages ? link(page + 1) : null,
    prev_url: page > 1 ? link(page - 1) : null,
    ...extra,
  });
}

/** By number, or with `scroll=true` from a snapshot that `scroll_id` walks through until it is empty. */
export function scrolledPage<T>(
  call: ApiCall,
  items: readonly T[],
  show: Show<T>,
  extra: object = {},
): Answer {
  const { query, iconik } = call;
  const size = pageSize(call);
  if (typeof size !== 'number') return size;
  const given = query.get('scroll_id');
  if (given === null && query.get('scroll') !== 'true') return numberedPage(call, items, show, extra);
  const id = given ?? randomUUID();
  if (given === null) iconik.store.scrolls.set(id, { items: items.map(show), at: 0 });
  const scroll = iconik.store.scrolls.get(id);
  if (!scroll) return notFound('Scroll');
  const objects = scroll.items.slice(scroll.at, scroll.at + size);
  scroll.at += size;
  return ok({ objects, per_page: size, total: scroll.items.length, scroll_id: id, ...extra });
}

/** `per_page` and `last_id`: what comes after that entry. */
export function cursorPage<T>(
  call: ApiCall,
  items: readonly T[],
  idOf: (item: T) => string,
  show: Show<T>,
): Answer {
  const size = pageSize(call);
  if (typeof size !== 'number') return size;
  const last = call.query.get('last_id');
  const at = last === null ? 0 : items.findIndex((item) => idOf(item) === last) + 1;
  if (last !== null && at === 0) return notFound('Requested page');
  const slice = items.slice(at, at + size);
  const end = slice.at(-1);
  const hasMore = at + slice.length < items.length && end !== undefined;
  const next = hasMore ? linkTo(call, { per_page: String(size), last_id: idOf(end) }) : null;
  return ok({ objects: slice.map(show), per_page: size, total: items.length, next_url: next });
}

function pageSize({ query, iconik }: ApiCall): number | Answer {
  const { maxPerPage, perPageTooLarge } = iconik.switches.positions;
  const given = query.get('per_page');
  const size = given === null ? 10 : whole(given);
  if (size === undefined || size < 1) return errors(400, 'per_page must be a number from 1');
  if (size > maxPerPage && perPageTooLarge === 'refused')
    return errors(400, `per_page must be at most ${maxPerPage}`);
  return Math.min(size, maxPerPage);
}

function whole(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function linkTo({ path, query }: ApiCall, change: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(change)) parameters.set(name, value);
  return `/API${path}?${parameters}`;
}
