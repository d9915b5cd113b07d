import type { CallFailed } from '../../connector/connector.ts';
import { statusFailure } from '../../connector/status-failure.ts';
import type { UnavailableCode } from '../../errors.ts';
import { member, textOf } from './resource.ts';

type Headers = Readonly<Record<string, string>>;

const OWN = { 402: 'provisioning.plan_limit', 507: 'provisioning.plan_limit' } as const;

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

/** Nothing about it tells the content of the request. */
export function failureOf(status: number, headers: Headers, writes: boolean): CallFailed {
  return statusFailure(status, headers, writes, OWN);
}

export function unavailable(code: UnavailableCode, maybeApplied = false): CallFailed {
  return { outcome: 'unavailable', code, maybeApplied };
}
