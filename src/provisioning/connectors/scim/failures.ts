import { type Clock, SECOND } from '../../../base/index.ts';
import type { CallFailed } from '../../connector.ts';
import type { UnavailableCode } from '../../errors.ts';
import { member, textOf } from './resource.ts';

type Headers = Readonly<Record<string, string>>;

const DEFAULT_RETRY_SECONDS = 10;
const MAINTENANCE_RETRY_SECONDS = 60;
const LONGEST_RETRY_SECONDS = 60 * 60;

/** What a service provider says against the content of a request. Its own words are not kept: they may be personal. */
export type Objection = {
  readonly outcome: 'objection';
  readonly status: number;
  /** `detail error keyword` of RFC 7644 table 9, in lower case; empty when there is none. */
  readonly scimType: string;
  /** The words say that something like it exists already. */
  readonly saysTaken: boolean;
};

/** Some write a sentence in its place, which may name people. */
const KEYWORD = /^[a-z_]{1,40}$/i;

/** Statuses below 500 that speak of the request and not of who sends it or when. */
export function objectionOf(status: number, body: unknown): Objection {
  const words = `${textOf(member(body, 'detail'))} ${textOf(member(body, 'message'))} ${textOf(member(body, 'error'))}`;
  return {
    outcome: 'objection',
    status,
    scimType: KEYWORD.exec(textOf(member(body, 'scimType')))?.[0].toLowerCase() ?? '',
    saysTaken: /\balready\b|\bin use\b|\btaken\b|\bunique|duplicate/i.test(words),
  };
}

/** Nothing about it tells the content of the request. After an error of the server a write may have happened (R5.3). */
export function failureOf(status: number, headers: Headers, writes: boolean, clock: Clock): CallFailed {
  const code = codeOf(status);
  const maybeApplied = writes && (code === 'provisioning.target_error' || code === 'provisioning.bad_answer');
  const retryAfterSeconds = retryAfter(code, headers, clock);
  return {
    ...{ outcome: 'unavailable', code, maybeApplied },
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
    case 402:
    case 507:
      return 'provisioning.plan_limit';
    default:
      return status >= 500 ? 'provisioning.target_error' : 'provisioning.bad_answer';
  }
}

/** Seconds or a date (RFC 9110 10.2.3), within reason. */
function retryAfter(code: UnavailableCode, headers: Headers, clock: Clock): number | undefined {
  const named = headers['retry-after']?.trim() ?? '';
  const seconds = /^\d{1,9}$/.test(named)
    ? Number(named)
    : Math.ceil((Date.parse(named) - clock.now().getTime()) / SECOND);
  if (Number.isFinite(seconds)) return Math.min(Math.max(1, seconds), LONGEST_RETRY_SECONDS);
  if (code === 'provisioning.maintenance') return MAINTENANCE_RETRY_SECONDS;
  return code === 'provisioning.rate_limited' || code === 'provisioning.target_error'
    ? DEFAULT_RETRY_SECONDS
    : undefined;
}

export function unavailable(code: UnavailableCode, maybeApplied = false): CallFailed {
  return { outcome: 'unavailable', code, maybeApplied };
}
