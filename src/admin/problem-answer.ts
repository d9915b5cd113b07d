import { STATUS_CODES } from 'node:http';
import { type Problem, VestibuleError } from '../base/index.ts';
import { AdminError } from './errors.ts';

/** An error in the words of RFC 9457. */
export type ProblemAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly type: 'about:blank';
    readonly title: string;
    readonly status: number;
    readonly code: string;
    readonly detail: string;
    /** Where to look it up: in the operator's log and the access log. */
    readonly instance: string;
    readonly problems?: readonly Problem[];
  };
};

/** @returns what the API answers; of faults of ours nothing but the reference. */
export function problemAnswer(error: unknown, reference: string): ProblemAnswer {
  const known = error instanceof VestibuleError ? error : parserError(error);
  const status = known?.status ?? 500;
  const isOurs = status === 500;
  const problems = error instanceof AdminError ? error.problems : [];
  const retry = known?.retryAfterSeconds;
  return {
    status,
    headers: {
      ...(error instanceof AdminError && error.headers),
      ...(retry !== undefined && { 'Retry-After': String(retry) }),
    },
    body: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code: known?.code ?? 'http.internal',
      detail: isOurs || !known ? 'Something went wrong on our side.' : known.publicMessage,
      instance: reference,
      ...(problems.length > 0 && { problems }),
    },
  };
}

/** The parser of bodies marks its errors with a status; its texts may quote the body, so ours replace them. */
function parserError(error: unknown): VestibuleError | undefined {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (status === 413) {
    const publicMessage = 'The request is larger than this address accepts.';
    return new VestibuleError({ code: 'http.too_large', status, publicMessage });
  }
  if (status === 415) return new AdminError('admin.media_type');
  return typeof status === 'number' && status >= 400 && status < 500
    ? new AdminError('admin.malformed')
    : undefined;
}
