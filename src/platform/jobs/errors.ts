import { VestibuleError } from '../../base/index.ts';

export type JobsErrorCode =
  | 'jobs.kind_unknown'
  | 'jobs.sealer_missing'
  | 'jobs.payload_invalid'
  | 'jobs.payload_erased'
  | 'jobs.lease_lost';

/** A fault of jobs. `payload_invalid`, `payload_erased` and `lease_lost` also stand in dead letters. */
export class JobsError extends VestibuleError {
  override readonly name = 'JobsError';

  constructor(fields: { readonly code: JobsErrorCode; readonly detail: string; readonly cause?: unknown }) {
    super({ status: 500, publicMessage: 'Work for later could not be stored or done.', ...fields });
  }
}

/** A detail that is nothing but the code of what went wrong below. */
const CODE = /^[a-z_]+\.[a-z_]+$/;

/** What a job tells about its last failure: a code or a class, never a message with data in it. */
export function failureCode(error: unknown): string {
  if (error instanceof VestibuleError) {
    return error.detail !== undefined && CODE.test(error.detail) ? error.detail : error.code;
  }
  return error instanceof Error ? error.name : 'unknown';
}
