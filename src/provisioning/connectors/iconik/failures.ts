import type { CallFailed } from '../../connector/connector.ts';
import { statusFailure } from '../../connector/status-failure.ts';
import { ErrorBody } from './schema.ts';

type Headers = Readonly<Record<string, string>>;

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

/** A 403 is a missing role or permission, a frozen domain, or an address that is not on the allow-list. */
export function failureOf(status: number, retry: number | Headers, writes: boolean): CallFailed {
  return statusFailure(status, retry, writes, { 501: 'provisioning.bad_answer' });
}
