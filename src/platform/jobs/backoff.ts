import { addMs, HOUR, SECOND, VestibuleError } from '../../base/index.ts';
import type { Backoff } from './job.ts';

const DEFAULT: Backoff = { firstMs: SECOND, lastMs: HOUR };

/**
 * When to try again after failure number `attempt`. Half of the delay is random, so that jobs that failed
 * together do not come back together; what the other side asked for (Retry-After) is never undercut.
 */
export function nextTry(
  now: Date,
  attempt: number,
  error: unknown,
  random: () => number,
  { firstMs, lastMs }: Backoff = DEFAULT,
): Date {
  const full = Math.min(firstMs * 2 ** Math.min(attempt - 1, 40), lastMs);
  const delay = full * (0.5 + random() / 2);
  const asked = error instanceof VestibuleError ? (error.retryAfterSeconds ?? 0) * SECOND : 0;
  return addMs(now, Math.max(delay, asked));
}
