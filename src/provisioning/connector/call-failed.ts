import type { UnavailableCode } from '../errors.ts';

/** No usable answer. `maybeApplied` tells whether a write may have happened all the same (R5.3). */
export type CallFailed = {
  readonly outcome: 'unavailable';
  readonly code: UnavailableCode;
  readonly retryAfterSeconds?: number;
  readonly maybeApplied: boolean;
};
