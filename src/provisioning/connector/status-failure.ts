import { HOUR, SECOND } from '../../base/index.ts';
import type { UnavailableCode } from '../errors.ts';
import type { CallFailed } from './connector.ts';

/** Names in lower case. */
type Headers = Readonly<Record<string, string>>;

const LONGEST_RETRY_SECONDS = HOUR / SECOND;
/** Where the answer does not say when to come back. */
const RETRY_SECONDS: Partial<Record<UnavailableCode, number>> = {
  'provisioning.maintenance': 60,
  'provisioning.target_error': 10,
  'provisioning.rate_limited': 10,
};
/**
 * After these a write may have happened all the same (R5.3). 503 is one of them: a proxy answers so when it gives up on
 * a request that the server behind it goes on with. A call that was turned away before certainly did nothing.
 */
const UNCERTAIN: readonly UnavailableCode[] = [
  ...(['provisioning.target_error', 'provisioning.maintenance', 'provisioning.bad_answer'] as const),
];

/**
 * What a status means that says nothing about the content of a request.
 *
 * @param retry seconds to wait, or the answer's headers.
 * @param own statuses that mean something else, or something more, in this kind of target.
 */
export function statusFailure(
  status: number,
  retry: number | Headers,
  writes: boolean,
  own: Readonly<Record<number, UnavailableCode>> = {},
): CallFailed {
  const code = own[status] ?? codeOf(status);
  const named = typeof retry === 'number' ? retry : namedRetrySeconds(retry);
  const retryAfterSeconds = named ?? RETRY_SECONDS[code];
  return {
    ...{ outcome: 'unavailable', code, maybeApplied: writes && UNCERTAIN.includes(code) },
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

function codeOf(status: number): UnavailableCode {
  switch (status) {
    case 401:
      return 'provisioning.token_revoked';
    case 403:
      return 'provisioning.forbidden';
    case 429:
      return 'provisioning.rate_limited';
    case 503:
      return 'provisioning.maintenance';
    default:
      return status >= 500 ? 'provisioning.target_error' : 'provisioning.bad_answer';
  }
}

/**
 * `Retry-After` as seconds or as a date (RFC 9110 10.2.3), from one second to an hour. A date counts from the answer's
 * own `Date`, so that no clock but the other side's matters; without one it says nothing.
 */
export function namedRetrySeconds(headers: Headers): number | undefined {
  const named = headers['retry-after']?.trim() ?? '';
  const seconds = /^\d{1,9}$/.test(named)
    ? Number(named)
    : Math.ceil((httpDate(named) - httpDate(headers['date'])) / SECOND);
  return Number.isFinite(seconds) ? Math.min(Math.max(1, seconds), LONGEST_RETRY_SECONDS) : undefined;
}

/** Every form of it begins with the name of a day; other texts might be read as a date too. */
function httpDate(text = ''): number {
  return /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN;
}
