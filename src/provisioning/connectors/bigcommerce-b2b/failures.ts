import type { CallFailed } from '../../connector.ts';
import { statusFailure } from '../../status-failure.ts';

type Headers = Readonly<Record<string, string>>;

/** Answers that must not be believed, and calls that cannot be made before the target was read. */
export const BAD_ANSWER: CallFailed = {
  ...{ outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false },
};
export const NOT_PREPARED: CallFailed = {
  ...{ outcome: 'unavailable', code: 'provisioning.not_prepared', maybeApplied: false },
};

/** A 403 also means that B2B Edition is switched off, or that the owner's mail was changed, which voids all tokens. */
const OWN = { 409: 'provisioning.rate_limited', 507: 'provisioning.plan_limit' } as const;

export function failureOf(status: number, retry: number | Headers, writes: boolean): CallFailed {
  return statusFailure(status, retry, writes, OWN);
}
