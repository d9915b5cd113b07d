import type { CallFailed } from '../../connector.ts';
import { statusFailure } from '../../status-failure.ts';
import type { GraphqlError } from './schema.ts';

type Headers = Readonly<Record<string, string>>;

/** A status below 500 that says no is certain here: it releases what a creation had claimed (R5.3). */
export function failureOf(status: number, retry: number | Headers, writes: boolean): CallFailed {
  const failed = statusFailure(status, retry, writes);
  const isCertain = status >= 400 && status < 500;
  return isCertain ? { ...failed, maybeApplied: false } : failed;
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
