import { bare, NO_CONTENT, v2Problem } from './answers.ts';
import type { Handler } from './call.ts';
import { PAGE_FILTERS } from './paging.ts';
import { parseQuery } from './query.ts';

/** Just enough of V2 orders to see whether a customer has a history: 204 when there is none. */
export const listOrders: Handler = ({ store, query: raw }) => {
  const parsed = parseQuery(raw, { ...PAGE_FILTERS, customer_id: 'integer' });
  if (parsed.outcome === 'refused') return v2Problem(400, 'A query parameter is not valid.');
  const { query } = parsed;
  const orders = [...store.customers.values()]
    .filter(({ id }) => (query.integer('customer_id') ?? id) === id)
    .flatMap((customer) =>
      Array.from({ length: customer.orders }, (_, index) => ({
        id: customer.id * 100 + index,
        customer_id: customer.id,
        status_id: 10,
        status: 'Completed',
        date_created: customer.date_created.toUTCString().replace('GMT', '+0000'),
        channel_id: customer.origin_channel_id,
      })),
    );
  const limit = Math.min(250, query.integer('limit') ?? 50);
  const start = ((query.integer('page') ?? 1) - 1) * limit;
  const page = orders.slice(start, start + limit);
  return page.length === 0 ? NO_CONTENT : bare(page);
};
