import type { CallFailed } from '../../connector/connector.ts';
import { statusFailure } from '../../connector/status-failure.ts';
import type { GraphqlError } from './schema.ts';

type Headers = Readonly<Record<string, string>>;

/** BigCommerce docs: API status codes; 402 and 423, which no document names, are what a suspended account may answer with. */
const OWN = {
  402: 'provisioning.plan_limit',
  423: 'provisioning.maintenance',
  507: 'provisioning.plan_limit',
} as const;

/** A status below 500 that says no is certain here: it releases what a creation had claimed (R5.3). */
export function failureOf(status: number, retry: number | Headers, writes: boolean): CallFailed {
  const failed = statusFailure(status, retry, writes, OWN);
  const isCertain = (status >= 400 && status < 500) || failed.code === 'provisioning.plan_limit';
  return isCertain ? { ...failed, maybeApplied: false } : failed;
}

/** A token without the scope; nothing was done. */
export function isOutOfScope(errors: readonly GraphqlError[]): boolean {
  return errors.some(({ extensions }) => extensions?.code === 'INSUFFICIENT_ACCESS_SCOPE');
}

/** Why a change was refused, as far as code or words tell; the words stay here, they name people. */
export type Objection = 'full' | 'exists' | 'missing' | 'owner' | 'invalid' | 'other';

const BY_CODE: Readonly<Record<string, Objection>> = {
  ALREADY_EXISTS: 'exists',
  NOT_FOUND: 'missing',
  FORBIDDEN: 'owner',
  INVALID: 'invalid',
};

/** "You have already reached the maximum of users" says that nobody is there already. */
const FULL =
  /\b(?:limit|maximum|quota|seats?|licen[cs]es?)\b.*\b(?:reached|exceed\w*|used|full|left|allow\w*|plan|users?)\b|\b(?:reached|exceed\w*|upgrade|no more)\b.*\b(?:limit|maximum|quota|seats?|licen[cs]es?|users|plan)\b|\btoo many users\b/i;

/**
 * No list of codes or texts is published, so the words are read loosely. A quoted mail address must not be able to change
 * what an error means.
 */
export function objectionOf({ message: words, extensions }: GraphqlError): Objection {
  const message = words.replaceAll(/[^\s'"[\]]+@[^\s'"[\]]+/g, '');
  if (FULL.test(message)) return 'full';
  const known = BY_CODE[extensions?.code ?? ''];
  if (known) return known;
  if (/\balready\b|\bduplicate/i.test(message)) return 'exists';
  if (/\bowner\b/i.test(message)) return 'owner';
  if (/\bnot found\b|\bno (?:user|store) was found\b|\bhas no access\b|\bnot exist\b/i.test(message)) {
    return 'missing';
  }
  return /\binvalid\b|\bnot (?:a )?valid\b/i.test(message) ? 'invalid' : 'other';
}

/** What to do where the plan takes no more users. Trying again alone does not help. */
export const FULL_REASON =
  'BigCommerce takes no more users: the plan of the account or store has a limit, which the API does not tell. Remove users who are not needed in the control panel, or have the limit raised; then this goes on by itself';

/** Said by the status alone. */
export function isFull({ code }: CallFailed): boolean {
  return code === 'provisioning.plan_limit';
}
