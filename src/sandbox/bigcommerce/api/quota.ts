import type { Store } from '../store.ts';

const WINDOW_MS = 30_000;

/** Where the store's window stands after this request; all apps share it. */
export type Standing = { readonly isWithin: boolean; readonly headers: Readonly<Record<string, string>> };

export function countRequest(store: Store): Standing {
  const now = store.now().getTime();
  const { quota, otherAppRequests } = store.turned();
  if (now >= store.window.endsAt || store.window.endsAt - now > WINDOW_MS) {
    store.window = { endsAt: now + WINDOW_MS, used: otherAppRequests, validations: 0 };
  }
  const isWithin = store.window.used < quota;
  if (isWithin) store.window.used += 1;
  const resetMs = store.window.endsAt - now;
  return {
    isWithin,
    headers: rateHeaders(store, Math.max(0, quota - store.window.used), resetMs, !isWithin),
  };
}

/** `validate-credentials` has a limit of its own. */
export function countValidation(store: Store): boolean {
  store.window.validations += 1;
  return store.window.validations <= store.turned().validateCredentialsQuota;
}

function rateHeaders(
  store: Store,
  left: number,
  resetMs: number,
  isRefused: boolean,
): Record<string, string> {
  const { quota, rateLimitHeaders, retryAfter } = store.turned();
  const plain: Record<string, string> = {
    'X-Rate-Limit-Requests-Left': String(left),
    'X-Rate-Limit-Requests-Quota': String(quota),
    'X-Rate-Limit-Time-Reset-Ms': String(resetMs),
    'X-Rate-Limit-Time-Window-Ms': String(WINDOW_MS),
    ...(isRefused && retryAfter === 'sent' && { 'X-Retry-After': String(Math.ceil(resetMs / 1000)) }),
  };
  if (rateLimitHeaders === 'canonical') return plain;
  const entries = Object.entries(plain).map(([name, value], index) => {
    const isLower = rateLimitHeaders === 'lower' || index % 2 === 1;
    return [isLower ? name.toLowerCase() : name.toUpperCase(), value];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}
