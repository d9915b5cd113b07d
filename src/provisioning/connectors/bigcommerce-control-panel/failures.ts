import type { CallFailed } from '../../connector.ts';
import type { UnavailableCode } from '../../errors.ts';
import type { GraphqlError } from './schema.ts';

type Headers = Readonly<Record<string, string>>;

const MAINTENANCE_RETRY_SECONDS = 60;
const ERROR_RETRY_SECONDS = 10;

/**
 * What a status means. After an error of the server a write may have happened all the same (R5.3); a call that was
 * turned away before certainly did nothing.
 */
export function failureOf(status: number, retry: number | Headers, writes: boolean): CallFailed {
  const code = codeOf(status);
  const retryAfterSeconds = typeof retry === 'number' ? retry : namedRetry(code, retry);
  return {
    outcome: 'unavailable',
    code,
    maybeApplied: writes && (code === 'provisioning.target_error' || status < 400),
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

function namedRetry(code: UnavailableCode, headers: Headers): number | undefined {
  const named = headers['retry-after'];
  if (named !== undefined && /^\d{1,6}$/.test(named)) return Number(named);
  if (code === 'provisioning.maintenance') return MAINTENANCE_RETRY_SECONDS;
  return code === 'provisioning.target_error' ? ERROR_RETRY_SECONDS : undefined;
}

/** A token without the scope; nothing was done. */
export function isOutOfScope(errors: readonly GraphqlError[]): boolean {
  return errors.some(({ extensions }) => extensions?.code === 'INSUFFICIENT_ACCESS_SCOPE');
}

/** Why a change was refused, as far as code or words tell; the words stay here, they name people. */
export type Objection = 'exists' | 'missing' | 'owner' | 'invalid' | 'other';

const BY_CODE: Readonly<Record<string, Objection>> = {
  ALREADY_EXISTS: 'exists',
  NOT_FOUND: 'missing',
  FORBIDDEN: 'owner',
  INVALID: 'invalid',
};

/** No list of codes or texts is published, so the words are read loosely. */
export function objectionOf({ message, extensions }: GraphqlError): Objection {
  const known = BY_CODE[extensions?.code ?? ''];
  if (known) return known;
  if (/\balready\b|\bduplicate/i.test(message)) return 'exists';
  if (/\bowner\b/i.test(message)) return 'owner';
  if (/\bnot found\b|\bno (?:user|store) was found\b|\bhas no access\b|\bnot exist\b/i.test(message)) {
    return 'missing';
  }
  return /\binvalid\b|\bnot (?:a )?valid\b/i.test(message) ? 'invalid' : 'other';
}
