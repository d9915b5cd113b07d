import { Refused } from '../graphql/index.ts';
import type { AccountPositions } from './switches.ts';

/** Arguments of every connection. */
export const PAGE_ARGUMENTS = { first: 'Int', after: 'String', last: 'Int', before: 'String' } as const;

type PageArguments = {
  readonly first?: number;
  readonly last?: number;
  readonly after?: string;
  readonly before?: string;
};

/** Relay's cursor connection: edges in a fixed order, cursors that say nothing to the client. */
export function connection<T extends { readonly id: string }>(
  all: readonly T[],
  args: Readonly<Record<string, unknown>>,
  turned: AccountPositions,
): object {
  const { first, last, after, before } = args as PageArguments;
  if (first !== undefined && last !== undefined) throw new Refused('Give first or last, not both.');
  const limit = first ?? last ?? turned.accountPageSize;
  if (limit < 0 || limit > turned.accountPageMost) {
    throw new Refused(`A page has at most ${turned.accountPageMost} edges.`);
  }
  const from = after === undefined ? 0 : indexOf(all, after) + 1;
  const to = before === undefined ? all.length : indexOf(all, before);
  const range = all.slice(from, Math.max(from, to));
  const page = last === undefined ? range.slice(0, limit) : range.slice(Math.max(0, range.length - limit));
  const start = page[0] === undefined ? from : all.indexOf(page[0]);
  return {
    edges: page.map((node) => ({ node, cursor: cursorOf(node) })),
    collectionInfo: { totalItems: all.length },
    pageInfo: {
      hasNextPage: start + page.length < all.length,
      hasPreviousPage: start > 0,
      startCursor: page[0] ? cursorOf(page[0]) : null,
      endCursor: page.at(-1) ? cursorOf(page[page.length - 1] as T) : null,
    },
  };
}

function cursorOf({ id }: { readonly id: string }): string {
  return Buffer.from(`cursor:${id}`).toString('base64');
}

function indexOf(all: readonly { readonly id: string }[], cursor: string): number {
  const at = all.findIndex((node) => cursorOf(node) === cursor);
  if (at === -1) throw new Refused(`The cursor ${cursor} is not valid.`);
  return at;
}
