import type { CallFailed, WriteAnswer } from '../../connector/connector.ts';
import { statusFailure } from '../../connector/status-failure.ts';
import type { UnavailableCode } from '../../errors.ts';
import type { ApiError } from './schema.ts';

const MAINTENANCE_RETRY_SECONDS = 60;
const ERROR_RETRY_SECONDS = 10;
const LOCK_RETRY_SECONDS = 2;

export function unavailable(
  code: UnavailableCode,
  maybeApplied = false,
  retryAfterSeconds?: number,
): CallFailed {
  return {
    ...{ outcome: 'unavailable', code, maybeApplied },
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

export const NOT_PREPARED = unavailable('provisioning.not_prepared');

/** What a status means that says nothing about the content of a request; one below 500 that says no is certain. */
export function failureOf(
  status: number,
  isWrite: boolean,
  headers: Readonly<Record<string, string>> = {},
): CallFailed {
  const failed = statusFailure(status, headers, isWrite);
  const isCertain = status >= 400 && status < 500;
  return isCertain ? { ...failed, maybeApplied: false } : failed;
}

/** Somebody writes related records at the same moment; the same request may pass a moment later. */
export const LOCKED_ROW = 'UNABLE_TO_LOCK_ROW';
/** What stands for those that were not carried out because another failed. */
export const HALTED = 'PROCESSING_HALTED';
const DUPLICATES = new Set(['DUPLICATE_VALUE', 'DUPLICATES_VALUE']);
const GONE = new Set(['NOT_FOUND', 'ENTITY_IS_DELETED']);
const NO_RIGHT = new Set([
  ...[
    'INSUFFICIENT_ACCESS_OR_READONLY',
    'INSUFFICIENT_ACCESS',
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
  ],
  ...['API_DISABLED_FOR_ORG', 'API_CURRENTLY_DISABLED', 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY'],
]);

export function isDuplicate({ errorCode }: ApiError): boolean {
  return DUPLICATES.has(errorCode);
}
export function isGone({ errorCode }: ApiError): boolean {
  return GONE.has(errorCode);
}

/** What an error of one record means for a write that did not happen. Personal values stay out of the answer. */
export function recordFailure(error: ApiError): Exclude<WriteAnswer, { outcome: 'written' }> {
  const { errorCode, fields } = error;
  if (isDuplicate(error)) return { outcome: 'duplicate' };
  if (isGone(error)) return { outcome: 'gone' };
  if (NO_RIGHT.has(errorCode)) return unavailable('provisioning.forbidden');
  switch (errorCode) {
    case LOCKED_ROW:
      return unavailable('provisioning.busy', false, LOCK_RETRY_SECONDS);
    case 'REQUEST_LIMIT_EXCEEDED':
      return unavailable('provisioning.rate_limited', false, MAINTENANCE_RETRY_SECONDS);
    case 'SERVER_UNAVAILABLE':
      return unavailable('provisioning.maintenance', false, MAINTENANCE_RETRY_SECONDS);
    case 'UNKNOWN_EXCEPTION':
      return unavailable('provisioning.target_error', false, ERROR_RETRY_SECONDS);
    case 'MIXED_DML_OPERATION':
      return unavailable('provisioning.bad_answer');
    case 'LICENSE_LIMIT_EXCEEDED':
      return { outcome: 'blocked', reasons: [LICENCES_USED_UP] };
    case 'FIELD_INTEGRITY_EXCEPTION':
    case 'DEPENDENCY_EXISTS':
    case 'FIELD_CUSTOM_VALIDATION_EXCEPTION':
      return { outcome: 'blocked', reasons: [theirWords(error)] };
    default:
      return { outcome: 'invalid', detail: [errorCode, ...(fields ?? [])].join(' ') };
  }
}

export const LICENCES_USED_UP =
  'Salesforce has no free user licence for this profile; buy more, or deactivate users who no longer sign in';

/** Salesforce’s own sentence, for an administrator, without addresses of people. */
export function theirWords({ message, errorCode }: ApiError): string {
  const text = message
    .replace(/\S+@\S+/g, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? `Salesforce refuses with ${errorCode}` : `Salesforce says: ${text.slice(0, 500)}`;
}
