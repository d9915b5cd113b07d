import { Unavailable } from '../../base/index.ts';

export type KeyValueErrorCode = 'key_value.unavailable';

/** The store gave no answer, or one that means "not now" (full, loading, read-only after a failover). */
export function keyValueUnavailable(detail: string): Unavailable {
  return new Unavailable({
    code: 'key_value.unavailable',
    system: 'key-value',
    publicMessage: 'The service cannot reach its session store at the moment. Please try again.',
    detail,
    retryAfterSeconds: 5,
  });
}
