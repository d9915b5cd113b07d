import { z } from 'zod';
import type { CallFailed, WriteAnswer } from '../connector/connector.ts';
import { statusFailure } from '../connector/status-failure.ts';

type Headers = Readonly<Record<string, string>>;

/** The store does not accept the content of a request; `paths` name what, `isDuplicate` says that it exists. */
export type ContentRefused = {
  readonly outcome: 'invalid';
  readonly status: number;
  readonly paths: readonly string[];
  readonly isDuplicate: boolean;
};
export type StoreAnswer<T> =
  | { readonly outcome: 'ok'; readonly body: T }
  | ContentRefused
  | { readonly outcome: 'missing' }
  | CallFailed;
export type NotOk = Exclude<StoreAnswer<unknown>, { outcome: 'ok' }>;

/** Calls that cannot be made before the target was read. */
export const NOT_PREPARED: CallFailed = {
  ...{ outcome: 'unavailable', code: 'provisioning.not_prepared', maybeApplied: false },
};
/** A read that must not be believed. */
export const BAD_ANSWER: CallFailed = {
  ...{ outcome: 'unavailable', code: 'provisioning.bad_answer', maybeApplied: false },
};

/**
 * BigCommerce docs: API status codes. A 403 also means that the owner's mail was changed, which voids all tokens, or that B2B
 * Edition is switched off; 402 and 423, which no document names, are what a suspended store may answer with.
 */
const OWN = {
  402: 'provisioning.plan_limit',
  409: 'provisioning.rate_limited',
  423: 'provisioning.maintenance',
  507: 'provisioning.plan_limit',
} as const;

/** @param retry seconds to wait, or the answer's headers. */
export function storeFailure(status: number, retry: number | Headers, writes: boolean): CallFailed {
  return statusFailure(status, retry, writes, OWN);
}

const ErrorBody = z.object({ errors: z.record(z.string(), z.unknown()).optional() });

/**
 * What the Customers API says about the content of a request; undefined when its status says something else. Some
 * endpoints limit concurrent calls and may answer with a conflict that says so.
 */
export function contentRefused(status: number, body: unknown): ContentRefused | undefined {
  if (![400, 409, 413, 422].includes(status)) return undefined;
  if (status === 409 && /concurren|too many|locked/i.test(JSON.stringify(body) ?? '')) return undefined;
  const errors = ErrorBody.safeParse(body).data?.errors ?? {};
  // There is no code for a duplicate, only this text. BigCommerce answers 422 with the path `.customer_create`.
  const isDuplicate =
    status === 409 || /already in use|already exists|duplicate/i.test(JSON.stringify(errors));
  return { outcome: 'invalid', status, paths: Object.keys(errors), isDuplicate };
}

export function failedRead(answer: NotOk): CallFailed {
  return answer.outcome === 'unavailable' ? answer : BAD_ANSWER;
}

/**
 * BigCommerce answers an unknown customer with 422 and the path `0.id`. What the plan does not allow no repetition helps:
 * somebody must act.
 */
export function failedWrite(answer: NotOk): WriteAnswer {
  switch (answer.outcome) {
    case 'unavailable':
      return answer.code === 'provisioning.plan_limit' ? { outcome: 'blocked', reasons: [PLAN] } : answer;
    case 'missing':
      return { outcome: 'gone' };
    case 'invalid':
      if (answer.isDuplicate) return { outcome: 'duplicate' };
      if (answer.paths.includes('0.id')) return { outcome: 'gone' };
      return { outcome: 'invalid', detail: `status ${answer.status}: ${answer.paths.join(', ')}` };
  }
}

const PLAN =
  'the plan of the store does not allow this; look at its limits and at its subscription in the control panel';

/** For a problem that an operator reads. */
export function reasonOf(answer: NotOk): string {
  return answer.outcome === 'unavailable' ? answer.code : answer.outcome;
}
