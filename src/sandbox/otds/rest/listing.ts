import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Otds } from '../server.ts';
import { type Entry, present } from './entries.ts';
import { sendRestError } from './tickets.ts';

const Query = z.object({
  where_partition_name: z.string().optional(),
  where_location: z.string().optional(),
  where_filter: z.string().optional(),
  where_state: z.enum(['enabled', 'disabled']).optional(),
  page_size: z.coerce.number().int().min(1).max(1_000).default(250),
  limit: z.coerce.number().int().min(1).optional(),
  next_page_cookie: z.string().optional(),
  attrsAsKeys: z.stringbool().default(false),
});
type Query = z.infer<typeof Query>;

const Cookie = z.object({ offset: z.int(), changes: z.int() });

/** One page of users or groups. There is no total, no ETag and no changed-since filter. */
export function sendPage(
  otds: Otds,
  req: Request,
  res: Response,
  kind: 'users' | 'groups',
  all: readonly Entry[],
): void {
  const parsed = Query.safeParse(req.query);
  if (!parsed.success) {
    sendRestError(res, 400, 'Invalid query parameter');
    return;
  }
  const query = parsed.data;
  const offset = startOf(otds, query);
  if (offset === undefined) {
    sendRestError(res, 400, 'Invalid page cookie');
    return;
  }
  const found = all.filter((entry) => matches(entry, query));
  const size = Math.min(query.page_size, query.limit ?? query.page_size);
  const page = found.slice(offset, offset + size);
  const next = offset + page.length;
  res.json({
    [kind]: page.map((entry) => present(entry, query.attrsAsKeys)),
    actualPageSize: page.length,
    requestedPageSize: size,
    nextPageCookie: next < found.length ? packCookie(next, otds.modified.changes()) : null,
  });
}

function matches(entry: Entry, query: Query): boolean {
  const { where_partition_name: partition, where_location: location, where_state: state } = query;
  const filter = query.where_filter?.toLowerCase();
  if (partition !== undefined && partition !== entry.partition) return false;
  if (location !== undefined && !entry.location.endsWith(location)) return false;
  if (state !== undefined && entry.disabled !== (state === 'disabled')) return false;
  if (filter === undefined) return true;
  const looked = [entry.name, entry.attributes['mail']?.[0], entry.attributes['displayName']?.[0]];
  return looked.some((value) => value?.toLowerCase().includes(filter));
}

/** @returns undefined for a cookie that is damaged or was overtaken by a change. */
function startOf(otds: Otds, query: Query): number | undefined {
  if (query.next_page_cookie === undefined) return 0;
  try {
    const text = Buffer.from(query.next_page_cookie, 'base64').subarray(3).toString('utf8');
    const { offset, changes } = Cookie.parse(JSON.parse(text));
    const overtaken =
      otds.switches.positions.pageCookie === 'invalid-after-change' && changes !== otds.modified.changes();
    return overtaken ? undefined : offset;
  } catch {
    return undefined;
  }
}

/** Opaque, and always with `/` and `=`, so that a caller who does not encode it is found out. */
function packCookie(offset: number, changes: number): string {
  let text = JSON.stringify({ offset, changes });
  while (text.length % 3 !== 1) text += ' ';
  return Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), Buffer.from(text)]).toString('base64');
}
