import type { CallFailed } from '../../connector.ts';
import type { UnavailableCode } from '../../errors.ts';
import { ErrorBody } from './schema.ts';

type Headers = Readonly<Record<string, string>>;

const MAINTENANCE_RETRY_SECONDS = 60;
const ERROR_RETRY_SECONDS = 10;

/** Why iconik does not want the content of a request, as far as its words tell; the words stay here. */
export type Objection = 'taken' | 'no-seat' | 'belongs-elsewhere' | 'other';
export type Invalid = {
  readonly outcome: 'invalid';
  readonly status: number;
  readonly fields: readonly string[];
  readonly objection: Objection;
};

/** Errors come as a list of texts or by field; no text is documented, so the words are read loosely. */
export function invalidOf(status: number, body: unknown): Invalid {
  const parsed = ErrorBody.safeParse(body);
  const errors = parsed.success ? parsed.data.errors : [];
  const byField = typeof errors === 'object' && !Array.isArray(errors);
  const fields = byField ? Object.keys(errors) : [];
  return { outcome: 'invalid', status, fields, objection: objectionOf(status, JSON.stringify(errors)) };
}

function objectionOf(status: number, words: string): Objection {
  if (status === 409 || /\balready\b|\bin use\b|\btaken\b|\bduplicate/i.test(words)) return 'taken';
  if (/\blimit\b|\bseats?\b|\blicen[cs]es?\b|\bmaximum\b/i.test(words)) return 'no-seat';
  if (/\b(?:an)?other\b.*\b(?:domain|account|organi[sz]ation)\b/i.test(words)) return 'belongs-elsewhere';
  return 'other';
}

/**
 * What a status means that says nothing about the content of a request. After an error of the server a write may
 * have happened all the same (R5.3); a call that was turned away before certainly did nothing.
 */
export function failureOf(status: number, retry: number | Headers, writes: boolean): CallFailed {
  const code = codeOf(status);
  const retryAfterSeconds = typeof retry === 'number' ? retry : namedRetry(code, retry);
  const uncertain = code === 'provisioning.target_error' || code === 'provisioning.bad_answer';
  return {
    outcome: 'unavailable',
    code,
    maybeApplied: writes && uncertain,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

function codeOf(status: number): UnavailableCode {
  switch (status) {
    case 401:
      return 'provisioning.token_revoked';
    case 403:
      // A missing role or permission, a frozen domain, or an address that is not on the allow-list.
      return 'provisioning.forbidden';
    case 429:
      return 'provisioning.rate_limited';
    case 503:
      return 'provisioning.maintenance';
    default:
      return status >= 500 && status !== 501 ? 'provisioning.target_error' : 'provisioning.bad_answer';
  }
}

function namedRetry(code: UnavailableCode, headers: Headers): number | undefined {
  const named = headers['retry-after'];
  if (named !== undefined && /^\d{1,6}$/.test(named)) return Number(named);
  if (code === 'provisioning.maintenance') return MAINTENANCE_RETRY_SECONDS;
  return code === 'provisioning.target_error' ? ERROR_RETRY_SECONDS : undefined;
}
