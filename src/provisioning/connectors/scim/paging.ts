import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { type Objection, unavailable } from './failures.ts';
import type { Page, Resource } from './resource.ts';
import type { Kind, Query, ScimServer } from './scim-server.ts';

/** Where the next page begins: an index (RFC 7644 3.4.2.4) or the server's cursor (RFC 9865). */
type Position =
  | {
      readonly by: 'index';
      readonly start: number /** Id that the page before began with. */;
      readonly before: string;
    }
  | { readonly by: 'cursor'; readonly cursor: string };

export type ListedPage =
  | {
      readonly outcome: 'page';
      readonly resources: readonly Resource[];
      readonly total?: number;
      /** Of the following page; absent after the last one. */
      readonly next?: string;
    }
  | Objection
  | CallFailed;

/** One page of everything. Servers may give less than was asked for, and need not say how much there is. */
export async function readPage(
  server: ScimServer,
  kind: Kind,
  cursor: string | undefined,
  query: Query,
  budget: CallBudget,
): Promise<ListedPage> {
  const position = parsePosition(cursor, server.traits.facts.cursorOnly);
  const count = server.traits.pageSize;
  const place = position.by === 'index' ? { startIndex: position.start } : { cursor: position.cursor };
  const answer = await server.list(kind, { ...query, ...place, count }, budget);
  if (answer.outcome !== 'page') return answer;
  const { page } = answer;
  // The same place again: there would be no end, and what was seen is not everything.
  if (position.by === 'cursor' && page.nextCursor === position.cursor)
    return unavailable('provisioning.bad_answer');
  // A server that knows no startIndex shows its first page for ever.
  const repeats =
    position.by === 'index' && position.before !== '' && page.resources[0]?.id === position.before;
  const next = repeats ? undefined : nextPosition(position, page, count);
  return {
    outcome: 'page',
    resources: repeats ? [] : page.resources,
    ...(page.total !== undefined && { total: page.total }),
    ...(next !== undefined && { next }),
  };
}

function nextPosition(
  position: Position,
  { resources, size, total, nextCursor }: Page,
  asked: number,
): string | undefined {
  if (nextCursor !== undefined) return `c${nextCursor}`;
  const first = resources[0];
  if (position.by === 'cursor' || !first) return undefined;
  const start = position.start + size;
  if (total !== undefined && start > total && !isOfPageAlone(total, position.start, size, asked))
    return undefined;
  return `i${start}:${first.id}`;
}

/** Some count the page in place of everything: less than was seen already, or just a page that is full. */
function isOfPageAlone(total: number, start: number, size: number, asked: number): boolean {
  return total < start - 1 + size || (start === 1 && size >= asked);
}

function parsePosition(cursor: string | undefined, cursorOnly: boolean): Position {
  if (cursor === undefined || cursor === '') {
    return cursorOnly ? { by: 'cursor', cursor: '' } : { by: 'index', start: 1, before: '' };
  }
  if (cursor.startsWith('c')) return { by: 'cursor', cursor: cursor.slice(1) };
  const [, start = '1', before = ''] = /^i(\d+):(.*)$/s.exec(cursor) ?? [];
  return { by: 'index', start: Number(start), before };
}

/**
 * Looks through everything until `isEnough`, within a bound.
 *
 * @returns what was seen, in order; an objection or a failure when a page could not be read.
 */
export async function readThrough(
  server: ScimServer,
  kind: Kind,
  options: { readonly most: number; readonly query?: Query; readonly isEnough?: (seen: Resource) => boolean },
  budget: CallBudget,
): Promise<{ readonly outcome: 'seen'; readonly resources: readonly Resource[] } | Objection | CallFailed> {
  const seen: Resource[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    pages += 1;
    const page = await readPage(server, kind, cursor, options.query ?? {}, budget);
    if (page.outcome !== 'page') return page;
    seen.push(...page.resources);
    if (options.isEnough && page.resources.some(options.isEnough)) break;
    cursor = page.next;
  } while (cursor !== undefined && seen.length < options.most && pages < options.most);
  return { outcome: 'seen', resources: seen };
}
