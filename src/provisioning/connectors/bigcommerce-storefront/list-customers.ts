import { z } from 'zod';
import { BAD_ANSWER, failedRead } from '../../bigcommerce/customers-answers.ts';
import type { ListAnswer, ListedAccount } from '../../connector/connector.ts';
import type { CallBudget } from '../../targets/call-budget.ts';
import { type Reading, readCustomer } from './customer-reader.ts';
import { type Customer, CustomerPage } from './schema.ts';
import type { Query, StoreAnswer, StoreApi } from './store-api.ts';

/** The most that the store gives at once. */
const PAGE = 250;

/** Where a walk through all customers stands: the store's own mark, and what it needs when that mark is void. */
const Cursor = z.object({
  after: z.string(),
  /** Customers older than this were seen before a walk had to begin again. */
  since: z.string().optional(),
  /** When the last customer that was seen was made. */
  last: z.string().optional(),
});
type Cursor = z.infer<typeof Cursor>;

/** One page of all customers, oldest first. Nothing is kept between pages. */
export async function listCustomers(
  { api, ...reading }: Reading & { readonly api: StoreApi },
  cursor: string | undefined,
  budget: CallBudget,
): Promise<ListAnswer> {
  const at = cursor === undefined || cursor === '' ? undefined : readCursor(cursor);
  let since = at?.since;
  let answer = await readPage(api, { ...sinceFilter(since), ...(at && { after: at.after }) }, budget);
  if (answer.outcome === 'invalid' && at?.last !== undefined) {
    // The customer that the mark names was deleted meanwhile. A few are seen twice now, and nobody is missed.
    since = at.last;
    answer = await readPage(api, sinceFilter(since), budget);
  }
  if (answer.outcome !== 'ok') return failedRead(answer);
  const { data, meta } = answer.body;
  const next = nextCursor(answer.body, since);
  // Only the first page of a whole walk counts everybody.
  const total = at === undefined ? meta?.pagination?.total : undefined;
  // A part would be taken for the whole, and whoever is not in it for gone.
  if (next === LOST) return BAD_ANSWER;
  return {
    outcome: 'listed',
    accounts: data.map((customer) => listed(reading, customer)),
    ...(next !== undefined && { next }),
    ...(total !== undefined && { total }),
  };
}

function readPage(
  api: StoreApi,
  place: Pick<Query, 'after' | 'date_created:min'>,
  budget: CallBudget,
): Promise<StoreAnswer<CustomerPage>> {
  const query = { ...place, include: 'attributes', limit: PAGE } as const;
  return api.send({ verb: 'GET', path: '/v3/customers', query }, CustomerPage, budget);
}

function sinceFilter(since: string | undefined): Pick<Query, 'date_created:min'> {
  return since === undefined ? {} : { 'date_created:min': since };
}

/** There is more, and nothing says where. */
const LOST = Symbol('lost');

/** First pages tell how many there are, also those of a walk that begins again; later ones whether there is a next. */
function nextCursor(
  { data, meta }: CustomerPage,
  since: string | undefined,
): string | undefined | typeof LOST {
  const { end_cursor: after, links } = meta?.cursor_pagination ?? {};
  const total = meta?.pagination?.total;
  const isFull = data.length >= PAGE;
  const isMore = total === undefined ? (links ? Boolean(links.next) : isFull) : total > data.length;
  if (!isMore) return undefined;
  if (!after) return LOST;
  const last = data.at(-1)?.date_created;
  const cursor: Cursor = {
    after,
    ...(since !== undefined && { since }),
    ...(last !== undefined && { last }),
  };
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** @throws TypeError for a cursor that no page gave. */
function readCursor(text: string): Cursor {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    throw new TypeError('not a cursor of this list');
  }
}

function listed(reading: Reading, customer: Customer): ListedAccount {
  return { ...readCustomer(reading, customer, {}, {}), isActive: mayEnter(reading, customer) };
}

/** Who is on the parking channel alone can enter nowhere. */
function mayEnter({ settings }: Reading, { channel_ids: channels }: Customer): boolean {
  const parking = settings.ladder.parking?.channelId;
  return !channels || channels.some((channel) => channel !== parking);
}
