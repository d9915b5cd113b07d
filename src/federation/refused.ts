import { REFUSALS, type RefusalCode } from './errors.ts';
import type { UpstreamResult } from './upstream.ts';

/** A refusal in good order. `detail` is for the operator and holds no personal data. */
export function refused(code: RefusalCode, detail: string): Extract<UpstreamResult, { outcome: 'refused' }> {
  return { outcome: 'refused', code, publicMessage: REFUSALS[code], detail };
}
