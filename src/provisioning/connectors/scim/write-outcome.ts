import type { CallFailed, WriteAnswer } from '../../connector/connector.ts';
import type { Objection } from './failures.ts';

export type Refusal = Exclude<WriteAnswer, { readonly outcome: 'written' }>;

/** What an objection to a write means to the engine. Details name the status and the keyword, never values. */
export function refusalOf(answer: Objection | CallFailed, writesUnique: boolean): Refusal {
  if (answer.outcome === 'unavailable') return answer;
  const { status, scimType, saysTaken } = answer;
  if (scimType === 'uniqueness' || saysTaken || (status === 409 && writesUnique))
    return { outcome: 'duplicate' };
  switch (status) {
    case 404:
    case 410:
      return { outcome: 'gone' };
    case 405:
    case 501:
      return {
        outcome: 'blocked',
        reasons: ['The server does not offer this change over SCIM; make it there by hand.'],
      };
    case 409:
    case 412:
    case 428:
      // Somebody else is changing it; nothing was done.
      return { outcome: 'unavailable', code: 'provisioning.busy', retryAfterSeconds: 2, maybeApplied: false };
    default:
      return { outcome: 'invalid', detail: `status ${status} ${scimType}`.trim() };
  }
}

/** Somebody was faster, or the server wants to know which version is meant (RFC 7644 3.14, RFC 6585 3). */
export function isOutOfDate(answer: Objection | CallFailed): boolean {
  return answer.outcome === 'objection' && (answer.status === 412 || answer.status === 428);
}
