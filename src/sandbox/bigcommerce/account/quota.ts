import type { Account } from './account.ts';

const HOUR_MS = 3_600_000;

/** Where the account's hour stands after this call; all tokens share it. */
export function countCall(account: Account): {
  readonly isWithin: boolean;
  readonly headers: Readonly<Record<string, string>>;
} {
  const now = account.now().getTime();
  const { accountQuota: quota, accountRateHeaders } = account.turned();
  if (now >= account.window.endsAt || account.window.endsAt - now > HOUR_MS) {
    account.window = { endsAt: now + HOUR_MS, used: 0 };
  }
  const isWithin = account.window.used < quota;
  if (isWithin) account.window.used += 1;
  const resetMs = account.window.endsAt - now;
  if (accountRateHeaders === 'omitted') return { isWithin, headers: {} };
  return {
    isWithin,
    headers: {
      'X-Rate-Limit-Requests-Left': String(Math.max(0, quota - account.window.used)),
      'X-Rate-Limit-Requests-Quota': String(quota),
      'X-Rate-Limit-Time-Reset-Ms': String(resetMs),
      'X-Rate-Limit-Time-Window-Ms': String(HOUR_MS),
      ...(!isWithin && { 'X-Retry-After': String(Math.ceil(resetMs / 1000)) }),
    },
  };
}
