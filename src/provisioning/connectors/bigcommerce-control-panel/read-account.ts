import type { CallFailed } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import type { AccountAnswer, AccountApi } from './account-api.ts';
import { type Cursors, readAccount, readOn } from './documents.ts';
import { failureOf } from './failures.ts';
import { AccountPage, MoreMembers, MoreOfAccount } from './schema.ts';
import { type AccountSnapshot, SnapshotParts } from './snapshot.ts';

/** Lists longer than this many pages are not believed to end. */
const MOST_PAGES = 100;
/** What every connection gives without being asked for a size. */
const SMALL_PAGE = 50;

export type ReadWhole = { readonly outcome: 'whole'; readonly snapshot: AccountSnapshot } | CallFailed;

/** Reads everything: one request, and one more for each further page of the longest list. */
export class WholeAccount {
  readonly #api: AccountApi;
  #size: number;

  constructor(api: AccountApi, pageSize: number) {
    this.#api = api;
    this.#size = pageSize;
  }

  get pageSize(): number {
    return this.#size;
  }

  async read(budget: CallBudget): Promise<ReadWhole> {
    const answer = await this.#api.send(readAccount(this.#size), budget);
    const wasRefused =
      answer.outcome === 'rejected' || (answer.outcome === 'ran' && answer.errors.length > 0);
    if (wasRefused && this.#size > SMALL_PAGE) {
      this.#size = SMALL_PAGE;
      return this.read(budget);
    }
    const first = answer.outcome === 'ran' ? AccountPage.safeParse(answer.data['account']) : undefined;
    if (!first?.success || hasErrors(answer)) return unreadable(answer);
    return this.#continue(first.data, budget);
  }

  async #continue(first: AccountPage, budget: CallBudget): Promise<ReadWhole> {
    const parts = new SnapshotParts();
    parts.add(first);
    let left = leftOf(first);
    for (let page = 1; isLeft(left); page += 1) {
      if (page > MOST_PAGES) return failureOf(200, {}, false);
      const answer = await this.#api.send(readOn(this.#size, left), budget);
      const more = answer.outcome === 'ran' && !hasErrors(answer) ? morePages(answer.data, left) : undefined;
      if (!more) return unreadable(answer);
      parts.add(more.account);
      for (const { id, users } of more.members) parts.addMembers(id, users);
      left = leftAfter(more);
    }
    const snapshot = parts.finished();
    // Whoever owns the account is one of its users: with nobody in it everybody would be taken for gone.
    return snapshot.users.length === 0 ? failureOf(200, {}, false) : { outcome: 'whole', snapshot };
  }
}

/** Part of a list is not the list: whoever is missing in it might be taken for gone. */
function hasErrors(answer: AccountAnswer): boolean {
  return answer.outcome === 'ran' && answer.errors.length > 0;
}

function unreadable(answer: AccountAnswer): CallFailed {
  return answer.outcome === 'unavailable' ? answer : failureOf(200, {}, false);
}

type More = { readonly account: MoreOfAccount; readonly members: readonly MoreMembers[] };

function morePages(data: Readonly<Record<string, unknown>>, asked: Cursors): More | undefined {
  const account = MoreOfAccount.safeParse(data['account'] ?? {});
  const members = asked.members.map((_, index) => MoreMembers.safeParse(data[`s${index}`]));
  if (!account.success) return undefined;
  const found = members.flatMap((each) => (each.success ? [each.data] : []));
  return found.length === members.length ? { account: account.data, members: found } : undefined;
}

type Page = {
  readonly pageInfo?: { hasNextPage: boolean; endCursor?: string | null | undefined } | null | undefined;
};

function nextOf(page: Page | undefined): string | undefined {
  const { pageInfo } = page ?? {};
  return pageInfo?.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
}

function cursors(account: MoreOfAccount, members: readonly MoreMembers[]): Cursors {
  const users = nextOf(account.users);
  const stores = nextOf(account.stores);
  const ofStores = (account.stores?.edges ?? []).map(({ node }) => node);
  return {
    ...(users !== undefined && { users }),
    ...(stores !== undefined && { stores }),
    members: [...ofStores, ...members].flatMap(({ id, users: page }) => {
      const after = nextOf(page);
      return after === undefined ? [] : [{ storeId: id, after }];
    }),
  };
}

const leftOf = (first: AccountPage): Cursors => cursors(first, []);
const leftAfter = ({ account, members }: More): Cursors => cursors(account, members);
const isLeft = ({ users, stores, members }: Cursors): boolean =>
  users !== undefined || stores !== undefined || members.length > 0;
