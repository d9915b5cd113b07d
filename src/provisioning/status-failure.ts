import type { CallFailed } from './connector.ts';
import type { UnavailableCode } from './errors.ts';

const MAINTENANCE_RETRY_SECONDS = 60;
const ERROR_RETRY_SECONDS = 10;

/**
 * What a status means that says nothing about the content of a request. After an error of the server a write may
 * have happened all the same (R5.3); a call that was turned away before certainly did nothing.
 *
 * @param retry seconds to wait, or the answer's headers, names in lower case.
 * @param own statuses that mean something else, or something more, in this kind of target.
 */
export function statusFailure(
  status: number,
  retry: number | Readonly<Record<string, string>>,
  writes: boolean,
  own: Readonly<Record<number, UnavailableCode>> = {},
): CallFailed {
  const code = own[status] ?? codeOf(status);
  const retryAfterSeconds = typeof retry === 'number' ? retry : namedRetry(code, retry['retry-after']);
  const isUncertain = code === 'provisioning.target_error' || code === 'provisioning.bad_answer';
  return {
    ...{ outcome: 'unavailable', code, maybeApplied: writes && isUncertain },
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

function namedRetry(code: UnavailableCode, named: string | undefined): number | undefined {
  if (named !== undefined && /^\d{1,6}$/.test(named)) return Number(named);
  if (code === 'provisioning.maintenance') return MAINTENANCE_RETRY_SECONDS;
  return code === 'provisioning.target_error' ? ERROR_RETRY_SECONDS : undefined;
}
