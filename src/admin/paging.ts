import { AdminError } from './errors.ts';

export type Page = {
  /** The last id of the page before; empty for the first. */
  readonly after: string;
  readonly limit: number;
};

const DEFAULT_LIMIT = 50;
const MOST = 200;

/** `?limit=50&cursor=…`. @throws AdminError `admin.query_invalid` */
export function readPage(query: Readonly<Record<string, unknown>>): Page {
  const { limit = String(DEFAULT_LIMIT), cursor = '' } = query;
  const problems = [
    ...(typeof limit === 'string' && /^[1-9]\d{0,2}$/.test(limit) && Number(limit) <= MOST
      ? []
      : [{ path: 'limit', message: `takes a whole number from 1 to ${MOST}` }]),
    ...(typeof cursor === 'string' && (cursor === '' || fromCursor(cursor) !== undefined)
      ? []
      : [{ path: 'cursor', message: 'is not the "next" of a page' }]),
  ];
  if (problems.length > 0) throw new AdminError('admin.query_invalid', { problems });
  return { after: fromCursor(String(cursor)) ?? '', limit: Number(limit) };
}

/** Opaque to whoever pages, so that what it means may change. */
export function toCursor(id: string): string {
  return Buffer.from(`after:${id}`, 'utf8').toString('base64url');
}

function fromCursor(cursor: string): string | undefined {
  return /^after:([a-z0-9-]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1];
}
