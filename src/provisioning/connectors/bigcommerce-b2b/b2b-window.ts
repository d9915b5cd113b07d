import { SECOND } from '../../../base/index.ts';
import { type Headers, headerNumber, type Window, windowOf } from '../../bigcommerce/rate-limit.ts';

/**
 * B2B Edition: `X-Requests-Allocated: 150 times/60 s`. Nobody says what the reset counts: more than the window has
 * seconds must be milliseconds.
 */
export function b2bWindow(headers: Headers): Window {
  const allocated = /^\s*(\d{1,9})\D+(\d{1,6})\s*s/i.exec(headers['x-requests-allocated'] ?? '');
  const windowSeconds = allocated ? Number(allocated[2]) : 60;
  const reset = headerNumber(headers['x-request-window-resets-after']);
  const resetMs = reset !== undefined && reset <= windowSeconds ? reset * SECOND : reset;
  const quota = allocated ? Number(allocated[1]) : undefined;
  return windowOf(headerNumber(headers['x-requests-remaining']), quota, resetMs);
}
