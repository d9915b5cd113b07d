import type { CallFailed, WriteAnswer } from '../../connector.ts';
import type { StoreAnswer } from './store-api.ts';

type NotOk = Exclude<StoreAnswer<unknown>, { outcome: 'ok' }>;

export const NOT_PREPARED: CallFailed = {
  outcome: 'unavailable',
  code: 'provisioning.not_prepared',
  maybeApplied: false,
};

/** A read that must not be believed. */
export const BAD_ANSWER: CallFailed = {
  outcome: 'unavailable',
  code: 'provisioning.bad_answer',
  maybeApplied: false,
};

export function failedRead(answer: NotOk): CallFailed {
  return answer.outcome === 'unavailable' ? answer : BAD_ANSWER;
}

/** BigCommerce answers an unknown customer with 422 and the path `0.id`. */
export function failedWrite(answer: NotOk): WriteAnswer {
  switch (answer.outcome) {
    case 'unavailable':
      return answer;
    case 'missing':
      return { outcome: 'gone' };
    case 'invalid':
      if (answer.duplicate) return { outcome: 'duplicate' };
      if (answer.paths.includes('0.id')) return { outcome: 'gone' };
      return { outcome: 'invalid', detail: `status ${answer.status}: ${answer.paths.join(', ')}` };
  }
}

/** For a problem that an operator reads. */
export function reasonOf(answer: NotOk): string {
  return answer.outcome === 'unavailable' ? answer.code : answer.outcome;
}
