import { createCustomer } from './api/customer-writing.ts';
import type { Store } from './store.ts';

const FIRST = ['Anna', 'Bela', 'Cem', 'Dina', 'Emil', 'Fay', 'Gus', 'Hana', 'Ivo', 'Jule', 'Kim'];
const LAST = ['Albers', 'Brook', 'Costa', 'Dietz', 'Ekman', 'Falk', 'Grant', 'Hale'];

/**
 * Customers for an import: `import-0001@halden.example` and so on, on one channel, on several or on all, a few with
 * orders. The pairs share one mail address on two channels: `pair-001@halden.example`.
 *
 * @returns how many were made; who is there already is left alone.
 */
export function addImported(
  store: Store,
  wanted: { readonly count: number; readonly pairs: number },
): number {
  const known = new Set([...store.customers.values()].map(({ email }) => email));
  const [first, second] = activeChannels(store);
  let made = 0;
  const add = (email: string, serial: number, channelIds: readonly number[] | null): void => {
    const customer = createCustomer(store, {
      email,
      first_name: FIRST[serial % FIRST.length],
      last_name: LAST[serial % LAST.length],
      channel_ids: channelIds,
      origin_channel_id: channelIds?.[0] ?? 1,
      customer_group_id: serial % 3 === 0 ? 2 : 0,
    });
    if (serial % 10 === 0) customer.orders = 1 + (serial % 4);
    made += 1;
  };
  for (let serial = 1; serial <= wanted.count; serial += 1) {
    const email = `import-${String(serial).padStart(4, '0')}@halden.example`;
    const reaches = [null, [first], second === undefined ? [first] : [first, second]];
    if (!known.has(email)) add(email, serial, reaches[serial % reaches.length] ?? null);
  }
  for (let serial = 1; serial <= wanted.pairs && second !== undefined; serial += 1) {
    const email = `pair-${String(serial).padStart(3, '0')}@halden.example`;
    if (known.has(email)) continue;
    add(email, serial, [first]);
    add(email, serial + 1, [second]);
  }
  return made;
}

/** The first one is the default storefront. */
function activeChannels(store: Store): readonly [number, ...number[]] {
  const others = store.channels.filter(({ id, status }) => id !== 1 && status === 'active');
  return [1, ...others.map(({ id }) => id)];
}
