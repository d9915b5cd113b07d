import type { CallFailed } from '../../connector.ts';
import type { UnavailableCode } from '../../errors.ts';

type Headers = Readonly<Record<string, string>>;

const MAINTENANCE_RETRY_SECONDS = 60;
const ERROR_RETRY_SECONDS = 10;

/** Answers that must not be believed, and calls that cannot be made before the target was read. */
export const BAD_ANSWER: CallFailed = {
  ...{ outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false },
};
export const NOT_PREPARED: CallFailed = {
  ...{ outcome: 'unavailable', code: 'provisioning.not_prepared', maybeApplied: false },
};

/**
 * What a status means that says nothing about the content of a request. After an error of the server a write may
 * have happened all the same (R5.3); a call that was turned away before certainly did nothing.
 */
export function failureOf(status: number, retry: number | Headers, writes: boolean): CallFailed {
  const code = codeOf(status);
  const retryAfterSeconds = typeof retry === 'number' ? retry : namedRetry(code, retry);
  const isUncertain = code === 'provisioning.target_error' || code === 'provisioning.bad_answer';
  return {
    outcome: 'unavailable',
    code,
    maybeApplied: writes && isUncertain,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

function codeOf(status: number): UnavailableCode {
  switch (status) {
    case 401:
      return 'provisioning.token_revoked';
    case 403:
      // A missing scope, B2B Edition switched off, or the owner's mail was changed, which voids all tokens.
      return 'provisioning.forbidden';
    case 409:
    case 429:
      return 'provisioning.rate_limited';
    case 503:
      return 'provisioning.maintenance';
    case 507:
      return 'provisioning.plan_limit';
    default:
      return status >= 500 ? 'provisioning.target_error' : 'provisioning.bad_answer';
  }
}

function namedRetry(code: UnavailableCode, headers: Headers): number | undefined {
  const named = headers['retry-after'];
  if (named !== undefined && /^\d{1,6}$/.test(named)) return Number(named);
  if (code === 'provisioning.maintenance') return MAINTENANCE_RETRY_SECONDS;
  return code === 'provisioning.target_error' ? ERROR_RETRY_SECONDS : undefined;
}
