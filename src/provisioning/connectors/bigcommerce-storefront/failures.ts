import type { CallFailed } from '../../connector.ts';
import { statusFailure } from '../../status-failure.ts';

type Headers = Readonly<Record<string, string>>;

/** A 403 also means that the owner's mail was changed, which voids all tokens. */
const OWN = { 409: 'provisioning.rate_limited', 507: 'provisioning.plan_limit' } as const;

export function failureOf(
  status: number,
  retry: number | Headers,
  verb: 'GET' | 'POST' | 'PUT' | 'DELETE',
): CallFailed {
  return statusFailure(status, retry, verb !== 'GET', OWN);
}
