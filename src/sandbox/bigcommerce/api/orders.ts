import type { FormerOrders } from '../model.ts';
import type { Store } from '../store.ts';
import { bare, NO_CONTENT, v2Problem } from './answers.ts';
import type { Handler } from './call.ts';
import { PAGE_FILTERS } from './paging.ts';
import { parseQuery } from './query.ts';

/** Just enough of V2 orders to see whether a customer has a history: 204 when there is none. */
export const listOrders: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, { ...PAGE_FILTERS, customer_id: 'integer' });
  if (parsed.outcome === 'refused') return v2Problem(400, 'A query parameter is not valid.');
  const { query } = parsed;
  const wanted = query.integer('customer_id');
  const orders = histories(store)
    .filter((history) => (wanted ?? history.customer_id) === history.customer_id)
    .flatMap((history) =>
      Array.from({ length: history.orders }, (_, index) => ({
        id: history.id * 100 + index,
        customer_id: history.customer_id,
        status_id: 10,
        status: 'Completed',
        date_created: history.date_created.toUTCString().replace('GMT', '+0000'),
        channel_id: history.origin_channel_id,
      })),
    );
  const limit = Math.min(250, query.integer('limit') ?? 50);
  const start = ((query.integer('page') ?? 1) - 1) * limit;
  const page = orders.slice(start, start + limit);
  return page.length === 0 ? NO_CONTENT : bare(page);
};

type History = FormerOrders & { readonly id: number };

/** Orders of customers, and of those who were deleted. */
function histories(store: Store): readonly History[] {
  const isKept = store.turned().ordersAfterDelete === 'keep-customer';
  const present = [...store.customers.values()].map((customer) => ({
    ...customer,
    customer_id: customer.id,
  }));
  const former = [...store.formerOrders.values()].map((each) => ({
    ...each,
    id: each.customer_id,
    customer_id: isKept ? each.customer_id : 0,
  }));
  return [...present, ...former].sort((left, right) => left.id - right.id);
}
