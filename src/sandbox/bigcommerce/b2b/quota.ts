import type { Store } from '../store.ts';

const WINDOW_MS = 60_000;

/** Where the minute of a store stands after this request. It is apart from that of the other APIs. */
export function countRequest(store: Store): {
  readonly isWithin: boolean;
  readonly headers: Readonly<Record<string, string>>;
} {
  const now = store.now().getTime();
  const { b2bQuota: quota, b2bRateHeaders, b2bResetUnit } = store.turned();
  const { window } = store.b2b;
  if (now >= window.endsAt || window.endsAt - now > WINDOW_MS) {
    store.b2b.window = { endsAt: now + WINDOW_MS, used: 0, hierarchies: 0 };
  }
  const { endsAt, used } = store.b2b.window;
  const isWithin = used < quota;
  if (isWithin) store.b2b.window.used += 1;
  if (b2bRateHeaders === 'omitted') return { isWithin, headers: {} };
  return {
    isWithin,
    headers: {
      'X-Requests-Allocated': `${quota} times/60 s`,
      'X-Requests-Remaining': String(Math.max(0, quota - store.b2b.window.used)),
      'X-Request-Window-Resets-After': String(
        b2bResetUnit === 'seconds' ? Math.ceil((endsAt - now) / 1000) : endsAt - now,
      ),
    },
  };
}

/** BigCommerce docs, B2B Edition: the whole hierarchy may be asked for fifteen times a minute. */
export function countHierarchy(store: Store): boolean {
  store.b2b.window.hierarchies += 1;
  return store.b2b.window.hierarchies <= 15;
}
